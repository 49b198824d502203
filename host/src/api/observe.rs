//! Around every request: its id, its log line, its panic, and the body of its problem.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::Json;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use dossier_engine::RequestId;
use futures_util::FutureExt as _;
use tracing::{Instrument as _, field};

use super::{ApiError, HeadError, Problem};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id that [`observe`] gave the request.
pub(super) fn id_of(request: &Request) -> RequestId {
    request.extensions().get::<RequestId>().cloned().unwrap_or_default()
}

/// The outermost middleware.
pub(crate) async fn observe(mut request: Request, next: Next) -> Response {
    let id = RequestId::new();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    // Only methods that exist are named: the method is the client's text, too.
    let method = known_method(request.method());
    let (tenant, document_type) = (field::Empty, field::Empty);
    let span = tracing::info_span!("request", id = %id, tenant, document_type);
    let unanswered =
        Unanswered { span: span.clone(), method, route, start: Instant::now(), is_answered: false };
    request.extensions_mut().insert(id.clone());

    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span).await;
    let mut response = answer.unwrap_or_else(|_| ApiError::Panicked.into_response());

    let problem = response.extensions_mut().remove::<Problem>();
    unanswered.answered(response.status(), problem.as_ref());
    if let Some(problem) = problem {
        let written = Json(problem.body(id.as_str())).into_response();
        *response.body_mut() = written.into_body();
        // The router has counted the empty body that the problem had until now.
        response.headers_mut().remove(CONTENT_LENGTH);
        let problem_json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, problem_json);
    }
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(&REQUEST_ID, id);
    }
    response
}

/// The whole answer to a head that is refused before there is a request.
pub(crate) fn answer_to_head(error: HeadError) -> Vec<u8> {
    let id = RequestId::new();
    let problem = ApiError::Head(error).problem();
    let status = problem.status;
    tracing::info!(id = %id, status = status.as_u16(), code = problem.code, "refused a head");
    let body = serde_json::to_vec(&problem.body(id.as_str())).unwrap_or_default();
    let mut answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\
         {REQUEST_ID}: {id}\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend(body);
    answer
}

/// Logs the request when it is answered, or when its client leaves before.
struct Unanswered {
    span: tracing::Span,
    method: &'static str,
    route: String,
    start: Instant,
    is_answered: bool,
}

impl Unanswered {
    fn answered(mut self, status: StatusCode, problem: Option<&Problem>) {
        self.is_answered = true;
        let _entered = self.span.enter();
        let (method, route) = (self.method, self.route.as_str());
        let duration_ms = self.milliseconds();
        let status = status.as_u16();
        let code = problem.map_or("ok", |problem| problem.code);
        let rules = problem.and_then(|problem| problem.plugin.as_deref());
        let cause = problem.and_then(|problem| problem.cause.as_deref());
        if status >= 500 {
            tracing::warn!(method, route, status, code, rules, cause, duration_ms, "answered");
        } else if is_probe(route) {
            tracing::debug!(method, route, status, code, duration_ms, "answered");
        } else {
            tracing::info!(method, route, status, code, rules, duration_ms, "answered");
        }
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        let _entered = self.span.enter();
        let (method, route, duration_ms) = (self.method, &self.route, self.milliseconds());
        tracing::info!(method, route, duration_ms, "the client left before the answer");
    }
}

/// Whether a path is one of the probes.
pub(crate) fn is_probe(route: &str) -> bool {
    matches!(route, "/livez" | "/readyz")
}

fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
