//! The tables, and the steps of one transaction.

use std::collections::BTreeSet;

use redb::{
    ReadTransaction, ReadableTable, ReadableTableMetadata as _, TableDefinition, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::follow::{self, FOLLOWED};
use super::{CatalogueError, Change, Event, Generation, SettingsDigest, TypeSettings, Version};
use crate::{PackageDigest, VersionNumber};

/// The format written here. Format 1 had no order but that of the clock, and no history a publisher; format
/// 2 did not tell packages by publisher; format 3 had no dry runs in its history.
pub(crate) const FORMAT: u64 = 4;
/// Whole generations kept; the history of events goes further back.
pub const KEPT_GENERATIONS: u64 = 256;
/// Events kept of each publisher: nobody else's push them out.
pub const KEPT_EVENTS: u64 = 10_000;

pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
pub(super) const GENERATIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("generations");
pub(super) const VERSIONS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("versions");
/// Settings that kept generations name, by their digest.
pub(super) const SETTINGS: TableDefinition<'_, &str, &str> = TableDefinition::new("settings");
/// Packages by name, in the order they were published.
pub(super) const NAMES: TableDefinition<'_, (&str, u64), &str> = TableDefinition::new("names");
/// Packages by publisher.
pub(super) const PUBLISHERS: TableDefinition<'_, (&str, &str), ()> =
    TableDefinition::new("publishers");
/// The highest version ever published under a name, pruned or not.
pub(super) const NEWEST: TableDefinition<'_, &str, &str> = TableDefinition::new("newest");
pub(super) const ATTEMPTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("attempts");
pub(super) const HISTORY: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("history");
/// Events by who did it.
pub(super) const ACTORS: TableDefinition<'_, (&str, u64), ()> = TableDefinition::new("actors");
/// How many of these there are.
pub(super) const COUNTS: TableDefinition<'_, &str, u64> = TableDefinition::new("counts");

const KEY_FORMAT: &str = "format";
const KEY_SEQUENCE: &str = "sequence";

/// Makes every table, so that reading needs no case for its absence, and brings an older format up.
pub(super) fn prepare(transaction: &WriteTransaction) -> Result<(), CatalogueError> {
    let found = {
        let mut meta = transaction.open_table(META)?;
        let found = meta.get(KEY_FORMAT)?.map(|found| found.value());
        match found {
            None | Some(1 | 2 | 3 | FORMAT) => meta.insert(KEY_FORMAT, FORMAT)?,
            Some(found) => return Err(CatalogueError::Format { found }),
        };
        found
    };
    for table in [VERSIONS, ATTEMPTS] {
        transaction.open_table(table)?;
    }
    for table in [GENERATIONS, HISTORY] {
        transaction.open_table(table)?;
    }
    transaction.open_table(SETTINGS)?;
    transaction.open_table(NAMES)?;
    transaction.open_table(PUBLISHERS)?;
    transaction.open_table(NEWEST)?;
    transaction.open_table(ACTORS)?;
    transaction.open_table(COUNTS)?;
    transaction.open_table(FOLLOWED)?;
    match found {
        Some(1) => bring_up_from_1(transaction),
        Some(2) => bring_up_from_2(transaction),
        _ => Ok(()),
    }
}

fn bring_up_from_2(transaction: &WriteTransaction) -> Result<(), CatalogueError> {
    let mut publishers = transaction.open_table(PUBLISHERS)?;
    for version in all::<Version>("versions", transaction.open_table(VERSIONS)?.iter()?)? {
        let key = (version.publisher.as_str(), version.package.to_string());
        publishers.insert((key.0, key.1.as_str()), ())?;
    }
    Ok(())
}

/// The clock is all that tells the order of what was published by then.
fn bring_up_from_1(transaction: &WriteTransaction) -> Result<(), CatalogueError> {
    let mut versions = all::<Version>("versions", transaction.open_table(VERSIONS)?.iter()?)?;
    versions.sort_by(|a, b| a.published_at.cmp(&b.published_at));
    for version in versions {
        write_version(transaction, version)?;
    }
    let events = all::<Event>("history", transaction.open_table(HISTORY)?.iter()?)?;
    for event in events {
        count_event(transaction, &event)?;
    }
    Ok(())
}

/// Writes a change; a generation of the number `undecided` gives way to another of that number.
pub(super) fn write(
    transaction: &WriteTransaction,
    change: &Change,
    undecided: u64,
) -> Result<(), CatalogueError> {
    if !change.is_empty() {
        follow::leave(transaction)?;
    }
    for settings in &change.settings {
        let digest = settings.digest().to_string();
        transaction.open_table(SETTINGS)?.insert(digest.as_str(), settings.text())?;
    }
    write_generation(transaction, change.generation.as_ref(), undecided)?;
    forget(transaction, &change.removed)?;
    for version in &change.versions {
        write_version(transaction, version.clone())?;
    }
    if let Some((name, attempt)) = &change.attempt {
        let record = to_record("attempts", attempt)?;
        transaction.open_table(ATTEMPTS)?.insert(name.as_str(), record.as_slice())?;
    }
    for event in &change.events {
        write_event(transaction, event.clone())?;
    }
    Ok(())
}

fn write_generation(
    transaction: &WriteTransaction,
    generation: Option<&Generation>,
    undecided: u64,
) -> Result<(), CatalogueError> {
    let Some(generation) = generation else { return Ok(()) };
    let next = generation.number;
    let mut table = transaction.open_table(GENERATIONS)?;
    let last = table.last()?.map_or(0, |(number, _)| number.value());
    // A catalogue that was made again goes on where the one before ended.
    let replaces = next == last && next == undecided;
    if next != last + 1 && last != 0 && !replaces {
        return Err(CatalogueError::OutOfOrder { last, next });
    }
    let record = to_record("generations", generation)?;
    table.insert(next, record.as_slice())?;
    let Some(old) = next.checked_sub(KEPT_GENERATIONS) else { return Ok(()) };
    let old = table.remove(old)?;
    let old = old.map(|record| from_record::<Generation>("generations", record.value()));
    match old.transpose()? {
        Some(old) => forget_settings(transaction, &table, &old, generation),
        None => Ok(()),
    }
}

/// Writes a generation of another catalogue under its number, which is later than all here, or the same.
pub(super) fn follow_generation(
    transaction: &WriteTransaction,
    generation: &Generation,
) -> Result<(), CatalogueError> {
    let mut table = transaction.open_table(GENERATIONS)?;
    let (last, next) = (table.last()?.map_or(0, |(number, _)| number.value()), generation.number);
    if next <= last {
        let known = table.get(next)?;
        let known = known.map(|known| from_record::<Generation>("generations", known.value()));
        return match known.transpose()? {
            Some(known) if known == *generation => Ok(()),
            _ => Err(CatalogueError::OutOfOrder { last, next }),
        };
    }
    let record = to_record("generations", generation)?;
    table.insert(next, record.as_slice())?;
    let mut old = Vec::new();
    for entry in table.range(..=next.saturating_sub(KEPT_GENERATIONS))? {
        let (number, record) = entry?;
        old.push((number.value(), from_record::<Generation>("generations", record.value())?));
    }
    for (number, old) in old {
        table.remove(number)?;
        forget_settings(transaction, &table, &old, generation)?;
    }
    Ok(())
}

/// Forgets the settings that a generation named which is not kept any more, and no kept one names.
fn forget_settings(
    transaction: &WriteTransaction,
    kept: &impl ReadableTable<u64, &'static [u8]>,
    old: &Generation,
    newest: &Generation,
) -> Result<(), CatalogueError> {
    let mut unneeded = old.named_settings().collect::<BTreeSet<_>>();
    // Mostly they are still in force, and no other generation has to be looked at.
    for named in newest.named_settings() {
        unneeded.remove(&named);
    }
    if unneeded.is_empty() {
        return Ok(());
    }
    for generation in all::<Generation>("generations", kept.iter()?)? {
        for named in generation.named_settings() {
            unneeded.remove(&named);
        }
    }
    let mut settings = transaction.open_table(SETTINGS)?;
    for digest in unneeded {
        settings.remove(digest.to_string().as_str())?;
    }
    Ok(())
}

/// Writes a version as the one published last.
fn write_version(
    transaction: &WriteTransaction,
    mut version: Version,
) -> Result<(), CatalogueError> {
    let last = transaction.open_table(META)?.get(KEY_SEQUENCE)?.map_or(0, |last| last.value());
    version.sequence = last + 1;
    write_version_as(transaction, version)
}

/// Writes a version under its own sequence number.
pub(super) fn write_version_as(
    transaction: &WriteTransaction,
    version: Version,
) -> Result<(), CatalogueError> {
    let key = version.package.to_string();
    let mut table = transaction.open_table(VERSIONS)?;
    let mut names = transaction.open_table(NAMES)?;
    let mut publishers = transaction.open_table(PUBLISHERS)?;
    if let Some(before) = table.get(key.as_str())? {
        let before = from_record::<Version>("versions", before.value())?;
        names.remove((before.name.as_str(), before.sequence))?;
        publishers.remove((before.publisher.as_str(), key.as_str()))?;
    }
    publishers.insert((version.publisher.as_str(), key.as_str()), ())?;
    let mut meta = transaction.open_table(META)?;
    let last = meta.get(KEY_SEQUENCE)?.map_or(0, |last| last.value());
    meta.insert(KEY_SEQUENCE, version.sequence.max(last))?;
    names.insert((version.name.as_str(), version.sequence), key.as_str())?;
    let record = to_record("versions", &version)?;
    table.insert(key.as_str(), record.as_slice())?;
    let Some(number) = version.version.as_deref().and_then(|text| text.parse().ok()) else {
        return Ok(());
    };
    let mut newest = transaction.open_table(NEWEST)?;
    let known = newest.get(version.name.as_str())?;
    let known = known.and_then(|known| known.value().parse::<VersionNumber>().ok());
    if known.is_none_or(|known| known < number) {
        newest.insert(version.name.as_str(), number.to_string().as_str())?;
    }
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
    let generations = transaction.open_table(GENERATIONS)?;
    for generation in all::<Generation>("generations", generations.iter()?)? {
        if let Some(package) = generation.named().find(|package| packages.contains(package)) {
            return Err(CatalogueError::InUse { package, generation: generation.number });
        }
    }
    forget_versions(transaction, packages)
}

pub(super) fn forget_versions(
    transaction: &WriteTransaction,
    packages: &[PackageDigest],
) -> Result<(), CatalogueError> {
    let mut versions = transaction.open_table(VERSIONS)?;
    let mut names = transaction.open_table(NAMES)?;
    let mut publishers = transaction.open_table(PUBLISHERS)?;
    for package in packages {
        let key = package.to_string();
        let removed = versions.remove(key.as_str())?;
        let Some(removed) = removed else { continue };
        let removed = from_record::<Version>("versions", removed.value())?;
        names.remove((removed.name.as_str(), removed.sequence))?;
        publishers.remove((removed.publisher.as_str(), key.as_str()))?;
    }
    Ok(())
}

fn write_event(transaction: &WriteTransaction, mut event: Event) -> Result<(), CatalogueError> {
    {
        let mut table = transaction.open_table(HISTORY)?;
        let last = table.last()?.map_or(0, |(sequence, _)| sequence.value());
        event.sequence = last + 1;
        let record = to_record("history", &event)?;
        table.insert(event.sequence, record.as_slice())?;
    }
    count_event(transaction, &event)
}

/// Writes an event of another catalogue under its number.
pub(super) fn follow_event(
    transaction: &WriteTransaction,
    event: &Event,
) -> Result<(), CatalogueError> {
    {
        let mut table = transaction.open_table(HISTORY)?;
        let record = to_record("history", event)?;
        if table.insert(event.sequence, record.as_slice())?.is_some() {
            return Ok(());
        }
    }
    count_event(transaction, event)
}

/// Counts an event as its actor's, and drops that actor's oldest where there are too many.
fn count_event(transaction: &WriteTransaction, event: &Event) -> Result<(), CatalogueError> {
    let actor = event.actor.as_str();
    let mut actors = transaction.open_table(ACTORS)?;
    actors.insert((actor, event.sequence), ())?;
    let mut counts = transaction.open_table(COUNTS)?;
    let count = counts.get(actor)?.map_or(0, |count| count.value()) + 1;
    if count <= KEPT_EVENTS {
        counts.insert(actor, count)?;
        return Ok(());
    }
    let oldest = actors.range((actor, 0_u64)..)?.next().transpose()?;
    let oldest = oldest.map(|(key, _)| key.value().1);
    if let Some(oldest) = oldest {
        actors.remove((actor, oldest))?;
        transaction.open_table(HISTORY)?.remove(oldest)?;
    }
    Ok(())
}

/// Whether every record of every table is understood.
pub(super) fn check(transaction: &ReadTransaction) -> Result<(), CatalogueError> {
    let settings = transaction.open_table(SETTINGS)?;
    let mut kept = BTreeSet::new();
    for entry in settings.iter()? {
        let (digest, text) = entry?;
        let digest = digest.value().parse::<SettingsDigest>().ok();
        let found = digest.and_then(|digest| TypeSettings::kept(digest, text.value().as_bytes()));
        kept.extend(found.map(|found| found.digest()));
    }
    for generation in
        all::<Generation>("generations", transaction.open_table(GENERATIONS)?.iter()?)?
    {
        if let Some(digest) = generation.named_settings().find(|named| !kept.contains(named)) {
            return Err(CatalogueError::NoSettings { digest });
        }
    }
    let versions = all::<Version>("versions", transaction.open_table(VERSIONS)?.iter()?)?;
    all::<super::Attempt>("attempts", transaction.open_table(ATTEMPTS)?.iter()?)?;
    all::<Event>("history", transaction.open_table(HISTORY)?.iter()?)?;
    let names = transaction.open_table(NAMES)?;
    let publishers = transaction.open_table(PUBLISHERS)?;
    for version in &versions {
        let package = version.package.to_string();
        let key = names.get((version.name.as_str(), version.sequence))?;
        let of_publisher = publishers.get((version.publisher.as_str(), package.as_str()))?;
        if key.is_none_or(|key| key.value() != package) || of_publisher.is_none() {
            return Err(CatalogueError::Inconsistent { package: version.package });
        }
    }
    for indexed in [names.len()?, publishers.len()?] {
        let indexed = usize::try_from(indexed).unwrap_or(usize::MAX);
        if indexed != versions.len() {
            return Err(CatalogueError::Counts { versions: versions.len(), indexed });
        }
    }
    Ok(())
}

/// Copies every table into a database that has none of their records.
pub(super) fn copy(from: &ReadTransaction, into: &WriteTransaction) -> Result<(), CatalogueError> {
    copy_table(from, into, META)?;
    copy_table(from, into, GENERATIONS)?;
    copy_table(from, into, VERSIONS)?;
    copy_table(from, into, SETTINGS)?;
    copy_table(from, into, NAMES)?;
    copy_table(from, into, PUBLISHERS)?;
    copy_table(from, into, NEWEST)?;
    copy_table(from, into, ATTEMPTS)?;
    copy_table(from, into, HISTORY)?;
    copy_table(from, into, ACTORS)?;
    copy_table(from, into, COUNTS)?;
    copy_table(from, into, FOLLOWED)
}

fn copy_table<K: redb::Key + 'static, V: redb::Value + 'static>(
    from: &ReadTransaction,
    into: &WriteTransaction,
    table: TableDefinition<'_, K, V>,
) -> Result<(), CatalogueError> {
    let mut copied = into.open_table(table)?;
    for entry in from.open_table(table)?.iter()? {
        let (key, value) = entry?;
        copied.insert(key.value(), value.value())?;
    }
    Ok(())
}

/// Every record of a table, in the order of its keys.
pub(super) fn all<T: DeserializeOwned>(
    table: &'static str,
    entries: redb::Range<'_, impl redb::Key + 'static, &'static [u8]>,
) -> Result<Vec<T>, CatalogueError> {
    let mut found = Vec::new();
    for entry in entries {
        let (_, record) = entry?;
        found.push(from_record(table, record.value())?);
    }
    Ok(found)
}

pub(super) fn to_record(
    table: &'static str,
    value: &impl Serialize,
) -> Result<Vec<u8>, CatalogueError> {
    serde_json::to_vec(value).map_err(|source| CatalogueError::Record { table, source })
}

pub(super) fn from_record<T: DeserializeOwned>(
    table: &'static str,
    bytes: &[u8],
) -> Result<T, CatalogueError> {
    serde_json::from_slice(bytes).map_err(|source| CatalogueError::Record { table, source })
}
