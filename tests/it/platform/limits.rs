//! What one publisher may ask for, and whose word counts when something is to serve.

use dossier_engine::settings::{PublisherLimits, TrustedKey};
use dossier_store::{Scope, SecretKey};
use dossier_tests::TestRoot;
use reqwest::Method;
use serde_json::json;

use super::{Host, PAPER, package, version_of};

fn everything() -> Scope {
    let pattern = || vec!["*".parse().expect("a pattern")];
    Scope { document_types: pattern(), plugins: pattern() }
}

fn trusted(key: &SecretKey) -> TrustedKey {
    let (publisher, public_key) = ("team".to_owned(), key.public_key());
    TrustedKey { publisher, public_key, scope: everything() }
}

fn signed(number: u32, key: &SecretKey) -> dossier_store::Package {
    let mut package = package(number);
    package.sign(key);
    package
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_trusted_any_more_activates_nothing() {
    let (old, new) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
    let host = Host::start_with(|platform| {
        platform.dev = false;
        platform.signing_keys = vec![trusted(&old), trusted(&new)];
    })
    .await;
    let second = host.admin.publish(&signed(2, &old)).await.expect("trusted");
    let third = host.admin.publish(&signed(3, &new)).await.expect("trusted");
    host.activate(&second).await;
    host.activate(&third).await;
    let Host { root, data_dir, server, .. } = host;
    server.shutdown().await;
    let host = Host::open(root, data_dir, |platform| {
        platform.dev = false;
        platform.signing_keys = vec![trusted(&new)];
    })
    .await;
    assert_eq!(version_of(&host.read().await).0, 3, "what serves goes on");
    let body = json!({"package": second.package});
    for (action, body) in [
        ("activate", body.clone()),
        ("canary", json!({"package": second.package, "percent": 10})),
        ("shadow", body),
        ("rollback", json!(null)),
    ] {
        let error = host.admin.change("paper", action, body).await.expect_err(action).to_string();
        assert!(error.contains("package.untrusted_key"), "{action}: {error}");
    }
    assert_eq!(version_of(&host.read().await).0, 3);
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_package_serves_nobody() {
    let host = Host::start().await;
    let second = host.publish(2).await;
    host.activate(&second).await;
    let revoked = second.package.parse().expect("a digest");
    let Host { root, data_dir, server, .. } = host;
    server.shutdown().await;
    let host = Host::open(root, data_dir, |platform| platform.revoked = [revoked].into()).await;
    assert_eq!(version_of(&host.read().await).0, 1, "the version before serves");
    let status = host.admin.status("paper").await.expect("a status");
    assert_eq!(status["quarantine"]["code"], "package.revoked");
    host.admin.change("paper", "rollback", json!(null)).await.expect("back");
    let error = host.admin.publish(&package(2)).await.expect_err("revoked").to_string();
    assert!(error.contains("package.revoked"), "{error}");
    let body = json!({"package": second.package});
    let error = host.admin.change("paper", "activate", body).await.expect_err("revoked");
    assert!(error.to_string().contains("package.revoked"), "{error}");
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_package_does_not_come_back_as_new() {
    let key = SecretKey::from_seed([1; 32]);
    let host = Host::start_with(|platform| {
        platform.dev = false;
        platform.older_versions = false;
        platform.signing_keys = vec![trusted(&key)];
    })
    .await;
    let third = host.admin.publish(&signed(3, &key)).await.expect("newer");
    for number in [1, 2] {
        let error = host.admin.publish(&signed(number, &key)).await.expect_err("older");
        assert!(error.to_string().contains("package.not_newer"), "{error}");
    }
    // The same package again is the same package.
    assert_eq!(host.admin.publish(&signed(3, &key)).await.expect("known").package, third.package);
    host.admin.publish(&signed(4, &key)).await.expect("newer");
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_has_a_quota_of_the_disk() {
    let one = package(2).files().map(|(_, content)| content.len() as u64).sum::<u64>();
    let host = Host::start_with(|platform| {
        platform.publisher = PublisherLimits { disk_bytes: one + one / 2, ..platform.publisher };
    })
    .await;
    host.publish(2).await;
    let error = host.admin.publish(&package(3)).await.expect_err("too much").to_string();
    assert!(error.contains("publisher.quota"), "{error}");
    let packages = std::fs::read_dir(host.data_dir.path().join("packages")).expect("a folder");
    assert_eq!(packages.count(), 3, "an adapter and two versions of rules");
    let incoming = std::fs::read_dir(host.data_dir.path().join("incoming")).expect("a folder");
    assert_eq!(incoming.count(), 0, "what was sent is gone");
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_asks_too_often_can_still_go_back() {
    let host = Host::start_with(|platform| {
        platform.publisher = PublisherLimits { changes_a_minute: 3, ..platform.publisher };
    })
    .await;
    let second = host.publish(2).await;
    host.activate(&second).await;
    let body = json!({"package": second.package});
    let mut refused = String::new();
    for _ in 0..20 {
        if let Err(error) = host.admin.change("paper", "activate", body.clone()).await {
            refused = error.to_string();
        }
    }
    assert!(refused.contains("publisher.overloaded"), "{refused}");
    host.admin.change("paper", "rollback", json!(null)).await.expect("back");
    assert_eq!(version_of(&host.read().await).0, 1);
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_leaves_the_disk_and_names_no_path_of_the_host() {
    let host = Host::start().await;
    let adapter =
        |changes: &[(&str, &[u8])]| super::adapter_package(PAPER, TestRoot::BASE, changes);
    let whole = adapter(&[]);
    let weights = whole.file("adapter_model.safetensors").expect("is there");
    let on_disk = || {
        let packages = host.data_dir.path().join("packages");
        std::fs::read_dir(packages).expect("a folder").count()
    };
    let before = on_disk();
    let config = br#"{"peft_type": "LORA", "surprise": "\u001b[2J"}"#.as_slice();
    for (name, content) in
        [("adapter_model.safetensors", &weights[..100]), ("adapter_config.json", config)]
    {
        let damaged = adapter(&[(name, content)]);
        let error = host.admin.publish(&damaged).await.expect_err("damaged").to_string();
        let status = host.admin.status(PAPER).await.expect("a status");
        let told = [error, status["reason"]["detail"].to_string()];
        for told in told {
            let folder = host.data_dir.path().to_string_lossy();
            assert!(!told.contains(&*folder) && !told.contains("/packages/"), "{told}");
            assert!(told.contains(name) && !told.contains('\u{1b}'), "{told}");
        }
    }
    assert_eq!(on_disk(), before);
    // What was read with the same weights meanwhile is read from its own files.
    assert_eq!(version_of(&host.read().await).0, 1);
    host.end().await;
}

/// What may be asked for has bounds, and whatever is beyond them is refused by name and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_of_the_admin_api_chooses_is_bounded() {
    let host = Host::start().await;
    let second = host.publish(2).await;
    let package = second.package.as_str();
    let long = format!("{:?}", "a".repeat(5000));
    let canary = |percent: &str| format!(r#"{{"package": "{package}", "percent": {percent}}}"#);
    let (get, post) = (Method::GET, Method::POST);
    let too_long = format!("/v1/packages/{}", "a".repeat(65));
    let cases = [
        (&post, "/v1/packages/paper/canary", canary("0"), 422, "package.percent"),
        (&post, "/v1/packages/paper/canary", canary("101"), 422, "package.percent"),
        (
            &post,
            "/v1/packages/paper/canary",
            canary("18446744073709551615"),
            422,
            "package.percent",
        ),
        (&post, "/v1/packages/paper/canary", canary("1e2"), 400, "admin.body"),
        (&post, "/v1/packages/paper/canary", canary("-1"), 400, "admin.body"),
        (
            &post,
            "/v1/packages/paper/activate",
            r#"{"package": "sha256:12"}"#.to_owned(),
            400,
            "admin.body",
        ),
        (
            &post,
            "/v1/packages/paper/activate",
            format!(r#"{{"package": {long}}}"#),
            413,
            "body.too_large",
        ),
        (&post, "/v1/packages/paper/activate?dry_run=true", canary("1"), 400, "admin.query"),
        (&post, "/v1/packages/paper/rollback", canary("1"), 400, "admin.body"),
        (&post, "/v1/packages/paper/promote", "{}".to_owned(), 400, "admin.body"),
        (&post, "/v1/packages/paper/rollback?x=1", String::new(), 400, "admin.query"),
        (&post, "/v1/packages?activate=true", String::new(), 400, "admin.query"),
        (&post, "/v1/packages?dry_run=maybe", String::new(), 400, "admin.query"),
        (&post, "/v1/prune", r#"{"dry_run": false, "grace": 0}"#.to_owned(), 400, "admin.body"),
        (&post, "/v1/prune?dry_run=true", r#"{"dry_run": false}"#.to_owned(), 400, "admin.query"),
        (&get, "/v1/packages?limit=0", String::new(), 400, "admin.query"),
        (&get, "/v1/packages?limit=1001", String::new(), 400, "admin.query"),
        (&get, "/v1/packages?after=%1b%5b2J", String::new(), 400, "admin.query"),
        (&get, "/v1/packages?surprise=1", String::new(), 400, "admin.query"),
        (&get, "/v1/packages/paper?limit=1", String::new(), 400, "admin.query"),
        (&get, "/v1/history?limit=10001", String::new(), 400, "admin.query"),
        (&get, "/v1/packages/paper/history?limit=-1", String::new(), 400, "admin.query"),
        (&get, "/v1/packages/Paper", String::new(), 400, "admin.name"),
        (&get, "/v1/packages/%ff", String::new(), 400, "admin.name"),
        (&get, &too_long, String::new(), 400, "admin.name"),
        (&get, "/v1/document-types/%1b/settings", String::new(), 400, "admin.name"),
    ];
    for (method, path, body, status, code) in cases {
        let answer = host.admin.ask(method.clone(), path, body.into_bytes()).await;
        let (answered, problem) = answer.expect("an answer");
        assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{path}: {problem}");
    }
    let status = host.admin.status("paper").await.expect("a status");
    assert_eq!((&status["generation"], &status["canary"]), (&json!(1), &json!(null)));
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_comes_by_the_page() {
    let host = Host::start().await;
    let listed = async |query: &str| {
        let path = format!("/v1/packages{query}");
        let (status, body) = host.admin.ask(Method::GET, &path, Vec::new()).await.expect("told");
        assert_eq!(status, 200, "{body}");
        let names = body["packages"].as_array().expect("a list").iter();
        let names = names.map(|package| package["name"].as_str().expect("a text").to_owned());
        (names.collect::<Vec<_>>(), body["next"].clone())
    };
    assert_eq!(listed("").await, (vec!["paper".to_owned(), PAPER.to_owned()], json!(null)));
    assert_eq!(listed("?limit=1").await, (vec!["paper".to_owned()], json!("paper")));
    assert_eq!(listed("?limit=1&after=paper").await, (vec![PAPER.to_owned()], json!(null)));
    assert_eq!(listed("?after=test%2Fpaper%2F1").await, (Vec::new(), json!(null)));
    host.end().await;
}
