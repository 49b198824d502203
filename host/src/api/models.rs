//! `GET /v1/models`: what routers for adapters ask for, in the shape of OpenAI's list.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use dossier_engine::snapshot::Snapshot;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::auth::caller_of;
use crate::auth::Caller;

/// The base and the document types.
#[derive(Serialize, ToSchema)]
pub(super) struct ModelsBody {
    object: &'static str,
    data: Vec<ModelBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ListedModel)]
struct ModelBody {
    id: String,
    object: &'static str,
    /// Nobody knows; clients want a number.
    created: u64,
    owned_by: &'static str,
    /// The digest of the base, or of the adapter.
    root: String,
    /// The base; none for the base itself.
    parent: Option<String>,
}

impl ModelsBody {
    fn of(snapshot: &Snapshot, caller: &Caller) -> Self {
        let base = snapshot.base.to_string();
        let model = |id, root, parent| {
            let (object, owned_by) = ("model", "dossier");
            ModelBody { id, object, created: 0, owned_by, root, parent }
        };
        let adapters = snapshot.document_types.iter().filter(|(id, _)| caller.reaches(id)).map(
            |(id, served)| {
                model(id.to_string(), served.adapter_digest().to_string(), Some(base.clone()))
            },
        );
        let itself = model(base.clone(), base.clone(), None);
        let data = [itself].into_iter().chain(adapters).collect();
        Self { object: "list", data }
    }
}

/// The base and the document types, for routers of adapters.
#[utoipa::path(
    get, path = "/v1/models", tag = "documents",
    responses((status = 200, description = "The base and the document types", body = ModelsBody)),
)]
pub(super) async fn get_models(State(app): State<Arc<App>>, request: Request) -> Json<ModelsBody> {
    Json(ModelsBody::of(&app.reader.snapshot().pin(), &caller_of(&request)))
}
