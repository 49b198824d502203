//! Who asks: a bearer token, known by its digest alone.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::Admin;
use crate::api::ApiError;
use crate::config::{Publisher, Token};

/// Lets a request through with the publisher whose token it bears.
pub(super) async fn authenticate(
    State(admin): State<Arc<Admin>>,
    mut request: Request,
    next: Next,
) -> Response {
    match publisher_of(request.headers(), &admin.tokens) {
        Some(publisher) => {
            request.extensions_mut().insert(publisher.clone());
            next.run(request).await
        }
        None => ApiError::Unauthenticated.into_response(),
    }
}

/// The digest is compared in constant time, and with every token, so that the time of a refusal
/// tells nothing.
fn publisher_of<'a>(headers: &HeaderMap, tokens: &'a [Token]) -> Option<&'a Publisher> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let digest = Sha256::digest(token.trim().as_bytes());
    let mut found = None;
    for token in tokens {
        if bool::from(token.sha256.ct_eq(digest.as_slice())) {
            found = Some(&token.publisher);
        }
    }
    found
}
