//! A weight with an adapter's change in it.

use candle_core::{Result, Tensor, bail};

use super::affine::{MULTIPLICATIONS_PER_ADDITION, locked_values, matrix};
use super::blocks::TASKS_PER_CORE;
use super::fresh::fresh_rows;
use super::low_rank::add_product;
use super::{lanes, runs_here, with_values};

/// `scale * weight + left right`, row by row: `weight` is `(out_features, in_features)`, `scale`
/// `(out_features)`, `left` `(out_features, r)` of any strides and `right` `(r, in_features)`.
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
    let merged = with_values(weight, |weight| {
        with_values(&right, |right| {
            Ok(fresh_rows(rows, columns, cost, TASKS_PER_CORE, |first, merged| {
                lanes::in_widest_registers(
                    #[inline(always)]
                    || {
                        let rows = first..first + merged.len() / columns;
                        merged.copy_from_slice(&weight[rows.start * columns..rows.end * columns]);
                        if let Some(scale) = scale {
                            for (row, scale) in merged.chunks_exact_mut(columns).zip(&scale[rows]) {
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
        })
    })?;
    Tensor::from_vec(merged, (rows, columns), weight.device())
}

#[cfg(test)]
mod tests;
