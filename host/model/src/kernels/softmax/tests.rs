//! Against candle's softmax.

use candle_core::Device;

use super::*;

fn random(shape: &[usize], spread: f32) -> Tensor {
    Tensor::randn(0f32, spread, shape, &Device::Cpu).expect("random numbers")
}

fn assert_close(found: &Tensor, expected: &Tensor) {
    assert_eq!(found.dims(), expected.dims());
    let difference = (found - expected).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
    let difference = difference.expect("a number");
    assert!(difference < 2e-6, "off by {difference}");
}

#[test]
fn plain() {
    let scores = random(&[3, 2, 5, 7], 9.0);
    let expected = candle_nn::ops::softmax_last_dim(&scores).expect("a softmax");
    assert_close(&softmax(scores).expect("a softmax"), &expected);
}

#[test]
fn with_bias_and_mask() {
    // Two pages of three windows, two heads, four places.
    let scores = random(&[6, 2, 4, 4], 9.0);
    let bias = random(&[2, 4, 4], 1.0);
    let mask = random(&[3, 4, 4], 5.0);
    let biased = scores.broadcast_add(&bias).expect("a sum");
    let expected = candle_nn::ops::softmax_last_dim(&biased).expect("a softmax");
    let found = softmax_with_bias(scores.copy().expect("a copy"), &bias, None);
    assert_close(&found.expect("a softmax"), &expected);

    let by_page = biased.reshape((2, 3, 2, 16)).expect("two pages");
    let masked = by_page.broadcast_add(&mask.reshape((1, 3, 1, 16)).expect("a page"));
    let masked = masked.and_then(|masked| masked.reshape((6, 2, 4, 4))).expect("a sum");
    let expected = candle_nn::ops::softmax_last_dim(&masked).expect("a softmax");
    let found = softmax_with_bias(scores, &bias, Some(&mask)).expect("a softmax");
    assert_close(&found, &expected);
}

#[test]
fn what_is_masked_counts_nothing() {
    let scores = [[1.0, f32::MIN, 1.0], [f32::MIN, f32::MIN, f32::MIN]];
    let scores = Tensor::new(&scores, &Device::Cpu).expect("scores");
    let rows = softmax(scores).and_then(|rows| rows.to_vec2::<f32>()).expect("two rows");
    assert_eq!([rows[0][0], rows[0][2]], [0.5, 0.5]);
    assert!(rows[0][1] < 1e-30);
    assert!((rows[1][0] - 1.0 / 3.0).abs() < 1e-6);
}
