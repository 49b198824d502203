//! Jobs over HTTP, read by the real rules and page decoder and a model that says what the test wants.

use std::path::Path as FilePath;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier_jobs::{EmbeddedStore, JobSettings, MasterKey, TenantLimits};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;
use crate::testing::{PASSPORT, PATIENCE, SURNAME, config, engine, held_engine, png};

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

struct Host {
    app: Arc<App>,
    router: Router,
    _folder: TempDir,
}

impl Host {
    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.ask_with(method, path, body, &[]).await
    }

    async fn ask_with(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.body(body).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("no errors");
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    /// Sends a job that must be taken; answers its path.
    async fn send(&self, body: &Value) -> String {
        let answer = self.ask("POST", "/v1/jobs", Some(body)).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        answer.headers[LOCATION].to_str().expect("a path").to_owned()
    }

    /// Waits until a job is in a state.
    async fn becomes(&self, path: &str, state: &str) -> Value {
        let changed = async {
            loop {
                let answer = self.ask("GET", path, None).await;
                if answer.body["state"] == state {
                    return answer.body;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, changed).await.expect("in time")
    }
}

async fn kept(folder: &FilePath) -> KeptJobs {
    let store = Arc::new(EmbeddedStore::open(folder).expect("opens"));
    let master = MasterKey::from_text(&"1".repeat(64)).expect("a key");
    let settings = JobSettings {
        limits: TenantLimits { waiting: 8, bytes: 1 << 20 },
        attempts: 2,
        lease: Duration::from_secs(60),
        ttl: Duration::from_secs(60 * 60),
    };
    let jobs = Jobs::open(store, master, settings).await.expect("opens");
    KeptJobs { jobs: Arc::new(jobs), most_documents: 3, reach: Reach::Everything }
}

async fn host_of(reader: dossier_engine::Reader) -> Host {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = kept(folder.path()).await;
    let app = Arc::new(App::new(reader, config().http).keeping(Some(kept)));
    Host { router: super::super::router(Arc::clone(&app), None), app, _folder: folder }
}

async fn host() -> Host {
    host_of(engine(&config()).await.reader).await
}

fn document(page: &Bytes) -> Value {
    json!({"document_type": PASSPORT, "pages": [STANDARD.encode(page)], "fields": ["surname"]})
}

fn job(count: usize) -> Value {
    json!({"documents": vec![document(&png(8, 8)); count]})
}

#[tokio::test]
async fn documents_are_read_later_as_they_would_be_at_once() {
    let host = host().await;
    let mut body = job(2);
    body["documents"][1]["pages"] = json!([STANDARD.encode(b"no page")]);
    let path = host.send(&body).await;
    let waiting = host.ask("GET", &path, None).await.body;
    assert_eq!((&waiting["state"], &waiting["counts"]["queued"]), (&json!("queued"), &json!(2)));
    let nothing = host.ask("GET", &format!("{path}/result"), None).await.body;
    assert_eq!(nothing["documents"][0]["answer"], Value::Null);

    let workers = Workers::start(&host.app, 2).expect("there are jobs");
    let done = host.becomes(&path, "failed").await;
    let counts = &done["counts"];
    assert_eq!((&counts["succeeded"], &counts["failed"]), (&json!(1), &json!(1)), "{done}");
    assert_eq!(done["documents"][1]["code"], "page.not_an_image");
    assert_eq!(done["documents"][1]["attempts"], 1, "a client's mistake is none to be tried again");
    let result = host.ask("GET", &format!("{path}/result"), None).await.body;
    let problem = &result["documents"][1]["problem"];
    assert_eq!((&problem["status"], &problem["code"]), (&json!(415), &json!("page.not_an_image")));
    let mut later = result["documents"][0]["answer"].clone();
    assert_eq!(later["fields"][0]["raw"], SURNAME);
    let mut at_once = host.ask("POST", "/v1/extract", Some(&document(&png(8, 8)))).await.body;
    for answer in [&mut later, &mut at_once] {
        for key in ["request_id", "timings_ms"] {
            answer.as_object_mut().expect("an object").remove(key).expect("stands in it");
        }
    }
    assert_eq!(later, at_once);
    workers.end(PATIENCE).await;
    host.app.jobs.as_ref().expect("jobs").jobs.look_at_the_clock().await.expect("answers");
    let standing = host.app.jobs.as_ref().expect("jobs").jobs.standing();
    assert_eq!((standing.waiting, standing.succeeded, standing.failed), (0, 1, 1));
}

#[tokio::test]
async fn the_head_of_a_job_names_the_type_of_each_document() {
    let host = host().await;
    let mut body = job(2);
    body["documents"][1].as_object_mut().expect("an object").remove("document_type");
    let named = [("x-dossier-document-type", PASSPORT)];
    let taken = host.ask_with("POST", "/v1/jobs", Some(&body), &named).await;
    assert_eq!(taken.status, 202, "{}", taken.body);
    assert_eq!(taken.body["documents"][1]["document_type"], PASSPORT);
    let missing = host.ask("POST", "/v1/jobs", Some(&body)).await;
    assert_eq!((missing.status, &missing.body["code"]), (400, &json!("json.missing_key")));
    let other = [("serve_multiplexed_model_id", "utopia/visa/2020")];
    let refused = host.ask_with("POST", "/v1/jobs", Some(&body), &other).await;
    let code = &refused.body["code"];
    assert_eq!((refused.status, code), (400, &json!("document_type.contradiction")));
}

#[tokio::test]
async fn a_job_that_is_sent_again_is_not_read_again() {
    let host = host().await;
    let key = [("idempotency-key", "one")];
    let first = host.ask_with("POST", "/v1/jobs", Some(&job(1)), &key).await;
    assert_eq!(first.status, 202);
    let again = host.ask_with("POST", "/v1/jobs", Some(&job(1)), &key).await;
    assert_eq!((again.status, &again.body["id"]), (200, &first.body["id"]));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = host.ask_with("POST", "/v1/jobs", Some(&job(2)), &key).await;
    assert_eq!((other.status, &other.body["code"]), (422, &json!("idempotency.other_request")));
}

#[tokio::test]
async fn what_a_client_chooses_is_bounded() {
    let host = host().await;
    let with = |key: &str, value: Value| {
        let mut body = job(1);
        body[key] = value;
        body
    };
    let mut no_pages = job(1);
    no_pages["documents"][0]["pages"] = json!([]);
    let mut unknown = job(1);
    unknown["documents"][0]["document_type"] = json!("utopia/visa/2020");
    let cases = [
        (job(0), 422, "job.documents"),
        (job(4), 422, "job.documents"),
        (with("subject", json!("")), 400, "job.value"),
        (with("subject", json!("x".repeat(129))), 400, "job.value"),
        (with("ttl_seconds", json!(0)), 400, "job.value"),
        (with("ttl_seconds", json!(2_592_001)), 400, "job.value"),
        (with("ttl_seconds", json!(-1)), 400, "json.value"),
        (with("webhok", json!(1)), 400, "json.unknown_key"),
        (json!({}), 400, "json.missing_key"),
        (with("webhook", json!({"url": "ftp://hooks.example/"})), 400, "job.value"),
        (with("webhook", json!({"url": "https://a.example/", "secret": "x"})), 400, "job.value"),
        (with("webhook", json!({"secret": "x"})), 400, "json.missing_key"),
        (no_pages, 400, "page.missing"),
        (unknown, 404, "document_type.unknown"),
    ];
    for (body, status, code) in cases {
        let answer = host.ask("POST", "/v1/jobs", Some(&body)).await;
        assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)), "{body}");
    }
    let text = host.ask_with("POST", "/v1/jobs", None, &[("content-type", "text/plain")]).await;
    assert_eq!((text.status, &text.body["code"]), (415, &json!("body.not_json")));
    for _ in 0..2 {
        host.send(&job(3)).await;
    }
    let full = host.ask("POST", "/v1/jobs", Some(&job(3))).await;
    assert_eq!((full.status, &full.body["code"]), (429, &json!("job.too_many")));
    assert!(full.headers.contains_key("retry-after"));
    let query = host.ask("GET", "/v1/jobs?limit=101", None).await;
    assert_eq!((query.status, &query.body["code"]), (400, &json!("query.malformed")));
}

#[tokio::test]
async fn jobs_are_listed_cancelled_and_erased() {
    let host = host().await;
    let mut about = job(1);
    about["subject"] = json!("case 7");
    let (first, second) = (host.send(&about).await, host.send(&about).await);
    let third = host.send(&job(2)).await;
    let page = host.ask("GET", "/v1/jobs?limit=2", None).await.body;
    let of = |body: &Value, index: usize| {
        format!("/v1/jobs/{}", body["jobs"][index]["id"].as_str().unwrap_or_default())
    };
    assert_eq!((of(&page, 0), of(&page, 1)), (third.clone(), second.clone()));
    let next = page["next"].as_str().expect("there is more");
    let rest = host.ask("GET", &format!("/v1/jobs?before={next}"), None).await.body;
    assert_eq!((of(&rest, 0), &rest["next"]), (first.clone(), &Value::Null));

    let cancelled = host.ask("POST", &format!("{third}/cancel"), None).await;
    assert_eq!((cancelled.status, &cancelled.body["state"]), (200, &json!("cancelled")));
    assert_eq!(host.ask("DELETE", &third, None).await.status, 204);
    for (method, path) in [
        ("GET", third.clone()),
        ("DELETE", third.clone()),
        ("GET", format!("{third}/result")),
        ("POST", format!("{third}/cancel")),
        ("GET", "/v1/jobs/1".to_owned()),
    ] {
        let answer = host.ask(method, &path, None).await;
        assert_eq!((answer.status, &answer.body["code"]), (404, &json!("job.unknown")), "{path}");
    }
    let subject = json!({"subject": "case 7"});
    let erased = host.ask("POST", "/v1/jobs/erase", Some(&subject)).await.body;
    assert_eq!(erased, json!({"erased": 2}));
    host.send(&about).await;
    let erased = host.ask("POST", "/v1/jobs/erase", Some(&json!({"all": true}))).await.body;
    assert_eq!(erased, json!({"erased": 1}));
}

#[tokio::test]
async fn a_host_without_jobs_says_so() {
    let app = Arc::new(App::new(engine(&config()).await.reader, config().http));
    assert!(Workers::start(&app, 1).is_none());
    let router = super::super::router(Arc::clone(&app), None);
    let host = Host { router, app, _folder: tempfile::tempdir().expect("a folder") };
    for (method, path, body) in [
        ("POST", "/v1/jobs", Some(job(1))),
        ("GET", "/v1/jobs", None),
        ("DELETE", "/v1/jobs/1", None),
        ("POST", "/v1/jobs/erase", Some(json!({"all": true}))),
    ] {
        let answer = host.ask(method, path, body.as_ref()).await;
        assert_eq!((answer.status, &answer.body["code"]), (404, &json!("job.not_kept")), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_in_work_is_let_go_and_what_is_not_finished_is_given_back() {
    let (engine, mut gate) = held_engine(&config()).await;
    let host = host_of(engine.reader).await;
    let workers = Workers::start(&host.app, 1).expect("there are jobs");
    let first = host.send(&job(1)).await;
    gate.arrival().await;
    host.becomes(&first, "running").await;
    let cancelled = host.ask("POST", &format!("{first}/cancel"), None).await.body;
    assert_eq!(cancelled["state"], "cancelled");
    gate.send(()).expect("waits");
    // The one who read it is free for another.
    let second = host.send(&job(1)).await;
    gate.arrival().await;
    host.becomes(&second, "running").await;
    workers.end(Duration::from_millis(10)).await;
    let given_back = host.ask("GET", &second, None).await.body;
    let document = &given_back["documents"][0];
    assert_eq!((&document["state"], &document["attempts"]), (&json!("queued"), &json!(0)));
    gate.send(()).expect("waits");
    let workers = Workers::start(&host.app, 1).expect("there are jobs");
    gate.arrival().await;
    gate.send(()).expect("waits");
    host.becomes(&second, "succeeded").await;
    let still = host.ask("GET", &first, None).await.body;
    assert_eq!(still["state"], "cancelled", "what came of it is nobody's");
    workers.end(PATIENCE).await;
}

/// A listener that answers what it is told, and what it was sent.
async fn hook(statuses: &'static [&'static str]) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        for status in statuses {
            let (mut stream, _) = listener.accept().await.expect("somebody tells");
            let mut request = Vec::new();
            // The body is an object without one inside that ends it.
            while !request.ends_with(b"}}}") {
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).await.expect("reads");
                assert!(read > 0, "it ends with its body");
                request.extend(&buffer[..read]);
            }
            heard.push(String::from_utf8(request).expect("text"));
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.expect("writes");
        }
        heard
    });
    (url, heard)
}

#[tokio::test]
async fn whoever_is_to_be_told_is_told_signed_and_without_a_value() {
    let host = host().await;
    let (url, heard) = hook(&["204 No Content", "204 No Content"]).await;
    let mut body = job(1);
    let secret = format!("whsec_{}", STANDARD.encode([7; 32]));
    body["webhook"] = json!({"url": url, "secret": secret});
    let path = host.send(&body).await;
    let early = host.ask("POST", &format!("{path}/webhook"), None).await;
    assert_eq!((early.status, &early.body["code"]), (409, &json!("job.webhook")));
    let workers = Workers::start(&host.app, 1).expect("there are jobs");
    let told = async {
        while host.ask("GET", &path, None).await.body["webhook"]["state"] != "delivered" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("in time");
    // By hand, once more.
    let again = host.ask("POST", &format!("{path}/webhook"), None).await;
    assert_eq!((again.status, &again.body["webhook"]["state"]), (202, &json!("due")));
    let heard = tokio::time::timeout(PATIENCE, heard).await.expect("in time").expect("heard");
    workers.end(PATIENCE).await;
    for request in &heard {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.unwrap_or_else(|| panic!("no {name}: {head}")).to_owned()
        };
        assert!(head.starts_with("POST /hook HTTP/1.1"), "{head}");
        assert_eq!(header("content-type"), "application/json");
        let (id, time) = (header("webhook-id"), header("webhook-timestamp"));
        let signed = format!("{id}.{time}.{body}");
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &[7; 32]);
        let tag = STANDARD.encode(ring::hmac::sign(&key, signed.as_bytes()).as_ref());
        let signature = header("webhook-signature");
        assert!(signature.starts_with(&format!("v1,{tag} v1a,")), "{signature}");
        let told = serde_json::from_str::<Value>(body).expect("JSON");
        assert_eq!(told["type"], "job.succeeded");
        assert_eq!(format!("/v1/jobs/{}", told["data"]["id"].as_str().expect("an id")), path);
        assert!(!request.contains(SURNAME) && !request.contains(&secret));
    }
    let key = host.ask("GET", "/v1/jobs/webhook-key", None).await.body;
    assert!(key["public_key"].as_str().is_some_and(|key| key.starts_with("whpk_")), "{key}");
}

#[tokio::test]
async fn who_does_not_listen_is_told_again_and_who_is_gone_is_not() {
    let host = host().await;
    let (url, refuses) = hook(&["500 No", "302 Found"]).await;
    let (gone, is_gone) = hook(&["410 Gone"]).await;
    let mut paths = Vec::new();
    for url in [&url, &url, &gone] {
        let mut body = job(1);
        body["webhook"] = json!({"url": url});
        paths.push(host.send(&body).await);
    }
    let workers = Workers::start(&host.app, 1).expect("there are jobs");
    for (path, state) in [(&paths[0], "due"), (&paths[1], "due"), (&paths[2], "given_up")] {
        let told = async {
            loop {
                let webhook = host.ask("GET", path, None).await.body["webhook"].clone();
                if webhook["state"] == state && webhook["code"] != Value::Null {
                    return webhook;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let webhook = tokio::time::timeout(PATIENCE, told).await.expect("in time");
        assert_eq!(webhook["attempts"], 1, "{webhook}");
        let code = if state == "due" { "webhook.refused" } else { "webhook.gone" };
        assert_eq!(webhook["code"], code);
    }
    for heard in [refuses, is_gone] {
        heard.await.expect("heard");
    }
    workers.end(PATIENCE).await;
}
