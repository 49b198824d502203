//! What is told for the errors that a start can meet.

use super::*;

/// As cudarc and candle write them.
fn driver(name: &str) -> String {
    format!("DriverError({name}, \"<Failure when calling cuGetErrorString()>\")")
}

#[test]
fn a_start_tells_what_is_missing_and_what_to_do() {
    for (name, part) in [
        ("CUDA_ERROR_NO_DEVICE", "no NVIDIA GPU is visible"),
        ("CUDA_ERROR_INVALID_DEVICE", "nvidia-smi -L"),
        ("CUDA_ERROR_INSUFFICIENT_DRIVER", "driver 580"),
        ("CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "driver 580"),
        ("CUDA_ERROR_NO_BINARY_FOR_GPU", "CUDA_COMPUTE_CAP"),
        ("CUDA_ERROR_OUT_OF_MEMORY", "memory is full"),
    ] {
        let told = remedy(&driver(name));
        assert!(told.is_some_and(|told| told.contains(part)), "{name}: {told:?}");
    }
    let without_feature = candle_core::Error::NotCompiledWithCudaSupport.to_string();
    assert!(remedy(&without_feature).is_some_and(|told| told.contains("feature `cuda`")));
    assert_eq!(remedy(&driver("CUDA_ERROR_ILLEGAL_ADDRESS")), None);
}

#[test]
fn memory_that_runs_out_is_no_lost_device() {
    let error = |name| candle_core::Error::msg(driver(name));
    assert!(is_out_of_memory(&error("CUDA_ERROR_OUT_OF_MEMORY")));
    assert!(is_out_of_memory(&error("CUBLAS_STATUS_ALLOC_FAILED")));
    assert!(!is_out_of_memory(&error("CUDA_ERROR_ILLEGAL_ADDRESS")));
}
