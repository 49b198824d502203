//! Against candle's operations.

use super::{Weight, merge};
use crate::kernels::testing::random_matrix;

#[test]
fn it_equals_candle_for_small_and_for_large_weights() {
    for (rows, columns) in [(3, 5), (700, 300)] {
        let (weight, left) = (random_matrix(rows, columns), random_matrix(rows, 8));
        let right = random_matrix(columns, 8).t().expect("a view");
        let scale = random_matrix(1, rows).squeeze(0).expect("one dimension");
        let product = left.matmul(&right.contiguous().expect("a copy")).expect("a product");
        let scaled = scale.unsqueeze(1).and_then(|scale| weight.broadcast_mul(&scale));
        for (scale, weight_part) in [(None, Ok(weight.clone())), (Some(&scale), scaled)] {
            let expected = weight_part.and_then(|weight| weight + &product).expect("a sum");
            let found = merge(&Weight::new(weight.clone()), scale, &left, &right).expect("a sum");
            let difference =
                (found - expected).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
            assert!(difference.expect("a number") < 1e-4);
        }
    }
}

#[test]
fn other_shapes_are_an_error() {
    let weight = Weight::new(random_matrix(6, 4));
    assert!(merge(&weight, None, &random_matrix(5, 2), &random_matrix(2, 4)).is_err());
    assert!(merge(&weight, None, &random_matrix(6, 2), &random_matrix(3, 4)).is_err());
    assert!(merge(&weight, None, &random_matrix(6, 2), &random_matrix(2, 5)).is_err());
    let scale = random_matrix(1, 5).squeeze(0).expect("one dimension");
    assert!(merge(&weight, Some(&scale), &random_matrix(6, 2), &random_matrix(2, 4)).is_err());
}
