//! Element-wise steps between the matrix products, as candle operations of our own.
//!
//! On the CPU they work in place, on one core, in loops that the compiler turns into vector
//! instructions. candle's own allocate each result and split it over a pool of threads that wait
//! for each other by spinning: on a machine with other work to do, most of an encoder pass went
//! into that wait. On other devices candle's operations are used.

use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor, bail};

mod gelu;
pub(crate) use gelu::gelu;

mod segment;
pub(crate) use segment::{add_bias_to_rows, scale_rows};

mod softmax;
pub(crate) use softmax::{softmax, softmax_with_bias};

/// `y + x` for two tensors of one shape. `y` is overwritten where that is faster, so it must be a
/// fresh result that nobody else looks at.
pub(crate) fn add_to_fresh(y: Tensor, x: &Tensor) -> Result<Tensor> {
    let fits = y.dims() == x.dims() && y.is_contiguous() && x.is_contiguous();
    if !(y.device().is_cpu() && fits) {
        return y + x;
    }
    y.inplace_op2(x, &AddCycled { first: 0, values: x.elem_count() })?;
    Ok(y)
}

/// `y + bias`, the bias along the last dimension; `y` as in [`add_to_fresh`].
pub(crate) fn add_bias_to_fresh(y: Tensor, bias: &Tensor) -> Result<Tensor> {
    let fits = y.dims().last() == bias.dims().last() && bias.rank() == 1 && y.is_contiguous();
    if !(y.device().is_cpu() && fits) {
        return y.broadcast_add(bias);
    }
    y.inplace_op2(bias, &AddCycled { first: 0, values: y.elem_count() })?;
    Ok(y)
}

/// Adds `delta`, `(rows, width)`, to the rows of `y` from `start` on; `y`, contiguous and of the
/// same width, is overwritten.
pub(crate) fn add_to_rows(y: &Tensor, delta: &Tensor, start: usize) -> Result<()> {
    let (rows, width) = delta.dims2()?;
    let fits = y.dims().last() == Some(&width) && y.is_contiguous() && delta.is_contiguous();
    if y.device().is_cpu() && fits {
        return y.inplace_op2(delta, &AddCycled { first: start * width, values: rows * width });
    }
    y.slice_set(&(y.narrow(0, start, rows)? + delta)?, 0, start)
}

/// Adds the right side, again and again, to `values` numbers of the left side.
struct AddCycled {
    first: usize,
    values: usize,
}

impl InplaceOp2 for AddCycled {
    fn name(&self) -> &'static str {
        "add-cycled"
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
        for row in left[self.first..self.first + self.values].chunks_exact_mut(right.len()) {
            for (left, right) in row.iter_mut().zip(right) {
                *left += right;
            }
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests;
