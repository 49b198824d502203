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
fn only_the_rows_meant_are_added_to() {
    let (y, left, right) = (random(500, 40), random(300, 8), random(8, 40));
    let found = y.copy().expect("a copy");
    add_product_to_rows(&found, &left, &right, 150).expect("a sum");
    let product = left.matmul(&right).expect("a product");
    let expected = y.narrow(0, 150, 300).and_then(|rows| rows + product).expect("a sum");
    assert_close(&found.narrow(0, 150, 300).expect("rows"), &expected);
    for (start, length) in [(0, 150), (450, 50)] {
        let rows = |x: &Tensor| x.narrow(0, start, length).and_then(|x| x.to_vec2::<f32>());
        assert_eq!(rows(&found).expect("rows"), rows(&y).expect("rows"));
    }
}

#[test]
fn other_shapes_are_an_error() {
    let weight_t = random(6, 4);
    assert!(affine(&random(2, 5), &weight_t, None).is_err());
    let short = random(1, 3).squeeze(0).expect("one dimension");
    assert!(affine(&random(2, 6), &weight_t, Some(&short)).is_err());
    assert!(add_product_to_rows(&random(5, 4), &random(3, 6), &weight_t, 3).is_err());
}
