//! Documents that are read later: sent as jobs, asked for by their ids, erased by id or by whom they are about.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use dossier_jobs::{Client, JobId, Jobs, Submission, Submitted};
use tokio::time::{Instant, timeout_at};

use super::input::{apart, media_type, refuse_compressed};
use super::{
    ApiError, App, HeadType, auth, conditions, deadline, discard, idempotency, refuse,
    unknown_method,
};
use crate::auth::Caller;
use crate::outgoing::guarded::Reach;

mod asked;
pub(super) use asked::{EraseJson, JobJson};
use asked::{Page, page_of};

mod body;
pub(super) use body::{ErasedBody, JobBody, JobResultsBody, JobsBody, WebhookKeyBody};

mod error;
pub use error::JobError;

mod sender;

mod worker;
pub(crate) use worker::Workers;

/// Longest body of a request to erase.
const ERASE_BODY_BYTES: usize = 4096;

static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Jobs, as the listener has them.
#[derive(Clone, Debug)]
pub(crate) struct KeptJobs {
    pub(crate) jobs: Arc<Jobs>,
    /// Documents of a job at most.
    pub(crate) most_documents: usize,
    /// Whom webhooks may reach.
    pub(crate) reach: Reach,
}

/// The routes.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/jobs", post(post_job).get(get_jobs))
        .route("/v1/jobs/erase", post(post_erase))
        .route("/v1/jobs/webhook-key", get(get_webhook_key))
        .route("/v1/jobs/{id}", get(get_job).delete(delete_job))
        .route("/v1/jobs/{id}/result", get(get_result).fallback(unknown_method))
        .route("/v1/jobs/{id}/webhook", post(post_webhook).fallback(unknown_method))
        .route("/v1/jobs/{id}/cancel", post(post_cancel).fallback(unknown_method))
}

impl App {
    fn jobs(&self) -> Result<&KeptJobs, JobError> {
        self.jobs.as_ref().ok_or(JobError::NotKept)
    }
}

/// Takes documents, to be read later.
#[utoipa::path(
    post, path = "/v1/jobs", tag = "jobs",
    params(super::ConditionHeaders),
    request_body(content((JobJson = "application/json"))),
    responses(
        (status = 202, description = "They are kept, and will be read", body = JobBody),
        (status = 200, description = "They were sent before", body = JobBody),
    ),
)]
pub(super) async fn post_job(State(app): State<Arc<App>>, request: Request) -> Response {
    let begun = Instant::now();
    let timeout = match deadline::timeout_of(request.headers(), app.limits.request_timeout) {
        Ok(timeout) => timeout,
        Err(error) => return refuse(request, error),
    };
    let answer = timeout_at(begun + timeout, submit(&app, request)).await;
    match answer.unwrap_or(Err(ApiError::DeadlineExceeded)) {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn submit(app: &App, request: Request) -> Result<Response, ApiError> {
    let caller = auth::caller_of(&request);
    let (head, body) = request.into_parts();
    let known = || {
        let kept = app.jobs()?;
        refuse_compressed(&head.headers)?;
        if !media_type(&head.headers)
            .is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        {
            return Err(ApiError::from(JobError::NotJson));
        }
        let head_type = HeadType::of(&head.headers)?;
        let conditions = conditions(&head.headers)?;
        let key = idempotency::key_of(&head.headers, caller.tenant())?;
        Ok((kept, head_type, conditions, key))
    };
    let (kept, head_type, conditions, key) = match known() {
        Ok(known) => known,
        Err(error) => {
            discard(&head.headers, body);
            return Err(error);
        }
    };
    let (bytes, held) = app.bodies.read(&head.headers, body, &app.limits, caller.tenant()).await?;
    let most_documents = kept.most_documents;
    let reach = kept.reach;
    let bounds = asked::Bounds { most_documents, reach };
    let parse = move |held: &mut _| asked::parse(bytes, held, bounds, head_type, conditions);
    // The bytes count until the job is kept.
    let (asked, _held) = apart(held, parse).await?;
    let snapshot = app.reader.snapshot().pin();
    for document in &asked.documents {
        caller.check(&document.document_type)?;
        snapshot.served(&document.document_type)?;
    }
    let submission = Submission {
        tenant: caller.tenant().clone(),
        client: client_of(&caller),
        subject: asked.subject,
        ttl: asked.ttl,
        idempotency_key: key.map(|key| key.text().to_owned()),
        webhook: asked.webhook,
        documents: asked.documents,
    };
    let (status, job, is_again) =
        match kept.jobs.submit(submission).await.map_err(JobError::from)? {
            Submitted::New(job) => (StatusCode::ACCEPTED, job, false),
            Submitted::Again(job) => (StatusCode::OK, job, true),
        };
    tracing::info!(job = %job.id, documents = job.documents.len(), is_again, "took a job");
    let mut response = (status, Json(JobBody::of(&job, true))).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/jobs/{}", job.id)) {
        response.headers_mut().insert(LOCATION, location);
    }
    if is_again {
        response.headers_mut().insert(&REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

fn client_of(caller: &Caller) -> Client {
    Client {
        token: caller.token().map(str::to_owned),
        concurrent_documents: caller.quota().concurrent_documents,
    }
}

type Named = Result<Path<String>, PathRejection>;

/// The job that a path names. What is no id names none.
fn named(name: Named) -> Result<JobId, JobError> {
    let name = name.map_err(|_| JobError::Unknown)?;
    name.parse().map_err(|_| JobError::Unknown)
}

/// What has become of a job.
#[utoipa::path(
    get, path = "/v1/jobs/{id}", tag = "jobs",
    params(("id" = String, Path, description = "The job")),
    responses((status = 200, description = "What has become of it", body = JobBody)),
)]
pub(super) async fn get_job(
    State(app): State<Arc<App>>,
    name: Named,
    request: Request,
) -> Response {
    let caller = auth::caller_of(&request);
    let job = async {
        let (kept, id) = (app.jobs()?, named(name)?);
        kept.jobs.job(caller.tenant(), id).await?.ok_or(JobError::Unknown)
    };
    match job.await {
        Ok(job) => Json(JobBody::of(&job, true)).into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// What came of its documents, as far as they are done with.
#[utoipa::path(
    get, path = "/v1/jobs/{id}/result", tag = "jobs",
    params(("id" = String, Path, description = "The job")),
    responses((status = 200, description = "What came of its documents", body = JobResultsBody)),
)]
pub(super) async fn get_result(
    State(app): State<Arc<App>>,
    name: Named,
    request: Request,
) -> Response {
    let caller = auth::caller_of(&request);
    let results = async {
        let (kept, id) = (app.jobs()?, named(name)?);
        let results = kept.jobs.results(caller.tenant(), id).await?.ok_or(JobError::Unknown)?;
        JobResultsBody::of(&results)
    };
    match results.await {
        Ok(results) => Json(results).into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Jobs, the newest first.
#[utoipa::path(
    get, path = "/v1/jobs", tag = "jobs",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "How many at most; 50"),
        ("before" = Option<String>, Query, description = "Those that came before this one"),
    ),
    responses((status = 200, description = "The jobs", body = JobsBody)),
)]
pub(super) async fn get_jobs(State(app): State<Arc<App>>, request: Request) -> Response {
    let caller = auth::caller_of(&request);
    let query = request.uri().query().unwrap_or_default();
    let listed = async {
        let Page { limit, before } = page_of(query)?;
        let kept = app.jobs()?;
        // One more tells whether there are others.
        let listed = kept.jobs.list(caller.tenant(), before, limit + 1).await;
        let listed = listed.map_err(JobError::from)?.ok_or(JobError::Unknown)?;
        Ok::<_, ApiError>(JobsBody::of(&listed, limit))
    };
    match listed.await {
        Ok(jobs) => Json(jobs).into_response(),
        Err(error) => error.into_response(),
    }
}

/// Cancels what is not done of a job.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/cancel", tag = "jobs",
    params(("id" = String, Path, description = "The job")),
    responses((status = 200, description = "What has become of it", body = JobBody)),
)]
pub(super) async fn post_cancel(
    State(app): State<Arc<App>>,
    name: Named,
    request: Request,
) -> Response {
    let caller = auth::caller_of(&request);
    let (head, body) = request.into_parts();
    discard(&head.headers, body);
    let cancelled = async {
        let (kept, id) = (app.jobs()?, named(name)?);
        kept.jobs.cancel(caller.tenant(), id).await?.ok_or(JobError::Unknown)
    };
    match cancelled.await {
        Ok(job) => {
            tracing::info!(job = %job.id, state = job.state().as_str(), "a job was to be cancelled");
            Json(JobBody::of(&job, true)).into_response()
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Has whoever is to be told of a job that is done with told again.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/webhook", tag = "jobs",
    params(("id" = String, Path, description = "The job")),
    responses((status = 202, description = "It is told again", body = JobBody)),
)]
pub(super) async fn post_webhook(
    State(app): State<Arc<App>>,
    name: Named,
    request: Request,
) -> Response {
    let caller = auth::caller_of(&request);
    let (head, body) = request.into_parts();
    discard(&head.headers, body);
    let told = async {
        let (kept, id) = (app.jobs()?, named(name)?);
        kept.jobs.job(caller.tenant(), id).await?.ok_or(JobError::Unknown)?;
        kept.jobs.redeliver(caller.tenant(), id).await?.ok_or(JobError::Webhook)
    };
    match told.await {
        Ok(job) => (StatusCode::ACCEPTED, Json(JobBody::of(&job, true))).into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// What this host's signatures of webhooks are checked with.
#[utoipa::path(
    get, path = "/v1/jobs/webhook-key", tag = "jobs",
    responses((status = 200, description = "The key", body = WebhookKeyBody)),
)]
pub(super) async fn get_webhook_key(State(app): State<Arc<App>>) -> Response {
    match app.jobs() {
        Ok(kept) => {
            let public_key = kept.jobs.signer().public_key();
            Json(WebhookKeyBody { public_key }).into_response()
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Erases a job: its documents, their results, and the key that they are sealed with.
#[utoipa::path(
    delete, path = "/v1/jobs/{id}", tag = "jobs",
    params(("id" = String, Path, description = "The job")),
    responses((status = 204, description = "Nothing of it is kept any more")),
)]
pub(super) async fn delete_job(
    State(app): State<Arc<App>>,
    name: Named,
    request: Request,
) -> Response {
    let caller = auth::caller_of(&request);
    let erased = async {
        let (kept, id) = (app.jobs()?, named(name)?);
        match kept.jobs.erase(caller.tenant(), id).await? {
            true => Ok(id),
            false => Err(JobError::Unknown),
        }
    };
    match erased.await {
        Ok(job) => {
            tracing::info!(%job, "erased a job");
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Erases all jobs about somebody, or all of the tenant's with its key.
#[utoipa::path(
    post, path = "/v1/jobs/erase", tag = "jobs",
    request_body(content((EraseJson = "application/json"))),
    responses((status = 200, description = "Nothing of them is kept any more", body = ErasedBody)),
)]
pub(super) async fn post_erase(State(app): State<Arc<App>>, request: Request) -> Response {
    let caller = auth::caller_of(&request);
    match erase(&app, &caller, request).await {
        Ok(erased) => {
            tracing::info!(erased, "erased jobs");
            Json(ErasedBody { erased }).into_response()
        }
        Err(error) => error.into_response(),
    }
}

async fn erase(app: &App, caller: &Caller, request: Request) -> Result<u64, ApiError> {
    let (head, body) = request.into_parts();
    let is_json = head.headers.get(CONTENT_TYPE).is_some()
        && media_type(&head.headers)
            .is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    let known = app.jobs().and_then(|kept| if is_json { Ok(kept) } else { Err(JobError::NotJson) });
    let kept = match known {
        Ok(kept) => kept,
        Err(error) => {
            discard(&head.headers, body);
            return Err(error.into());
        }
    };
    refuse_compressed(&head.headers)?;
    let limits = crate::config::HttpLimits { body_bytes: ERASE_BODY_BYTES, ..app.limits };
    let (bytes, _held) = app.bodies.read(&head.headers, body, &limits, caller.tenant()).await?;
    let erased = match asked::parse_erase(&bytes)? {
        asked::Erase::Subject(subject) => kept.jobs.erase_subject(caller.tenant(), &subject).await,
        asked::Erase::All => kept.jobs.erase_tenant(caller.tenant()).await,
    };
    Ok(erased.map_err(JobError::from)?)
}

#[cfg(test)]
mod tests;
