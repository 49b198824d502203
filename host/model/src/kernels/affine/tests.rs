//! Against candle's products.

use candle_core::Device;

use super::*;

fn random(rows: usize, columns: usize) -> Tensor {
    Tensor::randn(0f32, 1.0, (rows, columns), &Device::Cpu).expect("random numbers")
}

fn assert_close(found: &Tensor, expected: &Tensor) {
    assert_eq!(found.dims(), expected.dims());
    let difference = (found - expected).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
    assert!(difference.expect("a number") < 1e-4);
}

#[test]
fn it_equals_candle_for_few_and_for_many_vectors() {
    for vectors in [1, 17, 700] {
        let (x, weight) = (random(vectors, 96), random(200, 96));
        let bias = random(1, 200).squeeze(0).expect("one dimension");
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
        let (x, weight, other) = (random(vectors, 96), random(200, 96), random(200, 96));
        let weight_t = weight.t().expect("a view");
        let (weight, other) = (Weight::new(weight), Weight::new(other));
        let bias = random(1, 200).squeeze(0).expect("one dimension");
        let (a, b_t) = (random(8, 96), random(8, 200));
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
fn parts_must_cover_all_vectors_in_order() {
    let (x, weight) = (random(6, 5), Weight::new(random(4, 5)));
    let part = |vectors| Part { vectors, weight: &weight, bias: None };
    for parts in [vec![], vec![part(0..5)], vec![part(0..3), part(4..6)], vec![part(0..7)]] {
        assert!(affine_in_parts(&x, &parts, &[]).is_err(), "{parts:?}");
    }
}

#[test]
fn other_shapes_are_an_error() {
    let weight_t = random(6, 4);
    assert!(affine(&random(2, 5), &weight_t, None).is_err());
    let short = random(1, 3).squeeze(0).expect("one dimension");
    assert!(affine(&random(2, 6), &weight_t, Some(&short)).is_err());
    let (a, b_t) = (random(2, 6), random(3, 4));
    let weight = Weight::new(random(4, 6));
    let parts = [Part { vectors: 0..2, weight: &weight, bias: None }];
    let low_rank = [LowRank { vectors: 0..2, a: &a, b_t: &b_t }];
    assert!(affine_in_parts(&random(2, 6), &parts, &low_rank).is_err());
}
