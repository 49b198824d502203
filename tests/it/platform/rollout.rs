//! Canaries and shadows: tried beside, promoted, ended.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Host, package_of, paper, version_of};
use crate::guest::{Guest, RawCheck};

/// Asks until `is_so`, for as long as a busy machine may take.
async fn eventually(host: &Host, is_so: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let status = host.admin.status("paper").await.expect("a status");
        if is_so(&status) {
            return status;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until what serves is of this generation, of which the status tells a moment earlier.
async fn serves(host: &Host, generation: &Value) {
    let start = Instant::now();
    while host.client.get("/v1/document-types").await.expect("answered").body["generation"]
        != *generation
    {
        assert!(start.elapsed() < Duration::from_secs(60), "{generation}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_answers_some_requests_and_is_promoted() {
    let host = Host::start().await;
    let second = host.publish(2).await;
    for percent in [0, 101] {
        let body = json!({"package": second.package, "percent": percent});
        let error = host.admin.change("paper", "canary", body).await.expect_err("no percentage");
        assert!(error.to_string().contains("package.percent"), "{error}");
    }
    let body = json!({"package": second.package, "percent": 50});
    host.admin.change("paper", "canary", body).await.expect("starts");
    let mut versions = BTreeMap::new();
    for _ in 0..40 {
        let (version, digest) = version_of(&host.read().await);
        assert_eq!(version == 2, digest == second.artifact);
        *versions.entry(version).or_insert(0_u64) += 1;
    }
    assert_eq!(versions.len(), 2, "{versions:?}");
    let status = host.admin.status("paper").await.expect("a status");
    assert_eq!(status["state"], "canary");
    assert_eq!(status["canary"]["calls"], versions[&2]);
    assert_eq!(status["canary"]["active_calls"], versions[&1]);
    assert_eq!(status["canary"]["failures"], 0);

    host.admin.change("paper", "promote", json!(null)).await.expect("promoted");
    for _ in 0..10 {
        assert_eq!(version_of(&host.read().await).0, 2);
    }
    let error = host.admin.change("paper", "promote", json!(null)).await.expect_err("no candidate");
    assert!(error.to_string().contains("package.no_candidate"), "{error}");
    host.admin.change("paper", "rollback", json!(null)).await.expect("back");
    assert_eq!(version_of(&host.read().await).0, 1);
    host.end().await;
}

/// That all failures fall to the canary, if it fails as the active version does: 1 / C(n, failures).
fn chance_of(failures: u64, good: u64) -> f64 {
    (1..=failures).map(|n| n as f64 / (good + n) as f64).product()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_traps_ends_by_itself_and_says_so() {
    let host = Host::start().await;
    // It passes its fixture, whose `before` is never called, and traps at documents.
    let mut traps = paper(2);
    traps.before = format!("(if (local.get 3) (then unreachable)) {}", traps.before);
    let traps = host.admin.publish(&package_of(&traps, 2)).await.expect("passes its fixture");
    let body = json!({"package": traps.package, "percent": 50});
    host.admin.change("paper", "canary", body).await.expect("starts");
    let (mut failures, mut good) = (0_u64, 0_u64);
    for _ in 0..200 {
        // A client's own mistakes are no failures of the version.
        let mistake = host.client.extract_fields(super::PAPER, &[], "surname").await;
        assert_eq!(mistake.expect("an answer").status, 400);
        let answer = host.read().await;
        if answer.status == 200 {
            assert_eq!(version_of(&answer).0, 1);
            good += 1;
        } else {
            assert_eq!(answer.code(), "plugin.trap");
            failures += 1;
            if failures >= 5 && chance_of(failures, good) <= 0.001 {
                break;
            }
        }
    }
    let status = eventually(&host, |status| status["canary"].is_null()).await;
    assert_eq!(status["state"], "active");
    serves(&host, &status["generation"]).await;
    for _ in 0..10 {
        assert_eq!(version_of(&host.read().await).0, 1);
    }
    let history = host.admin.ask(reqwest::Method::GET, "/v1/packages/paper/history", Vec::new());
    let (_, history) = history.await.expect("told");
    let last = &history["events"][0];
    assert_eq!((&last["action"], &last["actor"]), (&json!("canary_stopped"), &json!("host")));
    assert_eq!(last["code"], "canary.failing");
    let counts =
        format!("{failures} of {failures} canary requests failed, 0 of {good} of the active");
    assert!(last["detail"].as_str().expect("a text").starts_with(&counts), "{last}");
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_is_compared_and_its_results_are_dropped() {
    let host = Host::start().await;
    let mut differs = Guest::good();
    differs.describes("paper", "1.0.2", &[super::PAPER]);
    let shape = Some((1, 1));
    let request = crate::guest::RawRequest { max_length: 1, shape, ..Default::default() };
    differs.requests(&[request]);
    let check = RawCheck { code: "version.2", outcome: 1, ..RawCheck::default() };
    differs.reports(&[("surname", Some("SHADOW"), "visual")], &[check]);
    let mut fixture = super::fixture(2);
    fixture["expected"]["fields"]["surname"] = json!("SHADOW");
    fixture["expected"]["checks"][0]["outcome"] = json!("failed");
    let types = [super::PAPER];
    let package =
        dossier_tests::rules_package("paper", "1.0.2", &types, differs.component(), &[fixture]);
    let second = host.admin.publish(&package.expect("a package")).await.expect("is published");
    let body = json!({"package": second.package});
    host.admin.change("paper", "shadow", body).await.expect("starts");
    for _ in 0..6 {
        let answer = host.read().await;
        assert_eq!(version_of(&answer).0, 1);
        assert!(!answer.text.contains("SHADOW") && !answer.text.contains("version.2"));
    }
    let counted = |status: &Value| {
        let count = |key: &str| status["shadow"][key].as_u64().unwrap_or_default();
        count("compared") + count("skipped") == 6
    };
    let status = eventually(&host, counted).await;
    let shadow = &status["shadow"];
    assert_eq!((&status["state"], &shadow["same"]), (&json!("shadow"), &json!(0)));
    assert_eq!(shadow["different_fields"]["surname"], shadow["compared"]);
    assert_eq!(shadow["different_checks"], shadow["compared"]);
    assert_eq!(shadow["different_verdicts"], shadow["compared"]);
    assert_eq!(shadow["failed"], 0);
    assert!(shadow["compared"].as_u64() >= Some(1) && !status.to_string().contains("SHADOW"));
    host.admin.change("paper", "rollback", json!(null)).await.expect("the shadow ends");
    let status = host.admin.status("paper").await.expect("a status");
    assert_eq!((&status["state"], &status["shadow"]), (&json!("active"), &json!(null)));
    host.end().await;
}
