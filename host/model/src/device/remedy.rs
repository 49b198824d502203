//! What to do about what a device's driver says, told in a sentence.

/// What is missing and what to do, by the name that CUDA gives the error somewhere in `cause`.
pub(super) fn remedy(cause: &str) -> Option<&'static str> {
    let named = |(names, _): &&(&[&str], _)| names.iter().any(|name| cause.contains(name));
    REMEDIES.iter().find(named).map(|(_, remedy)| *remedy)
}

/// Whether the device, or cuBLAS on it, had no memory left.
pub(crate) fn is_out_of_memory(error: &candle_core::Error) -> bool {
    let cause = error.to_string();
    OUT_OF_MEMORY.iter().any(|name| cause.contains(name))
}

const OUT_OF_MEMORY: &[&str] = &["CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED"];

/// Names of errors, as CUDA's headers have them, and what they mean for whoever starts the program.
/// `.ci/cuda-check` builds with CUDA 13.0, whose code drivers from 580 on take.
const REMEDIES: &[(&[&str], &str)] = &[
    (
        &["has not been built with cuda support"],
        "this program was built without GPUs: build it with the feature `cuda`, or choose the device `cpu`",
    ),
    (
        &["CUDA_ERROR_NO_DEVICE"],
        "no NVIDIA GPU is visible to this process: `nvidia-smi` and CUDA_VISIBLE_DEVICES tell which are; or choose the device `cpu`",
    ),
    (
        &["CUDA_ERROR_INVALID_DEVICE"],
        "there is no GPU of this number: `nvidia-smi -L` lists them, the first is cuda:0",
    ),
    (
        &[
            "CUDA_ERROR_INSUFFICIENT_DRIVER",
            "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
            "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
            "CUDA_ERROR_STUB_LIBRARY",
        ],
        "its driver is older than this program: install NVIDIA's driver 580 or newer, and restart the machine where the module in its kernel is still the old one",
    ),
    (
        &["CUDA_ERROR_NO_BINARY_FOR_GPU", "CUDA_ERROR_INVALID_PTX"],
        "the GPU is older than those this program was built for: build it with CUDA_COMPUTE_CAP set to the GPU's compute capability, 75 for 7.5",
    ),
    (
        &["CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA_ERROR_DEVICE_ALREADY_IN_USE"],
        "another process has the GPU to itself: `nvidia-smi` lists it",
    ),
    (
        OUT_OF_MEMORY,
        "its memory is full: `nvidia-smi` lists who uses it; fewer `batch_pages`, a smaller `adapter_memory_bytes` or a narrower `weight_precision` need less",
    ),
];

#[cfg(test)]
mod tests;
