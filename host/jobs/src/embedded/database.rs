//! The database file, opened again once the disk has refused something: redb answers nothing more until then,
//! because it can't know what is on disk.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{Database, ReadTransaction, ReadableDatabase as _, WriteTransaction};

use super::tables;
use crate::StoreError;

const FILE: &str = "jobs.redb";
/// Pages of the file held in memory; documents are read once.
const CACHED_PAGES_BYTES: usize = 16 << 20;

/// A database that comes back after the disk has refused something.
pub(super) struct Reopened {
    file: PathBuf,
    /// None while it can't be opened again. The lock is held while it is taken out or opened, and not for a
    /// transaction.
    database: Mutex<Option<Arc<Database>>>,
}

impl Reopened {
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.and_then(|()| fs::set_permissions(folder, Permissions::from_mode(0o700)))
            .map_err(unavailable)?;
        let file = folder.join(FILE);
        let database = Mutex::new(Some(Arc::new(open_file(&file)?)));
        Ok(Self { file, database })
    }

    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|database| {
            let transaction = database.begin_write()?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|database| work(&database.begin_read()?))
    }

    /// Runs one transaction. One that the disk refuses closes the database: whoever asks next opens it.
    fn with<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let database = self.opened()?;
        let done = work(&database);
        if let Err(StoreError::Unavailable { .. }) = &done {
            let mut open = self.lock();
            // Unless somebody has opened it again meanwhile.
            if open.as_ref().is_some_and(|open| Arc::ptr_eq(open, &database)) {
                *open = None;
            }
        }
        done
    }

    fn opened(&self) -> Result<Arc<Database>, StoreError> {
        let mut open = self.lock();
        if let Some(database) = &*open {
            return Ok(Arc::clone(database));
        }
        let database = open_file(&self.file).map_err(|error| match error {
            // Those that were in the middle of something still hold it.
            StoreError::Locked { path } => {
                let busy = io::Error::new(io::ErrorKind::WouldBlock, path.display().to_string());
                unavailable(busy)
            }
            error => error,
        })?;
        let database = Arc::new(database);
        *open = Some(Arc::clone(&database));
        Ok(database)
    }

    /// No step that holds it can panic half-way: it is open or not.
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Database>>> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open_file(file: &Path) -> Result<Database, StoreError> {
    let mut options = File::options();
    // Readable by its owner alone from the first byte on.
    let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
    drop(options.open(file).map_err(unavailable)?);
    let opened = Database::builder().set_cache_size(CACHED_PAGES_BYTES).create(file);
    let database = opened.map_err(|error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => StoreError::Locked { path: file.to_owned() },
        error => StoreError::from(error),
    })?;
    let transaction = database.begin_write()?;
    tables::prepare(&transaction)?;
    transaction.commit()?;
    Ok(database)
}

fn unavailable(source: io::Error) -> StoreError {
    StoreError::Unavailable { source: source.into() }
}

macro_rules! unavailable {
    ($($error:ty),+) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Unavailable { source: error.into() }
            }
        }
    )+};
}
unavailable!(
    redb::DatabaseError,
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError
);
