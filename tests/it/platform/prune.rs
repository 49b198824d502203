//! Packages that nothing refers to leave the disk, and nothing else does.

use std::fs;
use std::time::Duration;

use dossier::config::Token;
use dossier_engine::settings::Publisher;
use dossier_store::Scope;
use dossier_tests::AdminClient;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::command_line::{run_package, text};
use super::{Host, version_of};

const NOBODY: &str = "a token of another country";

/// A host on which every package is old at once, with a second publisher.
async fn without_grace() -> Host {
    Host::start_with(|platform| {
        platform.package_grace = Duration::ZERO;
        let scope = Scope {
            document_types: vec!["elsewhere/*".parse().expect("a pattern")],
            plugins: vec!["*".parse().expect("a pattern")],
        };
        let publisher = Publisher { name: "nobody".to_owned(), scope };
        let admin = platform.admin.as_mut().expect("an admin API");
        admin.tokens.push(Token { sha256: Sha256::digest(NOBODY).into(), publisher });
    })
    .await
}

async fn prune(admin: &AdminClient, dry_run: bool) -> Value {
    let body = json!({"dry_run": dry_run}).to_string().into_bytes();
    let (status, body) = admin.ask(Method::POST, "/v1/prune", body).await.expect("an answer");
    assert_eq!(status, 200, "{body}");
    body
}

fn packages_on_disk(host: &Host) -> usize {
    fs::read_dir(host.data_dir.path().join("packages")).expect("a folder").count()
}

fn names(pruned: &Value) -> Vec<&str> {
    let packages = pruned["packages"].as_array().expect("a list").iter();
    packages.map(|package| package["package"].as_str().expect("a digest")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_generation_names_goes_and_the_rest_serves_on() {
    let host = without_grace().await;
    let second = host.publish(2).await;
    let third = host.publish(3).await;
    host.activate(&second).await;
    // A refused package lies there no more.
    let mut broken = super::paper(4);
    broken.after = "unreachable".to_owned();
    let refused = super::package_of(&broken, 4);
    host.admin.publish(&refused).await.expect_err("it traps");
    assert_eq!(packages_on_disk(&host), 4, "an adapter and three versions of rules");

    let expected = [third.package.clone()];
    let told = prune(&host.admin, true).await;
    assert_eq!(names(&told), expected);
    assert_eq!(
        (&told["dry_run"], &told["packages"][0]["version"]),
        (&json!(true), &json!("1.0.3"))
    );
    assert!(told["bytes"].as_u64().is_some_and(|bytes| bytes > 1000), "{told}");
    assert_eq!(packages_on_disk(&host), 4, "nothing is touched");
    // Another country's token finds nothing that is its own.
    let nobody = AdminClient::new(host.server.admin_address().expect("listens"), NOBODY);
    assert!(names(&prune(&nobody, false).await).is_empty());
    assert_eq!(packages_on_disk(&host), 4);

    let done = text(&run_package(&host, &["prune"]).await);
    assert!(done.contains(&third.package) && done.contains("1 packages"), "{done}");
    assert_eq!(packages_on_disk(&host), 3);
    assert!(names(&prune(&host.admin, false).await).is_empty(), "nothing is left to take");
    assert_eq!(version_of(&host.read().await).0, 2);

    // It can't be activated any more, is told in the history, and can come back.
    let body = json!({"package": third.package});
    let error = host.admin.change("paper", "activate", body).await.expect_err("is gone");
    assert!(error.to_string().contains("package.unknown_digest"), "{error}");
    let history = host.admin.ask(Method::GET, "/v1/history", Vec::new()).await.expect("told").1;
    let pruned = history["events"].as_array().expect("a list").iter();
    let pruned = pruned.filter(|event| event["action"] == "prune").count();
    assert_eq!(pruned, 1, "{history}");
    let again = host.publish(3).await;
    host.activate(&again).await;
    assert_eq!(version_of(&host.read().await).0, 3);

    // What a rollback goes back to is never taken, and a restart finds everything it needs.
    assert!(names(&prune(&host.admin, false).await).is_empty());
    let host = host.restart().await;
    host.admin.change("paper", "rollback", json!(null)).await.expect("back");
    assert_eq!(version_of(&host.read().await).0, 2);
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_younger_than_the_grace_stays() {
    let host = Host::start().await;
    host.publish(2).await;
    assert!(names(&prune(&host.admin, false).await).is_empty());
    assert_eq!(packages_on_disk(&host), 3);
    for body in [json!({}), json!({"dry_run": true, "grace_days": 0}), json!([])] {
        let body = body.to_string().into_bytes();
        let (status, problem) =
            host.admin.ask(Method::POST, "/v1/prune", body).await.expect("an answer");
        assert_eq!((status, &problem["code"]), (400, &json!("admin.body")));
    }
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_takes_old_packages_away_if_it_is_told_to() {
    let host = without_grace().await;
    host.publish(2).await;
    let Host { root, data_dir, server, .. } = host;
    server.shutdown().await;
    let host = Host::open(root, data_dir, |platform| {
        platform.package_grace = Duration::ZERO;
        platform.prune_at_start = true;
    })
    .await;
    assert_eq!(packages_on_disk(&host), 2);
    assert_eq!(version_of(&host.read().await).0, 1);
    let history = host.admin.ask(Method::GET, "/v1/history", Vec::new()).await.expect("told").1;
    assert_eq!(history["events"][0]["action"], "prune");
    assert_eq!(history["events"][0]["actor"], "host");
    host.end().await;
}
