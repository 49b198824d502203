//! The tables, made by the first host that comes.

use deadpool_postgres::Transaction;

use crate::{StoreError, WrappedKey};

/// The format written here.
const FORMAT: u64 = 1;
const KEY_FORMAT: &str = "format";
const KEY_WITNESS: &str = "witness";
/// Held by the one host that looks for the tables, and makes them.
const LOCK: i64 = 0x0064_6f73_7369_6572;

pub(super) async fn prepare(to: &Transaction<'_>) -> Result<(), StoreError> {
    to.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let known = "SELECT to_regclass('dossier_jobs.meta') IS NOT NULL, to_regnamespace('dossier_jobs') IS NOT NULL";
    let known = to.query_one(known, &[]).await?;
    let (has_tables, has_schema) = (known.try_get::<_, bool>(0)?, known.try_get::<_, bool>(1)?);
    if !has_tables {
        // Whoever made it for this program may have kept the right to make another.
        if !has_schema {
            to.batch_execute("CREATE SCHEMA dossier_jobs").await?;
        }
        to.batch_execute(include_str!("schema.sql")).await?;
        keep(to, KEY_FORMAT, &FORMAT.to_string()).await?;
    }
    let found = kept(to, KEY_FORMAT).await?.and_then(|found| found.parse::<u64>().ok());
    match found.unwrap_or(0) {
        FORMAT => Ok(()),
        found => Err(StoreError::Format { found, known: FORMAT }),
    }
}

async fn keep(to: &Transaction<'_>, name: &str, value: &str) -> Result<(), StoreError> {
    let keep = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    to.execute(keep, &[&name, &value]).await?;
    Ok(())
}

async fn kept(of: &Transaction<'_>, name: &str) -> Result<Option<String>, StoreError> {
    let row = of.query_opt("SELECT value FROM meta WHERE name = $1", &[&name]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

pub(super) async fn witness(
    to: &Transaction<'_>,
    witness: &WrappedKey,
) -> Result<WrappedKey, StoreError> {
    keep(to, KEY_WITNESS, witness.as_text()).await?;
    let what = "the witness that was kept is gone";
    let kept = kept(to, KEY_WITNESS).await?.ok_or(StoreError::Inconsistent { what })?;
    Ok(WrappedKey::from_text(kept))
}
