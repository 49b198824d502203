//! A change of the shared catalogue: compared with what it was decided by, and written, in one transaction.

use std::collections::BTreeSet;

use deadpool_postgres::Transaction;
use dossier_store::{
    Change, Committed, Event, Generation, PackageDigest, SharedArtifacts, Version,
};

use super::read::{after, record};
use super::write::{
    attempt_of, settings, trim_generations, write_event, write_generation, write_version,
};
use super::{Failed, Meta, signed};

pub(super) async fn commit(
    to: &Transaction<'_>,
    since: u64,
    change: &Change,
) -> Result<Committed, Failed> {
    let mut meta = Meta::read(to, true).await?;
    if is_overtaken(to, &meta, since, change).await? {
        return Ok(Committed::Behind);
    }
    meta.position += 1;
    let position = signed(meta.position);
    for kept in &change.settings {
        settings(to, position, kept).await?;
    }
    if let Some(generation) = &change.generation {
        meta.generation = generation.number;
        write_generation(to, position, generation).await?;
        trim_generations(to, generation.number).await?;
    }
    if !change.removed.is_empty() {
        meta.removed_at = meta.position;
        let removed = change.removed.iter().map(ToString::to_string).collect::<Vec<_>>();
        to.execute("DELETE FROM versions WHERE package = ANY($1)", &[&removed]).await?;
    }
    for version in &change.versions {
        meta.version_sequence += 1;
        let version = Version { sequence: meta.version_sequence, ..version.clone() };
        write_version(to, position, &version).await?;
    }
    if let Some((name, attempt)) = &change.attempt {
        attempt_of(to, position, name, attempt).await?;
    }
    for event in &change.events {
        meta.event_sequence += 1;
        let event = Event { sequence: meta.event_sequence, ..event.clone() };
        write_event(to, position, &event).await?;
    }
    meta.write(to).await?;
    Ok(Committed::Made(Box::new(after(to, &meta, since).await?)))
}

/// Whether others have changed what a change was decided by.
async fn is_overtaken(
    of: &Transaction<'_>,
    meta: &Meta,
    since: u64,
    change: &Change,
) -> Result<bool, Failed> {
    if let Some(generation) = &change.generation {
        if generation.number != meta.generation + 1 {
            return Ok(true);
        }
        // What serves must be known to everybody: another host may have taken its record away.
        let serving = generation.packages().collect::<BTreeSet<_>>();
        if known(of, &serving).await? < serving.len() {
            return Ok(true);
        }
    }
    if change.removed.is_empty() {
        return Ok(false);
    }
    let removed = change.removed.iter().copied().collect::<BTreeSet<_>>();
    for row in of.query("SELECT record FROM generations", &[]).await? {
        let named = record::<Generation>("generations", &row, 0)?;
        if named.named().any(|package| removed.contains(&package)) {
            return Ok(true);
        }
    }
    // One of them was published again.
    let statement = "SELECT 1 FROM versions WHERE package = ANY($1) AND position > $2 LIMIT 1";
    let again = of.query_opt(statement, &[&texts(&removed), &signed(since)]).await?;
    Ok(again.is_some())
}

/// How many of some packages have a record.
async fn known(of: &Transaction<'_>, packages: &BTreeSet<PackageDigest>) -> Result<usize, Failed> {
    let statement = "SELECT count(*) FROM versions WHERE package = ANY($1)";
    let row = of.query_one(statement, &[&texts(packages)]).await?;
    Ok(usize::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0))
}

fn texts(packages: &BTreeSet<PackageDigest>) -> Vec<String> {
    packages.iter().map(ToString::to_string).collect()
}

/// Takes a package out of the shared artifacts, if it has no record: nobody gives it one before this is over,
/// and whoever does so after looks whether it is there.
pub(super) async fn remove_unknown(
    of: &Transaction<'_>,
    package: PackageDigest,
    artifacts: &dyn SharedArtifacts,
) -> Result<(), Failed> {
    Meta::read(of, true).await?;
    if known(of, &BTreeSet::from([package])).await? > 0 {
        return Ok(());
    }
    artifacts.remove(package).await?;
    Ok(())
}
