//! How adapters come to where the model computes.

use candle_core::{Device, Result, Tensor};

#[cfg(feature = "cuda")]
mod pinned;
#[cfg(feature = "cuda")]
use pinned::PinnedCopies;

/// Brings tensors from the host's memory to where the model computes, beside what is computed there.
#[derive(Debug)]
pub(crate) enum Upload {
    /// The model computes in the host's memory.
    Nowhere,
    #[cfg(feature = "cuda")]
    Cuda(PinnedCopies),
}

impl Upload {
    /// Uploads to `device`.
    ///
    /// # Errors
    /// When the device gives no stream.
    pub(crate) fn to(device: &Device) -> Result<Self> {
        match device {
            #[cfg(feature = "cuda")]
            Device::Cuda(device) => PinnedCopies::new(device).map(Self::Cuda),
            _ => Ok(Self::Nowhere),
        }
    }

    /// The tensor, of f32, bf16 or f16 in the host's memory, where the model computes.
    ///
    /// # Errors
    /// When the device's memory or the host's page-locked memory is exhausted.
    pub(crate) fn upload(&self, tensor: Tensor) -> Result<Tensor> {
        match self {
            Self::Nowhere => Ok(tensor),
            #[cfg(feature = "cuda")]
            Self::Cuda(copies) => copies.upload(&tensor),
        }
    }

    /// Waits until all that was uploaded is there. candle stacks and copies tensors on the stream that
    /// computes, which waits for nothing on the stream that uploads.
    ///
    /// # Errors
    /// When a copy failed.
    pub(crate) fn finish(&self) -> Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            #[cfg(feature = "cuda")]
            Self::Cuda(copies) => copies.finish(),
        }
    }
}
