//! Who gets in.

use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;

use super::token_file::{TokenEntry, add};
use super::*;

#[tokio::test]
async fn where_there_are_no_tokens_everybody_gets_in_as_nobody_in_particular() {
    let caller = Access::open().caller(&HeaderMap::new(), None).await.expect("everybody");
    assert!(caller.tenant().is_anonymous());
    assert!(caller.check(&"any/type".parse().expect("an identifier")).is_ok());
}

#[tokio::test]
async fn a_request_counts_when_its_sender_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokens.json");
    let mut entry = TokenEntry::new("one".to_owned(), "utopia".to_owned(), vec!["*".to_owned()]);
    entry.requests_a_minute = Some(1);
    let secret = add(&file, entry).expect("added");
    let tokens = ClientTokens::load(&file).expect("a file");
    let access = Access::new(Some(Arc::new(tokens)), None);
    assert_eq!(access.caller(&HeaderMap::new(), None).await, Err(AuthError::Missing));
    let value = HeaderValue::from_str(&format!("Bearer {}", secret.expose())).expect("a value");
    let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
    assert!(access.caller(&headers, None).await.is_ok());
    assert!(matches!(access.caller(&headers, None).await, Err(AuthError::Rate { .. })));
}
