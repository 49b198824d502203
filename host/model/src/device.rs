//! Where the model computes.

use std::fmt;
use std::str::FromStr;

use candle_core::{Device, Result as CandleResult, Tensor};

use crate::ModelError;

mod memory;
pub(crate) use memory::DeviceMemory;

#[cfg(feature = "cuda")]
mod memory_pool;

mod remedy;
pub(crate) use remedy::is_out_of_memory;
use remedy::remedy;

#[cfg(feature = "cuda")]
mod streams;

mod upload;
pub(crate) use upload::Upload;

/// Where the model computes: `cpu`, `cuda` or `cuda:1` as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its number. Needs the cargo feature `cuda`.
    Cuda(usize),
}

/// The most numbers that a tensor may have on a device: candle's kernels count them in 32 bits with a sign,
/// and beyond that read elsewhere, or never end.
pub(crate) const MOST_NUMBERS: usize = i32::MAX as usize;

/// A text names no device.
#[derive(Debug, thiserror::Error)]
#[error("a device reads `cpu`, `cuda` or `cuda:1`")]
pub struct InvalidDevice;

impl DeviceKind {
    /// Opens the device and has it compute something: what is missing for that is told at the start.
    pub(crate) fn open(self) -> Result<Device, ModelError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(ordinal) => open_cuda(ordinal).map_err(|error| self.refused(&error)),
        }
    }

    /// What went wrong, and what to do where that is known.
    pub(crate) fn refused(self, error: &candle_core::Error) -> ModelError {
        let cause = error.to_string();
        let problem = match remedy(&cause) {
            Some(remedy) => format!("{remedy} ({cause})"),
            None => cause,
        };
        ModelError::Device { device: self.to_string(), problem }
    }

    /// The kind of a device that was opened.
    pub(crate) fn of(device: &Device) -> Self {
        match device.location() {
            candle_core::DeviceLocation::Cuda { gpu_id } => Self::Cuda(gpu_id),
            _ => Self::Cpu,
        }
    }
}

fn open_cuda(ordinal: usize) -> CandleResult<Device> {
    // With a stream of its own: `new_cuda` takes the calling thread's, so that adapters would be
    // loaded on one and read on another that does not wait for it.
    let device = Device::new_cuda_with_stream(ordinal)?;
    #[cfg(feature = "cuda")]
    {
        streams::stop_tracking(&device)?;
        memory_pool::keep_what_is_freed(&device)?;
    }
    probe(&device)?;
    Ok(device)
}

/// Has `device` compute a small sum. Where that fails after another failure, the device is lost: no
/// call to it succeeds any more in this process.
pub(crate) fn probe(device: &Device) -> CandleResult<()> {
    let sum = (Tensor::new(&[1f32, 2.0, 3.0], device)? + 1.0)?.to_vec1::<f32>()?;
    match sum == [2.0, 3.0, 4.0] {
        true => Ok(()),
        false => Err(candle_core::Error::msg("the device adds up wrongly")),
    }
}

impl FromStr for DeviceKind {
    type Err = InvalidDevice;

    fn from_str(text: &str) -> Result<Self, InvalidDevice> {
        match text.split_once(':') {
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            Some(("cuda", number)) => number.parse().map(Self::Cuda).map_err(|_| InvalidDevice),
            _ => Err(InvalidDevice),
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

#[cfg(test)]
mod tests;
