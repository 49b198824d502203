//! Products whose sums stay in registers, a tile of them at a time: each number that is loaded serves
//! several sums, and sums that do not wait for each other hide the time an addition takes.
//!
//! Twelve sums reach what the CPU can do. Sixteen, four by four, run at half of that: rustc 1.95 keeps
//! them in memory. What one sum comes to depends on the sums beside it in no way.

use pulp::Simd;

/// Rows of a matrix that a tile takes.
pub(super) const ROWS: usize = 4;

/// How many of the vectors that are left the next tile takes: three, and no lone one where two pairs
/// will do.
#[inline(always)]
fn next_vectors(left: usize) -> usize {
    match left {
        0..=2 => left,
        4 => 2,
        _ => 3,
    }
}

/// Where the product of a row with a vector stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strides {
    pub(super) row: usize,
    pub(super) vector: usize,
}

/// The products of all rows with all vectors, each of `width` numbers.
#[inline(always)]
pub(super) fn rows_with_vectors<S: Simd>(
    simd: S,
    rows: &[f32],
    x: &[f32],
    width: usize,
    y: &mut [f32],
    strides: Strides,
) {
    for (index, rows) in rows.chunks(ROWS * width).enumerate() {
        let y = &mut y[index * ROWS * strides.row..];
        if rows.len() == ROWS * width {
            some_rows::<S, ROWS>(simd, rows, x, width, y, strides);
            continue;
        }
        for (row, rows) in rows.chunks_exact(width).enumerate() {
            some_rows::<S, 1>(simd, rows, x, width, &mut y[row * strides.row..], strides);
        }
    }
}

#[inline(always)]
fn some_rows<S: Simd, const N: usize>(
    simd: S,
    rows: &[f32],
    x: &[f32],
    width: usize,
    y: &mut [f32],
    strides: Strides,
) {
    let vectors = x.len() / width;
    let mut first = 0;
    while first < vectors {
        let (x, y) = (&x[first * width..], &mut y[first * strides.vector..]);
        let taken = next_vectors(vectors - first);
        match taken {
            3 => tile::<S, N, 3>(simd, rows, x, width, y, strides),
            2 => tile::<S, N, 2>(simd, rows, x, width, y, strides),
            _ => tile::<S, N, 1>(simd, rows, x, width, y, strides),
        }
        first += taken;
    }
}

#[inline(always)]
fn tile<S: Simd, const N: usize, const M: usize>(
    simd: S,
    rows: &[f32],
    x: &[f32],
    width: usize,
    y: &mut [f32],
    strides: Strides,
) {
    let sums = dots(simd, rows_of::<N>(rows, width), rows_of::<M>(x, width));
    for (row, sums) in sums.iter().enumerate() {
        for (vector, sum) in sums.iter().enumerate() {
            y[row * strides.row + vector * strides.vector] = *sum;
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

/// Rows of `length` numbers that are `step` apart. A row begins `stride` after the one before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    pub(super) stride: usize,
    pub(super) step: usize,
    pub(super) length: usize,
}

impl Rows<'_> {
    #[inline(always)]
    fn number(&self, row: usize, place: usize) -> f32 {
        self.values[row * self.stride + place * self.step]
    }
}

/// `y += x m`; `y` and `m` are rows of `columns` numbers each.
#[inline(always)]
pub(super) fn add_product<S: Simd>(simd: S, y: &mut [f32], columns: usize, x: Rows<'_>, m: &[f32]) {
    let mut column = 0;
    while column + 4 * S::F32_LANES <= columns {
        add_columns::<S, 4>(simd, y, columns, x, m, column);
        column += 4 * S::F32_LANES;
    }
    while column + S::F32_LANES <= columns {
        add_columns::<S, 1>(simd, y, columns, x, m, column);
        column += S::F32_LANES;
    }
    for column in column..columns {
        for (row, y) in y.chunks_exact_mut(columns).enumerate() {
            let products = m.chunks_exact(columns).take(x.length).enumerate();
            y[column] +=
                products.fold(0f32, |sum, (place, m)| x.number(row, place).mul_add(m[column], sum));
        }
    }
}

/// `WIDTH` registers of columns of all rows, from column `column` on: what m has there is read again
/// and again, and stays in the nearest cache.
#[inline(always)]
fn add_columns<S: Simd, const WIDTH: usize>(
    simd: S,
    y: &mut [f32],
    columns: usize,
    x: Rows<'_>,
    m: &[f32],
    column: usize,
) {
    let rows = y.len() / columns;
    let mut row = 0;
    while row < rows {
        let y = &mut y[row * columns..];
        let taken = next_vectors(rows - row);
        match taken {
            3 => add_tile::<S, 3, WIDTH>(simd, y, columns, x, row, m, column),
            2 => add_tile::<S, 2, WIDTH>(simd, y, columns, x, row, m, column),
            _ => add_tile::<S, 1, WIDTH>(simd, y, columns, x, row, m, column),
        }
        row += taken;
    }
}

/// What the rows of `x` from `row` on come to, to the first rows of `y`.
#[inline(always)]
fn add_tile<S: Simd, const N: usize, const WIDTH: usize>(
    simd: S,
    y: &mut [f32],
    columns: usize,
    x: Rows<'_>,
    row: usize,
    m: &[f32],
    column: usize,
) {
    let taken = column..column + WIDTH * S::F32_LANES;
    let mut sums = [[simd.splat_f32s(0.0); WIDTH]; N];
    for (place, m) in m.chunks_exact(columns).take(x.length).enumerate() {
        let m = &S::as_simd_f32s(&m[taken.clone()]).0[..WIDTH];
        for (index, sums) in sums.iter_mut().enumerate() {
            let factor = simd.splat_f32s(x.number(row + index, place));
            for (sum, m) in sums.iter_mut().zip(m) {
                *sum = simd.mul_add_f32s(factor, *m, *sum);
            }
        }
    }
    for (y, sums) in y.chunks_exact_mut(columns).zip(&sums) {
        let y = S::as_mut_simd_f32s(&mut y[taken.clone()]).0;
        for (y, sum) in y.iter_mut().zip(sums) {
            *y = simd.add_f32s(*y, *sum);
        }
    }
}
