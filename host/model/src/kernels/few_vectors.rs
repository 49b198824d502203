//! Products of few vectors with a large weight, as the decoder of a large model needs them: a
//! general product would first pack the whole weight, which costs more than the arithmetic.

use pulp::{Simd, WithSimd};

use super::blocks::TASKS_PER_CORE;
use super::fresh::fresh_rows;
use super::tiles::{ROWS, Strides, rows_with_vectors};
use super::weight::StoredRows;

/// `x weight^T + bias`: `x` is `(vectors, in_features)`, `weight` `(out_features, in_features)`, the
/// result `(vectors, out_features)`. The weight is read once, from where it lies;
/// a narrow one is widened a few rows at a time.
pub(super) fn multiply_few(
    x: &[f32],
    weight: StoredRows<'_>,
    bias: Option<&[f32]>,
    in_features: usize,
) -> Vec<f32> {
    let (vectors, out_features) = (x.len() / in_features, weight.len() / in_features);
    let cost = vectors * in_features / ADDITIONS;
    // A row an output: each task has neighbouring rows to write.
    let mut y_t = fresh_rows(out_features, vectors, cost, TASKS_PER_CORE, |first, y_t| {
        pulp::Arch::new().dispatch(Rows { x, weight, first, in_features, y_t });
    });
    if vectors == 1 {
        if let Some(bias) = bias {
            y_t.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
        }
        return y_t;
    }
    fresh_rows(vectors, out_features, out_features, 1, |first, y| {
        let rows = y.len() / out_features;
        for from in (0..out_features).step_by(CHUNK) {
            let outputs = from..out_features.min(from + CHUNK);
            for (row, y) in y.chunks_exact_mut(out_features).enumerate().take(rows) {
                for (output, y) in outputs.clone().zip(&mut y[outputs.clone()]) {
                    *y = y_t[output * vectors + first + row];
                }
                if let Some(bias) = bias {
                    let bias = &bias[outputs.clone()];
                    y[outputs.clone()].iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
                }
            }
        }
    })
}

/// A multiplication takes that much less than an addition of a number that comes from memory.
const ADDITIONS: usize = 16;

/// Outputs that are turned from rows into columns at a time.
const CHUNK: usize = 64;

/// Some rows of the weight with all vectors.
struct Rows<'a> {
    x: &'a [f32],
    weight: StoredRows<'a>,
    /// The first of the rows.
    first: usize,
    in_features: usize,
    /// `(rows, vectors)`.
    y_t: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, weight, mut first, in_features, y_t } = self;
        let vectors = x.len() / in_features;
        let strides = Strides { row: vectors, vector: 1 };
        let mut scratch = Vec::new();
        for y_t in y_t.chunks_mut(ROWS * vectors) {
            let rows = first..first + y_t.len() / vectors;
            first = rows.end;
            let rows = weight.widened(rows, in_features, &mut scratch);
            rows_with_vectors(simd, rows, x, in_features, y_t, strides);
        }
    }
}

#[cfg(test)]
mod tests;
