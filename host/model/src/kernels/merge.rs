//! A weight with an adapter's change in it.

use candle_core::{Result, Tensor, bail};

use super::affine::{MULTIPLICATIONS_PER_ADDITION, locked_values, matrix};
use super::blocks::TASKS_PER_CORE;
use super::fresh::fresh_rows;
use super::product::{Destination, MatrixMut, multiply};
use super::{runs_here, with_values};

/// `scale * weight + left right`, row by row: `weight` is `(out_features, in_features)`, `scale`
/// `(out_features)`, `left` `(out_features, r)` and `right` `(r, in_features)`, both of any strides.
pub(crate) fn merge(
    weight: &Tensor,
    scale: Option<&Tensor>,
    left: &Tensor,
    right: &Tensor,
) -> Result<Tensor> {
    if !(runs_here(weight) && runs_here(left) && weight.is_contiguous()) {
        let scaled = match scale {
            Some(scale) => weight.broadcast_mul(&scale.unsqueeze(1)?)?,
            None => weight.clone(),
        };
        return scaled + left.matmul(right)?;
    }
    let (rows, columns) = weight.dims2()?;
    let (left, right) = (left.storage_and_layout(), right.storage_and_layout());
    let (left, right) = (matrix(&left)?, matrix(&right)?);
    if (left.rows, left.columns, right.columns) != (rows, right.rows, columns) {
        bail!("a product of {} rows for a weight of {rows}", left.rows);
    }
    let scale = scale.map(Tensor::storage_and_layout);
    let scale = scale.as_ref().map(locked_values).transpose()?;
    if scale.is_some_and(|scale| scale.len() != rows) {
        bail!("a scale for other than {rows} rows");
    }
    let merged = with_values(weight, |weight| {
        let cost = columns + columns * right.rows / MULTIPLICATIONS_PER_ADDITION;
        Ok(fresh_rows(rows, columns, cost, TASKS_PER_CORE, |first, merged| {
            let rows = first..first + merged.len() / columns;
            let weight = &weight[rows.start * columns..rows.end * columns];
            match scale {
                None => merged.copy_from_slice(weight),
                Some(scale) => {
                    let weight = weight.chunks_exact(columns).zip(&scale[rows.clone()]);
                    for (merged, (weight, scale)) in merged.chunks_exact_mut(columns).zip(weight) {
                        merged.iter_mut().zip(weight).for_each(|(merged, weight)| {
                            *merged = weight * scale;
                        });
                    }
                }
            }
            let mut merged =
                MatrixMut { values: merged, rows: rows.len(), columns, row_stride: columns };
            multiply(&mut merged, Destination::AddTo, 1.0, left.part(rows), right, 1);
        }))
    })?;
    Tensor::from_vec(merged, (rows, columns), weight.device())
}

#[cfg(test)]
mod tests;
