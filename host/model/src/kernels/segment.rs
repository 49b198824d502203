//! Steps on some rows of a matrix: those of one adapter in a mixed batch.

use std::ops::Range;

use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor};

use super::{contiguous, contiguous_mut, runs_here};

/// Multiplies each of `rows` of `y` by `scale`, element by element; `y`, `(rows, width)` and
/// contiguous, is overwritten.
pub(crate) fn scale_rows(y: &Tensor, scale: &Tensor, rows: Range<usize>) -> Result<()> {
    if !fits(y, scale) {
        let scaled = y.narrow(0, rows.start, rows.len())?.broadcast_mul(scale)?;
        return y.slice_set(&scaled, 0, rows.start);
    }
    let width = scale.elem_count();
    cycle(y, scale, rows.start * width, rows.len() * width, Step::Multiply)
}

/// Adds `delta`, `(rows, width)`, to the rows of `y` from `start` on, as [`scale_rows`] multiplies.
pub(crate) fn add_to_rows(y: &Tensor, delta: &Tensor, start: usize) -> Result<()> {
    let (rows, width) = delta.dims2()?;
    let fits = y.dims().last() == Some(&width) && y.is_contiguous() && delta.is_contiguous();
    if runs_here(y) && fits {
        return cycle(y, delta, start * width, rows * width, Step::Add);
    }
    y.slice_set(&(y.narrow(0, start, rows)? + delta)?, 0, start)
}

/// Adds `bias` to each of `rows` of `y`, as [`scale_rows`] multiplies.
pub(crate) fn add_bias_to_rows(y: &Tensor, bias: &Tensor, rows: Range<usize>) -> Result<()> {
    if !fits(y, bias) {
        let sum = y.narrow(0, rows.start, rows.len())?.broadcast_add(bias)?;
        return y.slice_set(&sum, 0, rows.start);
    }
    let width = bias.elem_count();
    cycle(y, bias, rows.start * width, rows.len() * width, Step::Add)
}

fn fits(y: &Tensor, row: &Tensor) -> bool {
    let same_width = y.rank() == 2 && row.rank() == 1 && y.dims().last() == row.dims().last();
    runs_here(y) && same_width && y.is_contiguous() && row.is_contiguous()
}

fn cycle(y: &Tensor, x: &Tensor, first: usize, values: usize, step: Step) -> Result<()> {
    y.inplace_op2(x, &Cycled { first, values, step })
}

/// Takes the right side, again and again, into `values` numbers of the left side.
struct Cycled {
    first: usize,
    values: usize,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Add,
    Multiply,
}

impl InplaceOp2 for Cycled {
    fn name(&self) -> &'static str {
        match self.step {
            Step::Add => "add-cycled",
            Step::Multiply => "scale-cycled",
        }
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
            let pairs = row.iter_mut().zip(right);
            match self.step {
                Step::Add => pairs.for_each(|(left, right)| *left += right),
                Step::Multiply => pairs.for_each(|(left, right)| *left *= right),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
