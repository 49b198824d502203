//! The same with candle's operations, for other devices and types.

use candle_core::{DType, Result, Tensor};

use super::{LowRank, Part};

pub(super) fn with_products_of_candle(
    x: &Tensor,
    parts: &[Part<'_>],
    low_rank: &[LowRank<'_>],
) -> Result<Tensor> {
    let product = |part: &Part<'_>| {
        let weight_t = part.weight.to_f32()?.t()?;
        let y = x.narrow(0, part.vectors.start, part.vectors.len())?.matmul(&weight_t)?;
        match part.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    };
    let products = parts.iter().map(product).collect::<Result<Vec<_>>>()?;
    let y = match products.as_slice() {
        [whole] => whole.clone(),
        products => Tensor::cat(products, 0)?,
    };
    for LowRank { vectors, a, b_t } in low_rank {
        let rows = |tensor: &Tensor| tensor.narrow(0, vectors.start, vectors.len());
        let (a, b_t) = (a.to_dtype(DType::F32)?, b_t.to_dtype(DType::F32)?);
        let sum = (rows(&y)? + rows(x)?.matmul(&a.t()?)?.matmul(&b_t)?)?;
        y.slice_set(&sum, 0, vectors.start)?;
    }
    Ok(y)
}
