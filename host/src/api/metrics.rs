//! `GET /metrics`, and its short version for routers.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};

use serde::Serialize;

use super::{ApiError, JobError};
use crate::metrics::Exposition;

/// The routes; whoever merges them says who may ask.
pub(crate) fn metrics_routes<S: Clone + Send + Sync + 'static>(
    exposition: Arc<Exposition>,
) -> Router<S> {
    Router::new()
        .route("/metrics", get(get_metrics))
        .route("/metrics/routing", get(get_routing))
        .route("/metrics/jobs", get(get_lag))
        .with_state(exposition)
}

async fn get_metrics(State(exposition): State<Arc<Exposition>>) -> Response {
    answer(exposition.whole())
}

async fn get_routing(State(exposition): State<Arc<Exposition>>) -> Response {
    answer(exposition.routing())
}

/// How much waits, as an autoscaler asks for it (KEDA's `metrics-api`).
#[derive(Serialize)]
struct LagBody {
    waiting: u64,
    running: u64,
    /// Both together: what there is to do.
    lag: u64,
    oldest_seconds: f64,
}

async fn get_lag(State(exposition): State<Arc<Exposition>>) -> Response {
    match exposition.jobs() {
        // What is not known must not be told as nothing to do.
        Some(jobs) if !jobs.is_available => ApiError::NotReady.into_response(),
        Some(jobs) => Json(LagBody {
            waiting: jobs.waiting,
            running: jobs.running,
            lag: jobs.waiting + jobs.running,
            oldest_seconds: jobs.oldest_ms as f64 / 1000.0,
        })
        .into_response(),
        None => ApiError::from(JobError::NotKept).into_response(),
    }
}

fn answer(text: Result<String, std::fmt::Error>) -> Response {
    match text {
        Ok(text) => ([(CONTENT_TYPE, Exposition::CONTENT_TYPE)], text).into_response(),
        Err(std::fmt::Error) => ApiError::Unwritten.into_response(),
    }
}
