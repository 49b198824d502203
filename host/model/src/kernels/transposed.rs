//! Matrices with their rows and columns exchanged.

use candle_core::{Result, Tensor};

use super::fresh::fresh_rows;
use super::{runs_here, with_values};

/// `(items, rows, columns)` to `(items, columns, rows)`, contiguous.
pub(crate) fn transposed(x: &Tensor) -> Result<Tensor> {
    if !runs_here(x) {
        return x.transpose(1, 2)?.contiguous();
    }
    let (items, rows, columns) = x.dims3()?;
    let x = x.contiguous()?;
    let turned = with_values(&x, |x| {
        Ok(fresh_rows(items * columns, rows, rows, 1, |first, turned| {
            for (index, turned) in turned.chunks_mut(TOGETHER * rows).enumerate() {
                turn(x, first + index * TOGETHER, turned, rows, columns);
            }
        }))
    })?;
    Tensor::from_vec(turned, (items, columns, rows), x.device())
}

/// Columns that are read together: as many numbers as a cache line holds.
const TOGETHER: usize = 16;

/// Neighbouring columns, counted over all items, as rows.
fn turn(x: &[f32], first: usize, turned: &mut [f32], rows: usize, columns: usize) {
    for row in 0..rows {
        for (column, turned) in (first..).zip(turned.chunks_exact_mut(rows)) {
            let (item, column) = (column / columns, column % columns);
            turned[row] = x[(item * rows + row) * columns + column];
        }
    }
}

#[cfg(test)]
mod tests;
