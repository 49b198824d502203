//! The settings of a document type's rules: what is in force, and setting them.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::IntoResponse as _;
use axum::routing::MethodRouter;
use axum::{Extension, Json};
use dossier_document::DocumentTypeId;
use dossier_engine::EngineError;
use dossier_engine::settings::Publisher;
use dossier_engine::snapshot::SettingsInForce;
use dossier_store::bounds::SETTINGS_CHANGE;
use dossier_store::{MAX_SETTINGS_BYTES, SettingsDigest, TypeSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Admin, Answer, Name, SMALL_BODY_BYTES, parse, read};
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
    Name(name): Name,
) -> Answer {
    let document_type = document_type(&name)?;
    admin.reload.check_scope(document_type.as_str(), &publisher.scope).await?;
    in_force(&admin, &document_type).await
}

async fn set(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    Name(name): Name,
    request: Request,
) -> Answer {
    let document_type = document_type(&name)?;
    let limit_bytes = MAX_SETTINGS_BYTES + SMALL_BODY_BYTES;
    let bytes = read(&admin, request, limit_bytes).await?;
    let bounds = SETTINGS_CHANGE.check(&bytes);
    bounds.map_err(|error| ApiError::Json { detail: error.to_string() })?;
    let body: SetBody = parse(&bytes)?;
    let settings = match body.settings {
        Value::Null => None,
        Value::Object(settings) => Some(settings_of(settings)?),
        _ => {
            let detail = "`settings` is neither an object nor null".to_owned();
            return Err(ApiError::Json { detail });
        }
    };
    // The task that makes the change decides whether the publisher reaches the document type.
    let (reload, generation) = (&admin.reload, body.generation);
    reload.set_settings(document_type.clone(), settings, generation, &publisher).await?;
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
