//! Our kernels on NVIDIA GPUs: each a `.cu` file beside the Rust that launches it. Where one of them does not take what
//! it is given, its caller goes on with candle's operations, which are its reference in the unit tests.
//!
//! What differs from batch to batch (segments, rows, pages, the places of their matrices) travels with a launch's
//! parameters, so that a step uploads and allocates nothing for it. `tests/simt` runs the kernels on the CPU; no GPU has
//! run them.
#![expect(unsafe_code, reason = "a launch takes pointers and trusts what is said about them")]

use candle_core::backend::BackendStorage as _;
use candle_core::cuda_backend::cudarc::driver::{
    CudaSlice, CudaStream, DevicePtr as _, DevicePtrMut as _, DeviceRepr, LaunchArgs, LaunchConfig,
    PushKernelArg as _, SyncOnDrop,
};
use candle_core::cuda_backend::{CudaStorageSlice, WrapErr as _};
use candle_core::op::BackpropOp;
use candle_core::{
    CpuStorage, CudaDevice, CudaStorage, DType, Device, InplaceOp1, Layout, Result, Shape, Storage,
    StorageRef, Tensor, bail,
};

mod add_layer_norm;
pub(super) use add_layer_norm::add_layer_norm;

mod low_rank;
pub(super) use low_rank::affine_in_parts;

mod page_attention;
pub(super) use page_attention::attend_to_pages;

mod past_attention;
pub(super) use past_attention::append_and_attend;

mod weigh_logits;
pub(super) use weigh_logits::weigh_logits;

/// What nvcc made of the `.cu` files (`build.rs`).
#[expect(unreachable_pub, reason = "cudaforge writes them")]
mod ptx {
    include!(concat!(env!("OUT_DIR"), "/ptx.rs"));
}

/// Shared memory that every GPU gives a block, in numbers of f32.
const SHARED_FLOATS: usize = (48 << 10) / 4;

/// A kernel: its name, that of its file, and the file's PTX.
#[derive(Clone, Copy)]
struct Kernel {
    name: &'static str,
    file: &'static str,
    ptx: &'static str,
}

/// How many blocks, of how many threads, with how much shared memory in numbers of f32.
struct Extent {
    blocks: [usize; 3],
    threads: u32,
    shared_floats: usize,
}

impl Kernel {
    /// Puts the kernel into the device's stream, with the arguments that `push` gives it.
    ///
    /// # Safety
    /// The arguments are those that the `.cu` file says, and every place that the kernel reads or writes for this extent
    /// lies in what they point to.
    unsafe fn launch<'a>(
        self,
        device: &CudaDevice,
        extent: &Extent,
        arguments: &'a [&'a dyn Argument],
    ) -> Result<()> {
        let function = device.get_or_load_custom_func(self.name, self.file, self.ptx)?;
        let mut launch = function.builder();
        for argument in arguments {
            argument.push(&mut launch);
        }
        let side = |blocks: usize| u32::try_from(blocks).map_err(candle_core::Error::wrap);
        let [x, y, z] = extent.blocks;
        let shared_bytes = extent.shared_floats * size_of::<f32>();
        let config = LaunchConfig {
            grid_dim: (side(x)?, side(y)?, side(z)?),
            block_dim: (extent.threads, 1, 1),
            shared_mem_bytes: side(shared_bytes)?,
        };
        // SAFETY: the caller's.
        unsafe { launch.launch(config) }.w()?;
        Ok(())
    }
}

/// What a kernel takes: a number, a place in the device's memory, or a table.
trait Argument {
    fn push<'a>(&'a self, launch: &mut LaunchArgs<'a>);
}

impl<T: DeviceRepr> Argument for T {
    fn push<'a>(&'a self, launch: &mut LaunchArgs<'a>) {
        launch.arg(self);
    }
}

/// A number as kernels count: what does not fit is refused.
fn int(number: usize) -> Result<i32> {
    i32::try_from(number).map_err(candle_core::Error::wrap)
}

/// The device of a tensor that lies on a GPU.
fn device_of(x: &Tensor) -> Result<&CudaDevice> {
    match x.device() {
        Device::Cuda(device) => Ok(device),
        _ => bail!("a tensor on a GPU is needed"),
    }
}

fn is_f32_here(x: &Tensor) -> bool {
    x.device().is_cuda() && x.dtype() == DType::F32 && x.is_contiguous()
}

/// Tensors that are read by a launch, held until it is in the stream.
struct Reading<'a> {
    locked: Vec<(StorageRef<'a>, &'a Layout)>,
}

/// Where tensors lie in the device's memory. As long as it lives, the launch that reads them is not
/// in the stream yet.
struct Places<'a> {
    addresses: Vec<u64>,
    _reads: Vec<SyncOnDrop<'a>>,
}

impl<'a> Reading<'a> {
    fn of(tensors: impl IntoIterator<Item = &'a Tensor>) -> Self {
        Self { locked: tensors.into_iter().map(Tensor::storage_and_layout).collect() }
    }

    /// The places of their first numbers, in order.
    fn places<'b>(&'b self, stream: &'b CudaStream) -> Result<Places<'b>> {
        let mut places = Places { addresses: Vec::new(), _reads: Vec::new() };
        for (storage, layout) in &self.locked {
            let Storage::Cuda(storage) = &**storage else { bail!("a tensor on a GPU is needed") };
            let Some((first, _)) = layout.contiguous_offsets() else {
                bail!("numbers that lie one after the other are needed");
            };
            let (address, read) = match &storage.slice {
                CudaStorageSlice::F32(slice) => slice.device_ptr(stream),
                CudaStorageSlice::BF16(slice) => slice.device_ptr(stream),
                CudaStorageSlice::F16(slice) => slice.device_ptr(stream),
                CudaStorageSlice::U32(slice) => slice.device_ptr(stream),
                _ => bail!("numbers in f32, bf16, f16 or u32 are needed"),
            };
            let bytes = first * storage.dtype().size_in_bytes();
            places.addresses.push(address + bytes as u64);
            places._reads.push(read);
        }
        Ok(places)
    }
}

impl Places<'_> {
    /// All of them, as many as are expected.
    fn all<const COUNT: usize>(&self) -> Result<[u64; COUNT]> {
        let addresses = self.addresses.as_slice();
        addresses.try_into().map_err(candle_core::Error::wrap)
    }
}

/// A new tensor that `write` fills, given its first number's place.
fn written(
    device: &CudaDevice,
    shape: impl Into<Shape>,
    write: impl FnOnce(u64) -> Result<()>,
) -> Result<Tensor> {
    let shape = shape.into();
    // SAFETY: `write` puts kernels into the device's stream that write all of it, before anything
    // that is put there later can read it.
    let mut slice: CudaSlice<f32> = unsafe { device.alloc(shape.elem_count()) }?;
    let stream = device.cuda_stream();
    let (address, wrote) = slice.device_ptr_mut(&stream);
    write(address)?;
    drop(wrote);
    let storage = Storage::Cuda(CudaStorage::wrap_cuda_slice(slice, device.clone()));
    Ok(Tensor::from_storage(storage, shape, BackpropOp::none(), false))
}

/// Has `write` overwrite a contiguous tensor of f32, given its first number's place.
fn overwritten(y: &Tensor, write: impl Fn(u64) -> Result<()>) -> Result<()> {
    y.inplace_op1(&Overwrite { write })
}

struct Overwrite<F> {
    write: F,
}

impl<F: Fn(u64) -> Result<()>> InplaceOp1 for Overwrite<F> {
    fn name(&self) -> &'static str {
        "overwrite"
    }

    fn cpu_fwd(&self, _: &mut CpuStorage, _: &Layout) -> Result<()> {
        bail!("a tensor on a GPU is needed")
    }

    fn cuda_fwd(&self, storage: &mut CudaStorage, layout: &Layout) -> Result<()> {
        let Some((first, _)) = layout.contiguous_offsets() else {
            bail!("numbers that lie one after the other are needed");
        };
        let stream = storage.device.cuda_stream();
        let (address, _wrote) = storage.as_cuda_slice_mut::<f32>()?.device_ptr_mut(&stream);
        (self.write)(address + (first * size_of::<f32>()) as u64)
    }
}

#[cfg(test)]
mod tests;
