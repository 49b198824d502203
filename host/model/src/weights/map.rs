//! The one place that maps a file into memory.
#![expect(unsafe_code, reason = "mapping a file into memory can't be checked by the compiler")]

use std::path::Path;

use candle_core::safetensors::MmapedSafetensors;

use crate::ModelError;

/// Maps `path` and checks its header.
pub(super) fn open(path: &Path) -> Result<MmapedSafetensors, ModelError> {
    // A missing file is not a corrupt one.
    std::fs::metadata(path).map_err(|source| ModelError::Io { path: path.to_owned(), source })?;
    // SAFETY: artifacts are immutable by the project's rules: a new version is a new file, and the
    // mapping lives only while tensors are copied out of it.
    unsafe { MmapedSafetensors::new(path) }
        .map_err(|source| ModelError::Safetensors { path: path.to_owned(), source })
}
