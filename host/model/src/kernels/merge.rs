//! A weight with an adapter's change in it.

use candle_core::{DType, Result, Tensor, bail};
use pulp::{Simd, WithSimd};

use super::affine::{MULTIPLICATIONS_PER_ADDITION, locked_values, matrix};
use super::blocks::TASKS_PER_CORE;
use super::fresh::fresh_rows;
use super::product::Matrix;
use super::weight::{StoredRows, Weight};
use super::{is_kept_here, runs_here, tiles};

/// `scale * weight + left right`, row by row: in f32 on the CPU, elsewhere in what the weight is multiplied
/// in, so that a product with the sum runs in that type too. `weight` is `(out_features, in_features)`, `scale`
/// `(out_features)`, `left` `(out_features, r)` of any strides and `right` `(r, in_features)`.
pub(crate) fn merge(
    weight: &Weight,
    scale: Option<&Tensor>,
    left: &Tensor,
    right: &Tensor,
) -> Result<Tensor> {
    let values = weight.values();
    if !(is_kept_here(values) && runs_here(left) && values.is_contiguous()) {
        return with_operations_of_candle(weight, scale, left, right);
    }
    let (rows, columns) = values.dims2()?;
    let (rank, right_columns) = right.dims2()?;
    if left.dims2()? != (rows, rank) || right_columns != columns {
        bail!("a product of {:?} and {:?} for a weight of {rows} rows", left.dims(), right.dims());
    }
    let right = right.contiguous()?;
    let scale = scale.map(Tensor::storage_and_layout);
    let scale = scale.as_ref().map(locked_values).transpose()?;
    if scale.is_some_and(|scale| scale.len() != rows) {
        bail!("a scale for other than {rows} rows");
    }
    let cost = columns + columns * rank / MULTIPLICATIONS_PER_ADDITION;
    let left = left.storage_and_layout();
    let Matrix { values: left, row_stride: stride, column_stride: step, .. } = matrix(&left)?;
    let left = tiles::Rows { values: left, stride, step, length: rank };
    let right = right.storage_and_layout();
    let right = locked_values(&right)?;
    let merged = weight.with_stored_rows(|stored| {
        Ok(fresh_rows(rows, columns, cost, TASKS_PER_CORE, |first, merged| {
            let rows = Rows { stored, scale, left, right, columns, first, merged };
            pulp::Arch::new().dispatch(rows);
        }))
    })?;
    Tensor::from_vec(merged, (rows, columns), values.device())
}

fn with_operations_of_candle(
    weight: &Weight,
    scale: Option<&Tensor>,
    left: &Tensor,
    right: &Tensor,
) -> Result<Tensor> {
    let wide = weight.to_f32()?;
    let scaled = match scale {
        Some(scale) => wide.broadcast_mul(&scale.unsqueeze(1)?)?,
        None => wide,
    };
    let kept = match weight.scales() {
        None => weight.values().dtype(),
        Some(_) => DType::F32,
    };
    (scaled + left.matmul(right)?)?.to_dtype(kept)
}

/// Some rows of the result.
struct Rows<'a> {
    stored: StoredRows<'a>,
    scale: Option<&'a [f32]>,
    left: tiles::Rows<'a>,
    right: &'a [f32],
    columns: usize,
    /// The first of the rows.
    first: usize,
    merged: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { stored, scale, left, right, columns, first, merged } = self;
        stored.widen_into(first, columns, merged);
        if let Some(scale) = scale {
            for (row, scale) in merged.chunks_exact_mut(columns).zip(&scale[first..]) {
                row.iter_mut().for_each(|value| *value *= scale);
            }
        }
        let left = tiles::Rows { values: &left.values[first * left.stride..], ..left };
        tiles::add_product(simd, merged, columns, left, right);
    }
}

#[cfg(test)]
mod tests;
