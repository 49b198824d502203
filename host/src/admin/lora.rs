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
use dossier_engine::pipeline::document_type;
use dossier_engine::reload::Step;
use dossier_engine::settings::Publisher;
use dossier_store::PackageDigest;
use serde::Deserialize;

use super::{Admin, Answer, read_json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoadBody {
    lora_name: String,
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
    let id = document_type(&lora_name.replace('.', "/"))?;
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
    let id = document_type(&lora_name.replace('.', "/"))?;
    admin.reload.check_scope(id.as_str(), &publisher.scope).await?;
    admin.reload.free_adapter(&id)?;
    Ok(told(&format!("Success: LoRA adapter '{id}' removed successfully.")))
}

fn told(sentence: &str) -> Response {
    sentence.to_owned().into_response()
}
