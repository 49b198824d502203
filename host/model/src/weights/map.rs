//! The one place that maps a file into memory.
#![expect(unsafe_code, reason = "mapping a file into memory can't be checked by the compiler")]

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use candle_core::safetensors::MmapedSafetensors;
use dossier_document::is_git_lfs_pointer;

use crate::ModelError;

/// More than a git-lfs pointer has.
const POINTER_BYTES: u64 = 1024;

/// Maps `path` and checks its header.
pub(super) fn open(path: &Path) -> Result<MmapedSafetensors, ModelError> {
    let io_error = |source| ModelError::Io { path: path.to_owned(), source };
    // A missing file is not a corrupt one, and neither is one that was never fetched.
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(POINTER_BYTES).read_to_end(&mut start))
        .map_err(io_error)?;
    if is_git_lfs_pointer(&start) {
        return Err(ModelError::GitLfsPointer { path: path.to_owned() });
    }
    // SAFETY: artifacts are immutable by the project's rules: a new version is a new file, and the
    // mapping lives only while tensors are copied out of it.
    unsafe { MmapedSafetensors::new(path) }
        .map_err(|source| ModelError::Safetensors { path: path.to_owned(), source })
}
