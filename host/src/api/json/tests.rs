//! JSON as clients write it, and as they should not.

use dossier_document::Tenant;
use dossier_engine::EngineError;

use super::*;
use crate::api::bodies::Bodies;
use crate::config::Config;
use crate::testing::config;

async fn parsed(body: &str) -> Result<Asked, ApiError> {
    parsed_under(&config(), body).await
}

async fn parsed_under(config: &Config, body: &str) -> Result<Asked, ApiError> {
    let bodies = Bodies::new(&config.http);
    let headers = axum::http::HeaderMap::new();
    let sent = axum::body::Body::from(body.to_owned());
    let read = bodies.read(&headers, sent, &config.http, &Tenant::anonymous()).await;
    let (bytes, mut held) = read.expect("arrives");
    let asked = parse(bytes, &mut held);
    if let Ok(asked) = &asked {
        let pages = asked.pages.iter().map(Bytes::len).sum::<usize>();
        assert_eq!(bodies.standing().held_bytes, pages, "the pages are held, the text is not");
    }
    drop(held);
    assert_eq!(bodies.standing().held_bytes, 0, "everything is given back");
    asked
}

async fn refused(body: &str) -> (&'static str, String) {
    let problem = parsed(body).await.expect_err("refused").problem();
    (problem.code, problem.detail)
}

#[tokio::test]
async fn pages_come_in_their_order() {
    let body = r#"{"document_type": "utopia/passport/2024", "pages": ["b25l", "dHdv"]}"#;
    let asked = parsed(body).await.expect("valid");
    assert_eq!(asked.pages, ["one", "two"].map(Bytes::from));
    let document_type = asked.document_type.as_ref().expect("named");
    assert_eq!(document_type.as_str(), "utopia/passport/2024");
    assert_eq!(asked.fields, None);
}

#[tokio::test]
async fn fields_are_a_list() {
    let body = r#"{"fields": ["surname", "mrz"], "document_type": "a/b", "pages": []}"#;
    let asked = parsed(body).await.expect("valid");
    let names = asked.fields.expect("given").iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names, ["surname", "mrz"]);
    assert!(asked.pages.is_empty(), "that there is no page is for the pipeline to say");
}

#[tokio::test]
async fn escapes_are_read() {
    let body = r#"{"document_type": "utopia\/passport\/2024", "pages": ["b25\u006c"]}"#;
    let asked = parsed(body).await.expect("valid");
    assert_eq!(asked.pages, [Bytes::from("one")]);
}

#[tokio::test]
async fn what_is_not_documented_is_refused_without_its_values() {
    let secret = "ERIKSSON";
    for (body, code) in [
        ("", "json.malformed"),
        ("{", "json.malformed"),
        (r#"{"document_type": "a/b", "pages": ["b25l"]} x"#, "json.malformed"),
        (r#"{"document_type": "a/b", "pages": [], "page": 1}"#, "json.unknown_key"),
        (r#"{"document_type": "a/b"}"#, "json.missing_key"),
        (r#"{"document_type": "a/b", "pages": "ERIKSSON"}"#, "json.value"),
        (r#"{"document_type": ["ERIKSSON"], "pages": []}"#, "json.value"),
        (r#"{"document_type": "a/b", "pages": [], "pages": []}"#, "json.value"),
        (r#"["ERIKSSON"]"#, "json.value"),
        (r#"{"document_type": "a/b", "pages": ["ERIKSSO"]}"#, "page.base64"),
        (r#"{"document_type": "a/b", "pages": ["ERIK SSON"]}"#, "page.base64"),
        (r#"{"document_type": "a/b", "pages": [], "fields": ["No"]}"#, "form.field_name"),
        (r#"{"document_type": "no type", "pages": []}"#, "document_type.unknown"),
    ] {
        let (found, detail) = refused(body).await;
        assert_eq!(found, code, "{body}");
        assert!(!detail.contains(secret), "{detail}");
    }
}

#[tokio::test]
async fn lists_and_texts_have_bounds() {
    let pages = vec!["\"\""; MAX_PARTS + 1].join(",");
    let body = format!(r#"{{"document_type": "a/b", "pages": [{pages}]}}"#);
    assert_eq!(refused(&body).await.0, "json.value");
    let at_the_bound = vec!["\"\""; MAX_PARTS].join(",");
    let body = format!(r#"{{"document_type": "a/b", "pages": [{at_the_bound}]}}"#);
    assert_eq!(parsed(&body).await.expect("valid").pages.len(), MAX_PARTS);
    let body = format!(r#"{{"document_type": "{}", "pages": []}}"#, "a/".repeat(200));
    assert_eq!(refused(&body).await.0, "json.value");
}

#[tokio::test]
async fn pages_that_have_no_room_beside_their_text_are_refused() {
    let page = "AAAA".repeat(1000);
    let body = format!(r#"{{"document_type": "a/b", "pages": ["{page}"]}}"#);
    let mut config = config();
    config.http.all_bodies_bytes = body.len() + 3000;
    assert!(parsed_under(&config, &body).await.is_ok());
    config.http.all_bodies_bytes -= 1;
    let refused = parsed_under(&config, &body).await.expect_err("no room");
    assert!(matches!(refused, ApiError::Engine(EngineError::Overloaded)), "{refused}");
}
