//! Which package serves under which name, and how that came about: an embedded crash-safe database.
//!
//! One transaction holds a whole change: the generation, the versions it names and the events that
//! tell of it. A crash leaves the last generation that was committed.

use std::collections::BTreeSet;
use std::path::Path;

use redb::backends::InMemoryBackend;
use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::PackageDigest;

mod generation;
pub use generation::{Canary, Generation, Previous};

mod settings;
pub use settings::{MAX_SETTINGS_BYTES, SettingsDigest, SettingsTooLong, TypeSettings};

mod record;
pub use record::{Action, Attempt, Event, Origin, Refusal, Version};

const FORMAT: u64 = 1;
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const GENERATIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("generations");
const VERSIONS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("versions");
const ATTEMPTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("attempts");
const HISTORY: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("history");
const SETTINGS: TableDefinition<'_, &str, &str> = TableDefinition::new("settings");

/// Whole generations kept; the history of events goes further back.
const KEPT_GENERATIONS: u64 = 256;
/// Events kept.
const KEPT_EVENTS: u64 = 100_000;
/// Pages of the file held in memory. redb's default is 1 GiB, which the kept generations of a few
/// thousand document types would fill; all that is read while serving is the last of them.
const CACHED_PAGES_BYTES: usize = 1 << 20;

/// The catalogue's database. Opened by one process at a time, which the file's lock sees to; reads
/// go on beside a write.
pub struct Catalogue {
    database: Database,
}

/// One change, written whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The next generation, where the change makes one.
    pub generation: Option<Generation>,
    /// Settings that the generation names and none before it did.
    pub settings: Option<TypeSettings>,
    /// Versions that are new or known better.
    pub versions: Vec<Version>,
    /// Packages whose versions are forgotten, ahead of their files.
    pub removed: Vec<PackageDigest>,
    /// The last attempt to publish under a name.
    pub attempt: Option<(String, Attempt)>,
    /// What the history tells of it; sequence numbers are given here.
    pub events: Vec<Event>,
}

/// The catalogue can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The database refuses, such as for want of space.
    #[error("the catalogue: {0}")]
    Database(Box<redb::Error>),
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
    /// The database was written by another version of the program.
    #[error("the catalogue has format {found}, this program reads format {FORMAT}")]
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
    /// Opens or makes the database at `file`.
    ///
    /// # Errors
    /// [`CatalogueError::Locked`] when another process has it open; when it can't be opened, or has
    /// another format.
    pub fn open(file: &Path) -> Result<Self, CatalogueError> {
        let mut builder = Database::builder();
        let opened = builder.set_cache_size(CACHED_PAGES_BYTES).create(file);
        let opened = opened.map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen => CatalogueError::Locked,
            error => database(error),
        })?;
        Self::with_tables(opened)
    }

    /// A new database that ends with the process.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn in_memory() -> Result<Self, CatalogueError> {
        let mut builder = Database::builder();
        let opened = builder
            .set_cache_size(CACHED_PAGES_BYTES)
            .create_with_backend(InMemoryBackend::new())
            .map_err(database)?;
        Self::with_tables(opened)
    }

    fn with_tables(opened: Database) -> Result<Self, CatalogueError> {
        let transaction = opened.begin_write().map_err(database)?;
        {
            let mut meta = transaction.open_table(META).map_err(database)?;
            let found = meta.get("format").map_err(database)?.map(|found| found.value());
            match found {
                None => {
                    meta.insert("format", FORMAT).map_err(database)?;
                }
                Some(FORMAT) => {}
                Some(found) => return Err(CatalogueError::Format { found }),
            }
            // Every table is there from now on, so that reading needs no case for its absence.
            transaction.open_table(GENERATIONS).map_err(database)?;
            transaction.open_table(VERSIONS).map_err(database)?;
            transaction.open_table(ATTEMPTS).map_err(database)?;
            transaction.open_table(HISTORY).map_err(database)?;
            transaction.open_table(SETTINGS).map_err(database)?;
        }
        transaction.commit().map_err(database)?;
        Ok(Self { database: opened })
    }

    /// Writes a change. When this returns, the change outlives a crash.
    ///
    /// # Errors
    /// When the database refuses, or the generation does not follow the last one; nothing is
    /// written then.
    pub fn write(&self, change: Change) -> Result<(), CatalogueError> {
        let transaction = self.database.begin_write().map_err(database)?;
        write_settings(&transaction, change.settings.as_ref())?;
        write_generation(&transaction, change.generation.as_ref())?;
        forget(&transaction, &change.removed)?;
        {
            let mut versions = transaction.open_table(VERSIONS).map_err(database)?;
            for version in &change.versions {
                let key = version.package.to_string();
                let record = to_record("versions", version)?;
                versions.insert(key.as_str(), record.as_slice()).map_err(database)?;
            }
            let mut attempts = transaction.open_table(ATTEMPTS).map_err(database)?;
            if let Some((name, attempt)) = &change.attempt {
                let record = to_record("attempts", attempt)?;
                attempts.insert(name.as_str(), record.as_slice()).map_err(database)?;
            }
        }
        write_events(&transaction, change.events)?;
        transaction.commit().map_err(database)
    }

    /// The last generation, or none in a new catalogue.
    ///
    /// # Errors
    /// When the database refuses or a record is not understood.
    pub fn current(&self) -> Result<Option<Generation>, CatalogueError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let table = transaction.open_table(GENERATIONS).map_err(database)?;
        let last = table.last().map_err(database)?;
        last.map(|(_, record)| from_record("generations", record.value())).transpose()
    }

    /// A generation that is kept.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn generation(&self, number: u64) -> Result<Option<Generation>, CatalogueError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let table = transaction.open_table(GENERATIONS).map_err(database)?;
        let record = table.get(number).map_err(database)?;
        record.map(|record| from_record("generations", record.value())).transpose()
    }

    /// Settings that a kept generation names.
    ///
    /// # Errors
    /// When there are none of this digest; as [`Catalogue::current`].
    pub fn settings(&self, digest: SettingsDigest) -> Result<TypeSettings, CatalogueError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let table = transaction.open_table(SETTINGS).map_err(database)?;
        let text = table.get(digest.to_string().as_str()).map_err(database)?;
        let text = text.map(|text| text.value().to_owned());
        let found = text.and_then(|text| serde_json::from_str(&text).ok());
        let found = found.and_then(|values| TypeSettings::new(values).ok());
        found.filter(|found| found.digest() == digest).ok_or(CatalogueError::NoSettings { digest })
    }

    /// A package that was published.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn version(&self, package: &PackageDigest) -> Result<Option<Version>, CatalogueError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let table = transaction.open_table(VERSIONS).map_err(database)?;
        let record = table.get(package.to_string().as_str()).map_err(database)?;
        record.map(|record| from_record("versions", record.value())).transpose()
    }

    /// Every package that was published, oldest first.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn versions(&self) -> Result<Vec<Version>, CatalogueError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let table = transaction.open_table(VERSIONS).map_err(database)?;
        let mut versions = Vec::new();
        for entry in table.iter().map_err(database)? {
            let (_, record) = entry.map_err(database)?;
            versions.push(from_record::<Version>("versions", record.value())?);
        }
        versions.sort_by(|a, b| a.published_at.cmp(&b.published_at));
        Ok(versions)
    }

    /// Every package that a kept generation names.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn named(&self) -> Result<BTreeSet<PackageDigest>, CatalogueError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let table = transaction.open_table(GENERATIONS).map_err(database)?;
        let mut named = BTreeSet::new();
        for entry in table.iter().map_err(database)? {
            let (_, record) = entry.map_err(database)?;
            named.extend(from_record::<Generation>("generations", record.value())?.named());
        }
        Ok(named)
    }

    /// The last attempt to publish under a name.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn attempt(&self, name: &str) -> Result<Option<Attempt>, CatalogueError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let table = transaction.open_table(ATTEMPTS).map_err(database)?;
        let record = table.get(name).map_err(database)?;
        record.map(|record| from_record("attempts", record.value())).transpose()
    }

    /// The names under which somebody tried to publish.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn attempted_names(&self) -> Result<Vec<String>, CatalogueError> {
        let transaction = self.database.begin_read().map_err(database)?;
        let table = transaction.open_table(ATTEMPTS).map_err(database)?;
        let mut names = Vec::new();
        for entry in table.iter().map_err(database)? {
            names.push(entry.map_err(database)?.0.value().to_owned());
        }
        Ok(names)
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
        let transaction = self.database.begin_read().map_err(database)?;
        let table = transaction.open_table(HISTORY).map_err(database)?;
        let mut events = Vec::new();
        for entry in table.iter().map_err(database)?.rev() {
            if events.len() == limit {
                break;
            }
            let (_, record) = entry.map_err(database)?;
            let event = from_record::<Event>("history", record.value())?;
            if wanted(&event) {
                events.push(event);
            }
        }
        Ok(events)
    }
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Catalogue")
    }
}

fn write_generation(
    transaction: &WriteTransaction,
    generation: Option<&Generation>,
) -> Result<(), CatalogueError> {
    let Some(generation) = generation else { return Ok(()) };
    let next = generation.number;
    let mut table = transaction.open_table(GENERATIONS).map_err(database)?;
    let last = table.last().map_err(database)?.map_or(0, |(number, _)| number.value());
    if next != last + 1 {
        return Err(CatalogueError::OutOfOrder { last, next });
    }
    let record = to_record("generations", generation)?;
    table.insert(next, record.as_slice()).map_err(database)?;
    let Some(old) = next.checked_sub(KEPT_GENERATIONS) else { return Ok(()) };
    let old = table.remove(old).map_err(database)?;
    let old = old.map(|record| from_record::<Generation>("generations", record.value()));
    let mut unneeded = match old.transpose()? {
        Some(old) => old.named_settings().collect::<BTreeSet<_>>(),
        None => BTreeSet::new(),
    };
    // Mostly they are still in force, and no other generation has to be looked at.
    for named in generation.named_settings() {
        unneeded.remove(&named);
    }
    if unneeded.is_empty() {
        return Ok(());
    }
    for entry in table.iter().map_err(database)? {
        let (_, record) = entry.map_err(database)?;
        for named in from_record::<Generation>("generations", record.value())?.named_settings() {
            unneeded.remove(&named);
        }
    }
    let mut settings = transaction.open_table(SETTINGS).map_err(database)?;
    for digest in unneeded {
        settings.remove(digest.to_string().as_str()).map_err(database)?;
    }
    Ok(())
}

fn write_settings(
    transaction: &WriteTransaction,
    settings: Option<&TypeSettings>,
) -> Result<(), CatalogueError> {
    let Some(settings) = settings else { return Ok(()) };
    let mut table = transaction.open_table(SETTINGS).map_err(database)?;
    let digest = settings.digest().to_string();
    table.insert(digest.as_str(), settings.text()).map_err(database)?;
    Ok(())
}

/// Forgets versions, unless a kept generation names one.
fn forget(
    transaction: &WriteTransaction,
    packages: &[PackageDigest],
) -> Result<(), CatalogueError> {
    if packages.is_empty() {
        return Ok(());
    }
    let generations = transaction.open_table(GENERATIONS).map_err(database)?;
    for entry in generations.iter().map_err(database)? {
        let (_, record) = entry.map_err(database)?;
        let generation = from_record::<Generation>("generations", record.value())?;
        if let Some(package) = generation.named().find(|package| packages.contains(package)) {
            return Err(CatalogueError::InUse { package, generation: generation.number });
        }
    }
    let mut versions = transaction.open_table(VERSIONS).map_err(database)?;
    for package in packages {
        versions.remove(package.to_string().as_str()).map_err(database)?;
    }
    Ok(())
}

fn write_events(transaction: &WriteTransaction, events: Vec<Event>) -> Result<(), CatalogueError> {
    let mut table = transaction.open_table(HISTORY).map_err(database)?;
    let mut last = table.last().map_err(database)?.map_or(0, |(sequence, _)| sequence.value());
    for mut event in events {
        last += 1;
        event.sequence = last;
        let record = to_record("history", &event)?;
        table.insert(last, record.as_slice()).map_err(database)?;
        if let Some(old) = last.checked_sub(KEPT_EVENTS) {
            table.remove(old).map_err(database)?;
        }
    }
    Ok(())
}

fn database(error: impl Into<redb::Error>) -> CatalogueError {
    CatalogueError::Database(Box::new(error.into()))
}

fn to_record(table: &'static str, value: &impl Serialize) -> Result<Vec<u8>, CatalogueError> {
    serde_json::to_vec(value).map_err(|source| CatalogueError::Record { table, source })
}

fn from_record<T: DeserializeOwned>(
    table: &'static str,
    bytes: &[u8],
) -> Result<T, CatalogueError> {
    serde_json::from_slice(bytes).map_err(|source| CatalogueError::Record { table, source })
}

#[cfg(test)]
mod tests;
