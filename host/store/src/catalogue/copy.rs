//! The last generation once more, as JSON beside the catalogue: what served, if the catalogue is lost.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::Generation;

/// Longest copy that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// The copy's file.
pub(super) fn beside(catalogue: &Path) -> PathBuf {
    catalogue.with_file_name("last-generation.json")
}

/// The generation that served last, by the copy beside a catalogue.
///
/// # Errors
/// When there is none, or it is not understood.
pub fn copied_generation(catalogue: &Path) -> io::Result<Generation> {
    read(&beside(catalogue))
}

pub(super) fn read(file: &Path) -> io::Result<Generation> {
    if fs::metadata(file)?.len() > MOST_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(serde_json::from_slice(&fs::read(file)?)?)
}

/// Whole or not at all, and readable by its owner alone.
pub(super) fn write(file: &Path, generation: &Generation) -> io::Result<()> {
    let new = file.with_extension("new");
    let mut options = File::options();
    let mut copy = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    copy.write_all(&serde_json::to_vec(generation)?)?;
    copy.sync_all()?;
    fs::rename(new, file)
}
