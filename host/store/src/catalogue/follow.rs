//! A catalogue that follows another: what changed there is written here as it is there, numbers included.

use std::collections::BTreeSet;

use redb::{ReadableTable as _, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::tables::{
    ATTEMPTS, GENERATIONS, HISTORY, NEWEST, SETTINGS, VERSIONS, all, from_record, to_record,
};
use super::{
    Attempt, Catalogue, CatalogueError, Event, Generation, TypeSettings, Version, copy, tables,
};
use crate::{PackageDigest, VersionNumber};

/// What catalogue this one follows, and how far.
pub(super) const FOLLOWED: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("followed");
const KEY: &str = "followed";

/// What a shared catalogue has that a host has not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    /// Which catalogue it is, and the position that a host is at once it has written this.
    pub followed: Followed,
    /// The generation that serves; 0 before the first.
    pub generation: u64,
    /// Generations, by their numbers.
    pub generations: Vec<Generation>,
    /// Settings that generations name.
    pub settings: Vec<TypeSettings>,
    /// Packages, with their sequence numbers, in their order.
    pub versions: Vec<Version>,
    /// Every package that the catalogue knows, where some were forgotten.
    pub kept: Option<BTreeSet<PackageDigest>>,
    /// How names stand.
    pub names: Vec<NameDelta>,
    /// What the history tells, with its sequence numbers, in their order.
    pub events: Vec<Event>,
}

/// Which shared catalogue is followed, and how far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Followed {
    /// Its id, which it was given when it was made.
    pub catalogue: String,
    /// Counts its changes.
    pub position: u64,
}

/// How a name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameDelta {
    /// The name.
    pub name: String,
    /// The highest version ever published under it.
    pub newest: Option<VersionNumber>,
    /// The last attempt to publish.
    pub attempt: Option<Attempt>,
}

impl Catalogue {
    /// The shared catalogue that this one follows, and how far. None where it follows none, or was changed by
    /// itself since.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn followed(&self) -> Result<Option<Followed>, CatalogueError> {
        self.read(|transaction| {
            let record = transaction.open_table(FOLLOWED)?.get(KEY)?;
            record.map(|record| from_record("followed", record.value())).transpose()
        })
    }

    /// Writes what changed in the shared catalogue. When this returns, it outlives a crash. What is there
    /// already is written as it is.
    ///
    /// # Errors
    /// When the database refuses, or a generation of a number is another one here; nothing is written then.
    pub fn follow(&self, delta: &Delta) -> Result<(), CatalogueError> {
        self.follow_as(delta, true)
    }

    /// Writes the packages of a change alone, so that they can be proved before a generation names them. The
    /// catalogue stays where it is.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn follow_packages(&self, delta: &Delta) -> Result<(), CatalogueError> {
        let packages = Delta {
            versions: delta.versions.clone(),
            names: delta.names.clone(),
            ..Delta::default()
        };
        self.follow_as(&packages, false)
    }

    fn follow_as(&self, delta: &Delta, is_whole: bool) -> Result<(), CatalogueError> {
        let written = self.database.with(|database| {
            let transaction = database.begin_write()?;
            write(&transaction, delta, is_whole)?;
            transaction.commit()?;
            Ok(())
        });
        self.tell_written(&written);
        written?;
        if let Some((copy, generation)) = self.copy.as_deref().zip(delta.generations.last()) {
            let is_copied = copy::write(copy, generation, |digest| self.settings(digest)).is_ok();
            self.tell_copied(is_copied);
        }
        Ok(())
    }

    /// Everything, as a shared catalogue begins with it.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn exported(&self) -> Result<Delta, CatalogueError> {
        self.read(|transaction| {
            let generations =
                all::<Generation>("generations", transaction.open_table(GENERATIONS)?.iter()?)?;
            let settings = transaction.open_table(SETTINGS)?;
            let named = generations.iter().flat_map(Generation::named_settings);
            let mut found = Vec::new();
            for digest in named.collect::<BTreeSet<_>>() {
                let text = settings.get(digest.to_string().as_str())?;
                let kept =
                    text.and_then(|text| TypeSettings::kept(digest, text.value().as_bytes()));
                found.push(kept.ok_or(CatalogueError::NoSettings { digest })?);
            }
            let mut versions =
                all::<Version>("versions", transaction.open_table(VERSIONS)?.iter()?)?;
            versions.sort_by_key(|version| version.sequence);
            let mut names = Vec::new();
            for entry in transaction.open_table(NEWEST)?.iter()? {
                let (name, newest) = entry?;
                let (name, newest) = (name.value().to_owned(), newest.value().parse().ok());
                names.push(NameDelta { name, newest, attempt: None });
            }
            for entry in transaction.open_table(ATTEMPTS)?.iter()? {
                let (name, attempt) = entry?;
                let (name, attempt) =
                    (name.value().to_owned(), Some(from_record("attempts", attempt.value())?));
                match names.iter_mut().find(|known| known.name == name) {
                    Some(known) => known.attempt = attempt,
                    None => names.push(NameDelta { name, newest: None, attempt }),
                }
            }
            let events = all::<Event>("history", transaction.open_table(HISTORY)?.iter()?)?;
            Ok(Delta {
                followed: Followed::default(),
                generation: generations.last().map_or(0, |last| last.number),
                generations,
                settings: found,
                versions,
                kept: None,
                names,
                events,
            })
        })
    }
}

fn write(
    transaction: &WriteTransaction,
    delta: &Delta,
    is_whole: bool,
) -> Result<(), CatalogueError> {
    for settings in &delta.settings {
        let digest = settings.digest().to_string();
        transaction.open_table(SETTINGS)?.insert(digest.as_str(), settings.text())?;
    }
    for generation in &delta.generations {
        tables::follow_generation(transaction, generation)?;
    }
    if let Some(kept) = &delta.kept {
        let versions = all::<Version>("versions", transaction.open_table(VERSIONS)?.iter()?)?;
        let unknown = versions.iter().map(|version| version.package);
        let unknown = unknown.filter(|package| !kept.contains(package)).collect::<Vec<_>>();
        tables::forget_versions(transaction, &unknown)?;
    }
    for version in &delta.versions {
        tables::write_version_as(transaction, version.clone())?;
    }
    for name in &delta.names {
        if let Some(newest) = name.newest {
            let text = newest.to_string();
            transaction.open_table(NEWEST)?.insert(name.name.as_str(), text.as_str())?;
        }
        if let Some(attempt) = &name.attempt {
            let record = to_record("attempts", attempt)?;
            transaction.open_table(ATTEMPTS)?.insert(name.name.as_str(), record.as_slice())?;
        }
    }
    for event in &delta.events {
        tables::follow_event(transaction, event)?;
    }
    if is_whole {
        let record = to_record("followed", &delta.followed)?;
        transaction.open_table(FOLLOWED)?.insert(KEY, record.as_slice())?;
    }
    Ok(())
}

/// A catalogue that changes by itself follows no other from then on.
pub(super) fn leave(transaction: &WriteTransaction) -> Result<(), CatalogueError> {
    transaction.open_table(FOLLOWED)?.remove(KEY)?;
    Ok(())
}

#[cfg(test)]
mod tests;
