//! How adapters come to where the model computes.

use candle_core::{Device, Result, Tensor, bail};

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

    /// The tensors, of f32, bf16 or f16 in the host's memory, where the model computes, in their order.
    /// They are there when this returns: the stream that computes waits for nothing.
    ///
    /// # Errors
    /// When the device's memory or the host's page-locked memory is exhausted, or a copy failed.
    pub(crate) fn upload(&self, tensors: Vec<Tensor>) -> Result<Vec<Tensor>> {
        match self {
            Self::Nowhere => Ok(tensors),
            #[cfg(feature = "cuda")]
            Self::Cuda(copies) => copies.upload(&tensors),
        }
    }

    /// [`Upload::upload`] of two.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn upload_pair(&self, left: Tensor, right: Tensor) -> Result<(Tensor, Tensor)> {
        let mut tensors = self.upload(vec![left, right])?.into_iter();
        match (tensors.next(), tensors.next()) {
            (Some(left), Some(right)) => Ok((left, right)),
            _ => bail!("less was uploaded than there is"),
        }
    }
}
