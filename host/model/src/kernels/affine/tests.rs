//! Against candle's products.

use candle_core::DType;

use super::*;
use crate::WeightPrecision;
use crate::kernels::testing::{greatest_difference, random_matrix};

fn assert_close(found: &Tensor, expected: &Tensor) {
    assert!(greatest_difference(found, expected) < 1e-4);
}

#[test]
fn it_equals_candle_for_few_and_for_many_vectors() {
    for vectors in [1, 17, 700] {
        let (x, weight) = (random_matrix(vectors, 96), random_matrix(200, 96));
        let bias = random_matrix(1, 200).squeeze(0).expect("one dimension");
        let weight_t = weight.t().expect("a view");
        let product = x.matmul(&weight_t).expect("a product");
        assert_close(&affine(&x, &weight_t, None).expect("a product"), &product);
        let biased = product.broadcast_add(&bias).expect("a sum");
        assert_close(&affine(&x, &weight_t, Some(&bias)).expect("a product"), &biased);
    }
}

#[test]
fn parts_and_products_of_low_rank_equal_candle() {
    for (vectors, first) in [(10, 4), (900, 650)] {
        let (x, weight, other) =
            (random_matrix(vectors, 96), random_matrix(200, 96), random_matrix(200, 96));
        let weight_t = weight.t().expect("a view");
        let (weight, other) = (Weight::new(weight), Weight::new(other));
        let bias = random_matrix(1, 200).squeeze(0).expect("one dimension");
        let (a, b_t) = (random_matrix(8, 96), random_matrix(8, 200));
        let parts = [
            Part { vectors: 0..first, weight: &weight, bias: Some(&bias) },
            Part { vectors: first..vectors, weight: &other, bias: None },
        ];
        let low_rank = [LowRank { vectors: first - 2..first + 3, a: &a, b_t: &b_t }];
        let found = affine_in_parts(&x, &parts, &low_rank).expect("a product");
        let expected = with_products_of_candle(&x, &parts, &low_rank).expect("a product");
        assert_close(&found, &expected);
        let product = x.matmul(&weight_t).and_then(|y| y.broadcast_add(&bias));
        let rows = |y: &Tensor| y.narrow(0, 0, first - 2).expect("rows");
        assert_close(&rows(&found), &rows(&product.expect("a product")));
    }
}

#[test]
fn candle_multiplies_in_what_matrices_are_kept_in() {
    for (weights, adapters) in [
        (WeightPrecision::Bf16, DType::BF16),
        (WeightPrecision::F16, DType::F16),
        (WeightPrecision::Int8, DType::F16),
    ] {
        let x = random_matrix(12, 96);
        let weight = Weight::keep(&random_matrix(200, 96), weights).expect("a weight");
        let keep = |matrix: Tensor| matrix.to_dtype(adapters).expect("a matrix");
        let (a, b_t) = (keep(random_matrix(8, 96)), keep(random_matrix(8, 200)));
        let parts = [Part { vectors: 0..12, weight: &weight, bias: None }];
        let low_rank = [LowRank { vectors: 2..9, a: &a, b_t: &b_t }];
        let wide = affine_in_parts(&x, &parts, &low_rank).expect("a product");
        let narrow = with_products_of_candle(&x, &parts, &low_rank).expect("a product");
        assert_eq!(narrow.dtype(), DType::F32);
        let difference = greatest_difference(&wide, &narrow);
        let greatest = greatest_difference(&wide, &wide.zeros_like().expect("zeros"));
        // bf16 has 8 bits, and sums are rounded to them.
        assert!(difference < 0.02 * greatest, "{weights}: {difference} of {greatest}");
    }
}

#[test]
fn parts_must_cover_all_vectors_in_order() {
    let (x, weight) = (random_matrix(6, 5), Weight::new(random_matrix(4, 5)));
    let part = |vectors| Part { vectors, weight: &weight, bias: None };
    for parts in [vec![], vec![part(0..5)], vec![part(0..3), part(4..6)], vec![part(0..7)]] {
        assert!(affine_in_parts(&x, &parts, &[]).is_err(), "{parts:?}");
    }
}

#[test]
fn other_shapes_are_an_error() {
    let weight_t = random_matrix(6, 4);
    assert!(affine(&random_matrix(2, 5), &weight_t, None).is_err());
    let short = random_matrix(1, 3).squeeze(0).expect("one dimension");
    assert!(affine(&random_matrix(2, 6), &weight_t, Some(&short)).is_err());
    let (a, b_t) = (random_matrix(2, 6), random_matrix(3, 4));
    let weight = Weight::new(random_matrix(4, 6));
    let parts = [Part { vectors: 0..2, weight: &weight, bias: None }];
    let low_rank = [LowRank { vectors: 0..2, a: &a, b_t: &b_t }];
    assert!(affine_in_parts(&random_matrix(2, 6), &parts, &low_rank).is_err());
}
