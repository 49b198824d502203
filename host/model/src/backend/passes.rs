//! How many pages one pass of the encoder takes.

use candle_core::Device;

use crate::device::{DeviceKind, DeviceMemory};
use crate::page_form::PageForm;
use crate::{ModelError, device};

/// Pages of one form that one pass takes on a device.
///
/// # Errors
/// When one page alone is too large for a device.
pub(super) fn pages_at_once(device: &Device, form: &PageForm) -> Result<usize, ModelError> {
    let Some(memory) = DeviceMemory::of(device)? else {
        // A page a core: what passes between the layers stays in the caches, and no core waits for
        // another between two products.
        return Ok(1);
    };
    on_device(form.numbers, memory.total)
        .ok_or_else(|| page_too_large(device, form.size, form.numbers))
}

/// As many as the kernels can count and a share of the memory holds; one, however little memory there
/// is; none, where one page alone can't be counted.
fn on_device(numbers_of_a_page: usize, memory_bytes: usize) -> Option<usize> {
    let counted = device::MOST_NUMBERS / numbers_of_a_page.max(1);
    let bytes = numbers_of_a_page.saturating_mul(size_of::<f32>()).saturating_mul(LARGEST_AT_ONCE);
    let held = memory_bytes / SHARE / bytes.max(1);
    (counted > 0).then(|| counted.min(held.max(1)))
}

fn page_too_large(device: &Device, [height, width]: [usize; 2], numbers: usize) -> ModelError {
    let device = DeviceKind::of(device).to_string();
    ModelError::PageTooLargeForDevice {
        device,
        height,
        width,
        numbers,
        limit: device::MOST_NUMBERS,
    }
}

/// Tensors of a page's largest size that are there at once: the states before a layer, what goes into
/// the inner product and comes of it, its casts, and what the allocator has not got back yet.
const LARGEST_AT_ONCE: usize = 6;

/// The share of a device's memory that one pass may take: base, adapters and the decoder's past need
/// the rest.
const SHARE: usize = 4;

#[cfg(test)]
mod tests;
