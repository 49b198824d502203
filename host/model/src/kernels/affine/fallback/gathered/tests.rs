//! Random mixes of adapters against one product each.

use std::ops::Range;

use proptest::prelude::*;

use super::*;
use crate::kernels::testing::{greatest_difference, random_matrix};

const IN_FEATURES: usize = 24;
const OUT_FEATURES: usize = 40;

/// Rank, length, and vectors without an adapter in front, of each segment.
fn segments() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    prop::collection::vec((0usize..40, 1usize..20, 0usize..3), 0..9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn many_at_once_equal_one_by_one(segments in segments()) {
        let mut vectors = 0;
        let adapters = segments.iter().map(|(rank, length, gap)| {
            let start = vectors + gap;
            vectors = start + length;
            (start..vectors, random_matrix(*rank, IN_FEATURES), random_matrix(*rank, OUT_FEATURES))
        });
        let adapters = adapters.collect::<Vec<(Range<usize>, Tensor, Tensor)>>();
        let (x, y) = (random_matrix(vectors + 1, IN_FEATURES), random_matrix(vectors + 1, OUT_FEATURES));
        let products = adapters.iter().map(|(vectors, a, b_t)| LowRank { vectors: vectors.clone(), a, b_t });
        let products = products.collect::<Vec<_>>();

        let mut together = y.clone();
        for group in alike(&products) {
            together = add_together(together, &x, &group).expect("a sum");
        }
        let one_by_one = y.copy().expect("a copy");
        for (vectors, a, b_t) in adapters.iter().filter(|(_, a, _)| a.dims()[0] > 0) {
            let rows = |tensor: &Tensor| tensor.narrow(0, vectors.start, vectors.len());
            let product = rows(&x).and_then(|x| x.matmul(&a.t()?)?.matmul(b_t));
            let sum = (rows(&y).expect("rows") + product.expect("a product")).expect("a sum");
            one_by_one.slice_set(&sum, 0, vectors.start).expect("fits");
        }
        prop_assert!(greatest_difference(&together, &one_by_one) < 1e-3);
    }
}

#[test]
fn sizes_of_one_power_of_two_go_together() {
    let matrices = [3, 4, 8, 5].map(|rank| (random_matrix(rank, 2), random_matrix(rank, 2)));
    let spans = [0..3, 3..7, 7..11, 11..20];
    let products =
        matrices.iter().zip(spans).map(|((a, b_t), vectors)| LowRank { vectors, a, b_t });
    let products = products.collect::<Vec<_>>();
    let groups = alike(&products);
    let starts =
        |group: &Vec<&LowRank<'_>>| group.iter().map(|of| of.vectors.start).collect::<Vec<_>>();
    assert_eq!(groups.iter().map(starts).collect::<Vec<_>>(), [vec![0, 3], vec![7], vec![11]]);
}
