//! Copies from page-locked memory on a stream of their own: they run beside the kernels of the stream
//! that computes, and no kernel waits for them.
//!
//! Their memory is allocated, and freed, on the stream that computes: what is freed is used again behind
//! the last kernel that reads it, whatever memory it becomes. So nothing tracks what reads or writes a
//! tensor ([`super::super::streams`]).
//!
//! Compiled and linked by `.ci/cuda-check`, and run by `.ci/counting-driver` with memory that is the
//! host's; no GPU has run it.
#![expect(unsafe_code, reason = "page-locked memory comes from the driver, and holds anything")]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda_backend::cudarc::driver::{
    CudaStream, DeviceRepr, DriverError, HostSlice, PinnedHostSlice, SyncOnDrop, ValidAsZeroBits,
};
use candle_core::cuda_backend::{CudaDType, WrapErr as _};
use candle_core::op::BackpropOp;
use candle_core::{CudaDevice, CudaStorage, Result, Storage, Tensor, WithDType, bail};
use half::{bf16, f16};

/// Copies to one device.
pub(crate) struct PinnedCopies {
    device: CudaDevice,
    stream: Arc<CudaStream>,
    f32: Staging<f32>,
    bf16: Staging<bf16>,
    f16: Staging<f16>,
}

/// Each tensor of a piece of memory begins at a multiple of so many numbers: where vectors may be read,
/// and where products are fastest.
const NUMBERS_APART: usize = 32;

impl PinnedCopies {
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

    /// Contiguous copies on the device, those of one type in one piece of its memory. They are there
    /// when this returns.
    pub(super) fn upload(&self, tensors: &[Tensor]) -> Result<Vec<Tensor>> {
        let mut uploaded = BTreeMap::new();
        self.upload_of(&self.f32, tensors, &mut uploaded)?;
        self.upload_of(&self.bf16, tensors, &mut uploaded)?;
        self.upload_of(&self.f16, tensors, &mut uploaded)?;
        if uploaded.len() < tensors.len() {
            bail!("adapters are kept in f32, bf16 or f16");
        }
        Ok(uploaded.into_values().collect())
    }

    /// Those of type `T`, by their places.
    fn upload_of<T>(
        &self,
        staging: &Staging<T>,
        tensors: &[Tensor],
        uploaded: &mut BTreeMap<usize, Tensor>,
    ) -> Result<()>
    where
        T: WithDType + CudaDType + DeviceRepr + ValidAsZeroBits + Default,
    {
        let tensors = tensors.iter().enumerate().filter(|(_, tensor)| tensor.dtype() == T::DTYPE);
        let mut length = 0;
        let starts = tensors.map(|(place, tensor)| {
            let start = length;
            length = (start + tensor.elem_count()).next_multiple_of(NUMBERS_APART);
            Ok((place, start, tensor.flatten_all()?.to_vec1::<T>()?, tensor.shape()))
        });
        let starts = starts.collect::<Result<Vec<_>>>()?;
        if starts.is_empty() {
            return Ok(());
        }
        // A piece of nothing can't be had.
        let length = length.max(1);
        // SAFETY: nobody sees it before the copy below has filled it, but for the numbers between
        // tensors, which nobody reads.
        let mut slab = unsafe { self.device.alloc::<T>(length) }?;
        // Until then the memory may be somebody else's.
        self.stream.join(&self.device.cuda_stream()).w()?;
        let fill = |pinned: &mut [T]| {
            for (_, start, values, _) in &starts {
                pinned[*start..][..values.len()].copy_from_slice(values);
            }
        };
        let copied = staging
            .with(&self.stream, length, fill, |staged| self.stream.memcpy_htod(staged, &mut slab));
        // Even where the copy failed: the slab must not be freed under it.
        self.stream.synchronize().w()?;
        copied.w()?;
        let slab = Storage::Cuda(CudaStorage::wrap_cuda_slice(slab, self.device.clone()));
        let slab = Tensor::from_storage(slab, length, BackpropOp::none(), false);
        for (place, start, values, shape) in starts {
            let tensor = slab.narrow(0, start, values.len())?.reshape(shape)?;
            uploaded.insert(place, tensor);
        }
        Ok(())
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

impl<T: DeviceRepr + ValidAsZeroBits + Default + Copy> Staging<T> {
    /// Runs `copy` on `length` numbers of page-locked memory that `fill` has written, once the copy
    /// before has left it.
    fn with<C>(
        &self,
        stream: &CudaStream,
        length: usize,
        fill: impl FnOnce(&mut [T]),
        copy: impl FnOnce(&Staged<'_, T>) -> std::result::Result<C, DriverError>,
    ) -> std::result::Result<C, DriverError> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pinned = match memory.take() {
            Some(pinned) if pinned.len() >= length => pinned,
            _ => {
                // SAFETY: zeros are written before anything is read.
                let mut pinned =
                    unsafe { stream.context().alloc_pinned(length.next_power_of_two()) }?;
                pinned.as_mut_slice()?.fill(T::default());
                pinned
            }
        };
        // Waits for the copy that was made from it last.
        fill(&mut pinned.as_mut_slice()?[..length]);
        let pinned = memory.insert(pinned);
        copy(&Staged { pinned, length })
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

#[cfg(test)]
mod tests;
