//! What ends: documents nobody wants, holders whose time is over, jobs that are erased.

use std::collections::BTreeMap;

use deadpool_postgres::Transaction;
use dossier_document::Tenant;
use tokio_postgres::Row;

use super::rows::{count, execute, query, query_one, signed, small};
use super::steps::{finish, job_of};
use crate::store::{GIVEN_UP, Reaped, silent_backoff_ms};
use crate::{Job, JobId, StoreError};

/// Most documents and jobs that one look at the clock ends: a transaction that holds others up no longer.
const MOST_AT_A_TIME: i64 = 256;
/// How long each statement may take that erases everything of a tenant or a subject.
const ERASE_ALL: &str = "SET LOCAL statement_timeout = '50s'";

pub(super) async fn cancel(
    to: &Transaction<'_>,
    tenant: &Tenant,
    id: JobId,
    now_ms: u64,
) -> Result<Option<Job>, StoreError> {
    let statement = "SELECT number FROM jobs WHERE id = $1 AND tenant = $2 FOR NO KEY UPDATE";
    let row = query_one(to, statement, &[&id.uuid(), &tenant.as_str()]).await?;
    let Some(row) = row else { return Ok(None) };
    let number = signed(count(&row, "number")?);
    let open = "SELECT input_bytes FROM documents
        WHERE number = $1 AND state IN ('queued', 'running') ORDER BY place FOR NO KEY UPDATE";
    let open = query(to, open, &[&number]).await?;
    if !open.is_empty() {
        let end = "UPDATE documents SET state = 'cancelled', input_bytes = 0
            WHERE number = $1 AND state IN ('queued', 'running')";
        execute(to, end, &[&number]).await?;
        execute(to, "DELETE FROM inputs WHERE job = $1", &[&id.uuid()]).await?;
        finish(to, &[number], now_ms).await?;
        let mut freed = Freed::default();
        for row in &open {
            freed.add(tenant.as_str().to_owned(), 1, count(row, "input_bytes")?);
        }
        freed.discharge(to).await?;
    }
    job_of(to, tenant, id).await
}

/// What tenants don't have any more: documents that wait or are read, and bytes. It is taken from what they have
/// when a transaction has done all else, in the order of their names.
#[derive(Default)]
struct Freed(BTreeMap<String, (u64, u64)>);

impl Freed {
    fn add(&mut self, tenant: String, waiting: u64, bytes: u64) {
        let freed = self.0.entry(tenant).or_default();
        *freed = (freed.0 + waiting, freed.1 + bytes);
    }

    fn add_rows(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        for row in rows {
            self.add(row.try_get("tenant")?, count(row, "waiting")?, count(row, "bytes")?);
        }
        Ok(())
    }

    async fn discharge(self, to: &Transaction<'_>) -> Result<(), StoreError> {
        let statement = "UPDATE usage SET waiting = waiting - $2, bytes = bytes - $3
            WHERE tenant = $1";
        for (tenant, (waiting, bytes)) in self.0 {
            execute(to, statement, &[&tenant, &signed(waiting), &signed(bytes)]).await?;
        }
        Ok(())
    }
}

fn numbers_of(rows: &[Row]) -> Result<Vec<i64>, StoreError> {
    Ok(rows.iter().map(|row| row.try_get("number")).collect::<Result<Vec<_>, _>>()?)
}

pub(super) async fn erase(
    to: &Transaction<'_>,
    tenant: &Tenant,
    id: JobId,
) -> Result<bool, StoreError> {
    let statement = "SELECT number FROM jobs WHERE id = $1 AND tenant = $2 FOR UPDATE";
    let rows = query(to, statement, &[&id.uuid(), &tenant.as_str()]).await?;
    Ok(remove_all(to, &rows).await? == 1)
}

/// Erases the jobs of rows, which are locked: each has the key that all else of it is sealed with.
async fn remove(to: &Transaction<'_>, rows: &[Row], freed: &mut Freed) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let numbers = numbers_of(rows)?;
    let documents = "WITH gone AS (
            DELETE FROM documents WHERE number = ANY($1)
            RETURNING tenant, state, input_bytes + result_bytes AS bytes
        ) SELECT tenant, count(*) FILTER (WHERE state IN ('queued', 'running')) AS waiting,
            sum(bytes)::bigint AS bytes
        FROM gone GROUP BY tenant";
    freed.add_rows(&query(to, documents, &[&numbers]).await?)?;
    execute(to, "DELETE FROM jobs WHERE number = ANY($1)", &[&numbers]).await
}

async fn remove_all(to: &Transaction<'_>, rows: &[Row]) -> Result<u64, StoreError> {
    let mut freed = Freed::default();
    let removed = remove(to, rows, &mut freed).await?;
    freed.discharge(to).await?;
    Ok(removed)
}

pub(super) async fn erase_subject(
    to: &Transaction<'_>,
    tenant: &Tenant,
    subject: &str,
) -> Result<u64, StoreError> {
    to.batch_execute(ERASE_ALL).await?;
    let statement = "SELECT number FROM jobs WHERE tenant = $1 AND subject = $2
        ORDER BY number FOR UPDATE";
    let rows = query(to, statement, &[&tenant.as_str(), &subject]).await?;
    remove_all(to, &rows).await
}

pub(super) async fn erase_tenant(to: &Transaction<'_>, tenant: &Tenant) -> Result<u64, StoreError> {
    to.batch_execute(ERASE_ALL).await?;
    let tenant = tenant.as_str();
    // From here on no job of the tenant is added.
    let statement = "SELECT FROM tenants WHERE tenant = $1 FOR UPDATE";
    query_one(to, statement, &[&tenant]).await?;
    let statement = "SELECT number FROM jobs WHERE tenant = $1 ORDER BY number FOR UPDATE";
    let rows = query(to, statement, &[&tenant]).await?;
    let erased = remove_all(to, &rows).await?;
    execute(to, "DELETE FROM tenants WHERE tenant = $1", &[&tenant]).await?;
    execute(to, "DELETE FROM usage WHERE tenant = $1", &[&tenant]).await?;
    Ok(erased)
}

/// What another host is about to end is left to it.
pub(super) async fn reap(
    to: &Transaction<'_>,
    now_ms: u64,
    most_attempts: u32,
) -> Result<Reaped, StoreError> {
    let now = signed(now_ms);
    let statement = "SELECT number FROM jobs WHERE expires_ms <= $1
        ORDER BY expires_ms LIMIT $2 FOR UPDATE SKIP LOCKED";
    let over = query(to, statement, &[&now, &MOST_AT_A_TIME]).await?;
    let mut freed = Freed::default();
    let expired = remove(to, &over, &mut freed).await?;

    let statement = "SELECT number FROM jobs WHERE number IN (
            SELECT number FROM documents WHERE state = 'running' AND due_ms <= $1
            ORDER BY due_ms, number LIMIT $2
        ) ORDER BY number FOR NO KEY UPDATE SKIP LOCKED";
    let silent = numbers_of(&query(to, statement, &[&now, &MOST_AT_A_TIME]).await?)?;
    let statement = "SELECT number, place, attempts FROM documents
        WHERE number = ANY($1) AND state = 'running' AND due_ms <= $2
        ORDER BY number, place LIMIT $3 FOR NO KEY UPDATE";
    let silent = query(to, statement, &[&silent, &now, &MOST_AT_A_TIME]).await?;
    let (mut given_up, mut requeued) = (Places::default(), Places::default());
    let mut due_ms = Vec::new();
    for row in &silent {
        let attempts = small(row, "attempts")?;
        if attempts >= most_attempts {
            given_up.add(row)?;
        } else {
            requeued.add(row)?;
            due_ms.push(signed(now_ms.saturating_add(silent_backoff_ms(attempts))));
        }
    }
    let statement = "UPDATE documents SET state = 'queued', due_ms = silent.due_ms
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS silent (number, place, due_ms)
        WHERE documents.number = silent.number AND documents.place = silent.place";
    if !due_ms.is_empty() {
        execute(to, statement, &[&requeued.numbers, &requeued.places, &due_ms]).await?;
    }
    give_up(to, &given_up, now_ms, &mut freed).await?;
    freed.discharge(to).await?;
    Ok(Reaped {
        requeued: requeued.places.len() as u64,
        given_up: given_up.places.len() as u64,
        expired,
    })
}

/// Documents, by the numbers of their jobs and their places there.
#[derive(Default)]
struct Places {
    numbers: Vec<i64>,
    places: Vec<i64>,
}

impl Places {
    fn add(&mut self, row: &Row) -> Result<(), StoreError> {
        self.numbers.push(row.try_get("number")?);
        self.places.push(row.try_get("place")?);
        Ok(())
    }
}

async fn give_up(
    to: &Transaction<'_>,
    given_up: &Places,
    now_ms: u64,
    freed: &mut Freed,
) -> Result<(), StoreError> {
    let Places { numbers, places } = given_up;
    if numbers.is_empty() {
        return Ok(());
    }
    let inputs = "WITH gone AS (
            DELETE FROM inputs USING jobs, unnest($1::bigint[], $2::bigint[]) AS given_up (number, place)
            WHERE jobs.number = given_up.number
                AND inputs.job = jobs.id AND inputs.place = given_up.place
            RETURNING jobs.tenant, length(inputs.input) AS bytes
        ) SELECT tenant, count(*) AS waiting, sum(bytes)::bigint AS bytes
        FROM gone GROUP BY tenant";
    freed.add_rows(&query(to, inputs, &[numbers, places]).await?)?;
    let statement = "UPDATE documents SET state = 'failed', code = $3, input_bytes = 0
        FROM unnest($1::bigint[], $2::bigint[]) AS given_up (number, place)
        WHERE documents.number = given_up.number AND documents.place = given_up.place";
    execute(to, statement, &[numbers, places, &GIVEN_UP]).await?;
    let statement = "SELECT number FROM jobs WHERE number = ANY($1) AND NOT EXISTS (
            SELECT FROM documents
            WHERE documents.number = jobs.number AND state IN ('queued', 'running')
        )";
    let done = query(to, statement, &[numbers]).await?;
    finish(to, &numbers_of(&done)?, now_ms).await
}
