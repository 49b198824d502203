//! What is served, as clients see it: a list of document types, and each alone.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use dossier_engine::pipeline::document_type;

use super::response::{DocumentTypesBody, OneDocumentTypeBody};
use super::{ApiError, App, Named, auth, named};

/// What is served.
#[utoipa::path(
    get, path = "/v1/document-types", tag = "documents",
    responses((status = 200, description = "The document types", body = DocumentTypesBody)),
)]
pub(super) async fn get_document_types(
    State(app): State<Arc<App>>,
    request: Request,
) -> Json<DocumentTypesBody> {
    let caller = auth::caller_of(&request);
    Json(DocumentTypesBody::of(&app.reader.snapshot().pin(), |id| caller.reaches(id)))
}

/// One document type: its fields and pages, and what serves it.
#[utoipa::path(
    get, path = "/v1/document-types/{type}", tag = "documents",
    params(("type" = String, Path, description = "The document type, `/` written `%2F`")),
    responses((status = 200, description = "The document type", body = OneDocumentTypeBody)),
)]
pub(super) async fn get_document_type(
    State(app): State<Arc<App>>,
    name: Named,
    request: Request,
) -> Response {
    let snapshot = app.reader.snapshot().pin();
    let caller = auth::caller_of(&request);
    let served = || {
        let id = document_type(&named(name)?)?;
        caller.check(&id)?;
        Ok::<_, ApiError>(Arc::clone(snapshot.served(&id)?))
    };
    match served() {
        Ok(served) => Json(OneDocumentTypeBody::of(&snapshot, &served)).into_response(),
        Err(error) => error.into_response(),
    }
}
