//! The one step ahead of everything that reads a document or tells of one: who asks.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use axum::middleware::Next;
use axum::response::Response;

use super::{App, Problem, refuse};
use crate::auth::Caller;
use crate::certificates::Fingerprint;

/// A client is told to wait so long at most, in seconds: what takes longer can't be told ahead.
const LONGEST_WAIT_SECONDS: u64 = 60;

/// Lets a request through with its [`Caller`], which stands in its extensions from here on.
pub(super) async fn authenticate(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let certificate = request.extensions().get::<Fingerprint>().copied();
    let caller = match app.access.caller(request.headers(), certificate).await {
        Ok(caller) => caller,
        Err(error) => return refuse(request, error.into()),
    };
    if !caller.tenant().is_anonymous() {
        tracing::Span::current().record("tenant", caller.tenant().as_str());
    }
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    let is_overload = |problem: &Problem| matches!(problem.code, "overloaded" | "tenant.busy");
    if response.extensions().get::<Problem>().is_some_and(is_overload) {
        // What was measured; where nothing was, what the problem says by itself.
        if let Some(wait) = app.admission.until_the_next_release() {
            response.headers_mut().insert(RETRY_AFTER, seconds_until(wait));
        }
    }
    response
}

/// Who sends this request, as [`authenticate`] found it.
///
/// # Panics
/// When the route is none that [`authenticate`] guards: then nothing may be answered over it.
pub(super) fn caller_of(request: &Request) -> Arc<Caller> {
    let caller = request.extensions().get::<Arc<Caller>>().cloned();
    caller.expect("every route that wants a caller is guarded")
}

/// Whole seconds, rounded up: one at least.
pub(super) fn seconds_until(wait: Duration) -> HeaderValue {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    HeaderValue::from(seconds.clamp(1, LONGEST_WAIT_SECONDS))
}

#[cfg(test)]
mod tests;
