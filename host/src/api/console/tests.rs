//! Who gets the console, and with which headers.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use axum::http::header::CONTENT_LENGTH;
use tower::ServiceExt as _;

use super::*;
use crate::api::{App, router};
use crate::auth::Access;
use crate::auth::token_file::ClientTokens;
use crate::testing::{config, engine};

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

async fn send(router: &Router, request: Request) -> Answer {
    let response = router.clone().oneshot(request).await.expect("a router has no errors");
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
    Answer { status: head.status, headers: head.headers, body }
}

fn asked(method: Method, path: &str) -> Request {
    Request::builder().method(method).uri(path).body(Body::empty()).expect("a request")
}

/// The routes of a listener alone: no engine is wanted to serve files.
fn console(listener: Listener) -> Router {
    console_routes(listener)
}

fn paths() -> impl Iterator<Item = String> {
    let files = FILES.keys().map(|name| format!("/console/{name}"));
    let samples = SAMPLE_FILES.keys().map(|name| format!("/console/samples/{name}"));
    ["/".to_owned()].into_iter().chain(files).chain(samples)
}

#[tokio::test]
async fn everything_has_the_headers_that_keep_a_page_safe() {
    let router = console(Listener::Documents);
    for path in paths() {
        let answer = send(&router, asked(Method::GET, &path)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.body.is_empty(), "{path}");
        assert_eq!(answer.headers[X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(answer.headers[REFERRER_POLICY], "no-referrer", "{path}");
        assert_eq!(answer.headers[CACHE_CONTROL], "no-cache", "{path}");
        let policy = answer.headers[CONTENT_SECURITY_POLICY].to_str().expect("a text");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        for loose in ["unsafe", "data:", "blob:", "http", "*", "eval"] {
            assert!(!policy.contains(loose), "{policy}");
        }
    }
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let router = console(Listener::Documents);
    for path in paths() {
        let first = send(&router, asked(Method::GET, &path)).await;
        let etag = first.headers[ETAG].clone();
        let tag = etag.to_str().expect("a text").to_owned();
        let known = [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()];
        for known in known {
            let mut request = asked(Method::GET, &path);
            let value = HeaderValue::from_str(&known).expect("a header");
            request.headers_mut().insert(IF_NONE_MATCH, value);
            let again = send(&router, request).await;
            assert_eq!(again.status, 304, "{path} {known}");
            assert!(again.body.is_empty(), "{path}");
            assert_eq!(again.headers[ETAG], etag, "{path}");
            assert!(again.headers.contains_key(CONTENT_SECURITY_POLICY), "{path}");
        }
        let mut request = asked(Method::GET, &path);
        request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("\"other\""));
        assert_eq!(send(&router, request).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_head_is_asked_for_without_its_body() {
    let router = console(Listener::Documents);
    for path in paths() {
        let whole = send(&router, asked(Method::GET, &path)).await;
        let head = send(&router, asked(Method::HEAD, &path)).await;
        assert_eq!(head.status, 200, "{path}");
        assert!(head.body.is_empty(), "{path}");
        assert_eq!(head.headers[ETAG], whole.headers[ETAG], "{path}");
        assert_eq!(head.headers[CONTENT_LENGTH], whole.body.len().to_string(), "{path}");
    }
}

#[tokio::test]
async fn a_page_knows_its_listener_and_holds_no_script_or_style() {
    let text = async |listener| {
        let answer = send(&console(listener), asked(Method::GET, "/")).await;
        String::from_utf8(answer.body.to_vec()).expect("a text")
    };
    let (documents, admin) = (text(Listener::Documents).await, text(Listener::Admin).await);
    assert!(documents.contains(OF_DOCUMENTS) && !documents.contains(OF_ADMIN), "{documents}");
    assert!(admin.contains(OF_ADMIN) && !admin.contains(OF_DOCUMENTS), "{admin}");
    for page in [documents, admin] {
        assert!(!page.contains("<style") && !page.contains("style="), "{page}");
        assert!(!page.contains("://"), "it loads from elsewhere: {page}");
        for script in page.split("<script").skip(1) {
            let (tag, after) = script.split_once('>').expect("the end of a tag");
            assert!(tag.contains("src=\"/console/"), "{tag}");
            assert!(after.starts_with("</script>"), "{after}");
        }
        // Whatever the page names is there.
        for name in page.split("=\"/console/").skip(1) {
            let name = name.split('"').next().expect("a name");
            assert!(FILES.contains_key(name), "{name}");
        }
    }
}

#[tokio::test]
async fn the_pages_name_the_samples_that_there_are() {
    let source = include_str!("../../../console/src/try/samples.ts");
    for name in SAMPLE_FILES.keys() {
        assert!(source.contains(&format!("\"{name}\"")), "{name}");
    }
    let named = source.matches(".jpg\"").count();
    assert_eq!(named, SAMPLE_FILES.len());
}

#[tokio::test]
async fn it_is_there_unless_it_is_switched_off_and_wants_no_token() {
    let config = config();
    assert!(config.console, "it is on by default");
    let app = async |is_on| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("tokens.json");
        std::fs::write(&file, "{\"tokens\": []}").expect("written");
        let tokens = Arc::new(ClientTokens::load(&file).expect("a file"));
        let access = Access::new(Some(tokens), None);
        let app = App::for_whom(engine(&config).await.reader, config.http, access);
        router(Arc::new(app.with_console(is_on)), None)
    };
    let (on, off) = (app(true).await, app(false).await);
    for path in paths() {
        assert_eq!(send(&on, asked(Method::GET, &path)).await.status, 200, "{path}");
        // What is not there says no more to who bears no token than any other path.
        assert_eq!(send(&off, asked(Method::GET, &path)).await.status, 401, "{path}");
    }
    assert_eq!(send(&on, asked(Method::GET, "/v1/document-types")).await.status, 401);
}

#[tokio::test]
async fn what_is_no_file_of_it_is_unknown_and_only_reading_is_allowed() {
    let app = App::new(engine(&config()).await.reader, config().http).with_console(true);
    let router = router(Arc::new(app), None);
    let unknown =
        ["/console/", "/console/other.js", "/console/samples/../console.js", "/console/%FF"];
    for path in unknown.into_iter().chain(["/console/samples/%2e%2e%2fconsole.js", "/console"]) {
        let answer = send(&router, asked(Method::GET, path)).await;
        assert_eq!(answer.status, 404, "{path}");
        let problem = serde_json::from_slice::<serde_json::Value>(&answer.body).expect("JSON");
        assert_eq!(problem["code"], "route.unknown", "{path}");
    }
    for path in paths() {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            assert_eq!(send(&router, asked(method, &path)).await.status, 405, "{path}");
        }
    }
}
