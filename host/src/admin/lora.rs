//! Adapters as controllers for vLLM ask for them, such as AIBrix.
//!
//! To load an adapter is to let a published package serve its document type: `lora_path` is the package's
//! digest, for this host fetches nothing and takes only what was proved. To unload one is to free its memory;
//! its document type is served on, and its next document loads it again. What serves is taken back with a
//! rollback.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use dossier_document::DocumentTypeId;
use dossier_engine::EngineError;
use dossier_engine::pipeline::document_type;
use dossier_engine::reload::Step;
use dossier_engine::settings::Publisher;
use dossier_store::PackageDigest;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{Admin, Answer, read_json};
use crate::api::ApiError;

/// Names that are looked at together.
const NAMES_AT_A_TIME: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoadBody {
    lora_name: String,
    #[serde(deserialize_with = "digest_of_path")]
    lora_path: PackageDigest,
    /// Clients say so where an adapter of the name may be there: here it always may.
    #[serde(default)]
    #[expect(dead_code, reason = "either way a version takes the place of the one before")]
    load_inplace: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnloadBody {
    lora_name: String,
}

pub(super) async fn load(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    request: Request,
) -> Answer {
    let LoadBody { lora_name, lora_path, load_inplace: _ } = read_json(&admin, request).await?;
    let id = named(&admin, &publisher, &lora_name).await?;
    admin.reload.check_scope(id.as_str(), &publisher.scope).await?;
    // Controllers ask again until they see it.
    if admin.reload.status(id.as_str()).await?.active != Some(lora_path) {
        admin.reload.apply_for(id.as_str(), Step::Activate(lora_path), &publisher).await?;
    }
    Ok(told(&format!("Success: LoRA adapter '{id}' added successfully.")))
}

pub(super) async fn unload(
    State(admin): State<Arc<Admin>>,
    Extension(publisher): Extension<Publisher>,
    request: Request,
) -> Answer {
    let UnloadBody { lora_name } = read_json(&admin, request).await?;
    let id = named(&admin, &publisher, &lora_name).await?;
    admin.reload.check_scope(id.as_str(), &publisher.scope).await?;
    admin.reload.free_adapter(&id)?;
    Ok(told(&format!("Success: LoRA adapter '{id}' removed successfully.")))
}

/// The document type that a controller means: as it is, with `.` for `/`, or with `-` for it, where AIBrix makes
/// a service of the name. The last may be several; then it is none.
async fn named(
    admin: &Admin,
    publisher: &Publisher,
    name: &str,
) -> Result<DocumentTypeId, ApiError> {
    if name.contains(['/', '.']) {
        return Ok(document_type(&name.replace('.', "/"))?);
    }
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let listed = admin.reload.list(after, NAMES_AT_A_TIME, &publisher.scope).await?;
        let names = listed.names.iter().map(|status| status.name.as_str());
        let ids = names.filter(|id| id.contains('/') && id.replace('/', "-") == name);
        found.extend(ids.map(document_type));
        after = listed.names.last().map(|status| status.name.clone());
        if !listed.has_more {
            break;
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(id), true) => Ok(id?),
        _ => Err(EngineError::UnknownDocumentType.into()),
    }
}

/// AIBrix takes no artifact for one that does not begin with `/` or a scheme of its own.
fn digest_of_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PackageDigest, D::Error> {
    let path = String::deserialize(deserializer)?;
    path.strip_prefix('/').unwrap_or(&path).parse().map_err(D::Error::custom)
}

fn told(sentence: &str) -> Response {
    sentence.to_owned().into_response()
}
