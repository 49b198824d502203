//! Against candle's operations.

use candle_core::DType;

use super::{Weight, merge, with_operations_of_candle};
use crate::WeightPrecision;
use crate::kernels::testing::random_matrix;

#[test]
fn on_a_device_the_sum_is_kept_as_the_weight_is_multiplied() {
    for (precision, dtype) in [
        (WeightPrecision::F32, DType::F32),
        (WeightPrecision::Bf16, DType::BF16),
        (WeightPrecision::F16, DType::F16),
        (WeightPrecision::Int8, DType::F32),
    ] {
        let weight = Weight::keep(&random_matrix(30, 20), precision).expect("a weight");
        let (left, right) = (random_matrix(30, 4), random_matrix(4, 20));
        let scale = random_matrix(1, 30).squeeze(0).expect("one dimension");
        for scale in [None, Some(&scale)] {
            let found = with_operations_of_candle(&weight, scale, &left, &right).expect("a sum");
            assert_eq!(found.dtype(), dtype);
            let exact = merge(&weight, scale, &left, &right).expect("a sum");
            let rounded = exact.to_dtype(dtype).and_then(|exact| exact.to_dtype(DType::F32));
            let found = found.to_dtype(DType::F32);
            let off = found.and_then(|found| (found - rounded?)?.abs()?.max_all()?.to_scalar());
            let off: f32 = off.expect("a number");
            // A number that lies between two may be rounded to either.
            assert!(off < 0.03, "{precision}: off by {off}");
        }
    }
}

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
