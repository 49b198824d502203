//! Whether what is to be kept on a device has room there.

use candle_core::Device;

use super::DeviceKind;
use crate::ModelError;

/// Memory of a device that is not the host's, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceMemory {
    pub(crate) free: usize,
    pub(crate) total: usize,
}

impl DeviceMemory {
    /// Of `device`, now; nothing where the model computes in the host's memory.
    pub(crate) fn of(device: &Device) -> Result<Option<Self>, ModelError> {
        match device {
            #[cfg(feature = "cuda")]
            Device::Cuda(cuda) => {
                use candle_core::cuda_backend::WrapErr as _;
                let memory = cuda.cuda_stream().context().mem_get_info().w();
                let (free, total) =
                    memory.map_err(|error| DeviceKind::of(device).refused(&error))?;
                Ok(Some(Self { free, total }))
            }
            _ => Ok(None),
        }
    }

    /// Refuses what has no room: `what` of so many bytes, which `setting` makes fewer.
    pub(crate) fn check_room(
        self,
        device: DeviceKind,
        what: &'static str,
        needed: usize,
        setting: &'static str,
    ) -> Result<(), ModelError> {
        match needed <= self.free {
            true => Ok(()),
            false => Err(ModelError::DeviceMemory {
                device: device.to_string(),
                what,
                needed,
                free: self.free,
                setting,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
