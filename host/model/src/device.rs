//! Where the model computes.

use std::fmt;

use candle_core::Device;

use crate::ModelError;

mod upload;
pub(crate) use upload::Upload;

/// Where the model computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its number. Needs the cargo feature `cuda`.
    Cuda(usize),
}

impl DeviceKind {
    pub(crate) fn open(self) -> Result<Device, ModelError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            // With a stream of its own: `new_cuda` takes the calling thread's, so that adapters
            // would be loaded on one and read on another that does not wait for it.
            Self::Cuda(ordinal) => Device::new_cuda_with_stream(ordinal).map_err(|error| {
                ModelError::Device { device: self.to_string(), problem: error.to_string() }
            }),
        }
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
        }
    }
}
