//! The files of an adapter folder, read whole: what is checked and digested is what is used.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use candle_core::Device;
use dossier_document::{Digest, is_git_lfs_pointer};

use super::config::{AdapterConfig, Method};
use super::lora_xs::FACTORS_FILE;
use crate::ModelError;
use crate::digest::digest_contents;
use crate::processor::PREPROCESSOR_CONFIG;
use crate::weights::WeightFile;

/// The greatest size of a tensor file of an adapter. A full copy of a model is not an adapter.
const MAX_TENSOR_FILE_BYTES: u64 = 256 << 20;
/// The greatest size of `adapter_config.json` and of `preprocessor_config.json`.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// An adapter folder in memory: `adapter_config.json`, `adapter_model.safetensors`, for LoRA-XS
/// `lora_xs_factors.safetensors`, and `preprocessor_config.json` where its pages have a size of their own.
pub(crate) struct AdapterFiles {
    pub(super) config_path: PathBuf,
    pub(super) config: AdapterConfig,
    pub(super) weights: FileContents,
    pub(super) factors: Option<FileContents>,
    pub(super) processor: Option<FileContents>,
    digest: Digest,
}

impl AdapterFiles {
    /// Reads a folder, for a base of this digest.
    pub(crate) fn read(folder: &Path, base: Digest) -> Result<Self, ModelError> {
        refuse_pickle(folder)?;
        let tensor_file = |name| FileContents::read(folder.join(name), MAX_TENSOR_FILE_BYTES);
        let config_file = FileContents::read(folder.join("adapter_config.json"), MAX_CONFIG_BYTES)?;
        let config = AdapterConfig::parse(&config_file, Some(base))?;
        let weights = tensor_file("adapter_model.safetensors")?;
        let factors = match config.method {
            Method::LoraXs { .. } => Some(tensor_file(FACTORS_FILE)?),
            _ => None,
        };
        let processor = Some(folder.join(PREPROCESSOR_CONFIG)).filter(|file| file.exists());
        let processor = processor.map(|file| FileContents::read(file, MAX_CONFIG_BYTES));
        let processor = processor.transpose()?;
        let files = [Some(&config_file), Some(&weights), factors.as_ref(), processor.as_ref()];
        let digest = digest_contents(
            files.into_iter().flatten().map(|file| (file.path.as_path(), file.bytes.as_slice())),
        );
        Ok(Self { config_path: config_file.path, config, weights, factors, processor, digest })
    }

    /// SHA-256 over the files.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Memory of the tensor files.
    pub(crate) fn bytes(&self) -> usize {
        self.weights.bytes.len() + self.factors.as_ref().map_or(0, |factors| factors.bytes.len())
    }
}

/// Reads an `adapter_config.json` and compiles its patterns, to see whether that can be done.
///
/// # Errors
/// As [`crate::Base::load_adapter`] refuses it; which base it is for is not looked at.
pub fn check_adapter_config(file: &Path) -> Result<(), ModelError> {
    AdapterConfig::parse(&FileContents::read(file.to_owned(), MAX_CONFIG_BYTES)?, None).map(drop)
}

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
        if is_git_lfs_pointer(&bytes) {
            return Err(ModelError::GitLfsPointer { path });
        }
        Ok(Self { path, bytes })
    }

    /// Parses a safetensors file.
    pub(super) fn weights(&self, device: &Device) -> Result<WeightFile<'_>, ModelError> {
        let is_pickle =
            self.bytes.starts_with(b"PK\x03\x04") || self.bytes.starts_with(b"\x80\x02");
        match WeightFile::parse(&self.path, &self.bytes, device) {
            Err(_) if is_pickle => Err(ModelError::PickledAdapter { path: self.path.clone() }),
            parsed => parsed,
        }
    }
}

/// Refuses a folder that holds a pickle, which PEFT would read where there is nothing else.
fn refuse_pickle(folder: &Path) -> Result<(), ModelError> {
    let path = folder.join("adapter_model.bin");
    match path.exists() {
        true => Err(ModelError::PickledAdapter { path }),
        false => Ok(()),
    }
}
