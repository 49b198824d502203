//! `GET /metrics`, and its short version for routers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::ApiError;
use crate::metrics::Exposition;

/// The routes; whoever merges them says who may ask.
pub(crate) fn metrics_routes<S: Clone + Send + Sync + 'static>(
    exposition: Arc<Exposition>,
) -> Router<S> {
    Router::new()
        .route("/metrics", get(get_metrics))
        .route("/metrics/routing", get(get_routing))
        .with_state(exposition)
}

async fn get_metrics(State(exposition): State<Arc<Exposition>>) -> Response {
    answer(exposition.whole())
}

async fn get_routing(State(exposition): State<Arc<Exposition>>) -> Response {
    answer(exposition.routing())
}

fn answer(text: Result<String, std::fmt::Error>) -> Response {
    match text {
        Ok(text) => ([(CONTENT_TYPE, Exposition::CONTENT_TYPE)], text).into_response(),
        Err(std::fmt::Error) => ApiError::Unwritten.into_response(),
    }
}
