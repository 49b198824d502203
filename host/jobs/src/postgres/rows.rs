//! Records of jobs as rows, and back.

use deadpool_postgres::Transaction;
use dossier_document::Tenant;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::{
    Client, DocumentState, Idempotency, Job, JobDocument, JobId, StoreError, Webhook, WebhookState,
    WrappedKey,
};

/// What a statement is given.
pub(super) type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Rows of a statement that the server has parsed before on the same connection, or parses now.
pub(super) async fn query(
    on: &Transaction<'_>,
    statement: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>, StoreError> {
    let statement = on.prepare_cached(statement).await?;
    Ok(on.query(&statement, parameters).await?)
}

/// The row of a statement that has one at most.
pub(super) async fn query_one(
    on: &Transaction<'_>,
    statement: &str,
    parameters: Parameters<'_>,
) -> Result<Option<Row>, StoreError> {
    let statement = on.prepare_cached(statement).await?;
    Ok(on.query_opt(&statement, parameters).await?)
}

/// How many rows a statement has changed.
pub(super) async fn execute(
    on: &Transaction<'_>,
    statement: &str,
    parameters: Parameters<'_>,
) -> Result<u64, StoreError> {
    let statement = on.prepare_cached(statement).await?;
    Ok(on.execute(&statement, parameters).await?)
}

/// The job of a row of `jobs`, with its documents.
pub(super) async fn job(of: &Transaction<'_>, row: &Row) -> Result<Job, StoreError> {
    let what = "a job is not there";
    jobs(of, std::slice::from_ref(row)).await?.pop().ok_or(StoreError::Inconsistent { what })
}

/// The jobs of rows of `jobs`, with their documents.
pub(super) async fn jobs(of: &Transaction<'_>, rows: &[Row]) -> Result<Vec<Job>, StoreError> {
    let mut jobs = rows.iter().map(head).collect::<Result<Vec<_>, _>>()?;
    let numbers = jobs.iter().map(|job| signed(job.number)).collect::<Vec<_>>();
    let statement = "SELECT * FROM documents WHERE number = ANY($1) ORDER BY number, place";
    let documents = query(of, statement, &[&numbers]).await?;
    for job in &mut jobs {
        let number = signed(job.number);
        let is_before = |row: &Row| row.try_get::<_, i64>("number").is_ok_and(|of| of < number);
        let first = documents.partition_point(is_before);
        for row in &documents[first..] {
            if row.try_get::<_, i64>("number")? != number {
                break;
            }
            job.documents.push(document(row)?);
        }
    }
    Ok(jobs)
}

fn head(row: &Row) -> Result<Job, StoreError> {
    let tenant = row.try_get::<_, String>("tenant")?;
    let what = "the tenant of a job has no name that a tenant has";
    let tenant = match tenant.is_empty() {
        true => Tenant::anonymous(),
        false => tenant.parse().map_err(|_| StoreError::Inconsistent { what })?,
    };
    let key = row.try_get::<_, Option<String>>("idempotency_key")?;
    let idempotency = match key {
        Some(key) => Some(Idempotency { key, fingerprint: row.try_get("fingerprint")? }),
        None => None,
    };
    Ok(Job {
        id: JobId::from_uuid(row.try_get::<_, Uuid>("id")?),
        number: count(row, "number")?,
        tenant,
        subject: row.try_get("subject")?,
        created_ms: count(row, "created_ms")?,
        expires_ms: count(row, "expires_ms")?,
        finished_ms: row.try_get::<_, Option<i64>>("finished_ms")?.map(unsigned).transpose()?,
        key: WrappedKey::from_text(row.try_get("key")?),
        client: Client {
            token: row.try_get("token")?,
            concurrent_documents: row
                .try_get::<_, Option<i64>>("concurrent_documents")?
                .map(|count| usize::try_from(count).map_err(|_| NEGATIVE))
                .transpose()?,
        },
        idempotency,
        webhook: webhook(row)?,
        documents: Vec::new(),
    })
}

fn webhook(row: &Row) -> Result<Option<Webhook>, StoreError> {
    let Some(target) = row.try_get::<_, Option<String>>("webhook_target")? else { return Ok(None) };
    let states =
        [WebhookState::Waiting, WebhookState::Due, WebhookState::Delivered, WebhookState::GivenUp];
    let what = "a webhook is in no state that a webhook is in";
    let state = row.try_get::<_, String>("webhook_state")?;
    let state = states.into_iter().find(|known| known.as_str() == state);
    Ok(Some(Webhook {
        target,
        state: state.ok_or(StoreError::Inconsistent { what })?,
        attempts: small(row, "webhook_attempts")?,
        due_ms: count(row, "webhook_due_ms")?,
        code: row.try_get("webhook_code")?,
    }))
}

fn document(row: &Row) -> Result<JobDocument, StoreError> {
    Ok(JobDocument {
        document_type: row.try_get("document_type")?,
        state: state(row)?,
        attempts: small(row, "attempts")?,
        fence: small(row, "fence")?,
        due_ms: count(row, "due_ms")?,
        code: row.try_get("code")?,
        input_bytes: count(row, "input_bytes")?,
        result_bytes: count(row, "result_bytes")?,
    })
}

/// The state of a row of `documents`.
pub(super) fn state(row: &Row) -> Result<DocumentState, StoreError> {
    let states = [
        DocumentState::Queued,
        DocumentState::Running,
        DocumentState::Succeeded,
        DocumentState::Failed,
        DocumentState::Cancelled,
    ];
    let state = row.try_get::<_, String>("state")?;
    let what = "a document is in no state that a document is in";
    let state = states.into_iter().find(|known| known.as_str() == state);
    state.ok_or(StoreError::Inconsistent { what })
}

const NEGATIVE: StoreError = StoreError::Inconsistent { what: "a count is below zero" };

/// A count or a time of a row.
pub(super) fn count(row: &Row, column: &str) -> Result<u64, StoreError> {
    unsigned(row.try_get(column)?)
}

/// A count of a row that is never large.
pub(super) fn small(row: &Row, column: &str) -> Result<u32, StoreError> {
    u32::try_from(row.try_get::<_, i64>(column)?).map_err(|_| NEGATIVE)
}

fn unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| NEGATIVE)
}

/// A count or a time as the database has it. What is beyond its end is its end.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
