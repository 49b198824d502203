//! Products of low rank for few vectors, as the decoder needs them: one call of a general product
//! costs more than the arithmetic.

/// A and B of one adapter on one layer, transposed.
#[derive(Clone, Copy, Debug)]
pub(super) struct LowRankMatrices<'a> {
    /// `(in_features, rank)`.
    pub(super) a_t: &'a [f32],
    /// `(rank, out_features)`.
    pub(super) b_t: &'a [f32],
    pub(super) rank: usize,
}

/// `y += x a_t b_t`, `x` being `(vectors, in_features)` and `y` `(vectors, out_features)`.
///
/// # Panics
/// When the lengths do not go together.
pub(super) fn add_low_rank(y: &mut [f32], x: &[f32], matrices: LowRankMatrices<'_>) {
    let LowRankMatrices { a_t, b_t, rank } = matrices;
    if rank == 0 {
        return;
    }
    let (in_features, out_features) = (a_t.len() / rank, b_t.len() / rank);
    assert_eq!(x.len() * out_features, y.len() * in_features, "vectors of a product");
    let mut inner = vec![0f32; VECTORS * rank];
    pulp::Arch::new().dispatch(|| {
        let x = x.chunks(VECTORS * in_features);
        for (x, y) in x.zip(y.chunks_mut(VECTORS * out_features)) {
            match x.len() == VECTORS * in_features {
                true => add_to_some::<VECTORS>(y, x, a_t, b_t, &mut inner),
                false => {
                    let x = x.chunks_exact(in_features);
                    for (x, y) in x.zip(y.chunks_exact_mut(out_features)) {
                        add_to_some::<1>(y, x, a_t, b_t, &mut inner[..rank]);
                    }
                }
            }
        }
    });
}

/// Vectors taken together: each number of A and B is loaded once for all of them, and sums that do
/// not wait for each other hide the time an addition takes.
const VECTORS: usize = 4;

#[inline(always)]
fn add_to_some<const N: usize>(
    y: &mut [f32],
    x: &[f32],
    a_t: &[f32],
    b_t: &[f32],
    inner: &mut [f32],
) {
    inner.fill(0.0);
    add_product::<N, 16>(inner, x, a_t);
    add_product::<N, 32>(y, inner, b_t);
}

/// `y += x m`, `N` rows, `WIDTH` columns at a time and the last ones in narrower steps.
#[inline(always)]
fn add_product<const N: usize, const WIDTH: usize>(y: &mut [f32], x: &[f32], m: &[f32]) {
    let depth = x.len() / N;
    let columns = m.len() / depth;
    let mut first = 0;
    while first + WIDTH <= columns {
        add_columns::<N, WIDTH>(y, x, m, first);
        first += WIDTH;
    }
    while first + 8 <= columns {
        add_columns::<N, 8>(y, x, m, first);
        first += 8;
    }
    while first + 4 <= columns {
        add_columns::<N, 4>(y, x, m, first);
        first += 4;
    }
    for column in first..columns {
        add_columns::<N, 1>(y, x, m, column);
    }
}

/// `WIDTH` columns of `y += x m` from `first` on, kept in registers.
#[inline(always)]
fn add_columns<const N: usize, const WIDTH: usize>(
    y: &mut [f32],
    x: &[f32],
    m: &[f32],
    first: usize,
) {
    let depth = x.len() / N;
    let columns = m.len() / depth;
    let mut sums = [[0f32; WIDTH]; N];
    let x: [&[f32]; N] = std::array::from_fn(|row| &x[row * depth..][..depth]);
    for (place, m) in m.chunks_exact(columns).enumerate() {
        let m = &m[first..first + WIDTH];
        for row in 0..N {
            let factor = x[row][place];
            for (sum, m) in sums[row].iter_mut().zip(m) {
                *sum += factor * m;
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
