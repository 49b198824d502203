//! Around every request: its id, its log line, its panic, and the body of its problem.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant, SystemTime};

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use dossier_engine::RequestId;
use futures_util::FutureExt as _;
use tracing::{Instrument as _, field};

use super::trace::{TRACEPARENT, Trace};
use super::{ApiError, HeadError, Problem};
use crate::metrics::Recorder;
use crate::traces::{DocumentSpans, RequestSpan, Traces};

/// What a request is counted under whose path is none of the host's.
const UNKNOWN_ROUTE: &str = "unknown";
/// What a request is counted as whose client left before the answer.
const CLIENT_LEFT: (u16, &str) = (499, "client_left");

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id that [`observe`] gave the request.
pub(super) fn id_of(request: &Request) -> RequestId {
    request.extensions().get::<RequestId>().cloned().unwrap_or_default()
}

/// The outermost middleware.
pub(crate) async fn observe(
    State(recorder): State<Recorder>,
    mut request: Request,
    next: Next,
) -> Response {
    let chosen = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let id = chosen.and_then(RequestId::chosen).unwrap_or_default();
    let percent = recorder.traces().map_or(0, Traces::percent);
    let trace = Trace::of(request.headers(), &id.own().replace('-', ""), percent);
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| UNKNOWN_ROUTE.to_owned(), |path| path.as_str().to_owned());
    // That protocol has its own form of errors.
    let path = request.uri().path();
    let is_open_inference = path == "/v2" || path.starts_with("/v2/");
    // Only methods that exist are named: the method is the client's text, too.
    let method = known_method(request.method());
    let span = tracing::info_span!(
        "request",
        id = %id,
        trace_id = trace.trace_id,
        span_id = trace.span_id,
        parent_id = trace.parent_id,
        tenant = field::Empty,
        document_type = field::Empty
    );
    let unanswered = Unanswered {
        span: span.clone(),
        recorder,
        method,
        route,
        start: Instant::now(),
        began: SystemTime::now(),
        trace: trace.clone(),
        id: id.clone(),
        is_answered: false,
    };
    request.extensions_mut().insert(id.clone());

    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span).await;
    let mut response = answer.unwrap_or_else(|_| ApiError::Panicked.into_response());

    let problem = response.extensions_mut().remove::<Problem>();
    let document = response.extensions_mut().remove::<DocumentSpans>();
    unanswered.answered(response.status(), problem.as_ref(), document);
    if let Some(problem) = problem {
        let written = match is_open_inference {
            true => Json(problem.open_inference_body(id.as_str())).into_response(),
            false => Json(problem.body(id.as_str())).into_response(),
        };
        *response.body_mut() = written.into_body();
        // The router has counted the empty body that the problem had until now.
        response.headers_mut().remove(CONTENT_LENGTH);
        let content_type = match is_open_inference {
            true => "application/json",
            false => "application/problem+json",
        };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(&REQUEST_ID, id);
    }
    if let Some(trace) = trace.header() {
        response.headers_mut().insert(&TRACEPARENT, trace);
    }
    response
}

/// The whole answer to a head that is refused before there is a request.
pub(crate) fn answer_to_head(error: HeadError, recorder: &Recorder) -> Vec<u8> {
    let id = RequestId::new();
    let problem = ApiError::Head(error).problem();
    let status = problem.status;
    recorder.request(UNKNOWN_ROUTE, status.as_u16(), problem.code, Duration::ZERO);
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
    recorder: Recorder,
    method: &'static str,
    route: String,
    start: Instant,
    began: SystemTime,
    trace: Trace,
    id: RequestId,
    is_answered: bool,
}

impl Unanswered {
    fn answered(
        mut self,
        status: StatusCode,
        problem: Option<&Problem>,
        document: Option<DocumentSpans>,
    ) {
        self.is_answered = true;
        let _entered = self.span.enter();
        let (method, route) = (self.method, self.route.as_str());
        let duration_ms = self.milliseconds();
        let status = status.as_u16();
        let code = problem.map_or("ok", |problem| problem.code);
        self.recorder.request(route, status, code, self.start.elapsed());
        self.trace(status, code, document);
        let rules = problem.and_then(|problem| problem.plugin.as_deref());
        let cause = problem.and_then(|problem| problem.cause.as_deref());
        if status >= 500 {
            tracing::warn!(method, route, status, code, rules, cause, duration_ms, "answered");
        } else if is_probe(route) || is_scraped(route) {
            tracing::debug!(method, route, status, code, duration_ms, "answered");
        } else {
            tracing::info!(method, route, status, code, rules, duration_ms, "answered");
        }
    }

    fn trace(&self, status: u16, code: &'static str, document: Option<DocumentSpans>) {
        let is_asked_for = !is_probe(&self.route) && !is_scraped(&self.route);
        let traces = self.recorder.traces().filter(|_| self.trace.is_sampled && is_asked_for);
        if let Some(traces) = traces {
            let Trace { trace_id, parent_id, span_id, .. } = self.trace.clone();
            traces.tell(RequestSpan {
                trace_id,
                parent_id,
                span_id,
                method: self.method,
                route: self.route.clone(),
                status,
                code,
                request_id: self.id.as_str().to_owned(),
                began: self.began,
                ended: self.began + self.start.elapsed(),
                document,
            });
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
        self.recorder.request(route, CLIENT_LEFT.0, CLIENT_LEFT.1, self.start.elapsed());
        self.trace(CLIENT_LEFT.0, CLIENT_LEFT.1, None);
        tracing::info!(method, route, duration_ms, "the client left before the answer");
    }
}

/// Whether a path is asked for many times a minute by machines.
fn is_scraped(route: &str) -> bool {
    matches!(route, "/metrics" | "/metrics/routing" | "/metrics/jobs")
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
