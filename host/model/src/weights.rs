//! A checkpoint's tensors: memory-mapped, checked for shape, each accounted for.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use candle_core::safetensors::MmapedSafetensors;
use candle_core::{DType, Device, Tensor};

use crate::ModelError;

mod map;

/// A safetensors file whose tensors are taken one by one.
pub(crate) struct WeightFile {
    path: PathBuf,
    tensors: MmapedSafetensors,
    device: Device,
    taken: RefCell<HashSet<String>>,
}

impl WeightFile {
    pub(crate) fn open(path: &Path, device: &Device) -> Result<Self, ModelError> {
        Ok(Self {
            path: path.to_owned(),
            tensors: map::open(path)?,
            device: device.clone(),
            taken: RefCell::default(),
        })
    }

    /// Where the tensors go.
    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.tensors.get(name).is_ok()
    }

    /// Numbers in all tensors.
    pub(crate) fn parameters(&self) -> usize {
        let tensors = self.tensors.tensors().into_iter();
        tensors.map(|(_, view)| view.shape().iter().product::<usize>()).sum()
    }

    /// Names of all tensors, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names =
            self.tensors.tensors().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        names.sort_unstable();
        names
    }

    /// The tensor as f32, of exactly `shape`.
    pub(crate) fn take(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let tensor = self.take_raw(name, shape)?;
        match tensor.dtype() {
            DType::F32 | DType::F16 | DType::BF16 | DType::F64 => Ok(tensor.to_dtype(DType::F32)?),
            _ => Err(self.contents(name, "is not of a floating-point type")),
        }
    }

    /// The tensor as it is stored, of exactly `shape`.
    pub(crate) fn take_raw(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let Ok(view) = self.tensors.get(name) else {
            return Err(ModelError::MissingTensor {
                path: self.path.clone(),
                name: name.to_owned(),
            });
        };
        if view.shape() != shape {
            return Err(ModelError::TensorShape {
                path: self.path.clone(),
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: view.shape().to_vec(),
            });
        }
        self.taken.borrow_mut().insert(name.to_owned());
        Ok(self.tensors.load(name, &self.device)?)
    }

    /// The error for a tensor whose values can't be used.
    pub(crate) fn contents(&self, name: &str, problem: &'static str) -> ModelError {
        ModelError::TensorContents { path: self.path.clone(), name: name.to_owned(), problem }
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
