//! Copies from page-locked memory on a stream of their own: they run beside the kernels of the stream
//! that computes, and wait for none of them.
//!
//! Compiled and linked by `.ci/cuda-check`; no GPU has run it.
#![expect(unsafe_code, reason = "page-locked memory comes from the driver, and holds anything")]

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda_backend::cudarc::driver::{
    CudaStream, DeviceRepr, DriverError, HostSlice, PinnedHostSlice, SyncOnDrop, ValidAsZeroBits,
};
use candle_core::cuda_backend::{CudaDType, WrapErr as _};
use candle_core::op::BackpropOp;
use candle_core::{CpuStorage, CudaDevice, CudaStorage, Result, Storage, Tensor, bail};
use half::{bf16, f16};

/// Copies to one device.
pub(crate) struct PinnedCopies {
    device: CudaDevice,
    stream: Arc<CudaStream>,
    f32: Staging<f32>,
    bf16: Staging<bf16>,
    f16: Staging<f16>,
}

impl PinnedCopies {
    /// A stream beside that of `device`, which must not be the calling thread's default one: cudarc
    /// lets streams wait for each other's copies where each was made by [`new_stream`], and where
    /// its tracking of events, which is its default, is left on.
    ///
    /// [`new_stream`]: candle_core::cuda_backend::cudarc::driver::CudaContext::new_stream
    pub(super) fn new(device: &CudaDevice) -> Result<Self> {
        let stream = device.cuda_stream().context().new_stream().w()?;
        Ok(Self {
            device: device.clone(),
            stream,
            f32: Staging::default(),
            bf16: Staging::default(),
            f16: Staging::default(),
        })
    }

    /// A contiguous copy on the device. It may be used at once: what uses it waits, on the device.
    pub(super) fn upload(&self, tensor: &Tensor) -> Result<Tensor> {
        let tensor = tensor.contiguous()?;
        let (storage, layout) = tensor.storage_and_layout();
        let (Storage::Cpu(storage), Some((start, end))) = (&*storage, layout.contiguous_offsets())
        else {
            bail!("what is uploaded lies in the host's memory, one number after the other");
        };
        let uploaded = match storage {
            CpuStorage::F32(values) => self.copy(&self.f32, &values[start..end]),
            CpuStorage::BF16(values) => self.copy(&self.bf16, &values[start..end]),
            CpuStorage::F16(values) => self.copy(&self.f16, &values[start..end]),
            _ => bail!("adapters are kept in f32, bf16 or f16"),
        };
        let shape = layout.shape().clone();
        Ok(Tensor::from_storage(Storage::Cuda(uploaded?), shape, BackpropOp::none(), false))
    }

    pub(super) fn finish(&self) -> Result<()> {
        self.stream.synchronize().w()
    }

    fn copy<T>(&self, staging: &Staging<T>, values: &[T]) -> Result<CudaStorage>
    where
        T: CudaDType + DeviceRepr + ValidAsZeroBits + Copy,
    {
        let slice = staging.with(&self.stream, values, |staged| self.stream.clone_htod(staged));
        Ok(CudaStorage::wrap_cuda_slice(slice.w()?, self.device.clone()))
    }
}

impl fmt::Debug for PinnedCopies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinnedCopies").field("device", &self.device).finish_non_exhaustive()
    }
}

/// Page-locked memory of the longest slice so far. Kept, for freeing it waits for the whole device.
struct Staging<T> {
    memory: Mutex<Option<PinnedHostSlice<T>>>,
}

impl<T> Default for Staging<T> {
    fn default() -> Self {
        Self { memory: Mutex::default() }
    }
}

impl<T: DeviceRepr + ValidAsZeroBits + Copy> Staging<T> {
    /// Runs `copy` on `values` in page-locked memory, once the copy before has left it.
    fn with<C>(
        &self,
        stream: &CudaStream,
        values: &[T],
        copy: impl FnOnce(&Staged<'_, T>) -> std::result::Result<C, DriverError>,
    ) -> std::result::Result<C, DriverError> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pinned = match memory.take() {
            Some(pinned) if pinned.len() >= values.len() => pinned,
            _ => {
                // SAFETY: it is not read before the copy below has filled what is read of it.
                unsafe { stream.context().alloc_pinned(values.len().next_power_of_two()) }?
            }
        };
        // Waits for the copy that was made from it last.
        let start = pinned.as_mut_ptr()?;
        // SAFETY: `pinned` is at least as long as `values`, aligned for T, and nobody else's; the
        // device has read what was there before.
        unsafe { start.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
        let pinned = memory.insert(pinned);
        copy(&Staged { pinned, length: values.len() })
    }
}

/// The first numbers of page-locked memory.
struct Staged<'a, T> {
    pinned: &'a mut PinnedHostSlice<T>,
    length: usize,
}

impl<T> HostSlice<T> for Staged<'_, T> {
    fn len(&self) -> usize {
        self.length
    }

    unsafe fn stream_synced_slice<'a>(
        &'a self,
        stream: &'a CudaStream,
    ) -> (&'a [T], SyncOnDrop<'a>) {
        // SAFETY: the caller uses it with `stream` alone. `Staging::with` filled these numbers; a
        // slice over those behind them is made by cudarc, and none of them is read.
        let (all, recorded) = unsafe { self.pinned.stream_synced_slice(stream) };
        (&all[..self.length], recorded)
    }

    unsafe fn stream_synced_mut_slice<'a>(
        &'a mut self,
        stream: &'a CudaStream,
    ) -> (&'a mut [T], SyncOnDrop<'a>) {
        // SAFETY: as above.
        let (all, recorded) = unsafe { self.pinned.stream_synced_mut_slice(stream) };
        (&mut all[..self.length], recorded)
    }
}
