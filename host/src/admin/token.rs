//! Who asks: a bearer token, known by its digest alone.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use dossier_engine::settings::Publisher;

use super::{Admin, ROLLBACK};
use crate::api::{ApiError, discard};
use crate::auth::bearer::{self, Borne};
use crate::config::Token;

/// Lets a request through with the publisher whose token it bears, within the publisher's share. A rollback
/// is within it whatever else is in work: it is asked for when something goes wrong, and reads no body.
pub(super) async fn authenticate(
    State(admin): State<Arc<Admin>>,
    mut request: Request,
    next: Next,
) -> Response {
    match publisher_of(request.headers(), &admin.tokens) {
        Some(publisher) => {
            request.extensions_mut().insert(publisher.clone());
            let route = request.extensions().get::<MatchedPath>();
            if route.is_some_and(|route| route.as_str() == ROLLBACK) {
                return next.run(request).await;
            }
            match admin.shares.begin(&publisher.name) {
                Ok(in_work) => in_work.until_sent(next.run(request).await),
                Err(error) => {
                    let (head, body) = request.into_parts();
                    discard(&head.headers, body);
                    ApiError::from(error).into_response()
                }
            }
        }
        None => ApiError::Unauthenticated.into_response(),
    }
}

fn publisher_of<'a>(headers: &HeaderMap, tokens: &'a [Token]) -> Option<&'a Publisher> {
    let Borne::Token(token) = bearer::borne(headers) else { return None };
    bearer::find(&bearer::digest(token), tokens, |token| &token.sha256)
        .map(|token| &token.publisher)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::AUTHORIZATION;
    use dossier_store::Scope;
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn tokens() -> Vec<Token> {
        ["first", "second"]
            .map(|text| Token {
                sha256: Sha256::digest(text).into(),
                publisher: Publisher { name: text.to_owned(), scope: Scope::default() },
            })
            .into()
    }

    fn who(authorization: Option<&str>) -> Option<String> {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(value).expect("a header"));
        }
        publisher_of(&headers, &tokens()).map(|publisher| publisher.name.clone())
    }

    #[test]
    fn a_token_is_known_by_its_digest() {
        assert_eq!(who(Some("Bearer first")).as_deref(), Some("first"));
        assert_eq!(who(Some("bearer second")).as_deref(), Some("second"));
    }

    #[test]
    fn anything_else_is_nobody() {
        let digest = Sha256::digest("first").into_iter().map(|byte| format!("{byte:02x}"));
        let digest = format!("Bearer {}", digest.collect::<String>());
        for header in [None, Some("first"), Some("Basic first"), Some("Bearer"), Some("Bearer x")] {
            assert_eq!(who(header), None, "{header:?}");
        }
        assert_eq!(who(Some(&digest)), None, "the digest is no token");
    }

    #[test]
    fn a_token_shows_nothing_of_itself() {
        let shown = format!("{:?}", tokens());
        assert!(shown.contains("first") && !shown.contains("sha256"), "{shown}");
    }
}
