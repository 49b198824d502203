//! What changed after a position, as one moment has it.

use std::collections::BTreeSet;

use deadpool_postgres::Transaction;
use dossier_store::{
    Attempt, Delta, Event, Followed, Generation, NameDelta, PackageDigest, SettingsDigest,
    SharedError, TypeSettings, Version,
};
use serde_json::from_str;
use tokio_postgres::Row;

use super::{Failed, Meta, signed};

/// Packages, names and settings that a host takes at a time. There are no more than that: each publisher's are
/// bounded.
const MOST_ROWS: usize = 200_000;
/// Events that a host takes: one that joins later has the newest of the history, and the database the others.
const MOST_EVENTS: i64 = 10_000;

pub(super) async fn since(of: &Transaction<'_>, position: u64) -> Result<Delta, Failed> {
    let meta = Meta::read(of, false).await?;
    after(of, &meta, position).await
}

/// The same in a transaction that has the one row already.
pub(super) async fn after(
    of: &Transaction<'_>,
    meta: &Meta,
    position: u64,
) -> Result<Delta, Failed> {
    let followed = Followed { catalogue: meta.catalogue.clone(), position: meta.position };
    let mut delta = Delta { followed, generation: meta.generation, ..Delta::default() };
    if position == meta.position {
        return Ok(delta);
    }
    let statement = "SELECT record FROM generations WHERE position > $1 ORDER BY number LIMIT $2";
    for row in rows(of, statement, position, "generations").await? {
        delta.generations.push(record::<Generation>("generations", &row, 0)?);
    }
    let statement = "SELECT digest, record FROM settings WHERE position > $1 LIMIT $2";
    for row in rows(of, statement, position, "settings").await? {
        let digest = row.try_get::<_, String>(0)?.parse::<SettingsDigest>();
        let digest = digest.map_err(|error| not_understood("settings", &error))?;
        let text = row.try_get::<_, String>(1)?;
        let settings = TypeSettings::kept(digest, text.as_bytes());
        delta.settings.push(settings.ok_or_else(|| not_understood("settings", &"their digest"))?);
    }
    let statement = "SELECT record FROM versions WHERE position > $1 ORDER BY sequence LIMIT $2";
    for row in rows(of, statement, position, "packages").await? {
        delta.versions.push(record::<Version>("versions", &row, 0)?);
    }
    let statement = "SELECT name, newest, attempt FROM names WHERE position > $1 LIMIT $2";
    for row in rows(of, statement, position, "names").await? {
        let newest = row.try_get::<_, Option<String>>(1)?;
        let newest = newest.map(|newest| newest.parse());
        let attempt = row.try_get::<_, Option<String>>(2)?;
        let attempt = attempt.map(|attempt| from_str::<Attempt>(&attempt));
        delta.names.push(NameDelta {
            name: row.try_get(0)?,
            newest: newest.transpose().map_err(|error| not_understood("names", &error))?,
            attempt: attempt.transpose().map_err(|error| not_understood("names", &error))?,
        });
    }
    let statement = "SELECT record FROM events WHERE position > $1 ORDER BY sequence DESC LIMIT $2";
    for row in of.query(statement, &[&signed(position), &MOST_EVENTS]).await?.iter().rev() {
        delta.events.push(record::<Event>("events", row, 0)?);
    }
    if meta.removed_at > position {
        let mut kept = BTreeSet::new();
        let statement = "SELECT package FROM versions WHERE position > $1 LIMIT $2";
        for row in rows(of, statement, 0, "packages").await? {
            let package = row.try_get::<_, String>(0)?.parse::<PackageDigest>();
            kept.insert(package.map_err(|error| not_understood("versions", &error))?);
        }
        delta.kept = Some(kept);
    }
    Ok(delta)
}

async fn rows(
    of: &Transaction<'_>,
    statement: &str,
    position: u64,
    what: &'static str,
) -> Result<Vec<Row>, Failed> {
    let most = i64::try_from(MOST_ROWS).unwrap_or(i64::MAX);
    let rows = of.query(statement, &[&signed(position), &(most + 1)]).await?;
    if rows.len() > MOST_ROWS {
        return Err(SharedError::TooMuch { what, most: MOST_ROWS }.into());
    }
    Ok(rows)
}

pub(super) fn record<T: serde::de::DeserializeOwned>(
    table: &'static str,
    row: &Row,
    column: usize,
) -> Result<T, Failed> {
    let text = row.try_get::<_, String>(column)?;
    from_str(&text).map_err(|error| not_understood(table, &error))
}

pub(super) fn not_understood(table: &'static str, reason: &impl ToString) -> Failed {
    SharedError::Record { table, reason: reason.to_string() }.into()
}
