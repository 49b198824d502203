//! The steps of the model as candle operations of our own, for f32 on the CPU.
//!
//! candle's own allocate each result, split it over a pool of threads that wait for each other by
//! spinning, and copy the operands of attention head by head. These work on what lies there, spread
//! rows over rayon's threads where there is enough to do, and compile to the widest vector
//! instructions the CPU has. On GPUs some have kernels of our own too (`device`); every function here
//! falls back to candle's operations.

use std::ops::Range;

use candle_core::{CpuStorage, DType, InplaceOp2, Layout, Result, Storage, Tensor, bail};

mod affine;
pub(crate) use affine::{LowRank, Part, affine, affine_in_parts};

mod blocks;
use blocks::for_blocks_of_rows;
pub(crate) use blocks::map_on_cores;

#[cfg(feature = "cuda")]
mod device;

mod few_vectors;

mod fresh;

mod gelu;
pub(crate) use gelu::gelu_of_fresh;

mod lanes;

mod layer_norm;
pub(crate) use layer_norm::{add_layer_norm, layer_norm};

mod low_rank;
pub(crate) use low_rank::add_low_rank_f32;

mod merge;
pub(crate) use merge::merge;

mod page_attention;
pub(crate) use page_attention::{Focus, Looking, PageSpan, attend_to_pages};

mod past_attention;
pub(crate) use past_attention::{PastSpan, append_and_attend};

mod product;

mod segment;
pub(crate) use segment::{add_bias_to_rows, add_to_rows, scale_rows};

mod tiles;

mod transposed;
pub(crate) use transposed::transposed;

mod weight;
pub(crate) use weight::Weight;

mod weigh_logits;
pub(crate) use weigh_logits::weigh_logits;

mod widen;

mod window_attention;
pub(crate) use window_attention::{WindowScores, window_attention};

/// `y + x` for two tensors of one shape. `y` is overwritten where that is faster, so it must be a
/// fresh result that nobody else looks at.
pub(crate) fn add_to_fresh(y: Tensor, x: &Tensor) -> Result<Tensor> {
    let fits = y.dims() == x.dims() && y.is_contiguous() && x.is_contiguous();
    if !(runs_here(&y) && fits) {
        return y + x;
    }
    y.inplace_op2(x, &Add)?;
    Ok(y)
}

struct Add;

impl InplaceOp2 for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn cpu_fwd(
        &self,
        left: &mut CpuStorage,
        left_layout: &Layout,
        right: &CpuStorage,
        right_layout: &Layout,
    ) -> Result<()> {
        let left = contiguous_mut(left, left_layout)?;
        let right = contiguous(right, right_layout)?;
        if left.len() != right.len() {
            bail!("a sum of {} and {} numbers", left.len(), right.len());
        }
        for_blocks_of_rows(left, 1, 1, |first, left| {
            let right = &right[first..][..left.len()];
            lanes::in_widest_registers(
                #[inline(always)]
                || {
                    for (left, right) in left.iter_mut().zip(right) {
                        *left += right;
                    }
                },
            );
        });
        Ok(())
    }
}

/// Whether rows kept like this are widened here.
fn is_kept_here(values: &Tensor) -> bool {
    let is_kept = matches!(values.dtype(), DType::F32 | DType::BF16 | DType::F16 | DType::U8);
    values.device().is_cpu() && is_kept
}

/// Whether these operations compute on `x` themselves.
fn runs_here(x: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("contiguous f32 values are needed"),
    }
}

fn contiguous_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&mut values[start..end]),
        _ => bail!("contiguous f32 values are needed"),
    }
}

/// Whether the ranges cover `vectors` in order.
fn covers<'a>(vectors: usize, mut ranges: impl Iterator<Item = &'a Range<usize>>) -> bool {
    let end = ranges
        .try_fold(0, |end, range| (range.start == end && range.end > end).then_some(range.end));
    end == Some(vectors)
}

/// Calls `f` with the values of a contiguous tensor on the CPU.
fn with_values<T>(x: &Tensor, f: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let (storage, layout) = x.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => f(contiguous(storage, layout)?),
        _ => bail!("values on the CPU are needed"),
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
