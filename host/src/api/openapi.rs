//! The description of the listener for documents, as OpenAPI 3.1. `host/docs/openapi.json` is what
//! [`text`] gives, and a test compares the two.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{
    AllOfBuilder, ContentBuilder, Header, ObjectBuilder, OpenApi, Ref, RefOr, ResponseBuilder,
    Schema, Type,
};
use utoipa::{Modify, OpenApi as _, ToSchema};

use super::error::{About, OpenInferenceErrorBody, ProblemBody, known};
use super::{App, unknown_method};
use super::{jobs, models, open_inference};

mod page;

mod words;
pub(super) use words::{OutcomeWord, StateWord, VerdictWord, WebhookStateWord};

/// The routes.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/openapi.json", get(get_openapi).fallback(unknown_method))
        .route("/docs", get(get_docs).fallback(unknown_method))
}

/// The description, as JSON.
#[must_use]
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let mut text = description().to_pretty_json().unwrap_or_default();
        text.push('\n');
        text
    });
    &TEXT
}

fn description() -> OpenApi {
    Description::openapi()
}

async fn get_openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], text()).into_response()
}

/// The same for people; it needs nothing from elsewhere.
async fn get_docs() -> Response {
    static PAGE: LazyLock<String> = LazyLock::new(|| page::of(text()));
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], PAGE.as_str()).into_response()
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "dossier",
        description = "Reads identity documents: page images in, normalised and checked fields out."
    ),
    paths(
        super::post_extract,
        super::post_page,
        super::document_types::get_document_types,
        super::document_types::get_document_type,
        super::probes::get_livez,
        super::probes::get_readyz,
        models::get_models,
        jobs::post_job,
        jobs::get_jobs,
        jobs::get_job,
        jobs::get_result,
        jobs::post_cancel,
        jobs::post_webhook,
        jobs::get_webhook_key,
        jobs::delete_job,
        jobs::post_erase,
        open_inference::get_server,
        open_inference::get_live,
        open_inference::get_ready,
        open_inference::get_model,
        open_inference::get_model_ready,
        open_inference::post_infer,
        open_inference::get_model_version,
        open_inference::get_model_version_ready,
        open_inference::post_infer_version,
    ),
    components(schemas(ProblemBody, OpenInferenceErrorBody, DocumentForm, DocumentJson, InferJson)),
    tags(
        (name = "documents", description = "Documents, and what reads them"),
        (name = "jobs", description = "Documents that are read later"),
        (name = "probes", description = "How the host is"),
        (name = "open inference protocol", description = "The Open Inference Protocol, version 2"),
    ),
    modifiers(&Errors),
)]
struct Description;

/// The headers of a request that wants to be served by what it names.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "its fields are what is described")]
pub(super) struct ConditionHeaders {
    /// What names the request, if it may be sent again: it gets the answer that it had.
    #[param(rename = "idempotency-key", min_length = 1, max_length = 255)]
    key: Option<String>,
    /// How long the client waits, in milliseconds: nothing more is done for the document then.
    #[param(rename = "x-request-timeout-ms", minimum = 1)]
    timeout_ms: Option<u64>,
    /// The document type, for routers that read heads alone. Where the path or the body names one too, it must be the same; where they name none, this one counts.
    #[param(
        rename = "x-dossier-document-type",
        max_length = 128,
        pattern = "^[a-z0-9-]+(/[a-z0-9-]+){1,5}$"
    )]
    document_type: Option<String>,
    /// The same, for llm-d's router.
    #[param(
        rename = "x-llm-d-model-name-rewrite",
        max_length = 128,
        pattern = "^[a-z0-9-]+(/[a-z0-9-]+){1,5}$"
    )]
    llm_d_model: Option<String>,
    /// The same, by the older name of that header.
    #[param(
        rename = "x-gateway-model-name-rewrite",
        max_length = 128,
        pattern = "^[a-z0-9-]+(/[a-z0-9-]+){1,5}$"
    )]
    gateway_model: Option<String>,
    /// The same, for Ray Serve.
    #[param(
        rename = "serve_multiplexed_model_id",
        max_length = 128,
        pattern = "^[a-z0-9-]+(/[a-z0-9-]+){1,5}$"
    )]
    multiplexed_model: Option<String>,
    /// The generation that must serve it.
    #[param(rename = "if-generation")]
    generation: Option<u64>,
    /// The digest of the base that must, as `served_by` writes it.
    #[param(rename = "if-base", pattern = "^sha256:[0-9a-f]{64}$")]
    base: Option<String>,
    /// The digest of the adapter that must.
    #[param(rename = "if-adapter", pattern = "^sha256:[0-9a-f]{64}$")]
    adapter: Option<String>,
    /// The digest of the rules that must.
    #[param(rename = "if-rules", pattern = "^sha256:[0-9a-f]{64}$")]
    rules: Option<String>,
}

/// A form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its fields are what is described")]
pub(super) struct DocumentForm {
    /// The pages, in their order: JPEG, PNG, WebP, TIFF or PDF.
    #[schema(max_items = 256)]
    page: Vec<String>,
    /// Such as `utopia/passport/2024`; without it, the type is found out by how the first page looks.
    #[schema(max_length = 144)]
    document_type: Option<String>,
    /// The fields to read, separated by commas; without it, all that the rules read.
    fields: Option<String>,
}

/// A document as JSON.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its fields are what is described")]
pub(super) struct DocumentJson {
    /// Such as `utopia/passport/2024`; without it, the type is found out by how the first page looks. In a job it must be there.
    #[schema(max_length = 256)]
    document_type: Option<String>,
    /// The pages in base64 (RFC 4648, section 4, with padding), in their order.
    #[schema(max_items = 256)]
    pages: Vec<String>,
    /// The fields to read; without it, all that the rules read.
    #[schema(max_items = 256)]
    fields: Option<Vec<String>>,
}

/// Tensors: `pages` in base64, and `fields`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its fields are what is described")]
pub(super) struct InferJson {
    /// What the answer is to repeat.
    #[schema(max_length = 256)]
    id: Option<String>,
    /// The model, as the path names it.
    model_name: Option<String>,
    /// `binary_data_output`: whether outputs are binary.
    parameters: Option<RequestParametersJson>,
    /// `pages`, and `fields`.
    #[schema(max_items = 256)]
    inputs: Vec<InputJson>,
    /// The outputs wanted; without it, all.
    #[schema(max_items = 256)]
    outputs: Option<Vec<OutputJson>>,
}

#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its fields are what is described")]
struct RequestParametersJson {
    binary_data_output: Option<bool>,
}

#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its fields are what is described")]
struct InputJson {
    /// `pages` or `fields`.
    name: String,
    /// The number of elements.
    #[schema(max_items = 8)]
    shape: Vec<u64>,
    /// `BYTES`.
    datatype: String,
    /// `binary_data_size`, where the elements follow the JSON.
    parameters: Option<InputParametersJson>,
    /// The elements, flat.
    #[schema(max_items = 256)]
    data: Option<Vec<String>>,
}

#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its fields are what is described")]
struct InputParametersJson {
    binary_data_size: Option<u64>,
}

#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its fields are what is described")]
struct OutputJson {
    /// As the model's metadata names it.
    name: String,
    parameters: Option<OutputParametersJson>,
}

#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its fields are what is described")]
struct OutputParametersJson {
    binary_data: Option<bool>,
}

/// Gives each operation the refusals that it can have.
struct Errors;

impl Modify for Errors {
    fn modify(&self, description: &mut OpenApi) {
        for (path, item) in &mut description.paths.paths {
            let PathItem { get, post, delete, .. } = item;
            for operation in [get, post, delete].into_iter().flatten() {
                add_refusals(path, operation);
            }
        }
    }
}

fn add_refusals(path: &str, operation: &mut Operation) {
    let abouts = abouts_of(path, operation.request_body.is_some());
    let mut by_status = BTreeMap::<u16, BTreeSet<&str>>::new();
    for known in known().filter(|known| abouts.contains(&known.about)) {
        by_status.entry(known.status).or_default().insert(known.code);
    }
    let (schema, content_type) = match path.starts_with("/v2") {
        true => ("OpenInferenceErrorBody", "application/json"),
        false => ("ProblemBody", "application/problem+json"),
    };
    for (status, codes) in by_status {
        let of_code =
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes.iter().copied()));
        let of_codes = ObjectBuilder::new().property("code", of_code).required("code");
        let schema = AllOfBuilder::new().item(Ref::from_schema_name(schema)).item(of_codes);
        let content = ContentBuilder::new().schema(Some(Schema::from(schema.build()))).build();
        let told = codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
        let mut response = ResponseBuilder::new().description(told).content(content_type, content);
        if status == 429 {
            response = response.header(
                "Retry-After",
                Header::new(ObjectBuilder::new().schema_type(Type::Integer)),
            );
        }
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_string()).or_insert_with(|| RefOr::T(response.build()));
    }
}

/// Whether a route wants to know who asks: all do but those that tell of the host alone.
fn is_guarded(path: &str) -> bool {
    !["/livez", "/readyz", "/openapi.json", "/docs", "/v2", "/v2/health/live", "/v2/health/ready"]
        .contains(&path)
}

/// What the refusals of a route are about.
fn abouts_of(path: &str, has_body: bool) -> Vec<About> {
    let mut abouts = vec![About::Request];
    if is_guarded(path) {
        abouts.push(About::Caller);
    }
    if has_body || path.contains("{type}") || path.contains("{name}") {
        abouts.push(About::Reach);
    }
    if path.contains("{type}") || path.contains("{name}") {
        abouts.push(About::DocumentType);
    }
    if path.contains("{version}") {
        abouts.push(About::Generation);
    }
    if path.ends_with("/ready") || path.ends_with("/readyz") {
        abouts.push(About::Readiness);
    }
    if path.starts_with("/v1/jobs") {
        abouts.push(About::Jobs);
        if path == "/v1/jobs" {
            // The query of its list.
            abouts.push(About::Page);
        }
    }
    if has_body {
        abouts.extend([
            About::Document,
            About::DocumentType,
            About::Generation,
            About::Fields,
            About::Readiness,
        ]);
        abouts.extend(match path {
            "/v1/extract" => vec![About::Form, About::Json, About::Base64, About::Look],
            "/v1/document-types/{type}/extract" => vec![About::Page],
            "/v1/jobs" | "/v1/jobs/erase" => vec![About::JobAsked, About::Json, About::Base64],
            _ => vec![About::Tensors, About::Json, About::Base64],
        });
    }
    abouts
}

#[cfg(test)]
mod tests;
