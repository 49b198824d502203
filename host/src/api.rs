//! The HTTP surface: routes, and the request's way through them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use dossier_engine::admission::Admission;
use dossier_engine::reload::Following;
use dossier_engine::{EngineError, Extraction, Reader, RequestId, TypeChoice, extract};
use dossier_inference::BackendLost;
use tokio::time::{Instant, timeout_at};

use crate::audit::{Attempt, Audit};
use crate::auth::{Access, Caller};
use crate::config::HttpLimits;
use crate::metrics::{Exposition, Listener, Recorder, Source, Standing};
use crate::traces::{DocumentSpans, Traces};

mod body;
pub(crate) use body::{discard, read as read_body};

mod probes;
use probes::get_readyz;
pub(crate) use probes::liveness;

mod bodies;
use bodies::Bodies;

mod head;
pub use head::HeadError;
pub(crate) use head::{Framing, judge as judge_head};

mod input;
pub use input::Asked;
use input::{Parsed, Way};

mod form;
pub use form::{FormError, boundary as form_boundary, field_names, parse as parse_form};

mod json;
pub use json::JsonError;

mod open_inference;
pub use open_inference::TensorError;
use open_inference::TensorsAsked;

mod jobs;
pub use jobs::JobError;
pub(crate) use jobs::{KeptJobs, Workers};

mod models;

mod openapi;
pub use openapi::text as openapi_text;
use openapi::{ConditionHeaders, DocumentForm, DocumentJson};

mod idempotency;
use idempotency::{Answers, Begun, Fingerprint, KeptAnswer, Place};

mod conditions;
use conditions::conditions;

mod affinity;
use affinity::HeadType;

mod console;
pub(crate) use console::console_routes;

mod document_types;
use document_types::{get_document_type, get_document_types};

mod metrics;
pub(crate) use metrics::metrics_routes;

mod error;
pub(crate) use error::{About, known as known_refusals};
pub use error::{ApiError, Problem};
pub(crate) use error::{engine_problem, problem_of_form};

mod auth;

mod deadline;

mod trace;

mod observe;
pub(crate) use observe::{answer_to_head, is_probe, observe};

mod response;
pub(crate) use response::MeasuredBody;
pub use response::{CheckBody, DocumentTypesBody, ExtractBody, ReportBody};
pub(crate) use response::{corners_body, to_decimals};

/// What the handlers share.
#[derive(Debug)]
pub struct App {
    reader: Reader,
    access: Access,
    admission: Admission,
    audit: Option<Audit>,
    /// Documents that are read later, where there are any.
    jobs: Option<KeptJobs>,
    bodies: Bodies,
    answers: Answers,
    limits: HttpLimits,
    /// False once the server drains; `/readyz` says so, as it does once the model is lost, or while the
    /// audit file can't be written.
    ready: AtomicBool,
    recorder: Recorder,
    /// Whether pages for people are served too.
    has_console: bool,
    /// What follows a catalogue that other hosts change too, where there is one.
    following: Option<Following>,
}

impl App {
    /// An application that is ready, for everybody.
    #[must_use]
    pub fn new(reader: Reader, limits: HttpLimits) -> Self {
        Self::for_whom(reader, limits, Access::open())
    }

    /// An application that is ready, for those who have access.
    #[must_use]
    pub fn for_whom(reader: Reader, limits: HttpLimits, access: Access) -> Self {
        let admission = Admission::new(limits.concurrent_requests);
        let bodies = Bodies::new(&limits);
        let answers = Answers::new(limits.idempotency);
        let (ready, recorder) = (AtomicBool::new(true), Recorder::default());
        let (audit, jobs, has_console, following) = (None, None, false, None);
        Self {
            reader,
            access,
            admission,
            audit,
            jobs,
            bodies,
            answers,
            limits,
            ready,
            recorder,
            has_console,
            following,
        }
    }

    /// The same, where every document stands in the audit file before it is answered.
    #[must_use]
    pub(crate) fn audited(self, audit: Option<Audit>) -> Self {
        Self { audit, ..self }
    }

    /// The same, where what requests take is sent to a collector.
    pub(crate) fn traced(self, traces: Option<Traces>) -> Self {
        Self { recorder: self.recorder.traced(traces), ..self }
    }

    /// The same, which takes jobs.
    #[must_use]
    pub(crate) fn keeping(self, jobs: Option<KeptJobs>) -> Self {
        Self { jobs, ..self }
    }

    /// The same, which tells how it stands with a catalogue that other hosts change too.
    #[must_use]
    pub(crate) fn following(self, following: Option<Following>) -> Self {
        Self { following, ..self }
    }

    /// For how many seconds it is not known whether what serves is what all hosts serve, where that is longer
    /// than the operator allows.
    fn too_stale(&self) -> Option<u64> {
        let standing = self.following.as_ref()?.standing();
        standing.is_too_stale.then_some(standing.stale.as_secs())
    }

    /// Whether it has pages for people.
    pub(crate) fn has_console(&self) -> bool {
        self.has_console
    }

    /// The same, with pages for people at `/`, or without.
    #[must_use]
    pub(crate) fn with_console(self, has_console: bool) -> Self {
        Self { has_console, ..self }
    }

    /// What counts the requests.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
            && !self.reader.is_lost()
            && self.audit.as_ref().is_none_or(Audit::is_writable)
            && self.too_stale().is_none()
    }

    /// Fails `/readyz` from now on; requests are still answered.
    pub fn drain(&self) {
        self.ready.store(false, Ordering::Relaxed);
    }

    /// Waits until what the model computes on is lost, and tells why; for ever, if it never is.
    pub async fn model_lost(&self) -> BackendLost {
        self.reader.lost().await
    }
}

impl Source for App {
    fn standing(&self) -> Standing {
        let (permits_used, permits) = self.admission.in_use();
        Standing {
            is_ready: self.is_ready(),
            snapshot: self.reader.snapshot().pin(),
            reader: self.reader.statistics(),
            permits_used,
            permits,
            bodies: self.bodies.standing(),
            jobs: self.jobs.as_ref().map(|kept| kept.jobs.standing()),
            waking: self.jobs.as_ref().and_then(|kept| kept.jobs.waking()),
        }
    }
}

/// All routes; those of metrics too, where they are to be on this listener. Works on any body, so tests
/// need no socket.
pub fn router(app: Arc<App>, metrics: Option<Arc<Exposition>>) -> Router {
    let recorder = app.recorder.clone();
    let console = match app.has_console {
        true => console_routes(Listener::Documents),
        false => Router::new(),
    };
    let for_everybody = Router::new()
        .route("/readyz", get(get_readyz).fallback(unknown_method))
        .merge(open_inference::probes())
        .merge(openapi::routes())
        .merge(console);
    Router::new()
        .route("/v1/extract", post(post_extract))
        .route("/v1/document-types", get(get_document_types))
        .route("/v1/document-types/{type}", get(get_document_type))
        .route("/v1/document-types/{type}/extract", post(post_page))
        .route("/v1/models", get(models::get_models))
        .merge(open_inference::routes())
        .merge(jobs::routes())
        .merge(metrics.map_or_else(Router::new, metrics_routes))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), auth::authenticate))
        .merge(for_everybody)
        .layer(middleware::from_fn_with_state(recorder.clone(), observe))
        .with_state(app)
        .merge(liveness(recorder))
}

/// Metrics alone, on a listener of their own.
pub(crate) fn metrics_router(
    metrics: Arc<Exposition>,
    app: Arc<App>,
    recorder: Recorder,
) -> Router {
    Router::new()
        .merge(metrics_routes(metrics))
        .route("/readyz", get(get_readyz))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .layer(middleware::from_fn_with_state(recorder.clone(), observe))
        .with_state(app)
        .merge(liveness(recorder))
}

/// What answers everything that is asked over a connection for which there is no place.
pub(crate) fn no_room(recorder: Recorder) -> Router {
    let refuse = async |request| refuse(request, ApiError::NoRoom);
    Router::new().fallback(refuse).layer(middleware::from_fn_with_state(recorder, observe))
}

/// Reads a document, as a form or as JSON.
#[utoipa::path(
    post, path = "/v1/extract", tag = "documents",
    params(ConditionHeaders),
    request_body(content((DocumentForm = "multipart/form-data"), (DocumentJson = "application/json"))),
    responses((status = 200, description = "The document was read", body = ExtractBody)),
)]
async fn post_extract(State(app): State<Arc<App>>, request: Request) -> Response {
    let way = Way::of_document(request.headers());
    written(&app, request, way).await
}

/// Reads a document of one file, which is the body.
#[utoipa::path(
    post, path = "/v1/document-types/{type}/extract", tag = "documents",
    params(
        ("type" = String, Path, description = "The document type, `/` written `%2F`"),
        ("fields" = Option<String>, Query, description = "The fields to read, separated by commas"),
        ConditionHeaders,
    ),
    request_body(content(
        ("image/png"), ("image/jpeg"), ("image/webp"), ("image/tiff"), ("application/pdf"),
    )),
    responses((status = 200, description = "The document was read", body = ExtractBody)),
)]
async fn post_page(State(app): State<Arc<App>>, name: Named, request: Request) -> Response {
    let way = named(name);
    let way = way.and_then(|name| Way::of_page(request.headers(), &name, request.uri().query()));
    written(&app, request, way).await
}

type Named = Result<Path<String>, PathRejection>;

/// The document type that a path names. What is no text names none.
fn named(name: Named) -> Result<String, ApiError> {
    let name = name.map(|Path(name)| name);
    Ok(name.map_err(|_| EngineError::UnknownDocumentType)?)
}

/// Reads the document of a request, and writes the answer.
async fn written(app: &App, request: Request, way: Result<Way, ApiError>) -> Response {
    let request_id = observe::id_of(&request);
    let write = |extraction: &Extraction, _: &TensorsAsked| {
        KeptAnswer::json(&ExtractBody::of(extraction, request_id.as_str()))
    };
    match read_document(app, request, way, &request_id, write).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

/// The one way of a document through the host, whichever way it came in; `write` makes the answer.
async fn read_document(
    app: &App,
    request: Request,
    way: Result<Way, ApiError>,
    id: &RequestId,
    write: impl FnOnce(&Extraction, &TensorsAsked) -> Result<KeptAnswer, ApiError>,
) -> Result<Response, ApiError> {
    let begun = Instant::now();
    let timeout = match deadline::timeout_of(request.headers(), app.limits.request_timeout) {
        Ok(timeout) => timeout,
        Err(error) => return Ok(refuse(request, error)),
    };
    let caller = auth::caller_of(&request);
    let reading = admit_and_read(app, &caller, request, way, id);
    let answer = timeout_at(begun + timeout, reading).await;
    match answer.unwrap_or(Err(ApiError::DeadlineExceeded))? {
        Outcome::Again(answer) => Ok(answer.again()),
        Outcome::Read(read) => {
            let Read { extraction, tensors, place } = *read;
            app.recorder.document(&extraction);
            let answer = write(&extraction, &tensors)?;
            if let Some(place) = place {
                place.keep(&answer);
            }
            let mut response = answer.first();
            if app.recorder.traces().is_some() {
                let spans = DocumentSpans::of(&extraction, caller.tenant().as_str());
                response.extensions_mut().insert(spans);
            }
            Ok(response)
        }
    }
}

/// What came of a document.
enum Outcome {
    /// It was read now.
    Read(Box<Read>),
    /// It was read before.
    Again(KeptAnswer),
}

/// A document that was read.
struct Read {
    extraction: Extraction,
    tensors: TensorsAsked,
    /// Where its answer is kept, if it is.
    place: Option<Place>,
}

async fn admit_and_read(
    app: &App,
    caller: &Caller,
    request: Request,
    way: Result<Way, ApiError>,
    id: &RequestId,
) -> Result<Outcome, ApiError> {
    let (head, body) = request.into_parts();
    let quota = caller.quota();
    // Looked at before the body: it is not worth its way where no document is taken.
    let known = way.and_then(|way| {
        let head_type = HeadType::of(&head.headers)?;
        way.check(head_type.as_ref())?;
        let conditions = conditions(&head.headers)?;
        let key = idempotency::key_of(&head.headers, caller.tenant())?;
        if key.is_some() {
            app.answers.refuse_where_nothing_is_kept()?;
        }
        app.admission.check(&quota)?;
        Ok((way, head_type, conditions, key))
    });
    let (way, head_type, conditions, key) = match known {
        Ok(known) => known,
        Err(error) => {
            discard(&head.headers, body);
            return Err(error);
        }
    };
    let (bytes, held) = app.bodies.read(&head.headers, body, &app.limits, caller.tenant()).await?;
    let Parsed { mut request, tensors, held } =
        way.parse(bytes, held, head_type.as_ref(), conditions).await?;
    match &mut request.document_type {
        TypeChoice::Named(document_type) => caller.check(document_type)?,
        TypeChoice::Identified(reach) => reach.clone_from(caller.reach()),
    }
    let named = request.document_type.named().cloned();
    let audit = app.audit.as_ref();
    let mut place = None;
    let _held = match key {
        None => held,
        Some(key) => {
            let (hashed, form) = (request.clone(), format!("{tensors:?}"));
            let (fingerprint, held) =
                input::apart(held, move |_| Ok(Fingerprint::of(&hashed, &form))).await?;
            match app.answers.begin(key, fingerprint)? {
                Begun::First(first) => place = Some(first),
                Begun::Again(answer) => {
                    if let Some(audit) = audit {
                        audit.attempt(caller, id, named).read_before().await?;
                    }
                    return Ok(Outcome::Again(answer));
                }
            }
            held
        }
    };
    request.permit = Some(app.admission.try_acquire(&quota, named.as_ref())?);
    let attempt = audit.map(|audit| audit.attempt(caller, id, named));
    let extracted = extract(&app.reader, request, id).await;
    let extraction = told(attempt, extracted).await?;
    let tensors = tensors.unwrap_or_default();
    Ok(Outcome::Read(Box::new(Read { extraction, tensors, place })))
}

/// What came of a document, once the audit file has it.
async fn told(
    attempt: Option<Attempt<'_>>,
    extracted: Result<Extraction, EngineError>,
) -> Result<Extraction, ApiError> {
    match (attempt, &extracted) {
        (Some(attempt), Ok(extraction)) => attempt.read(extraction).await?,
        (Some(attempt), Err(error)) => attempt.failed(engine_problem(error).code).await?,
        (None, _) => {}
    }
    Ok(extracted?)
}

pub(crate) async fn unknown_route(request: Request) -> Response {
    refuse(request, ApiError::UnknownRoute)
}

pub(crate) async fn unknown_method(request: Request) -> Response {
    refuse(request, ApiError::MethodNotAllowed)
}

fn refuse(request: Request, error: ApiError) -> Response {
    let (head, body) = request.into_parts();
    discard(&head.headers, body);
    error.into_response()
}

#[cfg(test)]
mod tests;
