//! What happens to a job on its way: each function is one transaction's work.
//!
//! Rows are locked in one order, so that no two transactions wait for each other: of `tenants`, `jobs` by their
//! numbers, `documents`, `usage` by its tenants. Whatever ends a document holds the row of its job, so that one
//! of two that end at once sees that it is the last.

use deadpool_postgres::Transaction;
use dossier_document::Tenant;
use tokio_postgres::Row;

use super::rows::{Parameters, count, execute, job, jobs, query, query_one, signed, small, state};
use crate::store::{Claim, Claimed, Completed, Lag, Outcome, Release, Stored};
use crate::{DocumentState, Job, JobId, StoreError, WrappedKey};

pub(super) async fn tenant_key(
    of: &Transaction<'_>,
    tenant: &Tenant,
) -> Result<Option<WrappedKey>, StoreError> {
    let statement = "SELECT key FROM tenants WHERE tenant = $1";
    let row = query_one(of, statement, &[&tenant.as_str()]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.map(WrappedKey::from_text))
}

pub(super) async fn keep_tenant_key(
    to: &Transaction<'_>,
    tenant: &Tenant,
    key: &WrappedKey,
) -> Result<WrappedKey, StoreError> {
    // One that is there is locked, so that nobody erases it before it is read.
    let statement = "INSERT INTO tenants (tenant, key) VALUES ($1, $2)
        ON CONFLICT (tenant) DO UPDATE SET key = tenants.key RETURNING key";
    let what = "the key of a tenant was kept and is gone";
    let row = query_one(to, statement, &[&tenant.as_str(), &key.as_text()]).await?;
    let row = row.ok_or(StoreError::Inconsistent { what })?;
    Ok(WrappedKey::from_text(row.try_get(0)?))
}

async fn row_of(
    of: &Transaction<'_>,
    tenant: &Tenant,
    id: JobId,
) -> Result<Option<Row>, StoreError> {
    let statement = "SELECT j.*, t.key AS tenant_key FROM jobs j JOIN tenants t USING (tenant)
        WHERE j.id = $1 AND j.tenant = $2";
    query_one(of, statement, &[&id.uuid(), &tenant.as_str()]).await
}

pub(super) async fn job_of(
    of: &Transaction<'_>,
    tenant: &Tenant,
    id: JobId,
) -> Result<Option<Job>, StoreError> {
    match row_of(of, tenant, id).await? {
        Some(row) => Ok(Some(job(of, &row).await?)),
        None => Ok(None),
    }
}

pub(super) async fn results(
    of: &Transaction<'_>,
    tenant: &Tenant,
    id: JobId,
) -> Result<Option<Stored>, StoreError> {
    let Some(row) = row_of(of, tenant, id).await? else { return Ok(None) };
    let tenant_key = WrappedKey::from_text(row.try_get("tenant_key")?);
    let job = job(of, &row).await?;
    let mut results = vec![None; job.documents.len()];
    let statement = "SELECT place, result FROM results WHERE number = $1";
    for row in query(of, statement, &[&signed(job.number)]).await? {
        let what = "a result is of a document that is not there";
        let place = results.get_mut(small(&row, "place")? as usize);
        *place.ok_or(StoreError::Inconsistent { what })? = Some(row.try_get("result")?);
    }
    Ok(Some(Stored { job, tenant_key, results }))
}

pub(super) async fn list(
    of: &Transaction<'_>,
    tenant: &Tenant,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Job>, StoreError> {
    let statement = "SELECT * FROM jobs WHERE tenant = $1 AND number < $2
        ORDER BY number DESC LIMIT $3";
    let (before, limit) = (before.map_or(i64::MAX, signed), signed(limit as u64));
    let rows = query(of, statement, &[&tenant.as_str(), &before, &limit]).await?;
    jobs(of, &rows).await
}

/// Of the tenants that have documents waiting, those behind the one that had a turn last come first, in a
/// circle; of each its document that waits the longest and that nobody else is about to begin. The first of
/// these is begun.
const CLAIM: &str = "
    WITH RECURSIVE waiting (tenant) AS (
        (SELECT tenant FROM documents WHERE state = 'queued' ORDER BY tenant LIMIT 1)
        UNION ALL
        SELECT (
            SELECT tenant FROM documents
            WHERE state = 'queued' AND tenant > waiting.tenant ORDER BY tenant LIMIT 1
        ) FROM waiting WHERE tenant IS NOT NULL
    ), turns AS MATERIALIZED (
        SELECT tenant FROM waiting WHERE tenant IS NOT NULL ORDER BY tenant <= $1, tenant
    ), next AS MATERIALIZED (
        SELECT due.number, due.place FROM turns CROSS JOIN LATERAL (
            SELECT number, place FROM documents
            WHERE state = 'queued' AND tenant = turns.tenant AND due_ms <= $2
            ORDER BY due_ms, number, place LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        ) due LIMIT 1
    )
    UPDATE documents
    SET state = 'running', attempts = attempts + 1, fence = fence + 1, due_ms = $3
    FROM next WHERE documents.number = next.number AND documents.place = next.place
    RETURNING documents.number, documents.place, documents.fence";

pub(super) async fn claim(
    to: &Transaction<'_>,
    last: &str,
    now_ms: u64,
    until_ms: u64,
) -> Result<Option<Claimed>, StoreError> {
    let begun = query_one(to, CLAIM, &[&last, &signed(now_ms), &signed(until_ms)]).await?;
    let Some(begun) = begun else { return Ok(None) };
    let claim = Claim {
        number: count(&begun, "number")?,
        index: small(&begun, "place")?,
        fence: small(&begun, "fence")?,
    };
    let statement = "SELECT j.*, t.key AS tenant_key, i.input
        FROM jobs j JOIN tenants t USING (tenant) JOIN inputs i ON i.job = j.id
        WHERE j.number = $1 AND i.place = $2";
    let row = query_one(to, statement, &[&signed(claim.number), &i64::from(claim.index)]).await?;
    let what = "the pages of a document that waits are not there";
    let row = row.ok_or(StoreError::Inconsistent { what })?;
    let tenant_key = WrappedKey::from_text(row.try_get("tenant_key")?);
    let input = row.try_get("input")?;
    Ok(Some(Claimed { claim, job: job(to, &row).await?, tenant_key, input }))
}

pub(super) async fn is_held(of: &Transaction<'_>, claim: Claim) -> Result<bool, StoreError> {
    let statement = "SELECT 1 FROM documents
        WHERE number = $1 AND place = $2 AND fence = $3 AND state = 'running'";
    let (number, place, fence) = parts(claim);
    Ok(query_one(of, statement, &[&number, &place, &fence]).await?.is_some())
}

pub(super) async fn renew(
    to: &Transaction<'_>,
    claim: Claim,
    until_ms: u64,
) -> Result<bool, StoreError> {
    let statement = "UPDATE documents SET due_ms = $4
        WHERE number = $1 AND place = $2 AND fence = $3 AND state = 'running'";
    let (number, place, fence) = parts(claim);
    Ok(execute(to, statement, &[&number, &place, &fence, &signed(until_ms)]).await? == 1)
}

pub(super) async fn release(
    to: &Transaction<'_>,
    claim: Claim,
    release: Release,
    due_ms: u64,
) -> Result<bool, StoreError> {
    let statement = "UPDATE documents
        SET state = 'queued', due_ms = $4, attempts = greatest(attempts - $5, 0),
            code = coalesce($6, code)
        WHERE number = $1 AND place = $2 AND fence = $3 AND state = 'running'";
    let (number, place, fence) = parts(claim);
    let (untried, code) = match release {
        Release::Untried => (1_i64, None),
        Release::Failed(code) => (0, Some(code)),
    };
    let due_ms = signed(due_ms);
    let given: Parameters<'_> = &[&number, &place, &fence, &due_ms, &untried, &code];
    Ok(execute(to, statement, given).await? == 1)
}

/// Says what came of a document, and takes its pages away.
const COMPLETE: &str = "
    WITH gone AS (
        DELETE FROM inputs WHERE job = $1 AND place = $3
    ), ended AS (
        UPDATE documents SET state = $4, code = $5, input_bytes = 0, result_bytes = octet_length($6::bytea)
        WHERE number = $2 AND place = $3
    ), charged AS (
        UPDATE usage SET waiting = waiting - 1, bytes = bytes + octet_length($6::bytea) - $7 WHERE tenant = $8
    )
    INSERT INTO results (number, place, result) VALUES ($2, $3, $6::bytea)";

pub(super) async fn complete(
    to: &Transaction<'_>,
    claim: Claim,
    outcome: Outcome,
    result: &[u8],
    now_ms: u64,
) -> Result<Completed, StoreError> {
    let (number, place, _) = parts(claim);
    let statement = "SELECT id, tenant FROM jobs WHERE number = $1 FOR NO KEY UPDATE";
    let job = query_one(to, statement, &[&number]).await?;
    let Some(job) = job else { return Ok(Completed::Lost) };
    // In a statement of its own: it sees what others committed before the job's row was theirs no more.
    let statement = "SELECT state, fence, input_bytes, NOT EXISTS (
            SELECT FROM documents
            WHERE number = $1 AND place <> $2 AND state IN ('queued', 'running')
        ) AS is_last
        FROM documents WHERE number = $1 AND place = $2 FOR NO KEY UPDATE";
    let document = query_one(to, statement, &[&number, &place]).await?;
    let Some(document) = document else { return Ok(Completed::Lost) };
    let is_last = document.try_get::<_, bool>("is_last")?;
    if small(&document, "fence")? != claim.fence {
        return Ok(Completed::Lost);
    }
    match state(&document)? {
        DocumentState::Running => {}
        // Said before, and the answer to it lost.
        DocumentState::Succeeded | DocumentState::Failed => {
            return Ok(Completed::Kept { is_last });
        }
        DocumentState::Queued | DocumentState::Cancelled => return Ok(Completed::Lost),
    }
    let (ended, code) = match outcome {
        Outcome::Succeeded => (DocumentState::Succeeded, None),
        Outcome::Failed(code) => (DocumentState::Failed, Some(code)),
    };
    let (id, tenant) = (job.try_get::<_, uuid::Uuid>("id")?, job.try_get::<_, String>("tenant")?);
    let input_bytes = signed(count(&document, "input_bytes")?);
    let ended = ended.as_str();
    let given: Parameters<'_> =
        &[&id, &number, &place, &ended, &code, &result, &input_bytes, &tenant];
    execute(to, COMPLETE, given).await?;
    if is_last {
        finish(to, &[number], now_ms).await?;
    }
    Ok(Completed::Kept { is_last })
}

/// Says of jobs that they are done with, and has whoever is to be told of them told.
pub(super) async fn finish(
    to: &Transaction<'_>,
    numbers: &[i64],
    now_ms: u64,
) -> Result<(), StoreError> {
    let statement = "UPDATE jobs SET finished_ms = $2 WHERE number = ANY($1)";
    execute(to, statement, &[&numbers, &signed(now_ms)]).await?;
    arm(to, numbers, now_ms).await
}

/// Has somebody told of jobs that are done with, where there is somebody.
pub(super) async fn arm(
    to: &Transaction<'_>,
    numbers: &[i64],
    now_ms: u64,
) -> Result<(), StoreError> {
    let statement = "UPDATE jobs
        SET webhook_state = 'due', webhook_attempts = 0, webhook_due_ms = $2
        WHERE number = ANY($1) AND webhook_target IS NOT NULL";
    execute(to, statement, &[&numbers, &signed(now_ms)]).await?;
    Ok(())
}

fn parts(claim: Claim) -> (i64, i64, i64) {
    (signed(claim.number), i64::from(claim.index), i64::from(claim.fence))
}

/// What waits and is read is what tenants are charged for. Counted are only those that are read: few.
const LAG: &str = "
    WITH RECURSIVE waiting (tenant, due_ms) AS (
        (SELECT tenant, due_ms FROM documents WHERE state = 'queued' ORDER BY tenant, due_ms LIMIT 1)
        UNION ALL
        SELECT next.tenant, next.due_ms FROM waiting CROSS JOIN LATERAL (
            SELECT tenant, due_ms FROM documents
            WHERE state = 'queued' AND tenant > waiting.tenant ORDER BY tenant, due_ms LIMIT 1
        ) next
    )
    SELECT (SELECT coalesce(sum(waiting), 0)::bigint FROM usage) AS begun_or_not,
        (SELECT count(*) FROM documents WHERE state = 'running') AS running,
        (SELECT coalesce(greatest($1 - min(due_ms), 0), 0) FROM waiting) AS oldest_ms";

pub(super) async fn lag(of: &Transaction<'_>, now_ms: u64) -> Result<Lag, StoreError> {
    let what = "a count has no row";
    let row = query_one(of, LAG, &[&signed(now_ms)]).await?;
    let row = row.ok_or(StoreError::Inconsistent { what })?;
    let running = count(&row, "running")?;
    let waiting = count(&row, "begun_or_not")?.saturating_sub(running);
    Ok(Lag { waiting, running, oldest_ms: count(&row, "oldest_ms")? })
}
