//! Additions in place against candle's.

use candle_core::Device;

use super::*;

fn random(rows: usize, width: usize) -> Tensor {
    Tensor::randn(0f32, 1.0, (rows, width), &Device::Cpu).expect("random numbers")
}

#[test]
fn sums_equal_those_of_candle() {
    for rows in [5, 50_000] {
        let (x, y) = (random(rows, 7), random(rows, 7));
        let values = |x: &Tensor| x.to_vec2::<f32>().expect("two dimensions");
        let sum = (&x + &y).expect("a sum");
        let found = add_to_fresh(y.copy().expect("a copy"), &x).expect("a sum");
        assert_eq!(values(&found), values(&sum));
    }
}

#[test]
fn other_shapes_are_an_error() {
    assert!(add_to_fresh(random(6, 2), &random(3, 2)).is_err());
}
