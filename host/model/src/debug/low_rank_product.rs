//! The decoder's product with one adapter on one layer, to measure it.

use super::random_adapter::SplitMix;
use crate::kernels::add_low_rank_f32;

/// Vectors, and the two matrices of an adapter; numbers are pseudo-random.
#[derive(Debug)]
pub struct LowRankProduct {
    x: Vec<f32>,
    y: Vec<f32>,
    a: Vec<f32>,
    b_t: Vec<f32>,
    rank: usize,
}

impl LowRankProduct {
    /// For so many vectors, in a layer from `in_features` to `out_features`.
    #[must_use]
    pub fn new(vectors: usize, in_features: usize, out_features: usize, rank: usize) -> Self {
        let mut numbers = SplitMix(7);
        let mut matrix = |rows: usize, columns: usize| {
            (0..rows * columns).map(|_| numbers.next(0.1)).collect::<Vec<_>>()
        };
        Self {
            x: matrix(vectors, in_features),
            y: vec![0.0; vectors * out_features],
            a: matrix(rank, in_features),
            b_t: matrix(rank, out_features),
            rank,
        }
    }

    /// Adds the product once more, and gives the sums.
    pub fn add(&mut self) -> &[f32] {
        add_low_rank_f32(&mut self.y, &self.x, &self.a, &self.b_t, self.rank);
        &self.y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_the_product() {
        let mut product = LowRankProduct::new(2, 6, 5, 3);
        let LowRankProduct { x, a, b_t, .. } = &product;
        let sum = |vector: usize, out: usize| {
            let inner =
                |rank: usize| (0..6).map(|i| x[vector * 6 + i] * a[rank * 6 + i]).sum::<f32>();
            (0..3).map(|rank| inner(rank) * b_t[rank * 5 + out]).sum::<f32>()
        };
        let expected = (0..10).map(|at| sum(at / 5, at % 5)).collect::<Vec<_>>();
        assert!(expected.iter().any(|value| value.abs() > 1e-5), "{expected:?}");
        for (found, expected) in product.add().iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }
}
