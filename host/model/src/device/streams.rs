//! Who orders what is done on a device.
//!
//! Compiled and linked by `.ci/cuda-check`, and run by `.ci/counting-driver`; no GPU has run it.
#![expect(unsafe_code, reason = "what is turned off is a safety of cudarc's")]

use candle_core::{Device, Result};

/// Turns cudarc's tracking off, which makes two events with each tensor, and has each kernel wait for
/// and record one for each of its operands. It is for programs with several streams that share
/// tensors. Must be called before the device's first tensor is made.
pub(super) fn stop_tracking(device: &Device) -> Result<()> {
    let device = device.as_cuda_device()?;
    // SAFETY: all memory is allocated, written, read and freed on one stream, that of `device`, in
    // the order of the calls. The one other stream copies into memory that nobody else has yet
    // (`upload::pinned`): it waits for the allocation before, and its thread for the copy behind.
    unsafe { device.disable_event_tracking() };
    Ok(())
}
