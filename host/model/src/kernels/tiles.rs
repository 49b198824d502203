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
pub(super) fn next_vectors(left: usize) -> usize {
    match left {
        0..=2 => left,
        4 => 2,
        _ => 3,
    }
}

/// The products of some rows, each of `width` numbers, with all vectors: `y_t` is `(rows, vectors)`.
#[inline(always)]
pub(super) fn rows_with_vectors<S: Simd>(
    simd: S,
    rows: &[f32],
    x: &[f32],
    width: usize,
    y_t: &mut [f32],
) {
    let vectors = x.len() / width;
    for (rows, y_t) in rows.chunks(ROWS * width).zip(y_t.chunks_mut(ROWS * vectors)) {
        if y_t.len() == ROWS * vectors {
            some_rows::<S, ROWS>(simd, rows, x, width, y_t);
            continue;
        }
        for (row, y_t) in rows.chunks_exact(width).zip(y_t.chunks_exact_mut(vectors)) {
            some_rows::<S, 1>(simd, row, x, width, y_t);
        }
    }
}

#[inline(always)]
fn some_rows<S: Simd, const N: usize>(
    simd: S,
    rows: &[f32],
    x: &[f32],
    width: usize,
    y_t: &mut [f32],
) {
    let vectors = x.len() / width;
    let mut first = 0;
    while first < vectors {
        let x = &x[first * width..];
        let y_t = &mut y_t[first..];
        let taken = next_vectors(vectors - first);
        match taken {
            3 => tile::<S, N, 3>(simd, rows, x, width, y_t, vectors),
            2 => tile::<S, N, 2>(simd, rows, x, width, y_t, vectors),
            _ => tile::<S, N, 1>(simd, rows, x, width, y_t, vectors),
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
    y_t: &mut [f32],
    vectors: usize,
) {
    let sums = dots(simd, rows_of::<N>(rows, width), rows_of::<M>(x, width));
    for (row, sums) in sums.iter().enumerate() {
        y_t[row * vectors..][..M].copy_from_slice(sums);
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

/// Rows of factors, their numbers place by place: `x_t` is `(places, rows)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factors<'a> {
    pub(super) x_t: &'a [f32],
    pub(super) rows: usize,
    /// The first row that is meant.
    pub(super) first: usize,
}

/// `y += x m`; `y` and `m` are rows of `columns` numbers each.
#[inline(always)]
pub(super) fn add_product<S: Simd>(
    simd: S,
    y: &mut [f32],
    columns: usize,
    mut x: Factors<'_>,
    m: &[f32],
) {
    let mut y = y;
    while !y.is_empty() {
        let taken = next_vectors(y.len() / columns);
        let (rows, others) = y.split_at_mut(taken * columns);
        match taken {
            3 => add_to_rows::<S, 3>(simd, rows, columns, x, m),
            2 => add_to_rows::<S, 2>(simd, rows, columns, x, m),
            _ => add_to_rows::<S, 1>(simd, rows, columns, x, m),
        }
        x.first += taken;
        y = others;
    }
}

/// `N` rows, four registers of columns at a time and the last ones in narrower steps.
#[inline(always)]
fn add_to_rows<S: Simd, const N: usize>(
    simd: S,
    y: &mut [f32],
    columns: usize,
    x: Factors<'_>,
    m: &[f32],
) {
    let mut first = 0;
    while first + 4 * S::F32_LANES <= columns {
        add_columns::<S, N, 4>(simd, y, columns, x, m, first);
        first += 4 * S::F32_LANES;
    }
    while first + S::F32_LANES <= columns {
        add_columns::<S, N, 1>(simd, y, columns, x, m, first);
        first += S::F32_LANES;
    }
    for column in first..columns {
        let mut sums = [0f32; N];
        for (factors, m) in x.x_t.chunks_exact(x.rows).zip(m.chunks_exact(columns)) {
            for (sum, factor) in sums.iter_mut().zip(&factors[x.first..][..N]) {
                *sum = factor.mul_add(m[column], *sum);
            }
        }
        for (y, sum) in y.chunks_exact_mut(columns).zip(sums) {
            y[column] += sum;
        }
    }
}

/// `WIDTH` registers of columns of `N` rows, from column `first` on.
#[inline(always)]
fn add_columns<S: Simd, const N: usize, const WIDTH: usize>(
    simd: S,
    y: &mut [f32],
    columns: usize,
    x: Factors<'_>,
    m: &[f32],
    first: usize,
) {
    let taken = first..first + WIDTH * S::F32_LANES;
    let mut sums = [[simd.splat_f32s(0.0); WIDTH]; N];
    for (factors, m) in x.x_t.chunks_exact(x.rows).zip(m.chunks_exact(columns)) {
        let m = &S::as_simd_f32s(&m[taken.clone()]).0[..WIDTH];
        for (sums, factor) in sums.iter_mut().zip(&factors[x.first..][..N]) {
            let factor = simd.splat_f32s(*factor);
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
