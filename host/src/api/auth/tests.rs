//! Who gets in, and how long one is told to wait, over the router.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;
use crate::api::router;
use crate::auth::Access;
use crate::auth::token_file::{ClientTokens, TokenEntry, add};
use crate::config::Config;
use crate::testing::{PASSPORT, config, engine, form, held_engine, png};

/// A router that wants tokens, and the folder of their file.
struct Guarded {
    router: axum::Router,
    folder: tempfile::TempDir,
}

impl Guarded {
    async fn new(config: &Config) -> Self {
        Self::around(engine(config).await, config)
    }

    fn around(engine: dossier_engine::Engine, config: &Config) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("tokens.json");
        std::fs::write(&file, "{\"tokens\": []}").expect("written");
        Self { router: Self::router(engine, config, &file), folder }
    }

    fn router(
        engine: dossier_engine::Engine,
        config: &Config,
        file: &std::path::Path,
    ) -> axum::Router {
        let tokens = Arc::new(ClientTokens::load(file).expect("a file"));
        let refresh: Arc<dyn crate::reloaded::Refresh> = Arc::clone(&tokens) as _;
        let app = App::for_whom(engine.reader, config.http, Access::new(Some(tokens), None));
        // As the server does it every second; here before each request.
        let reread = move |request: Request, next: Next| {
            let refresh = Arc::clone(&refresh);
            async move {
                refresh.refresh();
                next.run(request).await
            }
        };
        router(Arc::new(app), None).layer(axum::middleware::from_fn(reread))
    }

    fn token(&self, tenant: &str, change: impl FnOnce(&mut TokenEntry)) -> String {
        let types = vec!["utopia/*".to_owned()];
        let id = format!("{tenant}-{}", std::process::id());
        let mut entry = TokenEntry::new(id, tenant.to_owned(), types);
        change(&mut entry);
        let file = self.folder.path().join("tokens.json");
        add(&file, entry).expect("added").expose().to_owned()
    }

    async fn ask(&self, request: Request) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("no errors");
        let header = |name| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (challenge, retry_after) = (header(WWW_AUTHENTICATE), header(RETRY_AFTER));
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("whole");
        let body = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        Answer { status, challenge, retry_after, body }
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    challenge: String,
    retry_after: String,
    body: Value,
}

impl Answer {
    fn is(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{self:?}");
    }
}

fn get(path: &str, token: &str) -> Request {
    let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {token}"));
    request.body(Body::empty()).expect("a request")
}

fn document(document_type: &str, token: &str) -> Request {
    let page = png(8, 8);
    let parts =
        [("name=\"page\"", &page[..]), ("name=\"document_type\"", document_type.as_bytes())];
    Request::post("/v1/extract")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=X")
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(form(&parts)))
        .expect("a request")
}

#[tokio::test]
async fn only_probes_are_answered_to_whoever_bears_no_token() {
    let guarded = Guarded::new(&config()).await;
    for path in ["/v1/extract", "/v1/document-types", "/nowhere"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let answer = guarded.ask(request).await;
        answer.is(401, "auth.missing");
        assert_eq!(answer.challenge, "Bearer");
    }
    for path in ["/livez", "/readyz"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        assert_eq!(guarded.ask(request).await.status, 200, "{path}");
    }
    let unknown = guarded.ask(document(PASSPORT, "dossier_0")).await;
    unknown.is(401, "auth.invalid");
    assert_eq!(unknown.challenge, "Bearer error=\"invalid_token\"");
    assert!(!unknown.body.to_string().contains("dossier_0"), "{unknown:?}");
}

#[tokio::test]
async fn a_token_reads_the_document_types_it_reaches_and_sees_no_other() {
    let guarded = Guarded::new(&config()).await;
    let token = guarded.token("utopia", |_| {});
    assert_eq!(guarded.ask(document(PASSPORT, &token)).await.status, 200);
    let listed = guarded.ask(get("/v1/document-types", &token)).await;
    assert_eq!(listed.body["document_types"].as_array().map(Vec::len), Some(1));
    // One that there is not is refused as one that there is.
    guarded.ask(document("norvaria/id-card/2024", &token)).await.is(403, "auth.document_type");
    let other = guarded.token("norvaria", |entry| {
        entry.document_types = vec!["norvaria/*".to_owned()];
    });
    guarded.ask(document(PASSPORT, &other)).await.is(403, "auth.document_type");
    let listed = guarded.ask(get("/v1/document-types", &other)).await;
    assert_eq!(listed.body["document_types"].as_array().map(Vec::len), Some(0));
    guarded.ask(document("norvaria/no/type", &other)).await.is(404, "document_type.unknown");
}

#[tokio::test]
async fn a_type_in_the_head_reaches_no_further_than_one_in_the_body() {
    let guarded = Guarded::new(&config()).await;
    let other = guarded.token("norvaria", |entry| {
        entry.document_types = vec!["norvaria/*".to_owned()];
    });
    for header in super::super::affinity::HEADERS {
        let in_head = Request::post("/v1/extract")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=X")
            .header(AUTHORIZATION, format!("Bearer {other}"))
            .header(header, PASSPORT)
            .body(Body::from(form(&[("name=\"page\"", &png(8, 8))])))
            .expect("a request");
        guarded.ask(in_head).await.is(403, "auth.document_type");
        // Nor does one that is in reach hide another one behind it.
        let mut behind = document(PASSPORT, &other);
        behind.headers_mut().insert(header, "norvaria/no/type".parse().expect("a value"));
        guarded.ask(behind).await.is(400, "document_type.contradiction");
    }
}

#[tokio::test]
async fn a_token_whose_time_is_over_is_told_so() {
    let guarded = Guarded::new(&config()).await;
    let token = guarded.token("utopia", |entry| {
        entry.expires = Some("2020-01-01T00:00:00Z".to_owned());
    });
    let answer = guarded.ask(document(PASSPORT, &token)).await;
    answer.is(401, "auth.expired");
    assert!(answer.challenge.contains("expired"), "{answer:?}");
}

#[tokio::test]
async fn a_tenant_that_asks_too_often_is_told_when_it_may_again() {
    let guarded = Guarded::new(&config()).await;
    let token = guarded.token("utopia", |entry| entry.requests_a_minute = Some(2));
    for _ in 0..2 {
        assert_eq!(guarded.ask(get("/v1/document-types", &token)).await.status, 200);
    }
    let answer = guarded.ask(document(PASSPORT, &token)).await;
    answer.is(429, "tenant.rate");
    let seconds = answer.retry_after.parse::<u64>().expect("seconds");
    assert!((1..=30).contains(&seconds), "two a minute: {seconds}");
    let other = guarded.token("other", |_| {});
    assert_eq!(guarded.ask(document(PASSPORT, &other)).await.status, 200);
}

#[tokio::test]
async fn a_tenant_holds_as_many_documents_as_it_may() {
    let config = config();
    let (engine, mut let_go) = held_engine(&config).await;
    let guarded = Guarded::around(engine, &config);
    let token = guarded.token("utopia", |entry| entry.concurrent_documents = Some(1));
    let working = {
        let (router, request) = (guarded.router.clone(), document(PASSPORT, &token));
        tokio::spawn(async move { router.oneshot(request).await.expect("no errors").status() })
    };
    let_go.arrival().await;
    let refused = guarded.ask(document(PASSPORT, &token)).await;
    refused.is(429, "tenant.busy");
    assert_eq!(refused.retry_after, "1", "nothing was measured yet");
    let_go.send(()).expect("the model waits");
    assert_eq!(working.await.expect("no panic"), 200);
}

#[test]
fn waits_are_whole_seconds_within_bounds() {
    let of = |milliseconds| {
        let value = seconds_until(Duration::from_millis(milliseconds));
        value.to_str().expect("a number").parse::<u64>().expect("a number")
    };
    let told = [0, 1, 1000, 1001, 59_999, 60_001, 10_000_000].map(of);
    assert_eq!(told, [1, 1, 1, 2, 60, 60, 60]);
}
