//! The file itself: only ever added to, whole lines or nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Readable by the host's user alone.
const MODE: u32 = 0o600;

/// A file that lines are added to.
#[derive(Debug)]
pub(super) struct AuditFile {
    path: PathBuf,
    file: File,
}

impl AuditFile {
    /// Opens it, or makes it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: open(path)? })
    }

    /// Adds whole lines, and returns when they are on the disk. Where that fails nothing of them stays, as
    /// far as the disk lets it be taken back.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.follow()?;
        let end = self.file.seek(SeekFrom::End(0))?;
        let added = self.file.write_all(lines).and_then(|()| self.file.sync_data());
        if added.is_err() {
            self.file.set_len(end)?;
        }
        added
    }

    /// Begins a new file where another stands at the path, or none: whoever rotates logs moves them away.
    fn follow(&mut self) -> io::Result<()> {
        let own = self.file.metadata()?;
        let is_own =
            |there: std::fs::Metadata| (there.dev(), there.ino()) == (own.dev(), own.ino());
        if !std::fs::metadata(&self.path).is_ok_and(is_own) {
            self.file = open(&self.path)?;
        }
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    // Not `append`: what a full disk cut short is taken back, which needs a place to go back to.
    OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(MODE).open(path)
}
