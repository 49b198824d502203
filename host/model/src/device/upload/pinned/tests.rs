//! On a device whose memory can be read: a GPU, or the stand-in of `.ci/counting-driver`.

use candle_core::{DType, Device, Shape};

use super::*;
use crate::DeviceKind;

fn numbers(shape: impl Into<Shape>, first: f32, dtype: DType) -> Tensor {
    let shape = shape.into();
    let end = first + shape.elem_count() as f32;
    let numbers = Tensor::arange(first, end, &Device::Cpu).expect("numbers");
    numbers.reshape(shape).and_then(|numbers| numbers.to_dtype(dtype)).expect("a tensor")
}

#[test]
fn tensors_of_all_types_and_sizes_arrive_whole_and_in_their_order() {
    let device = DeviceKind::Cuda(0).open().expect("a device");
    let copies = PinnedCopies::new(device.as_cuda_device().expect("a GPU")).expect("a stream");
    // Twice, the second time from memory that holds what was copied first.
    for first in [0.0, 60.0] {
        let tensors = [
            numbers((3, 5), first, DType::F32),
            numbers(129, first, DType::BF16),
            numbers((0, 4), first, DType::F32),
            numbers((2, 1, 64), first + 1.0, DType::F32),
            numbers((7, 3), first + 2.0, DType::F16),
            numbers((5, 2), first + 3.0, DType::F32).t().expect("a view"),
            numbers(1, first + 4.0, DType::BF16),
        ];
        let uploaded = copies.upload(&tensors).expect("copies");
        assert_eq!(uploaded.len(), tensors.len());
        for (uploaded, tensor) in uploaded.iter().zip(&tensors) {
            assert!(uploaded.device().is_cuda() && uploaded.is_contiguous());
            assert_eq!((uploaded.dims(), uploaded.dtype()), (tensor.dims(), tensor.dtype()));
            let read = |tensor: &Tensor| {
                let tensor = tensor.to_device(&Device::Cpu)?.to_dtype(DType::F32)?;
                tensor.flatten_all()?.to_vec1::<f32>()
            };
            assert_eq!(read(uploaded).expect("numbers"), read(tensor).expect("numbers"));
        }
    }
}

#[test]
fn other_types_are_refused() {
    let device = DeviceKind::Cuda(0).open().expect("a device");
    let copies = PinnedCopies::new(device.as_cuda_device().expect("a GPU")).expect("a stream");
    let error = copies.upload(&[numbers(3, 0.0, DType::F32), numbers(3, 0.0, DType::U8)]);
    assert!(error.expect_err("bytes").to_string().contains("f32, bf16 or f16"));
}
