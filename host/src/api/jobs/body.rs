//! Jobs as JSON.

use dossier_jobs::{DocumentState, Job, JobDocument, Results};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::JobError;
use crate::api::error::ProblemBody;
use crate::api::openapi::{StateWord, WebhookStateWord};
use crate::api::response::ExtractBody;

/// What has become of a job.
#[derive(Serialize, ToSchema)]
#[schema(as = Job)]
pub(in crate::api) struct JobBody {
    id: String,
    #[schema(value_type = StateWord, inline)]
    state: &'static str,
    /// RFC 3339.
    created_at: String,
    /// When nothing of it is kept any more.
    expires_at: String,
    finished_at: Option<String>,
    /// Whether whoever is to be told was told.
    webhook: Option<WebhookBody>,
    counts: CountsBody,
    /// In the order in which they were sent; lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Vec<JobDocumentBody>>,
}

/// Whether whoever is to be told was told.
#[derive(Serialize, ToSchema)]
#[schema(as = JobWebhook)]
struct WebhookBody {
    #[schema(value_type = WebhookStateWord, inline)]
    state: &'static str,
    /// How often that was tried.
    attempts: u32,
    /// Why it was not told last.
    code: Option<String>,
}

/// What signatures are checked with.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookKey)]
pub(in crate::api) struct WebhookKeyBody {
    /// `whpk_` and the base64 of an ed25519 key.
    pub(super) public_key: String,
}

/// How many of its documents are in which state.
#[derive(Serialize, ToSchema)]
#[schema(as = JobCounts)]
struct CountsBody {
    queued: usize,
    running: usize,
    succeeded: usize,
    failed: usize,
    cancelled: usize,
}

/// What has become of a document.
#[derive(Serialize, ToSchema)]
#[schema(as = JobDocument)]
struct JobDocumentBody {
    /// From 1.
    document: usize,
    document_type: String,
    #[schema(value_type = StateWord, inline)]
    state: &'static str,
    /// How often it was begun.
    attempts: u32,
    /// Why it was not read, or why it is begun again.
    code: Option<String>,
}

/// Jobs.
#[derive(Serialize, ToSchema)]
#[schema(as = Jobs)]
pub(in crate::api) struct JobsBody {
    jobs: Vec<JobBody>,
    /// What to ask on before.
    next: Option<String>,
}

/// What came of the documents of a job.
#[derive(Serialize, ToSchema)]
#[schema(as = JobResults)]
pub(in crate::api) struct JobResultsBody {
    id: String,
    #[schema(value_type = StateWord, inline)]
    state: &'static str,
    documents: Vec<JobResultBody>,
}

/// What came of a document.
#[derive(Serialize, ToSchema)]
#[schema(as = JobResult)]
struct JobResultBody {
    /// From 1.
    document: usize,
    #[schema(value_type = StateWord, inline)]
    state: &'static str,
    /// The answer that `POST /v1/extract` would have given.
    #[schema(value_type = Option<ExtractBody>)]
    answer: Option<Value>,
    /// Why there is none.
    #[schema(value_type = Option<ProblemBody>)]
    problem: Option<Value>,
}

/// How many jobs were erased.
#[derive(Serialize, ToSchema)]
#[schema(as = Erased)]
pub(in crate::api) struct ErasedBody {
    pub(super) erased: u64,
}

impl JobBody {
    pub(super) fn of(job: &Job, has_documents: bool) -> Self {
        let count = |state| job.documents.iter().filter(|document| document.state == state).count();
        let documents = || (1..).zip(&job.documents).map(JobDocumentBody::of).collect();
        Self {
            id: job.id.to_string(),
            state: job.state().as_str(),
            created_at: written(job.created_ms),
            expires_at: written(job.expires_ms),
            finished_at: job.finished_ms.map(written),
            webhook: job.webhook.as_ref().map(|webhook| WebhookBody {
                state: webhook.state.as_str(),
                attempts: webhook.attempts,
                code: webhook.code.clone(),
            }),
            counts: CountsBody {
                queued: count(DocumentState::Queued),
                running: count(DocumentState::Running),
                succeeded: count(DocumentState::Succeeded),
                failed: count(DocumentState::Failed),
                cancelled: count(DocumentState::Cancelled),
            },
            documents: has_documents.then(documents),
        }
    }
}

impl JobDocumentBody {
    fn of((document, of): (usize, &JobDocument)) -> Self {
        Self {
            document,
            document_type: of.document_type.clone(),
            state: of.state.as_str(),
            attempts: of.attempts,
            code: of.code.clone(),
        }
    }
}

impl JobsBody {
    /// Of what was found, the first `limit`: one more says that there are others.
    pub(super) fn of(found: &[Job], limit: usize) -> Self {
        let shown = &found[..found.len().min(limit)];
        let next = shown.last().filter(|_| found.len() > limit).map(|job| job.id.to_string());
        Self { jobs: shown.iter().map(|job| JobBody::of(job, false)).collect(), next }
    }
}

impl JobResultsBody {
    pub(super) fn of(results: &Results) -> Result<Self, JobError> {
        let job = &results.job;
        let documents = (1..).zip(job.documents.iter().zip(&results.results));
        let result = |(document, (of, result)): (usize, (&JobDocument, &Option<Vec<u8>>))| {
            // What was kept was written here.
            let kept = result.as_ref().and_then(|bytes| serde_json::from_slice(bytes).ok());
            let (answer, problem) = match of.state {
                DocumentState::Succeeded => (kept, None),
                DocumentState::Failed => (None, kept.or_else(given_up)),
                DocumentState::Queued | DocumentState::Running | DocumentState::Cancelled => {
                    (None, None)
                }
            };
            JobResultBody { document, state: of.state.as_str(), answer, problem }
        };
        let documents = documents.map(result).collect();
        Ok(Self { id: job.id.to_string(), state: job.state().as_str(), documents })
    }
}

/// The problem of a document that nobody has answered.
fn given_up() -> Option<Value> {
    serde_json::to_value(JobError::GivenUp.problem().body("")).ok()
}

/// What is told of a job that is done with: what became of it, and no value.
#[derive(Serialize)]
pub(super) struct EventBody {
    r#type: String,
    timestamp: String,
    data: JobBody,
}

impl EventBody {
    pub(super) fn of(job: &Job) -> Self {
        Self {
            r#type: format!("job.{}", job.state().as_str()),
            timestamp: written(job.finished_ms.unwrap_or(job.created_ms)),
            data: JobBody { webhook: None, ..JobBody::of(job, false) },
        }
    }
}

fn written(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.unwrap_or(Timestamp::MAX).to_string()
}
