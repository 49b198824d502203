//! The router, driven without a socket, around the real rules and page decoder.

use std::convert::Infallible;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use futures_util::stream;
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;
use crate::config::Config;
use crate::testing::{PASSPORT, Part, SURNAME, config, engine, form, held_engine, png};

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// Checks that this is a problem of that status and code.
    fn is_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!(
            (self.status.as_u16(), problem["code"].as_str()),
            (status, Some(code)),
            "{problem}"
        );
        assert_eq!(problem["status"], status);
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json");
        assert_eq!(self.headers["x-request-id"], problem["request_id"].as_str().expect("an id"));
        problem
    }
}

async fn app(config: &Config) -> Router {
    router(Arc::new(App::new(engine(config).await.reader, config.http)))
}

async fn send(router: &Router, request: Request) -> Answer {
    let response = router.clone().oneshot(request).await.expect("a router has no errors");
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
    Answer { status: head.status, headers: head.headers, body }
}

fn get_request(path: &str) -> Request {
    Request::get(path).body(Body::empty()).expect("a request")
}

fn post_body(body: impl Into<Body>) -> Request {
    Request::post("/v1/extract")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=X")
        .body(body.into())
        .expect("a request")
}

fn post_parts(parts: &[Part<'_>]) -> Request {
    post_body(form(parts))
}

fn passport(fields: &str) -> Request {
    post_parts(&[
        ("name=\"page\"; filename=\"page-1.png\"", &png(8, 8)),
        ("name=\"document_type\"", PASSPORT.as_bytes()),
        ("name=\"fields\"", fields.as_bytes()),
    ])
}

#[tokio::test]
async fn a_document_is_answered_in_the_order_of_the_request() {
    let answer = send(&app(&config()).await, passport("mrz,surname")).await;
    let body = answer.json();
    assert_eq!(answer.status, 200, "{body}");
    assert_eq!(body["document_type"], PASSPORT);
    assert_eq!(body["fields"][0]["name"], "mrz");
    assert_eq!(body["fields"][1]["name"], "surname");
    assert_eq!(body["fields"][1]["raw"], SURNAME);
    assert_eq!(body["fields"][1]["confidence"], 0.75);
    assert_eq!(body["fields"][1]["page"], 1);
    assert_eq!(body["served_by"]["base"], format!("sha256:{}", "01".repeat(32)));
    assert_eq!(body["served_by"]["adapter"], format!("sha256:{}", "02".repeat(32)));
    assert_eq!(body["served_by"]["generation"], 1);
    assert!(body["checks"].as_array().is_some_and(|checks| !checks.is_empty()));
    assert_ne!(body["verdict"], "accepted");
    assert_eq!(answer.headers["x-request-id"], body["request_id"].as_str().expect("an id"));
}

#[tokio::test]
async fn document_types_are_listed_with_their_digests() {
    let answer = send(&app(&config()).await, get_request("/v1/document-types")).await;
    let body = answer.json();
    assert_eq!(answer.status, 200);
    assert_eq!(body["document_types"][0]["document_type"], PASSPORT);
    assert_eq!(body["document_types"][0]["fields"][0], "surname");
    assert_eq!(body["document_types"][0]["rules"]["name"], "utopia");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let app = app(&config()).await;
    send(&app, get_request("/v2/extract")).await.is_problem(404, "route.unknown");
    send(&app, get_request("/v1/extract")).await.is_problem(405, "route.method");
    let json = Request::post("/v1/extract").header(CONTENT_TYPE, "application/json");
    let request = json.body(Body::from("{}")).expect("a request");
    send(&app, request).await.is_problem(415, "body.content_type");
}

#[tokio::test]
async fn bad_documents_are_refused_and_the_next_one_is_read() {
    let app = app(&config()).await;
    let page = png(8, 8);
    let document_type = ("name=\"document_type\"", PASSPORT.as_bytes());
    let with_page = |bytes| post_parts(&[document_type, ("name=\"page\"", bytes)]);

    let unknown = [("name=\"page\"", &page[..]), ("name=\"document_type\"", b"utopia/visa/2020")];
    send(&app, post_parts(&unknown)).await.is_problem(404, "document_type.unknown");
    send(&app, post_parts(&[document_type])).await.is_problem(400, "page.missing");
    send(&app, with_page(b"")).await.is_problem(400, "page.empty");
    send(&app, with_page(&page[..page.len() / 2])).await.is_problem(400, "page.truncated");
    send(&app, with_page(b"no image")).await.is_problem(415, "page.not_an_image");
    send(&app, with_page(b"%PDF-1.7")).await.is_problem(415, "page.unsupported");
    send(
        &app,
        post_parts(&[
            document_type,
            ("name=\"a\"; filename=\"a\"", &page),
            ("name=\"page\"", &page),
        ]),
    )
    .await
    .is_problem(422, "document.too_many_pages");
    let problem = send(&app, passport("surname,age")).await.is_problem(422, "field.unknown");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("`age`")), "{problem}");
    let misspelt = [document_type, ("name=\"page\"", &page), ("name=\"filds\"", b"surname")];
    let problem = send(&app, post_parts(&misspelt)).await.is_problem(400, "form.unknown_part");
    assert!(
        problem["detail"].as_str().is_some_and(|detail| detail.contains("`filds`")),
        "{problem}"
    );

    assert_eq!(send(&app, passport("surname")).await.status, 200);
}

#[tokio::test]
async fn a_huge_header_is_refused_before_any_pixel() {
    let mut page = png(8, 8).to_vec();
    // The header alone says 30,000 x 30,000; its checksum is made good again.
    let header = png(30_000, 0);
    page[..33].copy_from_slice(&header[..33]);
    let request =
        post_parts(&[("name=\"page\"", &page), ("name=\"document_type\"", PASSPORT.as_bytes())]);
    send(&app(&config()).await, request).await.is_problem(413, "page.too_large");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_declared_or_not() {
    let mut config = config();
    config.http.body_bytes = 1000;
    let app = app(&config).await;
    let mut declared = post_body(vec![b'x'; 1001]);
    declared.headers_mut().insert("content-length", 1001.into());
    send(&app, declared).await.is_problem(413, "body.too_large");
    let chunks = (0..11).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b'x'; 100])));
    send(&app, post_body(Body::from_stream(stream::iter(chunks))))
        .await
        .is_problem(413, "body.too_large");
}

#[tokio::test]
async fn a_body_that_dribbles_is_cut_off() {
    let mut config = config();
    config.http.body_timeout = Duration::from_millis(50);
    let dribble = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b"-")), ()))
    });
    let request = post_body(Body::from_stream(dribble));
    send(&app(&config).await, request).await.is_problem(408, "body.timeout");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told_apart() {
    let broken = stream::iter([
        Ok(Bytes::from_static(b"--X")),
        Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    ]);
    let request = post_body(Body::from_stream(broken));
    send(&app(&config()).await, request).await.is_problem(400, "body.broken");
}

#[tokio::test]
async fn one_request_too_many_is_refused_at_once() {
    let mut config = config();
    config.http.concurrent_requests = 1;
    let (engine, mut let_go) = held_engine(&config).await;
    let app = router(Arc::new(App::new(engine.reader, config.http)));
    let first = tokio::spawn({
        let app = app.clone();
        async move { send(&app, passport("surname")).await.status }
    });
    // Or it might be the second that is admitted.
    let_go.arrival().await;
    let refused = send(&app, passport("surname")).await;
    refused.is_problem(429, "overloaded");
    assert_eq!(refused.headers[RETRY_AFTER], "1");
    let_go.send(()).expect("the model waits");
    assert_eq!(first.await.expect("no panic"), 200);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let mut config = config();
    config.http.request_timeout = Duration::from_millis(100);
    let (engine, let_go) = held_engine(&config).await;
    let app = router(Arc::new(App::new(engine.reader, config.http)));
    send(&app, passport("surname")).await.is_problem(504, "deadline");
    // The end of the router joins the model's thread.
    drop(let_go);
}

#[tokio::test]
async fn readiness_ends_with_draining_and_liveness_does_not() {
    let config = config();
    let app = Arc::new(App::new(engine(&config).await.reader, config.http));
    let router = router(Arc::clone(&app));
    assert_eq!(send(&router, get_request("/readyz")).await.status, 200);
    app.drain();
    send(&router, get_request("/readyz")).await.is_problem(503, "not_ready");
    assert_eq!(send(&router, get_request("/livez")).await.status, 200);
    assert_eq!(send(&router, passport("surname")).await.status, 200);
}

#[tokio::test]
async fn a_panic_is_a_problem_without_its_text() {
    let panics = async || -> StatusCode { panic!("{SURNAME}") };
    let router = Router::new().route("/panics", get(panics)).layer(middleware::from_fn(observe));
    let answer = send(&router, get_request("/panics")).await;
    let problem = answer.is_problem(500, "internal");
    assert!(!problem.to_string().contains(SURNAME), "{problem}");
}

#[tokio::test]
async fn the_log_names_the_request_and_no_value() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    let app = app(&config()).await;
    let guard = tracing::subscriber::set_default(subscriber);
    let answer = send(&app, passport("surname")).await;
    let mut misspelt = post_parts(&[("name=\"document_type\"", SURNAME.as_bytes())]);
    *misspelt.uri_mut() = "/v1/extract?name=ERIKSSON".parse().expect("a path");
    send(&app, misspelt).await.is_problem(404, "document_type.unknown");
    drop(guard);

    let log = lines.text();
    let id = answer.json()["request_id"].as_str().expect("an id").to_owned();
    assert!(log.contains(&id) && log.contains(PASSPORT) && log.contains("status=200"), "{log}");
    assert!(log.contains("document_type.unknown"), "{log}");
    assert!(!log.contains(SURNAME), "{log}");
}

/// Log lines, kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn waiting_for(milliseconds: &'static str) -> Request {
    let mut request = passport("surname");
    let value = axum::http::HeaderValue::from_static(milliseconds);
    request.headers_mut().insert("x-request-timeout-ms", value);
    request
}

#[tokio::test]
async fn a_client_that_waits_less_is_told_so_and_nothing_of_its_document_is_read() {
    let config = config();
    let (engine, mut let_go) = held_engine(&config).await;
    let app = router(Arc::new(App::new(engine.reader, config.http)));
    let ask = |request| {
        let app = app.clone();
        tokio::spawn(async move { send(&app, request).await })
    };
    let first = ask(passport("surname"));
    assert_eq!(let_go.arrival().await, 1);
    send(&app, waiting_for("50")).await.is_problem(504, "deadline");
    let third = ask(waiting_for("600000"));
    for _ in 0..4 {
        let_go.send(()).expect("the model waits");
    }
    for answer in [first, third] {
        assert_eq!(answer.await.expect("no panic").status, 200);
    }
    assert_eq!(let_go.arrived_since(), 1, "the second was not read");
}

#[tokio::test]
async fn a_time_that_is_none_is_refused_before_anything_is_read() {
    let app = app(&config()).await;
    send(&app, waiting_for("soon")).await.is_problem(400, "deadline.header");
    assert_eq!(send(&app, waiting_for("60000")).await.status, 200);
}

#[tokio::test]
async fn an_overloaded_host_tells_how_long_documents_took_of_late() {
    let mut config = config();
    config.http.concurrent_requests = 1;
    let (engine, mut let_go) = held_engine(&config).await;
    let app = router(Arc::new(App::new(engine.reader, config.http)));
    let ask = |request| {
        let app = app.clone();
        tokio::spawn(async move { send(&app, request).await })
    };
    // Two that are done make one interval.
    for _ in 0..2 {
        let_go.send(()).expect("the model waits");
        assert_eq!(send(&app, passport("surname")).await.status, 200);
        let_go.arrival().await;
    }
    let working = ask(passport("surname"));
    let_go.arrival().await;
    let refused = send(&app, passport("surname")).await;
    refused.is_problem(429, "overloaded");
    let seconds = refused.headers[RETRY_AFTER].to_str().expect("text").parse::<u64>();
    assert!((1..=60).contains(&seconds.expect("a number")));
    let_go.send(()).expect("the model waits");
    assert_eq!(working.await.expect("no panic").status, 200);
}
