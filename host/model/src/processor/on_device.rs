//! Pixel values made where the model computes, of bytes: a quarter of what the values would be to upload,
//! and no work for the host.

use candle_core::{DType, Device, Result, Tensor};
use dossier_document::PageImage;

use super::ImageProcessor;
use crate::ModelError;

/// What each byte becomes, on a device.
#[derive(Debug)]
pub(crate) struct OnDevice {
    /// `(3 * 256)`: channel by channel the value of each byte.
    values: Tensor,
    /// `(1, 3, 1, 1)`: where each channel's values begin.
    first: Tensor,
}

impl OnDevice {
    pub(crate) fn new(processor: &ImageProcessor, device: &Device) -> Result<Self> {
        let values = Tensor::new(processor.values.concat(), device)?;
        let first = Tensor::new(&[0u32, 256, 512], device)?.reshape((1, 3, 1, 1))?;
        Ok(Self { values, first })
    }

    /// The bytes of a page, `(1, height, width, 3)` in the host's memory, with height and width.
    ///
    /// # Errors
    /// As [`ImageProcessor::pixel_values`].
    pub(crate) fn bytes(
        &self,
        processor: &ImageProcessor,
        page: &PageImage,
    ) -> std::result::Result<([usize; 2], Tensor), ModelError> {
        let (size, bytes) = processor.bytes(page)?;
        let [height, width] = size;
        Ok((size, Tensor::from_vec(bytes, (1, height, width, 3), &Device::Cpu)?))
    }

    /// `(pages, height, width, 3)` bytes to `(pages, 3, height, width)` values, here.
    pub(crate) fn pixel_values(&self, bytes: &Tensor) -> Result<Tensor> {
        let bytes = bytes.to_device(self.values.device())?;
        let by_channel = bytes.permute((0, 3, 1, 2))?.contiguous()?.to_dtype(DType::U32)?;
        let places = by_channel.broadcast_add(&self.first)?;
        self.values.index_select(&places.flatten_all()?, 0)?.reshape(places.shape())
    }
}

#[cfg(test)]
mod tests;
