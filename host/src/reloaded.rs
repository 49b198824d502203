//! What is made of files and made anew when they change: tokens of clients, certificates.
//!
//! The files are read again every second: watches of a file system tell nothing of network drives, and of a
//! mounted secret, whose folder is swapped, too little. What can't be used is told once, and what was made
//! before stays.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

/// How often files are read again.
const PERIOD: Duration = Duration::from_secs(1);

/// A file can't be used. No text of it quotes what stands in the file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("{}: can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It can't be written.
    #[error("{}: can't be written: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is longer than any that makes sense.
    #[error("{}: longer than {limit} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
    /// It is not what it should be.
    #[error("{}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl FileError {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Unreadable { path, .. }
            | Self::Unwritable { path, .. }
            | Self::TooLong { path, .. }
            | Self::Content { path, .. } => path,
        }
    }
}

/// Something made of files; whoever asks gets what was made last.
pub(crate) struct Reloaded<T> {
    paths: Vec<PathBuf>,
    limit: usize,
    make: Box<Make<T>>,
    current: ArcSwap<T>,
    seen: Mutex<Seen>,
}

type Make<T> = dyn Fn(&[Vec<u8>]) -> Result<T, FileError> + Send + Sync;

/// What was found at the last look.
#[derive(PartialEq, Eq)]
enum Seen {
    /// Files of this digest.
    Files([u8; 32]),
    /// Files that can't be read, with the words.
    Unreadable(String),
}

impl<T: Send + Sync + 'static> Reloaded<T> {
    /// Reads the files, of so many bytes at most each, and makes it of them.
    ///
    /// # Errors
    /// When a file can't be read, or nothing can be made of them.
    pub(crate) fn load(
        paths: Vec<PathBuf>,
        limit: usize,
        make: impl Fn(&[Vec<u8>]) -> Result<T, FileError> + Send + Sync + 'static,
    ) -> Result<Self, FileError> {
        let files = read_all(&paths, limit)?;
        let current = ArcSwap::from_pointee(make(&files)?);
        let seen = Mutex::new(Seen::Files(digest_of(&files)));
        Ok(Self { paths, limit, make: Box::new(make), current, seen })
    }

    /// What was made last. What begins with it ends with it.
    pub(crate) fn current(&self) -> Arc<T> {
        self.current.load_full()
    }
}

/// What is read again.
pub(crate) trait Refresh: Send + Sync {
    /// Looks at the files, and makes it anew if they have changed. It blocks.
    fn refresh(&self);
}

impl<T: Send + Sync + 'static> Refresh for Reloaded<T> {
    fn refresh(&self) {
        let files = read_all(&self.paths, self.limit);
        let found = match &files {
            Ok(files) => Seen::Files(digest_of(files)),
            Err(error) => Seen::Unreadable(error.to_string()),
        };
        // No step under the lock can panic half-way, and only one task refreshes.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == found {
            return;
        }
        *seen = found;
        drop(seen);
        let path = self.paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        match files.and_then(|files| (self.make)(&files)) {
            Ok(made) => {
                self.current.store(Arc::new(made));
                tracing::info!(path, "reloaded");
            }
            Err(error) => {
                tracing::error!(%error, "not reloaded: what was read before stays in force");
            }
        }
    }
}

impl<T> fmt::Debug for Reloaded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloaded").field("paths", &self.paths).finish_non_exhaustive()
    }
}

/// Reads files again, every second and when it is told to. Dropping it ends that.
#[derive(Debug)]
pub(crate) struct Refreshing {
    now: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Refreshing {
    /// Begins to read all these again; none where there is none.
    pub(crate) fn start(all: Vec<Arc<dyn Refresh>>) -> Option<Self> {
        if all.is_empty() {
            return None;
        }
        let now = Arc::new(Notify::new());
        let told = Arc::clone(&now);
        let task = tokio::spawn(async move {
            let mut ticks = interval(PERIOD);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = told.notified() => {}
                }
                for one in all.iter().map(Arc::clone) {
                    // One that panics is as one that can't be read.
                    let _ = tokio::task::spawn_blocking(move || one.refresh()).await;
                }
            }
        });
        Some(Self { now, task })
    }

    /// Reads them at once.
    pub(crate) fn now(&self) {
        self.now.notify_one();
    }
}

impl Drop for Refreshing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn read_all(paths: &[PathBuf], limit: usize) -> Result<Vec<Vec<u8>>, FileError> {
    paths.iter().map(|path| read_bounded(path, limit)).collect()
}

/// A file of so many bytes at most.
///
/// # Errors
/// When it can't be read, or is longer.
pub(crate) fn read_bounded(path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
    let unreadable = |source| FileError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > limit {
        return Err(FileError::TooLong { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

fn digest_of(files: &[Vec<u8>]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for file in files {
        digest.update((file.len() as u64).to_le_bytes());
        digest.update(file);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests;
