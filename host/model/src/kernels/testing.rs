//! What the tests of the kernels have in common.

use candle_core::{Device, Shape, Tensor};

/// Numbers around zero, on the CPU.
pub(super) fn random(shape: impl Into<Shape>, spread: f32) -> Tensor {
    Tensor::randn(0f32, spread, shape, &Device::Cpu).expect("random numbers")
}

/// `(rows, columns)` numbers around zero.
pub(super) fn random_matrix(rows: usize, columns: usize) -> Tensor {
    random((rows, columns), 1.0)
}

/// The greatest difference between two numbers at one place.
pub(super) fn greatest_difference(left: &Tensor, right: &Tensor) -> f32 {
    assert_eq!(left.dims(), right.dims());
    let greatest = (left - right).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
    greatest.expect("a number")
}
