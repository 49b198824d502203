//! Which package serves under which name, and how that came about: an embedded crash-safe database.
//!
//! One transaction holds a whole change: the generation, the versions it names and the events that
//! tell of it. A crash leaves the last generation that was committed.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use redb::{Database, ReadTransaction, ReadableDatabase as _, ReadableTable as _};

use crate::{PackageDigest, VersionNumber};

mod copy;
pub use copy::{copied_generation, copied_settings};

mod database;
use database::{Reopened, Source};

mod follow;
pub use follow::{Delta, Followed, NameDelta};

mod generation;
pub use generation::{Canary, Generation, Previous};

mod settings;
pub use settings::{MAX_SETTINGS_BYTES, SettingsDigest, SettingsTooLong, TypeSettings};

mod names;
pub use names::NameRecords;

mod snapshot;

mod record;
pub use record::{Action, Attempt, Event, Origin, Refusal, Version};

mod tables;
pub(crate) use tables::FORMAT;
use tables::{GENERATIONS, HISTORY, NEWEST, SETTINGS, VERSIONS, all, from_record};
pub use tables::{KEPT_EVENTS, KEPT_GENERATIONS};

/// The catalogue's database. Opened by one process at a time, which the file's lock sees to; reads
/// go on beside a write.
pub struct Catalogue {
    database: Reopened,
    /// Where the copy of the last generation stands; a catalogue in memory has none.
    copy: Option<PathBuf>,
    /// False from a write that the disk refused to the next that it takes.
    is_writable: AtomicBool,
    /// The generation whose writing the disk refused last, so that nobody knows whether it is there; 0 if
    /// there is none. Whoever asked was told that it is not: the next change takes its place.
    undecided: AtomicU64,
}

/// One change, written whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The next generation, where the change makes one.
    pub generation: Option<Generation>,
    /// Settings that the generation names and none before it did.
    pub settings: Vec<TypeSettings>,
    /// Versions that are new or known better; their sequence is given here.
    pub versions: Vec<Version>,
    /// Packages whose versions are forgotten, ahead of their files.
    pub removed: Vec<PackageDigest>,
    /// The last attempt to publish under a name.
    pub attempt: Option<(String, Attempt)>,
    /// What the history tells of it; sequence numbers are given here.
    pub events: Vec<Event>,
}

impl Change {
    fn is_empty(&self) -> bool {
        self.generation.is_none()
            && self.settings.is_empty()
            && self.versions.is_empty()
            && self.removed.is_empty()
            && self.attempt.is_none()
            && self.events.is_empty()
    }
}

/// The catalogue can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The database refuses, such as for want of space.
    #[error("the catalogue: {0}")]
    Database(Box<redb::Error>),
    /// It is closed, for the disk has refused something, and can't be opened again yet.
    #[error("the catalogue is closed until the disk takes what is written")]
    Closed,
    /// Another process has it open.
    #[error("the catalogue: another process has it open")]
    Locked,
    /// A record is not understood.
    #[error("the catalogue: a record of `{table}` is not understood: {source}")]
    Record {
        /// The table.
        table: &'static str,
        /// What and where.
        source: serde_json::Error,
    },
    /// A package is not in the index of its name or of its publisher.
    #[error("the package {package} is not where its name or its publisher says")]
    Inconsistent {
        /// The package.
        package: PackageDigest,
    },
    /// The index of names or of publishers has other packages than the catalogue.
    #[error("{indexed} packages are indexed, and {versions} are there")]
    Counts {
        /// Packages there.
        versions: usize,
        /// Packages indexed.
        indexed: usize,
    },
    /// The file was changed by something other than this program.
    #[error(
        "{}: the catalogue is damaged: {what}; put it back from a backup, or make it again from the \
         packages with `dossier package rebuild`", file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What was found.
        what: String,
    },
    /// The file is gone, and packages are there: serving the folders would go back to the beginning.
    #[error(
        "{}: the catalogue is gone, but {packages} packages are there; put it back from a backup, or make \
         it again from the packages with `dossier package rebuild`", file.display()
    )]
    Lost {
        /// The file.
        file: PathBuf,
        /// How many packages are there.
        packages: usize,
    },
    /// There is nothing to make again.
    #[error("{}: the catalogue is whole", file.display())]
    Whole {
        /// The file.
        file: PathBuf,
    },
    /// The database was written by another version of the program.
    #[error(
        "the catalogue has format {found}, and this program reads formats up to {FORMAT}: run the program that \
         wrote it, or a later one, or restore a backup that was made before it"
    )]
    Format {
        /// The format found.
        found: u64,
    },
    /// A generation does not follow the last one: there are two writers.
    #[error("generation {next} does not follow generation {last}")]
    OutOfOrder {
        /// The last generation.
        last: u64,
        /// The one to be written.
        next: u64,
    },
    /// Settings that a generation names are not kept, or not as they were.
    #[error("the settings {digest} of a generation are missing or damaged")]
    NoSettings {
        /// Their digest.
        digest: SettingsDigest,
    },
    /// A package to be forgotten is one that a kept generation names.
    #[error("the package {package} is named by generation {generation}")]
    InUse {
        /// The package.
        package: PackageDigest,
        /// A generation that names it.
        generation: u64,
    },
}

impl Catalogue {
    /// Opens or makes the database at `file`, and looks at every record of it.
    ///
    /// # Errors
    /// [`CatalogueError::Locked`] when another process has it open; when it can't be opened, is damaged,
    /// or has another format.
    pub fn open(file: &Path) -> Result<Self, CatalogueError> {
        let opened = Self::over(Source::File(file.to_owned()), Some(copy::beside(file)))?;
        opened.refuse_older_than_its_copy(file)?;
        Ok(opened)
    }

    /// Makes the database at `file` anew, after one that was lost: the copy of the last generation is not
    /// held against it.
    ///
    /// # Errors
    /// As [`Catalogue::open`].
    pub fn make_again(file: &Path) -> Result<Self, CatalogueError> {
        Self::over(Source::File(file.to_owned()), Some(copy::beside(file)))
    }

    /// A new database that ends with the process.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn in_memory() -> Result<Self, CatalogueError> {
        Self::over(Source::Memory, None)
    }

    fn over(source: Source, copy: Option<PathBuf>) -> Result<Self, CatalogueError> {
        let database = Reopened::open(source)?;
        Ok(Self {
            database,
            copy,
            is_writable: AtomicBool::new(true),
            undecided: AtomicU64::new(0),
        })
    }

    /// Writes a change. When this returns, the change outlives a crash.
    ///
    /// # Errors
    /// When the database refuses, or the generation does not follow the last one; nothing is
    /// written then.
    pub fn write(&self, change: Change) -> Result<(), CatalogueError> {
        let written = self.commit(&change);
        self.tell_written(&written);
        written?;
        if let Some((copy, generation)) = self.copy.as_deref().zip(change.generation.as_ref()) {
            let is_copied = copy::write(copy, generation, |digest| self.settings(digest)).is_ok();
            self.tell_copied(is_copied);
        }
        Ok(())
    }

    fn tell_written(&self, written: &Result<(), CatalogueError>) {
        self.is_writable.store(written.is_ok() || !is_refused(written), Ordering::Relaxed);
    }

    fn tell_copied(&self, is_copied: bool) {
        self.is_writable.fetch_and(is_copied, Ordering::Relaxed);
    }

    fn commit(&self, change: &Change) -> Result<(), CatalogueError> {
        let undecided = self.undecided.load(Ordering::Relaxed);
        let committed = self.database.with(|database| write_into(database, change, undecided));
        if !is_refused(&committed) {
            if committed.is_ok() && change.generation.is_some() {
                self.undecided.store(0, Ordering::Relaxed);
            }
            return committed;
        }
        if let Some(generation) = &change.generation {
            self.undecided.store(generation.number, Ordering::Relaxed);
        }
        // The disk refused. What is on it now tells whether the change is.
        if let (Ok(()), Some(generation)) = (self.database.reopen(), &change.generation)
            && self.current().is_ok_and(|current| current.as_ref() == Some(generation))
        {
            self.undecided.store(0, Ordering::Relaxed);
            return Ok(());
        }
        committed
    }

    /// Whether the disk took what was written last.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.is_writable.load(Ordering::Relaxed)
    }

    /// Tries to write, and tells whether the disk takes it.
    pub fn try_to_write(&self) -> bool {
        self.write(Change::default()).is_ok() && self.is_writable()
    }

    /// The last generation, or none in a new catalogue.
    ///
    /// # Errors
    /// When the database refuses or a record is not understood.
    pub fn current(&self) -> Result<Option<Generation>, CatalogueError> {
        self.read(|transaction| {
            let table = transaction.open_table(GENERATIONS)?;
            let last = table.last()?;
            last.map(|(_, record)| from_record("generations", record.value())).transpose()
        })
    }

    /// A generation that is kept.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn generation(&self, number: u64) -> Result<Option<Generation>, CatalogueError> {
        self.read(|transaction| {
            let record = transaction.open_table(GENERATIONS)?.get(number)?;
            record.map(|record| from_record("generations", record.value())).transpose()
        })
    }

    /// Settings that a kept generation names.
    ///
    /// # Errors
    /// When there are none of this digest; as [`Catalogue::current`].
    pub fn settings(&self, digest: SettingsDigest) -> Result<TypeSettings, CatalogueError> {
        self.read(|transaction| {
            let text = transaction.open_table(SETTINGS)?.get(digest.to_string().as_str())?;
            let found = text.and_then(|text| TypeSettings::kept(digest, text.value().as_bytes()));
            found.ok_or(CatalogueError::NoSettings { digest })
        })
    }

    /// A package that was published.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn version(&self, package: &PackageDigest) -> Result<Option<Version>, CatalogueError> {
        self.read(|transaction| {
            let record = transaction.open_table(VERSIONS)?.get(package.to_string().as_str())?;
            record.map(|record| from_record("versions", record.value())).transpose()
        })
    }

    /// Every package that was published, in the order they were.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn versions(&self) -> Result<Vec<Version>, CatalogueError> {
        let read = |transaction: &ReadTransaction| {
            all::<Version>("versions", transaction.open_table(VERSIONS)?.iter()?)
        };
        let mut versions = self.read(read)?;
        versions.sort_by_key(|version| version.sequence);
        Ok(versions)
    }

    /// The highest version ever published under a name, whether or not it is still there.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn newest(&self, name: &str) -> Result<Option<VersionNumber>, CatalogueError> {
        self.read(|transaction| {
            let newest = transaction.open_table(NEWEST)?.get(name)?;
            Ok(newest.and_then(|newest| newest.value().parse().ok()))
        })
    }

    /// Every package that a kept generation names.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn named(&self) -> Result<BTreeSet<PackageDigest>, CatalogueError> {
        let generations = self.read(|transaction| {
            all::<Generation>("generations", transaction.open_table(GENERATIONS)?.iter()?)
        })?;
        Ok(generations.iter().flat_map(Generation::named).collect())
    }

    /// Events that `wanted` picks, newest first, `limit` at most.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn history(
        &self,
        limit: usize,
        wanted: impl Fn(&Event) -> bool,
    ) -> Result<Vec<Event>, CatalogueError> {
        self.read(|transaction| {
            let mut events = Vec::new();
            for entry in transaction.open_table(HISTORY)?.iter()?.rev() {
                if events.len() == limit {
                    break;
                }
                let (_, record) = entry?;
                let event = from_record::<Event>("history", record.value())?;
                if wanted(&event) {
                    events.push(event);
                }
            }
            Ok(events)
        })
    }

    fn read<T>(
        &self,
        work: impl Fn(&ReadTransaction) -> Result<T, CatalogueError>,
    ) -> Result<T, CatalogueError> {
        self.database.with(|database| work(&database.begin_read()?))
    }

    /// A catalogue that goes on before its own copy was put back, or has lost what it had.
    fn refuse_older_than_its_copy(&self, file: &Path) -> Result<(), CatalogueError> {
        let Some(Ok(copied)) = self.copy.as_deref().map(copy::read) else { return Ok(()) };
        let current = self.current()?.map_or(0, |generation| generation.number);
        if copied.number <= current {
            return Ok(());
        }
        let (file, number) = (file.to_owned(), copied.number);
        let what = format!(
            "it ends with generation {current}, and generation {number} has served (to go back to \
             {current}, delete last-generation.json beside it)"
        );
        Err(CatalogueError::Damaged { file, what })
    }
}

impl CatalogueError {
    /// Whether the disk is why: what was asked for may be asked again once it has space, or is mended.
    #[must_use]
    pub fn is_of_the_disk(&self) -> bool {
        match self {
            Self::Closed => true,
            Self::Database(error) => {
                matches!(**error, redb::Error::Io(_) | redb::Error::PreviousIo)
            }
            _ => false,
        }
    }
}

impl From<redb::Error> for CatalogueError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::PreviousIo => Self::Closed,
            error => Self::Database(Box::new(error)),
        }
    }
}

/// One error a step of a transaction.
macro_rules! from_steps {
    ($($step:ident),*) => {
        $(impl From<redb::$step> for CatalogueError {
            fn from(error: redb::$step) -> Self {
                redb::Error::from(error).into()
            }
        })*
    };
}
from_steps!(CommitError, DatabaseError, StorageError, TableError, TransactionError);

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Catalogue")
    }
}

fn write_into(database: &Database, change: &Change, undecided: u64) -> Result<(), CatalogueError> {
    let transaction = database.begin_write()?;
    tables::write(&transaction, change, undecided)?;
    transaction.commit()?;
    Ok(())
}

fn is_refused<T>(result: &Result<T, CatalogueError>) -> bool {
    result.as_ref().is_err_and(CatalogueError::is_of_the_disk)
}

/// Whether a catalogue's file is there and has something in it.
///
/// # Errors
/// When the disk does not tell.
pub fn catalogue_exists(file: &Path) -> io::Result<bool> {
    match std::fs::metadata(file) {
        Ok(metadata) => Ok(metadata.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
