//! Products of few vectors with a large weight, as the decoder of a large model needs them: a
//! general product would first pack the whole weight, which costs more than the arithmetic.

use pulp::{Simd, WithSimd};

use super::blocks::TASKS_PER_CORE;
use super::fresh::fresh_rows;
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

/// Rows of the weight, and vectors, taken together: 16 sums, each in a register of its own.
const ROWS: usize = 4;

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
        let mut scratch = Vec::new();
        for y_t in y_t.chunks_mut(ROWS * vectors) {
            let rows = first..first + y_t.len() / vectors;
            first = rows.end;
            match rows.len() {
                ROWS => {
                    let weight = weight.widened(rows, in_features, &mut scratch);
                    some_rows::<S, ROWS>(simd, x, weight, in_features, y_t);
                }
                _ => {
                    for (row, y_t) in rows.zip(y_t.chunks_exact_mut(vectors)) {
                        let weight = weight.widened(row..row + 1, in_features, &mut scratch);
                        some_rows::<S, 1>(simd, x, weight, in_features, y_t);
                    }
                }
            }
        }
    }
}

/// `N` rows of the weight with all vectors; `y_t` is `(N, vectors)`.
#[inline(always)]
fn some_rows<S: Simd, const N: usize>(
    simd: S,
    x: &[f32],
    weight: &[f32],
    in_features: usize,
    y_t: &mut [f32],
) {
    let vectors = y_t.len() / N;
    let weight = rows_of::<N>(weight, in_features);
    let mut vector = 0;
    while vector + ROWS <= vectors {
        let sums = dots(simd, weight, rows_of::<ROWS>(&x[vector * in_features..], in_features));
        for (row, sums) in sums.iter().enumerate() {
            y_t[row * vectors + vector..][..ROWS].copy_from_slice(sums);
        }
        vector += ROWS;
    }
    for vector in vector..vectors {
        let sums = dots(simd, weight, rows_of::<1>(&x[vector * in_features..], in_features));
        for (row, [sum]) in sums.iter().enumerate() {
            y_t[row * vectors + vector] = *sum;
        }
    }
}

#[inline(always)]
fn rows_of<const N: usize>(values: &[f32], width: usize) -> [&[f32]; N] {
    let mut rows = [values; N];
    for (index, row) in rows.iter_mut().enumerate() {
        *row = &values[index * width..][..width];
    }
    rows
}

/// The dot product of each on the left with each on the right.
#[inline(always)]
fn dots<S: Simd, const L: usize, const R: usize>(
    simd: S,
    left: [&[f32]; L],
    right: [&[f32]; R],
) -> [[f32; R]; L] {
    let (mut left_vectors, mut right_vectors) =
        ([S::as_simd_f32s(left[0]).0; L], [S::as_simd_f32s(right[0]).0; R]);
    let whole = left_vectors[0].len();
    for (vectors, left) in left_vectors.iter_mut().zip(left) {
        *vectors = &S::as_simd_f32s(left).0[..whole];
    }
    for (vectors, right) in right_vectors.iter_mut().zip(right) {
        *vectors = &S::as_simd_f32s(right).0[..whole];
    }
    let mut lanes = [[simd.splat_f32s(0.0); R]; L];
    for place in 0..whole {
        let mut right = [simd.splat_f32s(0.0); R];
        for (right, vectors) in right.iter_mut().zip(right_vectors) {
            *right = vectors[place];
        }
        for (lanes, vectors) in lanes.iter_mut().zip(left_vectors) {
            let left = vectors[place];
            for (lanes, right) in lanes.iter_mut().zip(right) {
                *lanes = simd.mul_add_f32s(left, right, *lanes);
            }
        }
    }
    let mut sums = [[0f32; R]; L];
    let rest = left[0].len() / S::F32_LANES * S::F32_LANES..left[0].len();
    for (l, (sums, lanes)) in sums.iter_mut().zip(lanes).enumerate() {
        for (r, (sum, lanes)) in sums.iter_mut().zip(lanes).enumerate() {
            *sum = simd.reduce_sum_f32s(lanes);
            for place in rest.clone() {
                *sum += left[l][place] * right[r][place];
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests;
