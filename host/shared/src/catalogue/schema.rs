//! The tables, made by the first host that comes.

use deadpool_postgres::Transaction;
use dossier_store::SharedError;

use super::Failed;

/// The format written here.
const FORMAT: u64 = 1;
/// Held by the one host that looks for the tables, and makes them.
const LOCK: i64 = 0x0064_6f73_7369_6573;

pub(super) async fn prepare(to: &Transaction<'_>) -> Result<(), Failed> {
    to.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let there = "SELECT to_regclass('dossier_catalogue.meta') IS NOT NULL, \
                 to_regnamespace('dossier_catalogue') IS NOT NULL";
    let row = to.query_one(there, &[]).await?;
    let (has_tables, has_schema) = (row.try_get::<_, bool>(0)?, row.try_get::<_, bool>(1)?);
    if !has_tables {
        // Whoever made it for this program may have kept the right to make another.
        if !has_schema {
            to.batch_execute("CREATE SCHEMA dossier_catalogue").await?;
        }
        to.batch_execute(include_str!("schema.sql")).await?;
        let made = "INSERT INTO meta (format, catalogue) VALUES ($1, $2)";
        let format = super::signed(FORMAT);
        to.execute(made, &[&format, &uuid::Uuid::now_v7()]).await?;
    }
    let row = to.query_one("SELECT format FROM meta", &[]).await?;
    known(super::unsigned(row.try_get(0)?))
}

/// Whether a format is this program's.
pub(super) fn known(found: u64) -> Result<(), Failed> {
    match found {
        FORMAT => Ok(()),
        found => Err(SharedError::Format { found, known: FORMAT }.into()),
    }
}
