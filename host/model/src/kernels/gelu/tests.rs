//! The approximation against candle's.

use candle_core::Device;

use super::*;

#[test]
fn it_equals_the_error_function_of_libm() {
    let x = Tensor::arange_step(-12f32, 12.0, 0.001, &Device::Cpu).expect("a range");
    let ours = gelu_of_fresh(x.copy().expect("a copy")).expect("a gelu");
    let libm = x.gelu_erf().expect("a gelu");
    let difference = (ours - libm).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
    assert!(difference.expect("a number") < 2e-6);
}

#[test]
fn what_is_not_a_number_stays_so() {
    let x = Tensor::new(&[f32::NAN, f32::INFINITY], &Device::Cpu).expect("two numbers");
    let y = gelu_of_fresh(x).and_then(|y| y.to_vec1::<f32>()).expect("two numbers");
    assert!(y[0].is_nan());
    assert_eq!(y[1], f32::INFINITY);
}
