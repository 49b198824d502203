//! Against candle's.

use candle_core::Device;

use super::*;

#[test]
fn it_equals_that_of_candle() {
    for (rows, width) in [(1, 7), (300, 96), (5, 1024)] {
        let x = Tensor::randn(3f32, 2.0, (2, rows, width), &Device::Cpu).expect("numbers");
        let weight = Tensor::randn(1f32, 0.5, width, &Device::Cpu).expect("numbers");
        let bias = Tensor::randn(0f32, 0.5, width, &Device::Cpu).expect("numbers");
        let ours = layer_norm(&x, &weight, &bias, 1e-5).expect("a norm");
        let theirs = candle_nn::ops::layer_norm_slow(&x, &weight, &bias, 1e-5).expect("a norm");
        let difference = (ours - theirs).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
        assert!(difference.expect("a number") < 1e-5);
    }
}

#[test]
fn other_widths_are_an_error() {
    let x = Tensor::zeros((2, 6), candle_core::DType::F32, &Device::Cpu).expect("zeros");
    let three = x.narrow(1, 0, 3).and_then(|x| x.get(0)).expect("three numbers");
    assert!(layer_norm(&x, &three, &three, 1e-5).is_err());
}
