//! Products of low rank for few vectors, as the decoder needs them: one call of a general product
//! costs more than the arithmetic.

use pulp::{Simd, WithSimd};

use super::tiles::{Rows, Strides, add_product, rows_with_vectors};
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

impl LowRankMatrices<'_> {
    /// Numbers in both.
    pub(super) fn len(&self) -> usize {
        self.a.len() + self.b_t.len()
    }
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
    pulp::Arch::new().dispatch(Product { y, x, matrices, in_features, out_features });
}

struct Product<'a> {
    y: &'a mut [f32],
    x: &'a [f32],
    matrices: LowRankMatrices<'a>,
    in_features: usize,
    out_features: usize,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { y, x, matrices, in_features, out_features } = self;
        let LowRankMatrices { a, b_t, rank } = matrices;
        let (mut a_wide, mut b_wide) = (Vec::new(), Vec::new());
        let a = a.widened(0..rank, in_features, &mut a_wide);
        let b_t = b_t.widened(0..rank, out_features, &mut b_wide);
        let vectors = x.len() / in_features;
        let mut inner = vec![0f32; vectors * rank];
        let strides = Strides { row: 1, vector: rank };
        rows_with_vectors(simd, a, x, in_features, &mut inner, strides);
        let inner = Rows { values: &inner, stride: rank, length: rank };
        add_product(simd, y, out_features, inner, b_t);
    }
}

#[cfg(test)]
mod tests;
