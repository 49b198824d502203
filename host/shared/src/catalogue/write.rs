//! Rows as they are written, and what they push out.

use std::collections::BTreeSet;

use deadpool_postgres::Transaction;
use dossier_store::{
    Attempt, Delta, Event, Generation, KEPT_EVENTS, KEPT_GENERATIONS, TypeSettings, Version,
    VersionNumber,
};
use serde::Serialize;

use super::read::{not_understood, record};
use super::{Failed, Meta, signed};

/// Writes what a host begins with, where nobody has.
pub(super) async fn begin(to: &Transaction<'_>, first: &Delta) -> Result<bool, Failed> {
    let mut meta = Meta::read(to, true).await?;
    if meta.generation != 0 || first.generation == 0 {
        return Ok(false);
    }
    meta.position += 1;
    meta.generation = first.generation;
    let position = signed(meta.position);
    for kept in &first.settings {
        settings(to, position, kept).await?;
    }
    for generation in &first.generations {
        write_generation(to, position, generation).await?;
    }
    for version in &first.versions {
        meta.version_sequence = meta.version_sequence.max(version.sequence);
        write_version(to, position, version).await?;
    }
    for name in &first.names {
        if let Some(newest) = name.newest {
            newest_of(to, position, &name.name, newest).await?;
        }
        if let Some(attempt) = &name.attempt {
            attempt_of(to, position, &name.name, attempt).await?;
        }
    }
    for event in &first.events {
        meta.event_sequence = meta.event_sequence.max(event.sequence);
        write_event(to, position, event).await?;
    }
    meta.write(to).await?;
    Ok(true)
}

pub(super) async fn settings(
    to: &Transaction<'_>,
    position: i64,
    settings: &TypeSettings,
) -> Result<(), Failed> {
    let statement = "INSERT INTO settings (digest, position, record) VALUES ($1, $2, $3) \
                     ON CONFLICT (digest) DO UPDATE SET position = excluded.position";
    let digest = settings.digest().to_string();
    to.execute(statement, &[&digest, &position, &settings.text()]).await?;
    Ok(())
}

pub(super) async fn write_generation(
    to: &Transaction<'_>,
    position: i64,
    generation: &Generation,
) -> Result<(), Failed> {
    let statement = "INSERT INTO generations (number, position, record) VALUES ($1, $2, $3)";
    let record = text("generations", generation)?;
    to.execute(statement, &[&signed(generation.number), &position, &record]).await?;
    Ok(())
}

/// Forgets the oldest generations and the settings that only they named.
pub(super) async fn trim_generations(to: &Transaction<'_>, newest: u64) -> Result<(), Failed> {
    let Some(last) = newest.checked_sub(KEPT_GENERATIONS) else { return Ok(()) };
    let statement = "DELETE FROM generations WHERE number <= $1 RETURNING record";
    let mut unneeded = BTreeSet::new();
    for row in to.query(statement, &[&signed(last)]).await? {
        unneeded.extend(record::<Generation>("generations", &row, 0)?.named_settings());
    }
    if unneeded.is_empty() {
        return Ok(());
    }
    for row in to.query("SELECT record FROM generations", &[]).await? {
        for named in record::<Generation>("generations", &row, 0)?.named_settings() {
            unneeded.remove(&named);
        }
    }
    let unneeded = unneeded.iter().map(ToString::to_string).collect::<Vec<_>>();
    to.execute("DELETE FROM settings WHERE digest = ANY($1)", &[&unneeded]).await?;
    Ok(())
}

pub(super) async fn write_version(
    to: &Transaction<'_>,
    position: i64,
    version: &Version,
) -> Result<(), Failed> {
    let statement = "INSERT INTO versions (package, position, sequence, record) \
                     VALUES ($1, $2, $3, $4) ON CONFLICT (package) DO UPDATE SET \
                     position = excluded.position, sequence = excluded.sequence, \
                     record = excluded.record";
    let (package, sequence) = (version.package.to_string(), signed(version.sequence));
    to.execute(statement, &[&package, &position, &sequence, &text("versions", version)?]).await?;
    let number = version.version.as_deref().and_then(|number| number.parse().ok());
    match number {
        Some(number) => newest_of(to, position, &version.name, number).await,
        None => Ok(()),
    }
}

/// Remembers the highest version of a name.
async fn newest_of(
    to: &Transaction<'_>,
    position: i64,
    name: &str,
    number: VersionNumber,
) -> Result<(), Failed> {
    let known = "SELECT newest FROM names WHERE name = $1";
    let known = to.query_opt(known, &[&name]).await?;
    let known = known.map(|row| row.try_get::<_, Option<String>>(0)).transpose()?.flatten();
    let known = known.and_then(|known| known.parse::<VersionNumber>().ok());
    if known.is_some_and(|known| known >= number) {
        return Ok(());
    }
    let statement = "INSERT INTO names (name, position, newest) VALUES ($1, $2, $3) \
                     ON CONFLICT (name) DO UPDATE SET \
                     position = excluded.position, newest = excluded.newest";
    to.execute(statement, &[&name, &position, &number.to_string()]).await?;
    Ok(())
}

pub(super) async fn attempt_of(
    to: &Transaction<'_>,
    position: i64,
    name: &str,
    attempt: &Attempt,
) -> Result<(), Failed> {
    let statement = "INSERT INTO names (name, position, attempt) VALUES ($1, $2, $3) \
                     ON CONFLICT (name) DO UPDATE SET \
                     position = excluded.position, attempt = excluded.attempt";
    to.execute(statement, &[&name, &position, &text("names", attempt)?]).await?;
    Ok(())
}

/// Writes an event, and drops its actor's oldest where there are too many.
pub(super) async fn write_event(
    to: &Transaction<'_>,
    position: i64,
    event: &Event,
) -> Result<(), Failed> {
    let statement =
        "INSERT INTO events (sequence, position, actor, record) VALUES ($1, $2, $3, $4)";
    let (sequence, record) = (signed(event.sequence), text("events", event)?);
    to.execute(statement, &[&sequence, &position, &event.actor, &record]).await?;
    let statement = "DELETE FROM events WHERE actor = $1 AND sequence <= (SELECT sequence FROM events \
                     WHERE actor = $1 ORDER BY sequence DESC OFFSET $2 LIMIT 1)";
    to.execute(statement, &[&event.actor, &signed(KEPT_EVENTS)]).await?;
    Ok(())
}

fn text(table: &'static str, value: &impl Serialize) -> Result<String, Failed> {
    serde_json::to_string(value).map_err(|error| not_understood(table, &error))
}
