//! The router, driven without a socket, around the real rules and page decoder.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::config::Config;
use crate::testing::{PASSPORT, Part, SURNAME, config, engine, form, held_engine, png};

mod affinity;
mod audited;
mod deadlines;
mod protocols;

mod log_lines;
use log_lines::Lines;

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
    router(Arc::new(App::new(engine(config).await.reader, config.http)), None)
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
    send(&app, get_request("/v3/extract")).await.is_problem(404, "route.unknown");
    send(&app, get_request("/v1/extract")).await.is_problem(405, "route.method");
    let text = Request::post("/v1/extract").header(CONTENT_TYPE, "text/plain");
    let request = text.body(Body::from("{}")).expect("a request");
    send(&app, request).await.is_problem(415, "body.content_type");
    let metrics = get_request("/metrics");
    send(&app, metrics).await.is_problem(404, "route.unknown");
}

/// A PDF of two pages.
const TWO_PAGES: &[u8] = include_bytes!("../../image-decode/fixtures/two-pages.pdf");

fn json_document(body: &Value) -> Request {
    let request = Request::post("/v1/extract").header(CONTENT_TYPE, "application/json");
    request.body(Body::from(body.to_string())).expect("a request")
}

fn page_document(path: &str) -> Request {
    let request = Request::post(path).header(CONTENT_TYPE, "image/png");
    request.body(Body::from(png(8, 8))).expect("a request")
}

/// An answer without what differs from one request to the next.
fn lasting(answer: &Answer) -> Value {
    let mut body = answer.json();
    for key in ["request_id", "timings_ms"] {
        body.as_object_mut().expect("an object").remove(key).expect("stands in it");
    }
    body
}

#[tokio::test]
async fn every_way_in_gives_the_same_answer() {
    let app = app(&config()).await;
    let of_form = send(&app, passport("mrz,surname")).await;
    assert_eq!(of_form.status, 200, "{}", of_form.json());
    let body = json!({
        "document_type": PASSPORT,
        "pages": [STANDARD.encode(png(8, 8))],
        "fields": ["mrz", "surname"],
    });
    let of_json = send(&app, json_document(&body)).await;
    let path = "/v1/document-types/utopia%2Fpassport%2F2024/extract?fields=mrz,surname";
    let of_page = send(&app, page_document(path)).await;
    for answer in [of_json, of_page] {
        assert_eq!(answer.status, 200, "{}", answer.json());
        assert_eq!(lasting(&answer), lasting(&of_form));
    }
}

#[tokio::test]
async fn pages_and_json_are_refused_as_forms_are() {
    let app = app(&config()).await;
    let unknown = "/v1/document-types/utopia%2Fvisa%2F2020/extract";
    send(&app, page_document(unknown)).await.is_problem(404, "document_type.unknown");
    let passport = "/v1/document-types/utopia%2Fpassport%2F2024/extract";
    let age = page_document(&format!("{passport}?fields=age"));
    send(&app, age).await.is_problem(422, "field.unknown");
    let misspelt = page_document(&format!("{passport}?filds=age"));
    send(&app, misspelt).await.is_problem(400, "query.malformed");
    let mut text = page_document(passport);
    text.headers_mut().insert(CONTENT_TYPE, "text/plain".parse().expect("a value"));
    send(&app, text).await.is_problem(415, "body.not_an_image_type");
    let pdf = Request::post(passport).header(CONTENT_TYPE, "application/pdf");
    let two_pages = pdf.body(Body::from(TWO_PAGES)).expect("a request");
    send(&app, two_pages).await.is_problem(422, "document.too_many_pages");
    send(&app, get_request(passport)).await.is_problem(405, "route.method");
    let none = json!({"document_type": PASSPORT, "pages": []});
    send(&app, json_document(&none)).await.is_problem(400, "page.missing");
    let no_image = json!({"document_type": PASSPORT, "pages": ["bm8gaW1hZ2U="]});
    send(&app, json_document(&no_image)).await.is_problem(415, "page.not_an_image");
    let misspelt = json!({"document_type": PASSPORT, "pages": [], "filds": []});
    send(&app, json_document(&misspelt)).await.is_problem(400, "json.unknown_key");
}

#[tokio::test]
async fn one_document_type_is_shown_with_what_serves_it() {
    let app = app(&config()).await;
    let all = send(&app, get_request("/v1/document-types")).await.json();
    let one = get_request("/v1/document-types/utopia%2Fpassport%2F2024");
    let one = send(&app, one).await;
    assert_eq!(one.status, 200);
    let mut one = one.json();
    let shown = one.as_object_mut().expect("an object");
    assert_eq!(shown.remove("generation"), Some(all["generation"].clone()));
    assert_eq!(shown.remove("base"), Some(all["base"].clone()));
    // Nothing calibrates this adapter's confidences.
    assert_eq!(shown.remove("scalings"), Some(json!([])));
    assert_eq!(one, all["document_types"][0]);
    let unknown = get_request("/v1/document-types/utopia%2Fvisa%2F2020");
    send(&app, unknown).await.is_problem(404, "document_type.unknown");
}

#[tokio::test]
async fn a_request_is_served_by_what_it_names_or_by_nothing() {
    let app = app(&config()).await;
    let served_by = send(&app, passport("surname")).await.json()["served_by"].clone();
    let with = |name: &'static str, value: &str| {
        let mut request = passport("surname");
        request.headers_mut().insert(name, value.parse().expect("a value"));
        request
    };
    let generation = served_by["generation"].to_string();
    assert_eq!(send(&app, with("if-generation", &generation)).await.status, 200);
    send(&app, with("if-generation", "2")).await.is_problem(412, "generation.changed");
    send(&app, with("if-generation", "now")).await.is_problem(400, "header.malformed");
    for (header, key) in [("if-base", "base"), ("if-adapter", "adapter"), ("if-rules", "rules")] {
        let digest = served_by[key].as_str().expect("a digest");
        assert_eq!(send(&app, with(header, digest)).await.status, 200, "{header}");
        let other = format!("sha256:{}", "7f".repeat(32));
        let refused = send(&app, with(header, &other)).await;
        let problem = refused.is_problem(412, "generation.changed");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(key)), "{problem}");
    }
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
    send(&app, with_page(b"GIF89a")).await.is_problem(415, "page.unsupported");
    send(&app, with_page(b"%PDF-1.7")).await.is_problem(400, "page.truncated");
    send(&app, with_page(TWO_PAGES)).await.is_problem(422, "document.too_many_pages");
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
    let app = router(Arc::new(App::new(engine.reader, config.http)), None);
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
    let app = router(Arc::new(App::new(engine.reader, config.http)), None);
    send(&app, passport("surname")).await.is_problem(504, "deadline");
    // The end of the router joins the model's thread.
    drop(let_go);
}

#[tokio::test]
async fn readiness_ends_with_draining_and_liveness_does_not() {
    let config = config();
    let app = Arc::new(App::new(engine(&config).await.reader, config.http));
    let router = router(Arc::clone(&app), None);
    assert_eq!(send(&router, get_request("/readyz")).await.status, 200);
    app.drain();
    send(&router, get_request("/readyz")).await.is_problem(503, "not_ready");
    assert_eq!(send(&router, get_request("/livez")).await.status, 200);
    assert_eq!(send(&router, passport("surname")).await.status, 200);
}

#[tokio::test]
async fn a_panic_is_a_problem_without_its_text() {
    let panics = async || -> StatusCode { panic!("{SURNAME}") };
    let router = Router::new()
        .route("/panics", get(panics))
        .layer(middleware::from_fn_with_state(Recorder::default(), observe));
    let answer = send(&router, get_request("/panics")).await;
    let problem = answer.is_problem(500, "internal");
    assert!(!problem.to_string().contains(SURNAME), "{problem}");
}

#[tokio::test]
async fn the_log_names_the_request_and_no_value() {
    let lines = Lines::kept();
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

#[tokio::test]
async fn ids_and_traces_of_clients_are_taken_where_they_are_well_formed() {
    let lines = Lines::kept();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(lines.clone()).finish();
    let app = app(&config()).await;
    let guard = tracing::subscriber::set_default(subscriber);
    let mut request = passport("surname");
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    request.headers_mut().insert("x-request-id", "order-17".parse().expect("a value"));
    request.headers_mut().insert("traceparent", parent.parse().expect("a value"));
    let answer = send(&app, request).await;
    assert_eq!(answer.headers["x-request-id"], "order-17");
    assert_eq!(answer.json()["request_id"], "order-17");
    let told = answer.headers["traceparent"].to_str().expect("a text");
    assert!(told.starts_with(&format!("00-{trace}-")) && told != parent, "{told}");
    let mut request = get_request("/v1/document-types");
    request.headers_mut().insert("x-request-id", "ERIKSSON, ANNA".parse().expect("a value"));
    let answer = send(&app, request).await;
    assert_ne!(answer.headers["x-request-id"], "ERIKSSON, ANNA");
    drop(guard);
    let log = lines.text();
    assert!(log.contains("order-17") && log.contains(trace), "{log}");
    assert!(!log.contains("ANNA"), "{log}");
}

#[tokio::test]
async fn a_request_that_is_sent_again_gets_its_answer_again() {
    let app = app(&config()).await;
    let with_key = |fields: &str| {
        let mut request = passport(fields);
        request.headers_mut().insert("idempotency-key", "\"4711\"".parse().expect("a value"));
        request
    };
    let first = send(&app, with_key("surname")).await;
    assert_eq!(first.status, 200, "{}", first.json());
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let again = send(&app, with_key("surname")).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.headers[CONTENT_TYPE], "application/json");
    let other = send(&app, with_key("mrz")).await;
    other.is_problem(422, "idempotency.other_request");
    let mut malformed = passport("surname");
    malformed.headers_mut().insert("idempotency-key", "a b".parse().expect("a value"));
    send(&app, malformed).await.is_problem(400, "header.malformed");
}

#[tokio::test]
async fn a_request_that_is_in_work_is_not_done_twice() {
    let (engine, mut let_go) = held_engine(&config()).await;
    let app = router(Arc::new(App::new(engine.reader, config().http)), None);
    let with_key = || {
        let mut request = passport("surname");
        request.headers_mut().insert("idempotency-key", "4711".parse().expect("a value"));
        request
    };
    let first = tokio::spawn({
        let (app, request) = (app.clone(), with_key());
        async move { send(&app, request).await }
    });
    let_go.arrival().await;
    send(&app, with_key()).await.is_problem(409, "idempotency.in_work");
    let_go.send(()).expect("the model waits");
    let first = first.await.expect("no panic");
    assert_eq!(first.status, 200);
    assert_eq!(send(&app, with_key()).await.body, first.body);
}

#[tokio::test]
async fn keys_are_refused_where_no_answers_are_kept() {
    let mut config = config();
    config.http.idempotency.entries = 0;
    let mut request = passport("surname");
    request.headers_mut().insert("idempotency-key", "4711".parse().expect("a value"));
    send(&app(&config).await, request).await.is_problem(400, "idempotency.not_kept");
}
