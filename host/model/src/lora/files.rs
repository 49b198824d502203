//! The files of an adapter folder, read whole: what is checked and digested is what is used.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use candle_core::Device;

use crate::ModelError;
use crate::weights::WeightFile;

/// The greatest size of a tensor file of an adapter. A full copy of a model is not an adapter.
pub(super) const MAX_TENSOR_FILE_BYTES: u64 = 256 << 20;
/// The greatest size of `adapter_config.json`.
pub(super) const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// A file in memory.
pub(super) struct FileContents {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

impl FileContents {
    /// Reads a regular file of at most `limit_bytes`.
    pub(super) fn read(path: PathBuf, limit_bytes: u64) -> Result<Self, ModelError> {
        let io_error = |source| ModelError::Io { path: path.clone(), source };
        let too_large = |length_bytes| ModelError::FileTooLarge {
            path: path.clone(),
            length_bytes,
            limit_bytes,
        };
        let metadata = std::fs::metadata(&path).map_err(io_error)?;
        if !metadata.is_file() {
            return Err(io_error(io::Error::new(io::ErrorKind::InvalidInput, "not a file")));
        }
        if metadata.len() > limit_bytes {
            return Err(too_large(metadata.len()));
        }
        let file = File::open(&path).map_err(io_error)?;
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        // Somebody may still be writing to it.
        file.take(limit_bytes + 1).read_to_end(&mut bytes).map_err(io_error)?;
        if bytes.len() as u64 > limit_bytes {
            return Err(too_large(bytes.len() as u64));
        }
        Ok(Self { path, bytes })
    }

    /// Parses a safetensors file.
    pub(super) fn into_weights(self, device: &Device) -> Result<WeightFile, ModelError> {
        let is_pickle =
            self.bytes.starts_with(b"PK\x03\x04") || self.bytes.starts_with(b"\x80\x02");
        match WeightFile::parse(&self.path, self.bytes, device) {
            Err(_) if is_pickle => Err(ModelError::PickledAdapter { path: self.path }),
            parsed => parsed,
        }
    }
}

/// Refuses a folder that holds a pickle, which PEFT would read where there is nothing else.
pub(super) fn refuse_pickle(folder: &Path) -> Result<(), ModelError> {
    let path = folder.join("adapter_model.bin");
    match path.exists() {
        true => Err(ModelError::PickledAdapter { path }),
        false => Ok(()),
    }
}
