//! The database file: opened, checked, and opened again when the disk has refused something.
//!
//! redb answers nothing more once the disk has refused a single write, until it is opened again: it can't
//! know what is on disk. Here that is done, by whoever asks next.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{Database, ReadableDatabase as _, StorageBackend};

use super::{CatalogueError, tables};

/// Pages of the file held in memory. redb's default is 1 GiB, which the kept generations of a few
/// thousand document types would fill; all that is read while serving is the last of them.
const CACHED_PAGES_BYTES: usize = 1 << 20;

/// A database that comes back after the disk has refused something.
pub(super) struct Reopened {
    source: Source,
    /// None while it can't be opened again. The lock is held while it is taken out or opened, and not for a
    /// transaction: reads go on beside a write.
    database: Mutex<Option<Arc<Database>>>,
}

/// Where the database is.
pub(super) enum Source {
    File(PathBuf),
    /// With the process; it can't be opened again.
    Memory,
    /// For tests: a disk that refuses when it is told to.
    #[cfg(test)]
    Made(Box<dyn Fn() -> Result<Database, CatalogueError> + Send + Sync>),
}

impl Reopened {
    /// Opens it and looks at every byte and record: what is damaged is found now, not later.
    pub(super) fn open(source: Source) -> Result<Self, CatalogueError> {
        let mut database = source.open()?;
        if let Source::File(file) = &source {
            check(&mut database, file)?;
        }
        Ok(Self { source, database: Mutex::new(Some(Arc::new(database))) })
    }

    /// Runs one transaction, in a database that was opened again if the disk has refused something before.
    pub(super) fn with<T>(
        &self,
        work: impl Fn(&Database) -> Result<T, CatalogueError>,
    ) -> Result<T, CatalogueError> {
        match self.try_with(&work) {
            Err(CatalogueError::Closed) => {
                self.reopen()?;
                self.try_with(&work)
            }
            done => done,
        }
    }

    fn try_with<T>(
        &self,
        work: impl Fn(&Database) -> Result<T, CatalogueError>,
    ) -> Result<T, CatalogueError> {
        let database = self.lock().clone();
        database.ok_or(CatalogueError::Closed).and_then(|database| work(&database))
    }

    /// Closes it and opens it again.
    pub(super) fn reopen(&self) -> Result<(), CatalogueError> {
        if matches!(self.source, Source::Memory) {
            return Err(CatalogueError::Closed);
        }
        let mut database = self.lock();
        // First: the one before holds the lock on the file, until whoever reads in it is done.
        *database = None;
        let opened = self.source.open().map_err(|error| match error {
            CatalogueError::Locked => CatalogueError::Closed,
            error => error,
        })?;
        *database = Some(Arc::new(opened));
        Ok(())
    }

    /// No step that holds it can panic half-way: it is open or not.
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Database>>> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    pub(super) fn open(&self) -> Result<Database, CatalogueError> {
        let database = match self {
            Self::File(file) => open_file(file)?,
            Self::Memory => create(redb::backends::InMemoryBackend::new())?,
            #[cfg(test)]
            Self::Made(make) => make()?,
        };
        // Takes the database with it: one whose code has panicked panics again when it is closed later.
        let prepare = move || {
            let transaction = database.begin_write()?;
            tables::prepare(&transaction)?;
            transaction.commit()?;
            Ok(database)
        };
        let Self::File(file) = self else { return prepare() };
        match unless_damaged(file, prepare)? {
            // Anything but the disk: the tables are not those that were written.
            Err(CatalogueError::Database(error))
                if !matches!(*error, redb::Error::Io(_) | redb::Error::PreviousIo) =>
            {
                Err(damaged(file, "its tables are not those of a catalogue"))
            }
            prepared => prepared,
        }
    }
}

/// A database of a backend.
pub(super) fn create(backend: impl StorageBackend) -> Result<Database, CatalogueError> {
    let mut builder = Database::builder();
    Ok(builder.set_cache_size(CACHED_PAGES_BYTES).create_with_backend(backend)?)
}

fn open_file(file: &Path) -> Result<Database, CatalogueError> {
    let io = |source: io::Error| CatalogueError::Database(Box::new(redb::Error::Io(source)));
    let mut options = File::options();
    // Readable by its owner alone from the first byte on.
    let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600);
    drop(opened.open(file).map_err(io)?);
    fs::set_permissions(file, Permissions::from_mode(0o600)).map_err(io)?;
    let open = || Database::builder().set_cache_size(CACHED_PAGES_BYTES).create(file);
    unless_damaged(file, open)?.map_err(|error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => CatalogueError::Locked,
        redb::DatabaseError::Storage(
            redb::StorageError::Corrupted(_) | redb::StorageError::ValueTooLarge(_),
        ) => damaged(file, "its pages contradict each other"),
        // What is no database is said to be invalid data.
        redb::DatabaseError::Storage(redb::StorageError::Io(error))
            if error.kind() == io::ErrorKind::InvalidData
                || error.kind() == io::ErrorKind::UnexpectedEof =>
        {
            damaged(file, "it is no catalogue")
        }
        error => error.into(),
    })
}

fn check(database: &mut Database, file: &Path) -> Result<(), CatalogueError> {
    match unless_damaged(file, || database.check_integrity())? {
        // What is repaired is what a crash leaves behind; the rest is compared below.
        Ok(true | false) => {}
        Err(redb::DatabaseError::Storage(redb::StorageError::Io(error)))
            if error.kind() != io::ErrorKind::InvalidData
                && error.kind() != io::ErrorKind::UnexpectedEof =>
        {
            return Err(CatalogueError::Database(Box::new(redb::Error::Io(error))));
        }
        Err(_) => return Err(damaged(file, "its checksums are not those of its pages")),
    }
    let read = || {
        let transaction = database.begin_read()?;
        tables::check(&transaction)
    };
    match unless_damaged(file, read)? {
        Err(CatalogueError::Database(_)) => Err(damaged(file, "a table can't be read")),
        Err(error @ CatalogueError::Format { .. }) => Err(error),
        Err(error) => Err(damaged(file, &error.to_string())),
        Ok(()) => Ok(()),
    }
}

/// Flipped bits may make the database's own code panic: that is damage, and no end of the process.
fn unless_damaged<T>(file: &Path, work: impl FnOnce() -> T) -> Result<T, CatalogueError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| damaged(file, "its pages make no sense"))
}

fn damaged(file: &Path, what: &str) -> CatalogueError {
    CatalogueError::Damaged { file: file.to_owned(), what: what.to_owned() }
}
