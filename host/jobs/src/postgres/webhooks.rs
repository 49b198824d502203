//! Who is to be told of a job, and when.

use deadpool_postgres::Transaction;
use dossier_document::Tenant;

use super::rows::{execute, job, query_one, signed};
use super::steps::{arm, job_of};
use crate::store::Told;
use crate::{Job, JobId, StoreError, WebhookState, WrappedKey};

pub(super) async fn claim(
    to: &Transaction<'_>,
    now_ms: u64,
    until_ms: u64,
) -> Result<Option<(Job, WrappedKey)>, StoreError> {
    let statement = "UPDATE jobs j
        SET webhook_attempts = webhook_attempts + 1, webhook_due_ms = $2
        FROM tenants t
        WHERE t.tenant = j.tenant AND j.number = (
            SELECT number FROM jobs WHERE webhook_state = 'due' AND webhook_due_ms <= $1
            ORDER BY webhook_due_ms, number LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        )
        RETURNING j.*, t.key AS tenant_key";
    let row = query_one(to, statement, &[&signed(now_ms), &signed(until_ms)]).await?;
    let Some(row) = row else { return Ok(None) };
    let tenant_key = WrappedKey::from_text(row.try_get("tenant_key")?);
    Ok(Some((job(to, &row).await?, tenant_key)))
}

pub(super) async fn settle(
    to: &Transaction<'_>,
    number: u64,
    attempt: u32,
    told: Told,
) -> Result<bool, StoreError> {
    // Where another one tries by now, or it begins anew, nobody hears who is late.
    let statement = "UPDATE jobs
        SET webhook_state = $3, webhook_code = $4, webhook_due_ms = coalesce($5, webhook_due_ms)
        WHERE number = $1 AND webhook_state = 'due' AND webhook_attempts = $2";
    let (state, code, due_ms) = match told {
        Told::Delivered => (WebhookState::Delivered, None, None),
        Told::Again { code, due_ms } => (WebhookState::Due, Some(code), Some(signed(due_ms))),
        Told::GivenUp(code) => (WebhookState::GivenUp, Some(code), None),
    };
    let (number, attempt, state) = (signed(number), i64::from(attempt), state.as_str());
    Ok(execute(to, statement, &[&number, &attempt, &state, &code, &due_ms]).await? == 1)
}

pub(super) async fn again(
    to: &Transaction<'_>,
    tenant: &Tenant,
    id: JobId,
    now_ms: u64,
) -> Result<Option<Job>, StoreError> {
    let lock = "SELECT FROM jobs WHERE id = $1 AND tenant = $2 FOR NO KEY UPDATE";
    query_one(to, lock, &[&id.uuid(), &tenant.as_str()]).await?;
    let job = job_of(to, tenant, id).await?;
    let job = job.filter(|job| job.state().is_final() && job.webhook.is_some());
    let Some(job) = job else { return Ok(None) };
    arm(to, &[signed(job.number)], now_ms).await?;
    job_of(to, tenant, id).await
}
