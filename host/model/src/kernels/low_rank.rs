//! Products of low rank for few vectors, as the decoder needs them: one call of a general product
//! costs more than the arithmetic.

use super::lanes;
use super::weight::StoredRows;

/// A and B of one adapter on one layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct LowRankMatrices<'a> {
    /// `(rank, in_features)`.
    pub(super) a: StoredRows<'a>,
    /// `(rank, out_features)`.
    pub(super) b_t: StoredRows<'a>,
    pub(super) rank: usize,
}

/// `y += x a^T b_t`, `x` being `(vectors, in_features)` and `y` `(vectors, out_features)`.
///
/// # Panics
/// When the lengths do not go together.
pub(super) fn add_low_rank(y: &mut [f32], x: &[f32], matrices: LowRankMatrices<'_>) {
    let LowRankMatrices { a, b_t, rank } = matrices;
    if rank == 0 {
        return;
    }
    let (in_features, out_features) = (a.len() / rank, b_t.len() / rank);
    assert_eq!(x.len() * out_features, y.len() * in_features, "vectors of a product");
    let mut inner = vec![0f32; x.len() / in_features * rank];
    let (mut a_wide, mut b_wide) = (Vec::new(), Vec::new());
    lanes::in_widest_registers(
        #[inline(always)]
        || {
            let a = a.widened(0..rank, in_features, &mut a_wide);
            let b_t = b_t.widened(0..rank, out_features, &mut b_wide);
            for (inner, x) in inner.chunks_exact_mut(rank).zip(x.chunks_exact(in_features)) {
                let some = inner.chunks_mut(ROWS).zip(a.chunks(ROWS * in_features));
                for (inner, a) in some {
                    match inner {
                        [first, second, third, fourth] => {
                            let row = |row: usize| &a[row * in_features..][..in_features];
                            [*first, *second, *third, *fourth] =
                                lanes::dots(x, [row(0), row(1), row(2), row(3)]);
                        }
                        inner => {
                            for (inner, a) in inner.iter_mut().zip(a.chunks_exact(in_features)) {
                                *inner = lanes::dot(x, a);
                            }
                        }
                    }
                }
            }
            add_product(
                y,
                out_features,
                #[inline(always)]
                |row, place| inner[row * rank + place],
                b_t,
            );
        },
    );
}

/// Rows taken together: each number of the matrix is loaded once for all of them, and sums that do
/// not wait for each other hide the time an addition takes.
const ROWS: usize = 4;

/// `y += x m`, where `x` tells its numbers by row and place; `y` and `m` are rows of `columns`
/// numbers each.
#[inline(always)]
pub(super) fn add_product(
    y: &mut [f32],
    columns: usize,
    x: impl Fn(usize, usize) -> f32 + Copy,
    m: &[f32],
) {
    for (group, y) in y.chunks_mut(ROWS * columns).enumerate() {
        let first = group * ROWS;
        match y.len() == ROWS * columns {
            true => add_to_rows::<ROWS>(
                y,
                columns,
                #[inline(always)]
                |row, place| x(first + row, place),
                m,
            ),
            false => {
                for (row, y) in y.chunks_exact_mut(columns).enumerate() {
                    add_to_rows::<1>(
                        y,
                        columns,
                        #[inline(always)]
                        |_, place| x(first + row, place),
                        m,
                    );
                }
            }
        }
    }
}

/// `N` rows, 32 columns at a time and the last ones in narrower steps.
#[inline(always)]
fn add_to_rows<const N: usize>(
    y: &mut [f32],
    columns: usize,
    x: impl Fn(usize, usize) -> f32 + Copy,
    m: &[f32],
) {
    let mut first = 0;
    while first + 32 <= columns {
        add_columns::<N, 32>(y, columns, x, m, first);
        first += 32;
    }
    while first + 8 <= columns {
        add_columns::<N, 8>(y, columns, x, m, first);
        first += 8;
    }
    for column in first..columns {
        add_columns::<N, 1>(y, columns, x, m, column);
    }
}

/// `WIDTH` columns of `N` rows from `first` on, kept in registers.
#[inline(always)]
fn add_columns<const N: usize, const WIDTH: usize>(
    y: &mut [f32],
    columns: usize,
    x: impl Fn(usize, usize) -> f32,
    m: &[f32],
    first: usize,
) {
    let mut sums = [[0f32; WIDTH]; N];
    for (place, m) in m.chunks_exact(columns).enumerate() {
        let m = &m[first..first + WIDTH];
        for (row, sums) in sums.iter_mut().enumerate() {
            let factor = x(row, place);
            for (sum, m) in sums.iter_mut().zip(m) {
                *sum = factor.mul_add(*m, *sum);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        let y = &mut y[row * columns + first..][..WIDTH];
        y.iter_mut().zip(sums).for_each(|(y, sum)| *y += sum);
    }
}

#[cfg(test)]
mod tests;
