//! The pool that the driver takes a device's memory from.
//!
//! Compiled and linked by `.ci/cuda-check`; no GPU has run it.
#![expect(unsafe_code, reason = "cudarc sets attributes of pools by raw pointers alone")]

use candle_core::cuda_backend::WrapErr as _;
use candle_core::cuda_backend::cudarc::driver::{result, sys};
use candle_core::{Device, Result};

/// Keeps freed memory in the pool for the next allocation. By default every synchronisation may give
/// all of it back to the operating system, and what is allocated next waits for it.
pub(super) fn keep_what_is_freed(device: &Device) -> Result<()> {
    let context = device.as_cuda_device()?.cuda_stream().context().clone();
    if !context.has_async_alloc() {
        return Ok(());
    }
    let mut threshold = u64::MAX;
    // SAFETY: the device comes from a context that lives.
    let pool = unsafe { result::device::get_mem_pool(context.cu_device()) }.w()?;
    let attribute = sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    // SAFETY: the pool is that of a device in use; the attribute is a u64, which the driver copies.
    unsafe { result::mem_pool::set_attribute(pool, attribute, (&raw mut threshold).cast()) }.w()
}
