//! Whether the process works, and whether requests are wanted.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Router, middleware};

use super::error::ApiError;
use super::observe::observe;
use super::{App, unknown_method};
use crate::metrics::Recorder;

/// Whether the process works.
#[utoipa::path(
    get, path = "/livez", tag = "probes",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain")),
)]
pub(super) async fn get_livez() -> &'static str {
    "ok\n"
}

/// Whether the process works, for every listener, without a token.
pub(crate) fn liveness(recorder: Recorder) -> Router {
    Router::new()
        .route("/livez", get(get_livez).fallback(unknown_method))
        .layer(middleware::from_fn_with_state(recorder, observe))
}

/// Whether requests are wanted.
#[utoipa::path(
    get, path = "/readyz", tag = "probes",
    responses((status = 200, description = "They are", body = String, content_type = "text/plain")),
)]
pub(super) async fn get_readyz(State(app): State<Arc<App>>) -> Response {
    match app.too_stale() {
        _ if app.is_ready() => "ready\n".into_response(),
        Some(seconds) => ApiError::Stale { seconds }.into_response(),
        None => ApiError::NotReady.into_response(),
    }
}
