//! A weight with an adapter's change in it.

use candle_core::{Result, Tensor, bail};

use super::affine::{MULTIPLICATIONS_PER_ADDITION, locked_values, matrix};
use super::blocks::TASKS_PER_CORE;
use super::fresh::fresh_rows;
use super::low_rank::add_product;
use super::weight::{StoredRows, Weight};
use super::{is_kept_here, lanes, runs_here, with_values};

/// `scale * weight + left right` in f32, row by row: `weight` is `(out_features, in_features)`, `scale`
/// `(out_features)`, `left` `(out_features, r)` of any strides and `right` `(r, in_features)`.
pub(crate) fn merge(
    weight: &Weight,
    scale: Option<&Tensor>,
    left: &Tensor,
    right: &Tensor,
) -> Result<Tensor> {
    let values = weight.values();
    if !(is_kept_here(values) && runs_here(left) && values.is_contiguous()) {
        let weight = weight.to_f32()?;
        let scaled = match scale {
            Some(scale) => weight.broadcast_mul(&scale.unsqueeze(1)?)?,
            None => weight,
        };
        return scaled + left.matmul(right)?;
    }
    let (rows, columns) = values.dims2()?;
    let (rank, right_columns) = right.dims2()?;
    let left = left.storage_and_layout();
    let left = matrix(&left)?;
    if (left.rows, left.columns, right_columns) != (rows, rank, columns) {
        bail!("a product of {} rows for a weight of {rows}", left.rows);
    }
    let right = right.contiguous()?;
    let scale = scale.map(Tensor::storage_and_layout);
    let scale = scale.as_ref().map(locked_values).transpose()?;
    if scale.is_some_and(|scale| scale.len() != rows) {
        bail!("a scale for other than {rows} rows");
    }
    let cost = columns + columns * rank / MULTIPLICATIONS_PER_ADDITION;
    let scales = weight.scales().map(Tensor::storage_and_layout);
    let scales = scales.as_ref().map(locked_values).transpose()?;
    let stored = values.storage_and_layout();
    let stored = StoredRows::of(&stored, scales)?;
    let merged = with_values(&right, |right| {
        Ok(fresh_rows(rows, columns, cost, TASKS_PER_CORE, |first, merged| {
            lanes::in_widest_registers(
                #[inline(always)]
                || {
                    stored.widen_into(first, columns, merged);
                    if let Some(scale) = scale {
                        let rows = merged.chunks_exact_mut(columns);
                        for (row, scale) in rows.zip(&scale[first..]) {
                            row.iter_mut().for_each(|value| *value *= scale);
                        }
                    }
                    add_product(
                        merged,
                        columns,
                        #[inline(always)]
                        |row, place| left.at(first + row, place),
                        right,
                    );
                },
            );
        }))
    })?;
    Tensor::from_vec(merged, (rows, columns), values.device())
}

#[cfg(test)]
mod tests;
