//! The settings of a document type's rules: what is in force, and setting them.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::IntoResponse as _;
use axum::routing::MethodRouter;
use axum::{Extension, Json};
use dossier_document::DocumentTypeId;
use dossier_engine::EngineError;
use dossier_engine::settings::Publisher;
use dossier_engine::snapshot::SettingsInForce;
use dossier_store::{MAX_SETTINGS_BYTES, SettingsDigest, TypeSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Admin, Answer, SMALL_BODY_BYTES, read_json, refuse_out_of_scope};
use crate::api::ApiError;

/// What may be done with the settings of a document type.
pub(super) fn methods() -> MethodRouter<Arc<Admin>> {
    axum::routing::get(show).put(set)
}

/// Settings that are in force.
#[derive(Serialize)]
pub(super) struct SettingsBody {
    digest: SettingsDigest,
    /// `package` or `operator`.
    origin: &'static str,
    values: Value,
}

#[derive(Serialize)]
struct InForceBody<'a> {
    document_type: &'a str,
    generation: u64,
    settings: Option<SettingsBody>,
}

/// What an operator sets. Both keys must be there: leaving one out by mistake changes nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBody {
    /// The generation that was looked at.
    generation: u64,
    /// An object, or null for those of the package.
    settings: Value,
}

impl SettingsBody {
    pub(super) fn of(in_force: &SettingsInForce) -> Self {
        let SettingsInForce { settings, origin } = in_force;
        Self {
            digest: settings.digest(),
            origin: origin.as_str(),
            values: Value::Object(settings.values().clone()),
        }
    }
}

async fn show(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    Path(name): Path<String>,
) -> Answer {
    let document_type = document_type(&name)?;
    refuse_out_of_scope(&admin, &publisher, document_type.as_str()).await?;
    in_force(&admin, &document_type).await
}

async fn set(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    Path(name): Path<String>,
    request: Request,
) -> Answer {
    let document_type = document_type(&name)?;
    refuse_out_of_scope(&admin, &publisher, document_type.as_str()).await?;
    let limit_bytes = MAX_SETTINGS_BYTES + SMALL_BODY_BYTES;
    let body: SetBody = read_json(&admin, request, limit_bytes).await?;
    let settings = match body.settings {
        Value::Null => None,
        Value::Object(settings) => Some(settings_of(settings)?),
        _ => {
            let detail = "`settings` is neither an object nor null".to_owned();
            return Err(ApiError::Json { detail });
        }
    };
    let reload = &admin.reload;
    reload.set_settings(document_type.clone(), settings, body.generation, &publisher.name).await?;
    in_force(&admin, &document_type).await
}

fn settings_of(settings: Map<String, Value>) -> Result<TypeSettings, EngineError> {
    Ok(TypeSettings::new(settings)?)
}

fn document_type(name: &str) -> Result<DocumentTypeId, EngineError> {
    name.parse().map_err(|_| EngineError::UnknownDocumentType)
}

async fn in_force(admin: &Admin, document_type: &DocumentTypeId) -> Answer {
    let status = admin.reload.status(document_type.as_str()).await?;
    let settings = status.settings.as_ref().map(SettingsBody::of);
    let (document_type, generation) = (status.name.as_str(), status.generation);
    Ok(Json(InForceBody { document_type, generation, settings }).into_response())
}
