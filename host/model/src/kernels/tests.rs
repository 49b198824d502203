//! In-place additions against candle's.

use candle_core::Device;

use super::*;

fn random(rows: usize, width: usize) -> Tensor {
    Tensor::randn(0f32, 1.0, (rows, width), &Device::Cpu).expect("random numbers")
}

fn values(x: &Tensor) -> Vec<Vec<f32>> {
    x.to_vec2().expect("two dimensions")
}

#[test]
fn sums_equal_those_of_candle() {
    let (x, y) = (random(5, 7), random(5, 7));
    let bias = random(1, 7).squeeze(0).expect("one dimension");
    let sum = (&x + &y).expect("a sum");
    assert_eq!(values(&add_to_fresh(y.copy().expect("a copy"), &x).expect("a sum")), values(&sum));
    let biased = y.broadcast_add(&bias).expect("a sum");
    let found = add_bias_to_fresh(y.copy().expect("a copy"), &bias).expect("a sum");
    assert_eq!(values(&found), values(&biased));
}

#[test]
fn other_shapes_are_an_error() {
    assert!(add_to_fresh(random(6, 2), &random(3, 2)).is_err());
    assert!(add_bias_to_fresh(random(6, 4), &random(1, 2).squeeze(0).expect("a bias")).is_err());
}

#[test]
fn only_the_rows_meant_are_added_to() {
    let (y, delta) = (random(5, 3), random(2, 3));
    let expected = (y.narrow(0, 2, 2).expect("two rows") + &delta).expect("a sum");
    let found = y.copy().expect("a copy");
    add_to_rows(&found, &delta, 2).expect("a sum");
    assert_eq!(values(&found)[2..4], values(&expected));
    assert_eq!(values(&found)[..2], values(&y)[..2]);
    assert_eq!(values(&found)[4..], values(&y)[4..]);
}
