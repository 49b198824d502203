//! A checkpoint's tensors: checked for shape, each accounted for.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use candle_core::safetensors::{Load as _, MmapedSafetensors, SliceSafetensors};
use candle_core::{CpuStorage, DType, Device, Storage, Tensor};
use safetensors::tensor::TensorView;

use crate::kernels::Weight;
use crate::{ModelError, WeightPrecision};

mod map;

/// A safetensors file whose tensors are taken one by one.
pub(crate) struct WeightFile<'a> {
    path: PathBuf,
    tensors: Source<'a>,
    device: Device,
    precision: WeightPrecision,
    taken: RefCell<HashSet<String>>,
    /// Memory of what was taken, as it is kept.
    bytes: Cell<usize>,
}

/// Where the bytes are.
enum Source<'a> {
    Mapped(MmapedSafetensors),
    InMemory(SliceSafetensors<'a>),
}

impl<'a> WeightFile<'a> {
    /// Maps the file into memory; matrices of a base are to be kept in `precision`.
    pub(crate) fn open(
        path: &Path,
        device: &Device,
        precision: WeightPrecision,
    ) -> Result<Self, ModelError> {
        Ok(Self::new(path, Source::Mapped(map::open(path)?), device, precision))
    }

    /// The file at `path`, whose contents are in memory.
    pub(crate) fn parse(
        path: &Path,
        contents: &'a [u8],
        device: &Device,
    ) -> Result<Self, ModelError> {
        let tensors = SliceSafetensors::new(contents)
            .map_err(|source| ModelError::Safetensors { path: path.to_owned(), source })?;
        Ok(Self::new(path, Source::InMemory(tensors), device, WeightPrecision::F32))
    }

    fn new(path: &Path, tensors: Source<'a>, device: &Device, precision: WeightPrecision) -> Self {
        let (device, taken, bytes) = (device.clone(), RefCell::default(), Cell::default());
        Self { path: path.to_owned(), tensors, device, precision, taken, bytes }
    }

    /// Where the tensors go.
    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The shape of a tensor, if it is there.
    pub(crate) fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.find(name).map(|view| view.shape().to_vec())
    }

    /// Numbers in all tensors.
    pub(crate) fn parameters(&self) -> usize {
        let shapes = self.names().into_iter().filter_map(|name| self.shape(&name));
        shapes.map(|shape| shape.iter().product::<usize>()).sum()
    }

    /// Names of all tensors, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let tensors = match &self.tensors {
            Source::Mapped(tensors) => tensors.tensors(),
            Source::InMemory(tensors) => tensors.tensors(),
        };
        let mut names = tensors.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        names.sort_unstable();
        names
    }

    /// The tensor as f32, of exactly `shape`.
    pub(crate) fn take(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let tensor = self.take_floats(name, shape)?.to_dtype(DType::F32)?;
        self.bytes.update(|bytes| bytes + tensor.elem_count() * size_of::<f32>());
        Ok(tensor)
    }

    /// A weight of the base of exactly `shape`, as a matrix of `shape[0]` rows, in what it is to be
    /// kept in.
    pub(crate) fn take_matrix(&self, name: &str, shape: &[usize]) -> Result<Weight, ModelError> {
        let matrix = self.take_floats(name, shape)?.flatten_from(1)?;
        // Rounding would make a number of what is none.
        if self.precision == WeightPrecision::Int8 && !is_finite(&matrix)? {
            return Err(self.contents(name, "holds NaN or infinity, which int8 does not have"));
        }
        let weight = Weight::keep(&matrix, self.precision)?;
        if self.precision == WeightPrecision::F16 && !is_finite(&weight.to_f32()?)? {
            return Err(self.contents(name, "holds values too large for f16"));
        }
        self.bytes.update(|bytes| bytes + weight.bytes());
        Ok(weight)
    }

    fn take_floats(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let tensor = self.take_raw(name, shape)?;
        match tensor.dtype() {
            DType::F32 | DType::F16 | DType::BF16 | DType::F64 => Ok(tensor),
            _ => Err(self.contents(name, "is not of a floating-point type")),
        }
    }

    /// [`WeightFile::take`] of a tensor that must hold neither NaN nor infinity.
    pub(crate) fn take_finite(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let tensor = self.take(name, shape)?;
        match is_finite(&tensor)? {
            true => Ok(tensor),
            false => Err(self.contents(name, "holds NaN or infinity")),
        }
    }

    /// The tensor as it is stored, of exactly `shape`.
    pub(crate) fn take_raw(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let view = self.view(name)?;
        if view.shape() != shape {
            return Err(self.wrong_shape(name, shape));
        }
        self.taken.borrow_mut().insert(name.to_owned());
        Ok(view.load(&self.device)?)
    }

    /// The tensor's stored form. It does not count as taken.
    pub(crate) fn view(&self, name: &str) -> Result<TensorView<'_>, ModelError> {
        self.find(name).ok_or_else(|| ModelError::MissingTensor {
            path: self.path.clone(),
            name: name.to_owned(),
        })
    }

    /// Counts tensors as taken that somebody else has already.
    pub(crate) fn account_for(&self, names: [&str; 2]) {
        self.taken.borrow_mut().extend(names.map(str::to_owned));
    }

    fn find(&self, name: &str) -> Option<TensorView<'_>> {
        match &self.tensors {
            Source::Mapped(tensors) => tensors.get(name).ok(),
            Source::InMemory(tensors) => tensors.get(name).ok(),
        }
    }

    /// The error for a tensor of another shape.
    pub(crate) fn wrong_shape(&self, name: &str, expected: &[usize]) -> ModelError {
        ModelError::TensorShape {
            path: self.path.clone(),
            name: name.to_owned(),
            expected: expected.to_vec(),
            found: self.shape(name).unwrap_or_default(),
        }
    }

    /// The error for a tensor whose values can't be used.
    pub(crate) fn contents(&self, name: &str, problem: &'static str) -> ModelError {
        ModelError::TensorContents { path: self.path.clone(), name: name.to_owned(), problem }
    }

    /// Memory of what was taken for a base, as it is kept.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Refuses tensors that nobody took.
    pub(crate) fn finish(self) -> Result<(), ModelError> {
        let taken = self.taken.borrow();
        match self.names().into_iter().find(|name| !taken.contains(name)) {
            None => Ok(()),
            Some(name) => Err(ModelError::UnusedTensor { path: self.path.clone(), name }),
        }
    }
}

/// Whether a tensor of f32 or f16 holds neither NaN nor infinity.
pub(crate) fn is_finite(tensor: &Tensor) -> candle_core::Result<bool> {
    let (storage, layout) = tensor.storage_and_layout();
    // Each number is looked at: stopping at the first would keep the loop from being vectorised.
    Ok(match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(CpuStorage::F32(values)), Some((start, end))) => {
            values[start..end].iter().fold(true, |finite, value| finite & value.is_finite())
        }
        (Storage::Cpu(CpuStorage::F16(values)), Some((start, end))) => {
            values[start..end].iter().fold(true, |finite, value| finite & value.is_finite())
        }
        _ => {
            // Every number times 0 is 0, and NaN stays.
            let zeros = (tensor.to_dtype(DType::F32)? * 0.0)?;
            zeros.sum_all()?.to_scalar::<f32>()? == 0.0
        }
    })
}
