//! Files that say how a server is reached: its URL, and certificates.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Bytes of a file of a URL at most, and of one of certificates.
const MOST_TEXT_BYTES: u64 = 16 << 10;
const MOST_BYTES: u64 = 1 << 20;

/// Such a file can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {}: can't be read: {source}", path.display())]
pub struct FileUnread {
    /// The key that names it.
    pub key: &'static str,
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// A short text, such as a URL.
///
/// # Errors
/// When the file can't be read.
pub(crate) fn read_text(key: &'static str, path: &Path) -> Result<String, FileUnread> {
    Ok(String::from_utf8_lossy(&read(key, path, MOST_TEXT_BYTES)?).into_owned())
}

/// Certificates.
///
/// # Errors
/// When the file can't be read.
pub(crate) fn read_bytes(key: &'static str, path: &Path) -> Result<Vec<u8>, FileUnread> {
    read(key, path, MOST_BYTES)
}

fn read(key: &'static str, path: &Path, most: u64) -> Result<Vec<u8>, FileUnread> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|source| FileUnread { key, path: path.to_owned(), source })
}
