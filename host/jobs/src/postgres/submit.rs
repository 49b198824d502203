//! How a job gets into the store.

use deadpool_postgres::Transaction;

use super::rows::{Parameters, count, execute, job, query_one, signed};
use crate::store::{NewJob, Submitted, TenantLimits};
use crate::{Job, StoreError};

/// The documents travel first. Then the row of the tenant is locked: of two submissions of one tenant the second
/// finds what the first has kept, and their numbers are seen in the order in which they were drawn. So whoever
/// lists a tenant's jobs from the newest on misses none that comes later with a lower number.
pub(super) async fn submit(
    to: &Transaction<'_>,
    new: &NewJob,
    limits: TenantLimits,
) -> Result<Submitted, StoreError> {
    // Megabytes that are refused anyway don't travel.
    let key = "SELECT key FROM tenants WHERE tenant = $1";
    if let Some(before) = sent_before(to, new, key).await? {
        return Ok(Submitted::Again(before));
    }
    let tenant = new.tenant.as_str();
    let usage = "SELECT waiting, bytes FROM usage WHERE tenant = $1";
    let (mut waiting, mut bytes) = (new.documents.len() as u64, new.input_bytes());
    if let Some(usage) = query_one(to, usage, &[&tenant]).await? {
        waiting = waiting.saturating_add(count(&usage, "waiting")?);
        bytes = bytes.saturating_add(count(&usage, "bytes")?);
    }
    limits.check(waiting, bytes)?;
    let input = "INSERT INTO inputs (job, place, input) VALUES ($1, $2, $3)";
    for (place, (_, sealed)) in (0_i64..).zip(&new.documents) {
        execute(to, input, &[&new.id.uuid(), &place, sealed]).await?;
    }

    let locked = "SELECT key FROM tenants WHERE tenant = $1 FOR NO KEY UPDATE";
    if let Some(before) = sent_before(to, new, locked).await? {
        let forget = "DELETE FROM inputs WHERE job = $1";
        execute(to, forget, &[&new.id.uuid()]).await?;
        return Ok(Submitted::Again(before));
    }
    let job = keep(to, new).await?;
    let charge = "INSERT INTO usage (tenant, waiting, bytes) VALUES ($1, $2, $3)
        ON CONFLICT (tenant) DO UPDATE
        SET waiting = usage.waiting + excluded.waiting, bytes = usage.bytes + excluded.bytes
        RETURNING waiting, bytes";
    let own = (signed(new.documents.len() as u64), signed(new.input_bytes()));
    let what = "what a tenant has is not counted";
    let usage = query_one(to, charge, &[&tenant, &own.0, &own.1]).await?;
    let usage = usage.ok_or(StoreError::Inconsistent { what })?;
    limits.check(count(&usage, "waiting")?, count(&usage, "bytes")?)?;
    Ok(Submitted::New(job))
}

/// The job that was sent before with the same idempotency key. `key` asks for the tenant's key.
async fn sent_before(
    to: &Transaction<'_>,
    new: &NewJob,
    key: &str,
) -> Result<Option<Job>, StoreError> {
    let tenant = new.tenant.as_str();
    let key = query_one(to, key, &[&tenant]).await?;
    let key = key.map(|row| row.try_get::<_, String>(0)).transpose()?;
    if key.as_deref() != Some(new.tenant_key.as_text()) {
        return Err(StoreError::OtherKey);
    }
    let Some(idempotency) = &new.idempotency else { return Ok(None) };
    let statement = "SELECT * FROM jobs WHERE tenant = $1 AND idempotency_key = $2";
    let row = query_one(to, statement, &[&tenant, &idempotency.key]).await?;
    let Some(row) = row else { return Ok(None) };
    if row.try_get::<_, String>("fingerprint")? != idempotency.fingerprint {
        return Err(StoreError::OtherRequest);
    }
    Ok(Some(job(to, &row).await?))
}

async fn keep(to: &Transaction<'_>, new: &NewJob) -> Result<Job, StoreError> {
    let statement = "INSERT INTO jobs (
            number, id, tenant, subject, created_ms, expires_ms, key, token, concurrent_documents,
            idempotency_key, fingerprint, webhook_target, webhook_state, webhook_attempts, webhook_due_ms
        ) VALUES (
            nextval('numbers'), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
            CASE WHEN $11::text IS NOT NULL THEN 'waiting' END,
            CASE WHEN $11::text IS NOT NULL THEN 0 END,
            CASE WHEN $11::text IS NOT NULL THEN 0 END
        ) RETURNING number";
    let tenant = new.tenant.as_str();
    let concurrent_documents = new.client.concurrent_documents.map(|count| signed(count as u64));
    let idempotency = new.idempotency.as_ref();
    let given: Parameters<'_> = &[
        &new.id.uuid(),
        &tenant,
        &new.subject,
        &signed(new.created_ms),
        &signed(new.expires_ms),
        &new.key.as_text(),
        &new.client.token,
        &concurrent_documents,
        &idempotency.map(|idempotency| &idempotency.key),
        &idempotency.map(|idempotency| &idempotency.fingerprint),
        &new.webhook,
    ];
    let what = "a job that was kept has no number";
    let row = query_one(to, statement, given).await?.ok_or(StoreError::Inconsistent { what })?;
    let number = count(&row, "number")?;
    let statement = "INSERT INTO documents (
            number, place, tenant, document_type, state, attempts, fence, due_ms, input_bytes, result_bytes
        ) SELECT $1, place - 1, $2, document_type, 'queued', 0, 0, $3, input_bytes, 0
        FROM unnest($4::text[], $5::bigint[]) WITH ORDINALITY AS sent (document_type, input_bytes, place)";
    let types = new.documents.iter().map(|(document_type, _)| document_type).collect::<Vec<_>>();
    let bytes = new.documents.iter().map(|(_, input)| signed(input.len() as u64));
    let bytes = bytes.collect::<Vec<_>>();
    let due_ms = signed(new.created_ms);
    execute(to, statement, &[&signed(number), &tenant, &due_ms, &types, &bytes]).await?;
    Ok(new.queued(number))
}
