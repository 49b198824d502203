//! What a request to the admin API asks for: names, numbers and bodies, each bounded where it is parsed.

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use dossier_document::DocumentTypeId;
use dossier_store::is_rules_name;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Admin, SMALL_BODY_BYTES};
use crate::api::{ApiError, discard, read_body};
use crate::config::HttpLimits;

/// Events of a history, unless more are asked for.
const EVENTS: usize = 100;
/// Events of a history at most: as many as are kept of one publisher.
pub const MOST_EVENTS: usize = 10_000;
/// Names of a list, unless more are asked for.
const NAMES: usize = 100;
/// Names of a list at most.
pub const MOST_NAMES: usize = 1000;

/// The name of rules, or a document type, as the path has it.
#[derive(Debug)]
pub(super) struct Name(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(name) = path.map_err(|_| ApiError::Name)?;
        name_of(name)
    }
}

fn name_of(name: String) -> Result<Name, ApiError> {
    let is_name = is_rules_name(&name) || name.parse::<DocumentTypeId>().is_ok();
    if is_name { Ok(Name(name)) } else { Err(ApiError::Name) }
}

/// Some of all names, in their order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The name that the page before ended with.
    pub(super) after: Option<String>,
    pub(super) limit: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryQuery {
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishQuery {
    #[serde(default)]
    dry_run: bool,
}

/// Whether a package is to be tried, and not to be published.
pub(super) fn is_dry_run(request: &Request) -> Result<bool, ApiError> {
    let PublishQuery { dry_run } = query(request)?;
    Ok(dry_run)
}

/// Which names are asked for.
pub(super) fn page(request: &Request) -> Result<Page, ApiError> {
    let PageQuery { after, limit } = query(request)?;
    let after = after.map(name_of).transpose().map_err(|_| {
        let detail = "`after` is neither a name of rules nor a document type".to_owned();
        ApiError::Query { detail }
    })?;
    Ok(Page { after: after.map(|Name(name)| name), limit: limit_of(limit, NAMES, MOST_NAMES)? })
}

/// How many events are asked for.
pub(super) fn history_limit(request: &Request) -> Result<usize, ApiError> {
    let HistoryQuery { limit } = query(request)?;
    limit_of(limit, EVENTS, MOST_EVENTS)
}

fn limit_of(asked: Option<usize>, default: usize, most: usize) -> Result<usize, ApiError> {
    let limit = asked.unwrap_or(default);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    Err(ApiError::Query { detail: format!("`limit` must be 1 to {most}") })
}

fn query<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    let query = Query::<T>::try_from_uri(request.uri());
    let Query(query) = query.map_err(|error| ApiError::Query { detail: error.body_text() })?;
    Ok(query)
}

/// Refuses whatever query there is.
pub(super) async fn refuse_query(request: Request, next: Next) -> Response {
    if request.uri().query().is_none() {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    discard(&head.headers, body);
    ApiError::Query { detail: "this route takes no query".to_owned() }.into_response()
}

/// Refuses a body, without waiting for it.
pub(super) fn refuse_body(request: Request) -> Result<(), ApiError> {
    let (head, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok(());
    }
    discard(&head.headers, body);
    Err(ApiError::Json { detail: "this route takes no body".to_owned() })
}

/// Reads a body of at most so many bytes.
pub(super) async fn read(
    admin: &Admin,
    request: Request<Body>,
    limit_bytes: usize,
) -> Result<Bytes, ApiError> {
    let (head, body) = request.into_parts();
    let limits = HttpLimits { body_bytes: limit_bytes, ..admin.limits };
    read_body(&head.headers, body, &limits).await
}

/// Reads a small body.
pub(super) async fn read_json<T: DeserializeOwned>(
    admin: &Admin,
    request: Request,
) -> Result<T, ApiError> {
    parse(&read(admin, request, SMALL_BODY_BYTES).await?)
}

pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| ApiError::Json { detail: error.to_string() })
}

#[cfg(test)]
mod tests;
