//! Products of low rank for few vectors, as the decoder needs them: one call of a general product
//! costs more than the arithmetic.

use std::cell::RefCell;

use pulp::{Simd, WithSimd};

use super::tiles::{Rows, Strides, add_product, rows_with_vectors};
use super::weight::{StoredRows, first_of};

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
    SCRATCH.with_borrow_mut(|scratch| {
        pulp::Arch::new().dispatch(Product { y, x, matrices, in_features, out_features, scratch });
    });
}

/// [`add_low_rank`] with matrices in f32, `(rank, in_features)` and `(rank, out_features)`.
///
/// # Panics
/// When the lengths do not go together.
pub(crate) fn add_low_rank_f32(y: &mut [f32], x: &[f32], a: &[f32], b_t: &[f32], rank: usize) {
    let (a, b_t) = (StoredRows::F32(a), StoredRows::F32(b_t));
    add_low_rank(y, x, LowRankMatrices { a, b_t, rank });
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Memory that products of a thread share: to ask for it anew costs a tenth of what they take.
#[derive(Debug, Default)]
struct Scratch {
    a: Vec<f32>,
    b_t: Vec<f32>,
    inner: Vec<f32>,
}

struct Product<'a> {
    y: &'a mut [f32],
    x: &'a [f32],
    matrices: LowRankMatrices<'a>,
    in_features: usize,
    out_features: usize,
    scratch: &'a mut Scratch,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { y, x, matrices, in_features, out_features, scratch } = self;
        let LowRankMatrices { a, b_t, rank } = matrices;
        let a = a.widened(0..rank, in_features, &mut scratch.a);
        let b_t = b_t.widened(0..rank, out_features, &mut scratch.b_t);
        let inner = first_of(&mut scratch.inner, x.len() / in_features * rank);
        let strides = Strides { row: 1, vector: rank };
        rows_with_vectors(simd, a, x, in_features, inner, strides);
        let inner = Rows { values: inner, stride: rank, step: 1, length: rank };
        add_product(simd, y, out_features, inner, b_t);
    }
}

#[cfg(test)]
mod tests;
