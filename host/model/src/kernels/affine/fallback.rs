//! The same with candle's operations, for other devices and types.
//!
//! There a product is computed in what its matrix is kept in, bf16 or f16 where it is narrow, and its
//! result is f32 again; what stands between products is f32.

use candle_core::{DType, Result, Tensor};

use super::{LowRank, Part};

mod gathered;
use gathered::{add_together, alike};

pub(super) fn with_products_of_candle(
    x: &Tensor,
    parts: &[Part<'_>],
    low_rank: &[LowRank<'_>],
) -> Result<Tensor> {
    let product = |part: &Part<'_>| {
        let weight_t = part.weight.to_multiply_with()?.t()?;
        let x = x.narrow(0, part.vectors.start, part.vectors.len())?;
        let y = x.to_dtype(weight_t.dtype())?.matmul(&weight_t)?.to_dtype(DType::F32)?;
        match part.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    };
    let products = parts.iter().map(product).collect::<Result<Vec<_>>>()?;
    let mut y = match products.as_slice() {
        [whole] => whole.clone(),
        products => Tensor::cat(products, 0)?,
    };
    for low_rank in alike(low_rank) {
        y = add_together(y, x, &low_rank)?;
    }
    Ok(y)
}
