//! The Open Inference Protocol, version 2: a model is a document type.
//!
//! Its name is the identifier with `/` written `%2F`, or with `.` in its place, which no identifier has.
//! Its one version is the generation that serves it: who asks for another is refused.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use dossier_document::DocumentTypeId;
use dossier_engine::pipeline::document_type;
use dossier_engine::snapshot::{DocumentType, Snapshot};
use dossier_engine::{EngineError, Extraction};
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::caller_of;
use super::openapi::{ConditionHeaders, InferJson};
use super::{ApiError, App, read_document, unknown_method};
use crate::auth::Caller;

mod request;
pub(super) use request::{TensorsAsked, parse};

mod error;
pub use error::TensorError;

mod answer;
use answer::InferAnswer;

/// The input with the pages.
const PAGES: &str = "pages";
/// The input with the names of the fields to read, which may be left out.
const FIELDS: &str = "fields";
/// The header that tells the length of the JSON before binary tensors.
const JSON_LENGTH: &str = "inference-header-content-length";

/// The routes that tell of the host itself: whoever watches it may ask them.
pub(super) fn probes() -> Router<Arc<App>> {
    Router::new()
        .route("/v2", get(get_server).fallback(unknown_method))
        .route("/v2/health/live", get(get_live).fallback(unknown_method))
        .route("/v2/health/ready", get(get_ready).fallback(unknown_method))
}

/// The routes that tell of document types, and read documents.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v2/models/{name}", get(get_model))
        .route("/v2/models/{name}/ready", get(get_model_ready))
        .route("/v2/models/{name}/infer", post(post_infer))
        .route("/v2/models/{name}/versions/{version}", get(get_model_version))
        .route("/v2/models/{name}/versions/{version}/ready", get(get_model_version_ready))
        .route("/v2/models/{name}/versions/{version}/infer", post(post_infer_version))
}

/// What the server is.
#[derive(Serialize, ToSchema)]
pub(super) struct ServerBody {
    name: &'static str,
    version: &'static str,
    extensions: [&'static str; 1],
}

/// What a model takes and gives.
#[derive(Serialize, ToSchema)]
#[schema(as = InferenceModel)]
pub(super) struct ModelBody {
    name: String,
    versions: [String; 1],
    platform: &'static str,
    inputs: Vec<TensorBody>,
    outputs: Vec<TensorBody>,
}

/// A tensor, by its name.
#[derive(Serialize, ToSchema)]
pub(super) struct TensorBody {
    name: &'static str,
    datatype: &'static str,
    /// -1 is any number.
    shape: [i64; 1],
}

#[derive(Serialize, ToSchema)]
pub(super) struct LiveBody {
    live: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ReadyBody {
    ready: bool,
}

/// What the server is.
#[utoipa::path(
    get, path = "/v2", tag = "open inference protocol",
    responses((status = 200, description = "The server", body = ServerBody)),
)]
pub(super) async fn get_server() -> Json<ServerBody> {
    let (name, version) = ("dossier", env!("CARGO_PKG_VERSION"));
    Json(ServerBody { name, version, extensions: ["binary_tensor_data"] })
}

/// Whether the process works.
#[utoipa::path(
    get, path = "/v2/health/live", tag = "open inference protocol",
    responses((status = 200, description = "It does", body = LiveBody)),
)]
pub(super) async fn get_live() -> Json<LiveBody> {
    Json(LiveBody { live: true })
}

/// Whether every document type can be asked for, but for those whose packages can't be made ready.
#[utoipa::path(
    get, path = "/v2/health/ready", tag = "open inference protocol",
    responses((status = 200, description = "It can", body = ReadyBody),
        (status = 503, description = "It can not", body = ReadyBody)),
)]
pub(super) async fn get_ready(State(app): State<Arc<App>>) -> Response {
    let ready = app.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ReadyBody { ready })).into_response()
}

/// A model in a path.
struct Named {
    /// As the client wrote it; it is an identifier but for its separators.
    name: String,
    id: DocumentTypeId,
    version: Option<u64>,
}

type Segments = Result<Path<Vec<String>>, PathRejection>;

fn named(segments: Segments) -> Result<Named, ApiError> {
    let Path(mut segments) = segments.map_err(|_| EngineError::UnknownDocumentType)?;
    let version = match segments.len() {
        2 => segments.pop(),
        _ => None,
    };
    let version = version.map(|version| version.parse::<u64>());
    let version = version.transpose().map_err(|_| EngineError::Changed { what: "generation" })?;
    let name = segments.pop().unwrap_or_default();
    let id = document_type(&name.replace('.', "/"))?;
    Ok(Named { name, id, version })
}

fn served(
    app: &App,
    caller: &Caller,
    named: &Named,
) -> Result<(Arc<Snapshot>, Arc<DocumentType>), ApiError> {
    caller.check(&named.id)?;
    let snapshot = app.reader.snapshot().pin();
    let served = Arc::clone(snapshot.served(&named.id)?);
    match named.version {
        Some(version) if version != snapshot.generation => {
            Err(EngineError::Changed { what: "generation" }.into())
        }
        _ => Ok((snapshot, served)),
    }
}

/// What a model takes and gives.
#[utoipa::path(
    get, path = "/v2/models/{name}", tag = "open inference protocol",
    params(
        ("name" = String, Path, description = "The document type, `/` written `%2F` or `.`"),
    ),
    responses((status = 200, description = "The model", body = ModelBody)),
)]
pub(super) async fn get_model(
    State(app): State<Arc<App>>,
    segments: Segments,
    request: Request,
) -> Result<Response, ApiError> {
    model(&app, &caller_of(&request), segments)
}

/// The same of one version.
#[utoipa::path(
    get, path = "/v2/models/{name}/versions/{version}", tag = "open inference protocol",
    params(
        ("name" = String, Path, description = "The document type, `/` written `%2F` or `.`"),
        ("version" = String, Path, description = "The generation"),
    ),
    responses((status = 200, description = "The model", body = ModelBody)),
)]
pub(super) async fn get_model_version(
    State(app): State<Arc<App>>,
    segments: Segments,
    request: Request,
) -> Result<Response, ApiError> {
    model(&app, &caller_of(&request), segments)
}

fn model(app: &App, caller: &Caller, segments: Segments) -> Result<Response, ApiError> {
    let named = named(segments)?;
    let (snapshot, _) = served(app, caller, &named)?;
    let any = [-1];
    let tensor = |name, datatype, shape| TensorBody { name, datatype, shape };
    let outputs = answer::OUTPUTS.map(|output| tensor(output.name(), output.datatype(), any));
    let model = ModelBody {
        name: named.name,
        versions: [snapshot.generation.to_string()],
        platform: "dossier",
        inputs: vec![tensor(PAGES, "BYTES", any), tensor(FIELDS, "BYTES", any)],
        outputs: outputs.into(),
    };
    Ok(Json(model).into_response())
}

/// Whether a model can be asked.
#[utoipa::path(
    get, path = "/v2/models/{name}/ready", tag = "open inference protocol",
    params(
        ("name" = String, Path, description = "The document type, `/` written `%2F` or `.`"),
    ),
    responses((status = 200, description = "It does", body = ReadyBody)),
)]
pub(super) async fn get_model_ready(
    State(app): State<Arc<App>>,
    segments: Segments,
    request: Request,
) -> Result<Response, ApiError> {
    model_ready(&app, &caller_of(&request), segments)
}

/// The same of one version.
#[utoipa::path(
    get, path = "/v2/models/{name}/versions/{version}/ready", tag = "open inference protocol",
    params(
        ("name" = String, Path, description = "The document type, `/` written `%2F` or `.`"),
        ("version" = String, Path, description = "The generation"),
    ),
    responses((status = 200, description = "It does", body = ReadyBody)),
)]
pub(super) async fn get_model_version_ready(
    State(app): State<Arc<App>>,
    segments: Segments,
    request: Request,
) -> Result<Response, ApiError> {
    model_ready(&app, &caller_of(&request), segments)
}

fn model_ready(app: &App, caller: &Caller, segments: Segments) -> Result<Response, ApiError> {
    served(app, caller, &named(segments)?)?;
    match app.is_ready() {
        true => Ok(Json(ReadyBody { ready: true }).into_response()),
        false => Err(ApiError::NotReady),
    }
}

/// Reads a document whose pages are a tensor.
#[utoipa::path(
    post, path = "/v2/models/{name}/infer", tag = "open inference protocol",
    params(
        ("name" = String, Path, description = "The document type, `/` written `%2F` or `.`"),
        ConditionHeaders,
    ),
    request_body(content((InferJson = "application/json"))),
    responses((status = 200, description = "The document was read", body = InferAnswer)),
)]
pub(super) async fn post_infer(
    State(app): State<Arc<App>>,
    segments: Segments,
    request: Request,
) -> Result<Response, ApiError> {
    infer(&app, segments, request).await
}

/// The same of one version.
#[utoipa::path(
    post, path = "/v2/models/{name}/versions/{version}/infer", tag = "open inference protocol",
    params(
        ("name" = String, Path, description = "The document type, `/` written `%2F` or `.`"),
        ("version" = String, Path, description = "The generation"),
        ConditionHeaders,
    ),
    request_body(content((InferJson = "application/json"))),
    responses((status = 200, description = "The document was read", body = InferAnswer)),
)]
pub(super) async fn post_infer_version(
    State(app): State<Arc<App>>,
    segments: Segments,
    request: Request,
) -> Result<Response, ApiError> {
    infer(&app, segments, request).await
}

async fn infer(app: &App, segments: Segments, request: Request) -> Result<Response, ApiError> {
    let request_id = super::observe::id_of(&request);
    let (name, way) = match named(segments) {
        Ok(named) => {
            let way = request::way(request.headers(), &named.name, named.id, named.version);
            (named.name, way)
        }
        Err(error) => (String::new(), Err(error)),
    };
    let write = |extraction: &Extraction, asked: &TensorsAsked| {
        answer::write(extraction, asked, &name, request_id.as_str())
    };
    read_document(app, request, way, &request_id, write).await
}

#[cfg(test)]
mod tests;
