//! Against candle's products.

use candle_core::Tensor;

use super::*;
use crate::kernels::testing::random_matrix;

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().and_then(|tensor| tensor.to_vec1()).expect("values")
}

#[test]
fn it_equals_candle_at_every_rank_and_number_of_vectors() {
    for rank in [1, 3, 4, 8, 12, 16, 29, 64] {
        for vectors in [1, 3, 4, 5, 18] {
            let (x, a, b_t) =
                (random_matrix(vectors, 60), random_matrix(rank, 60), random_matrix(rank, 85));
            let y = random_matrix(vectors, 85);
            let product = a.t().and_then(|a_t| x.matmul(&a_t)?.matmul(&b_t));
            let expected = product.and_then(|product| product + &y);
            let (a, b_t) = (values(&a), values(&b_t));
            let mut found = values(&y);
            let (a, b_t) = (StoredRows::F32(&a), StoredRows::F32(&b_t));
            let matrices = LowRankMatrices { a, b_t, rank };
            add_low_rank(&mut found, &values(&x), matrices);
            for (found, expected) in found.iter().zip(values(&expected.expect("a product"))) {
                assert!((found - expected).abs() < 1e-3, "rank {rank}, {vectors} vectors");
            }
        }
    }
}

#[test]
fn a_vector_alone_gives_what_it_gives_among_others() {
    let (a, b_t, x) = (
        values(&random_matrix(8, 60)),
        values(&random_matrix(8, 85)),
        values(&random_matrix(6, 60)),
    );
    let (a, b_t) = (StoredRows::F32(&a), StoredRows::F32(&b_t));
    let matrices = LowRankMatrices { a, b_t, rank: 8 };
    let mut together = vec![0f32; 6 * 85];
    add_low_rank(&mut together, &x, matrices);
    for (x, together) in x.chunks_exact(60).zip(together.chunks_exact(85)) {
        let mut alone = vec![0f32; 85];
        add_low_rank(&mut alone, x, matrices);
        assert_eq!(alone, together);
    }
}
