//! The HTTP surface: routes, and the request's way through them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, middleware};
use dossier_engine::admission::Admission;
use dossier_engine::{Extraction, Reader, RequestId, extract};
use dossier_inference::BackendLost;
use tokio::time::{Instant, timeout_at};

use crate::auth::{Access, Caller};
use crate::config::HttpLimits;

mod body;
pub(crate) use body::{discard, read as read_body};

mod bodies;
use bodies::Bodies;

mod head;
pub use head::HeadError;
pub(crate) use head::{Framing, judge as judge_head};

mod form;
pub use form::{FormError, boundary as form_boundary, field_names, parse as parse_form};

mod error;
pub use error::{ApiError, Problem};
pub(crate) use error::{engine_problem, problem_of_form};

mod auth;

mod deadline;

mod observe;
pub(crate) use observe::{answer_to_head, is_probe, observe};

mod response;
pub use response::{CheckBody, DocumentTypesBody, ExtractBody};

/// What the handlers share.
#[derive(Debug)]
pub struct App {
    reader: Reader,
    access: Access,
    admission: Admission,
    bodies: Bodies,
    limits: HttpLimits,
    /// False once the server drains; `/readyz` says so, as it does once the model is lost.
    ready: AtomicBool,
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
        Self { reader, access, admission, bodies, limits, ready: AtomicBool::new(true) }
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

/// All routes. Works on any body, so tests need no socket.
pub fn router(app: Arc<App>) -> Router {
    let probes = Router::new().route("/readyz", get(get_readyz).fallback(unknown_method));
    Router::new()
        .route("/v1/extract", post(post_extract))
        .route("/v1/document-types", get(get_document_types))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), auth::authenticate))
        .merge(probes)
        .layer(middleware::from_fn(observe))
        .with_state(app)
        .merge(liveness())
}

/// Whether the process works, for every listener, without a token.
pub(crate) fn liveness() -> Router {
    Router::new()
        .route("/livez", get(async || "ok\n").fallback(unknown_method))
        .layer(middleware::from_fn(observe))
}

/// What answers everything that is asked over a connection for which there is no place.
pub(crate) fn no_room() -> Router {
    let refuse = async |request| refuse(request, ApiError::NoRoom);
    Router::new().fallback(refuse).layer(middleware::from_fn(observe))
}

async fn post_extract(State(app): State<Arc<App>>, request: Request) -> Response {
    let begun = Instant::now();
    let timeout = match deadline::timeout_of(request.headers(), app.limits.request_timeout) {
        Ok(timeout) => timeout,
        Err(error) => return refuse(request, error),
    };
    let request_id = observe::id_of(&request);
    let caller = auth::caller_of(&request);
    let answer = timeout_at(begun + timeout, answer(&app, &caller, request, &request_id)).await;
    match answer.unwrap_or(Err(ApiError::DeadlineExceeded)) {
        Ok(extraction) => Json(ExtractBody::of(&extraction, request_id.as_str())).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn answer(
    app: &App,
    caller: &Caller,
    request: Request,
    id: &RequestId,
) -> Result<Extraction, ApiError> {
    let (head, body) = request.into_parts();
    let quota = caller.quota();
    // Looked at before the body: it is not worth its way where no document is taken.
    let boundary = form::boundary(&head.headers).map_err(ApiError::from);
    let boundary = boundary.and_then(|boundary| {
        app.admission.check(&quota)?;
        Ok(boundary)
    });
    let boundary = match boundary {
        Ok(boundary) => boundary,
        Err(error) => {
            discard(&head.headers, body);
            return Err(error);
        }
    };
    let (bytes, _held) = app.bodies.read(&head.headers, body, &app.limits, caller.tenant()).await?;
    let mut request = form::parse(bytes, boundary).await?;
    caller.check(&request.document_type)?;
    request.permit = Some(app.admission.try_acquire(&quota, &request.document_type)?);
    Ok(extract(&app.reader, request, id).await?)
}

async fn get_document_types(
    State(app): State<Arc<App>>,
    request: Request,
) -> Json<DocumentTypesBody> {
    let caller = auth::caller_of(&request);
    Json(DocumentTypesBody::of(&app.reader.snapshot().pin(), |id| caller.reaches(id)))
}

async fn get_readyz(State(app): State<Arc<App>>) -> Response {
    if app.ready.load(Ordering::Relaxed) && !app.reader.is_lost() {
        "ready\n".into_response()
    } else {
        ApiError::NotReady.into_response()
    }
}

pub(crate) async fn unknown_route(request: Request) -> Response {
    refuse(request, ApiError::UnknownRoute)
}

pub(crate) async fn unknown_method(request: Request) -> Response {
    refuse(request, ApiError::MethodNotAllowed)
}

/// The answer to a request whose body is not read.
fn refuse(request: Request, error: ApiError) -> Response {
    let (head, body) = request.into_parts();
    discard(&head.headers, body);
    error.into_response()
}

#[cfg(test)]
mod tests;
