//! Operators set what rules leave to them, and take it back.

use dossier::config::Token;
use dossier_engine::rebuild_catalogue;
use dossier_engine::settings::Publisher;
use dossier_store::Scope;
use dossier_tests::{Answer, TestRoot, samples_of};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Host;
use super::command_line::{path, run_package, text};
use crate::PASSPORT;

const ROUTE: &str = "/v1/document-types/utopia%2Fpassport%2F2024/settings";
const ELSEWHERE: &str = "a token of another country";
/// Of the sample that expired on 12 December 2025, to the day that the tests take for today.
const DAYS_SINCE_EXPIRY: u16 = 347;

/// A host of Utopia's passport, with a second publisher who does not reach it.
async fn start() -> Host {
    let root = TestRoot::with_base().expect("the shipped base");
    root.add_shipped(PASSPORT).expect("is shipped");
    let data_dir = tempfile::tempdir().expect("a folder");
    Host::open(root, data_dir, |platform| {
        let scope = Scope {
            document_types: vec!["elsewhere/*".parse().expect("a pattern")],
            plugins: vec!["*".parse().expect("a pattern")],
        };
        let publisher = Publisher { name: "elsewhere".to_owned(), scope };
        let admin = platform.admin.as_mut().expect("an admin API");
        admin.tokens.push(Token { sha256: Sha256::digest(ELSEWHERE).into(), publisher });
    })
    .await
}

/// Reads the sample that has expired.
async fn read(host: &Host) -> Answer {
    let sample = samples_of(PASSPORT).expect("samples").remove(1);
    assert_eq!(sample.value("date_of_expiry"), Some("12 DEC 2025"));
    let answer = host.client.extract(PASSPORT, &sample.pages).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

fn outcome(answer: &Answer, code: &str) -> String {
    let checks = answer.body["checks"].as_array().expect("a list");
    let check = checks.iter().find(|check| check["code"] == code).expect("the check is there");
    check["outcome"].as_str().expect("a text").to_owned()
}

async fn put(host: &Host, generation: u64, settings: Value) -> (u16, Value) {
    let body = json!({"generation": generation, "settings": settings}).to_string().into_bytes();
    host.admin.ask(Method::PUT, ROUTE, body).await.expect("an answer")
}

async fn set(host: &Host, generation: u64, settings: Value) -> Value {
    let (status, body) = put(host, generation, settings.clone()).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["generation"], generation + 1);
    assert_eq!(body["document_type"], PASSPORT);
    body["settings"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_changes_a_check_outlives_a_restart_and_is_rolled_back() {
    let host = start().await;
    assert_eq!(outcome(&read(&host).await, "document.expiry"), "failed");
    let status = host.admin.status(PASSPORT).await.expect("a status");
    assert_eq!(status["settings"], json!(null), "the rules have their defaults");

    let enough = json!({"days_after_expiry": DAYS_SINCE_EXPIRY});
    let in_force = set(&host, 1, enough.clone()).await;
    assert_eq!((&in_force["values"], &in_force["origin"]), (&enough, &json!("operator")));
    let answer = read(&host).await;
    assert_eq!(outcome(&answer, "document.expiry"), "passed");
    assert_eq!(answer.body["served_by"]["generation"], 2);
    let status = host.admin.status(PASSPORT).await.expect("a status");
    assert_eq!(status["settings"], in_force);

    set(&host, 2, json!({"days_after_expiry": DAYS_SINCE_EXPIRY - 1})).await;
    assert_eq!(outcome(&read(&host).await, "document.expiry"), "failed");
    assert_eq!(outcome(&read(&host).await, "reading.confidence"), "passed");
    set(&host, 3, json!({"least_confidence": 1})).await;
    assert_eq!(outcome(&read(&host).await, "reading.confidence"), "failed");
    for generation in 5..=6 {
        let back = host.admin.change(PASSPORT, "rollback", json!(null)).await.expect("back");
        assert_eq!(back, generation);
    }
    let answer = read(&host).await;
    assert_eq!(outcome(&answer, "document.expiry"), "passed", "the settings of generation 2");
    assert_eq!(outcome(&answer, "reading.confidence"), "passed");

    let host = host.restart().await;
    assert_eq!(outcome(&read(&host).await, "document.expiry"), "passed");
    let (_, shown) = host.admin.ask(Method::GET, ROUTE, Vec::new()).await.expect("an answer");
    assert_eq!(shown["settings"], in_force);
    set(&host, 6, json!(null)).await;
    assert_eq!(outcome(&read(&host).await, "document.expiry"), "failed");
    for _ in 0..2 {
        host.admin.change(PASSPORT, "rollback", json!(null)).await.expect("back");
    }
    let error = host.admin.change(PASSPORT, "rollback", json!(null)).await.expect_err("nothing");
    assert!(error.to_string().contains("package.no_previous"), "{error}");

    let (_, history) = host.admin.ask(Method::GET, "/v1/history", Vec::new()).await.expect("told");
    let events = history["events"].as_array().expect("a list");
    let first = events.iter().rev().find(|event| event["action"] == "settings").expect("is told");
    assert_eq!(first["detail"], in_force["digest"]);
    assert_eq!((&first["name"], &first["actor"]), (&json!(PASSPORT), &json!("tests")));
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_or_the_host_refuse_changes_nothing() {
    let host = start().await;
    for (settings, status, code, told) in [
        (json!({"least_confidence": 2}), 422, "plugin.settings_refused", "`least_confidence`"),
        (json!({"days_after_expiry": 3661}), 422, "plugin.settings_refused", "0 to 3660"),
        (json!({"colour": "red"}), 422, "plugin.settings_refused", "`colour`"),
        (json!({"colour": "r".repeat(64 << 10)}), 413, "settings.too_long", "65536"),
        (json!([1]), 400, "admin.body", "object"),
    ] {
        let (answered, problem) = put(&host, 1, settings).await;
        assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{problem}");
        let detail = problem["detail"].as_str().expect("a sentence");
        assert!(detail.contains(told), "{detail}");
        if code == "plugin.settings_refused" {
            assert!(detail.contains(PASSPORT), "{detail}");
        }
    }
    for (body, code) in [
        (json!({"generation": 1}), "admin.body"),
        (json!({"settings": {}}), "admin.body"),
        (json!({"generation": 1, "settings": {}, "surprise": 1}), "admin.body"),
        (json!({"generation": 1, "settings": {"colour": "r".repeat(80 << 10)}}), "body.too_large"),
        (json!({"generation": u64::MAX, "settings": {}}), "admin.body"),
        (json!({"generation": 1, "settings": {"days_after_expiry": 1e12}}), "admin.body"),
        (json!({"generation": 1, "settings": {"k".repeat(129): 1}}), "admin.body"),
    ] {
        let body = body.to_string().into_bytes();
        let (_, problem) = host.admin.ask(Method::PUT, ROUTE, body).await.expect("an answer");
        assert_eq!(problem["code"], code, "{problem}");
    }
    for name in ["utopia%2Fid-card%2F2023", "utopia"] {
        let route = format!("/v1/document-types/{name}/settings");
        let body = json!({"generation": 1, "settings": {}}).to_string().into_bytes();
        let (status, problem) = host.admin.ask(Method::PUT, &route, body).await.expect("answered");
        assert!(status == 404 || status == 409, "{status} {problem}");
    }
    let elsewhere =
        dossier_tests::AdminClient::new(host.server.admin_address().expect("listens"), ELSEWHERE);
    for method in [Method::PUT, Method::GET] {
        let body = json!({"generation": 1, "settings": {}}).to_string().into_bytes();
        let (status, problem) = elsewhere.ask(method, ROUTE, body).await.expect("told");
        assert_eq!((status, &problem["code"]), (403, &json!("admin.forbidden")));
    }
    let status = host.admin.status(PASSPORT).await.expect("a status");
    assert_eq!((&status["generation"], &status["settings"]), (&json!(1), &json!(null)));
    assert_eq!(outcome(&read(&host).await, "document.expiry"), "failed");
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_undoes_what_he_has_not_seen() {
    let host = start().await;
    set(&host, 1, json!({"days_after_expiry": 10})).await;
    for unseen in [1, 0, 3, 1_000_000_000_000] {
        let (status, problem) = put(&host, unseen, json!({})).await;
        assert_eq!((status, &problem["code"]), (409, &json!("generation.unseen")), "{problem}");
    }
    // What others do with other names is no reason to look again.
    let package = super::package(1);
    host.admin.publish(&package).await.expect("a good package");
    let body = json!({"package": package.digest()});
    assert_eq!(host.admin.change("paper", "activate", body).await.expect("is activated"), 3);
    let (status, body) = put(&host, 2, json!({})).await;
    assert_eq!((status, &body["generation"]), (200, &json!(4)), "{body}");
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_keeps_settings_or_serves_nothing_without_them() {
    let host = start().await;
    let enough = json!({"days_after_expiry": DAYS_SINCE_EXPIRY});
    set(&host, 1, enough.clone()).await;
    set(&host, 2, json!({"days_after_expiry": 0})).await;
    host.admin.change(PASSPORT, "rollback", json!(null)).await.expect("back");
    let Host { root, data_dir, server, .. } = host;
    server.shutdown().await;
    let catalogue = data_dir.path().join("catalogue.redb");
    let kept = std::fs::read_dir(data_dir.path().join("last-settings")).expect("a folder");
    assert_eq!(
        kept.count(),
        1,
        "those that a rollback took back are named by nothing that is copied"
    );

    std::fs::remove_file(&catalogue).expect("is there");
    let rebuilt = rebuild_catalogue(data_dir.path()).expect("is made again");
    assert!(rebuilt.is_what_served && rebuilt.without_settings.is_empty(), "{rebuilt:?}");
    let host = Host::open(root, data_dir, |_| {}).await;
    assert_eq!(outcome(&read(&host).await, "document.expiry"), "passed");
    let (_, shown) = host.admin.ask(Method::GET, ROUTE, Vec::new()).await.expect("an answer");
    assert_eq!(shown["settings"]["values"], enough);
    let Host { root, data_dir, server, .. } = host;
    server.shutdown().await;

    std::fs::remove_file(&catalogue).expect("is there");
    std::fs::remove_dir_all(data_dir.path().join("last-settings")).expect("is there");
    let rebuilt = rebuild_catalogue(data_dir.path()).expect("is made again");
    assert_eq!(
        (rebuilt.is_what_served, rebuilt.without_settings),
        (true, vec![PASSPORT.to_owned()])
    );
    let host = Host::open(root, data_dir, |_| {}).await;
    let sample = samples_of(PASSPORT).expect("samples").remove(1);
    let answer = host.client.extract(PASSPORT, &sample.pages).await.expect("an answer");
    assert_eq!((answer.status, answer.code()), (404, "document_type.unknown"), "{}", answer.text);
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_types() {
    let host = start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("settings.json");
    let shown = text(&run_package(&host, &["settings", PASSPORT]).await);
    assert!(shown.contains("the defaults of the rules"), "{shown}");
    std::fs::write(&file, r#"{"days_after_expiry": 347}"#).expect("is written");
    let set = text(&run_package(&host, &["settings", PASSPORT, path(&file)]).await);
    assert!(set.contains("generation 2") && set.contains(r#"{"days_after_expiry":347}"#), "{set}");
    assert_eq!(outcome(&read(&host).await, "document.expiry"), "passed");

    std::fs::write(&file, r#"{"days_after_expiry": -1}"#).expect("is written");
    let refused = run_package(&host, &["settings", PASSPORT, path(&file)]).await;
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && error.contains("`days_after_expiry`"), "{error}");
    std::fs::write(&file, "[]").expect("is written");
    let refused = run_package(&host, &["settings", PASSPORT, path(&file)]).await;
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && error.contains("settings.json"), "{error}");
    let stale = ["settings", PASSPORT, "--reset", "--generation", "1"];
    let refused = run_package(&host, &stale).await;
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(error.contains("generation.unseen"), "{error}");

    let reset = text(&run_package(&host, &["settings", PASSPORT, "--reset", "--json"]).await);
    let reset = serde_json::from_str::<Value>(&reset).expect("JSON");
    assert_eq!((&reset["generation"], &reset["settings"]), (&json!(3), &json!(null)));
    assert_eq!(outcome(&read(&host).await, "document.expiry"), "failed");
    host.end().await;
}
