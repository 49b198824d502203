//! Digests of artifacts.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use dossier_document::Digest;
use safetensors::tensor::TensorView;
use sha2::{Digest as _, Sha256};

use crate::ModelError;

/// SHA-256 over `files` in the given order. Each counts with its name, NUL, its length in bytes as
/// a little-endian u64, and its contents, so that no other split of the same bytes is equal.
pub(crate) fn digest_files(files: &[&Path]) -> Result<Digest, ModelError> {
    let mut hasher = Sha256::new();
    for path in files {
        add_file(&mut hasher, path)
            .map_err(|source| ModelError::Io { path: (*path).to_owned(), source })?;
    }
    Ok(Digest::from_sha256(hasher.finalize().into()))
}

/// [`digest_files`] of files whose contents are in memory.
pub(crate) fn digest_contents<'a>(files: impl IntoIterator<Item = (&'a Path, &'a [u8])>) -> Digest {
    let mut hasher = Sha256::new();
    for (path, contents) in files {
        add_head(&mut hasher, path, contents.len() as u64);
        hasher.update(contents);
    }
    Digest::from_sha256(hasher.finalize().into())
}

/// SHA-256 over nothing but the contents of a file, as `sha256sum` prints it.
pub(crate) fn digest_file(path: &Path) -> Result<Digest, ModelError> {
    let contents = std::fs::read(path);
    let contents = contents.map_err(|source| ModelError::Io { path: path.to_owned(), source })?;
    Ok(digest_bytes(&contents))
}

/// SHA-256 over nothing but `contents`, as `sha256sum` prints it.
pub(crate) fn digest_bytes(contents: &[u8]) -> Digest {
    Digest::from_sha256(Sha256::digest(contents).into())
}

/// SHA-256 over types, shapes and contents of `tensors`.
pub(crate) fn digest_tensors<'a>(tensors: impl IntoIterator<Item = &'a TensorView<'a>>) -> Digest {
    let mut hasher = Sha256::new();
    for tensor in tensors {
        hasher.update(format!("{:?}{:?}\0", tensor.dtype(), tensor.shape()));
        hasher.update(tensor.data());
    }
    Digest::from_sha256(hasher.finalize().into())
}

fn add_head(hasher: &mut Sha256, path: &Path, length_bytes: u64) {
    hasher.update(path.file_name().unwrap_or_default().as_encoded_bytes());
    hasher.update([0]);
    hasher.update(length_bytes.to_le_bytes());
}

fn add_file(hasher: &mut Sha256, path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    add_head(hasher, path, file.metadata()?.len());
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read_bytes => hasher.update(&buffer[..read_bytes]),
        }
    }
}
