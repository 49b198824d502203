//! What is published, what is refused, and what a restart finds.

use std::collections::BTreeMap;
use std::fs;

use dossier::config::Token;
use dossier_engine::settings::{Publisher, TrustedKey};
use dossier_store::{Package, Scope, SecretKey};
use dossier_tests::{AdminClient, TestRoot, rules_package};
use reqwest::Method;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Host, PAPER, adapter_package, fixture, package, package_of, paper, version_of};
use crate::DOSSIER;
use crate::guest::{Guest, LOOP, RawRequest};

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_published_activated_undone_and_outlives_a_restart() {
    let host = Host::start().await;
    assert_eq!(version_of(&host.read().await).0, 1);
    let status = host.admin.status("paper").await.expect("a status");
    assert_eq!((&status["state"], &status["generation"]), (&json!("active"), &json!(1)));
    assert_eq!(status["versions"][0]["origin"], "import");

    let second = host.publish(2).await;
    assert_eq!(version_of(&host.read().await).0, 1, "what is published does not serve yet");
    assert_eq!(host.activate(&second).await, 2);
    let answer = host.read().await;
    assert_eq!(version_of(&answer), (2, second.artifact.clone()));
    assert_eq!(answer.body["served_by"]["generation"], 2);

    // The folders are not looked at again: the store is what serves.
    let host = {
        fs::remove_file(host.root.path().join("plugins/prebuilt/paper.wasm")).expect("is there");
        host.restart().await
    };
    let answer = host.read().await;
    assert_eq!(version_of(&answer), (2, second.artifact));
    assert_eq!(answer.body["served_by"]["generation"], 2);

    let generation = host.admin.change("paper", "rollback", json!(null)).await.expect("back");
    assert_eq!(generation, 3);
    assert_eq!(version_of(&host.read().await).0, 1);
    let error = host.admin.change("paper", "rollback", json!(null)).await.expect_err("nothing");
    assert!(error.to_string().contains("package.no_previous"), "{error}");

    let (_, history) = host.admin.ask(Method::GET, "/v1/history", Vec::new()).await.expect("told");
    let actions = history["events"].as_array().expect("a list").iter();
    let actions = actions.map(|event| event["action"].as_str().expect("a text"));
    assert_eq!(actions.collect::<Vec<_>>(), ["rollback", "activate", "publish", "import"]);
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_refused_is_data_and_the_last_good_version_serves_on() {
    let host = Host::start_with(|platform| platform.compile_in(DOSSIER.into())).await;
    let component = |guest: &Guest| guest.component();
    let with = |component: Vec<u8>, fixtures: &[serde_json::Value]| {
        rules_package("paper", "1.0.2", &[PAPER], component, fixtures).expect("a package")
    };
    let good = component(&paper(2));
    let mut expects_another = fixture(2);
    expects_another["expected"]["checks"][0]["outcome"] = json!("failed");
    let mut unknown_key = fixture(2);
    unknown_key["surprise"] = json!(1);
    let loops = Guest { describe: LOOP.to_owned(), ..paper(2) };
    let traps = Guest { after: "unreachable".to_owned(), ..paper(2) };
    let mut other_type = paper(2);
    other_type.describes("paper", "1.0.2", &["test/paper/2"]);
    let cases = [
        ("package.no_fixture", with(good.clone(), &[])),
        ("fixture.failed", with(good.clone(), &[expects_another])),
        ("fixture.malformed", with(good.clone(), &[unknown_key])),
        ("package.manifest_mismatch", package_of(&paper(3), 2)),
        ("package.manifest_mismatch", with(component(&other_type), &[fixture(2)])),
        ("plugin.compile_failed", with(good[..good.len() / 2].to_vec(), &[fixture(2)])),
        ("plugin.timeout", with(component(&loops), &[fixture(2)])),
        ("plugin.trap", with(component(&traps), &[fixture(2)])),
    ];
    for (code, package) in cases {
        let error = host.admin.publish(&package).await.expect_err(code).to_string();
        assert!(error.contains(&format!("\"{code}\"")), "{code}: {error}");
        let status = host.admin.status("paper").await.expect("a status");
        assert_eq!(status["reason"]["code"], code);
        assert_eq!(status["reason"]["package"], package.digest().to_string());
        assert_eq!((&status["state"], &status["generation"]), (&json!("active"), &json!(1)));
        assert_eq!(version_of(&host.read().await).0, 1, "{code}");
        // It can't be activated behind the back of its refusal.
        let body = json!({"package": package.digest()});
        let error = host.admin.change("paper", "activate", body).await.expect_err("unknown");
        assert!(error.to_string().contains("package.unknown_digest"), "{error}");
    }
    let no_package = host.admin.ask(Method::POST, "/v1/packages", b"hello".to_vec()).await;
    let (status, problem) = no_package.expect("an answer");
    assert_eq!((status, &problem["code"]), (400, &json!("package.malformed")));
    host.publish(2).await;
    let status = host.admin.status("paper").await.expect("a status");
    assert!(status["reason"].is_null(), "a good publication is the last attempt now");
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_a_served_type_needs_can_not_be_taken_from_it() {
    let host = Host::start().await;
    let mut elsewhere = Guest::good();
    elsewhere.describes("paper", "2.0.0", &["test/paper/2"]);
    let mut about = fixture(1);
    about["document_type"] = json!("test/paper/2");
    about["expected"] = json!({
        "fields": {"surname": "ERIKSSON"},
        "checks": [{"code": "surname.is_there", "outcome": "passed"}],
    });
    let lost = rules_package("paper", "2.0.0", &["test/paper/2"], elsewhere.component(), &[about]);
    let lost = host.admin.publish(&lost.expect("a package")).await.expect("good in itself");
    let body = json!({"package": lost.package});
    for action in ["activate", "shadow"] {
        let error = host.admin.change("paper", action, body.clone()).await.expect_err("refused");
        assert!(error.to_string().contains("rules.lack_document_type"), "{error}");
    }

    let mut unreadable = paper(2);
    unreadable.requests(&[RawRequest { name: "surname", page: 7, ..RawRequest::default() }]);
    let unreadable =
        host.admin.publish(&package_of(&unreadable, 2)).await.expect("passes fixtures");
    let body = json!({"package": unreadable.package});
    let error = host.admin.change("paper", "activate", body).await.expect_err("refused");
    assert!(error.to_string().contains("plugin.invalid_result"), "{error}");
    assert_eq!(version_of(&host.read().await).0, 1);
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_type_is_added_while_the_host_serves() {
    let host = Host::start().await;
    let mut rules = paper(2);
    rules.describes("paper", "1.0.2", &[PAPER, "test/paper/2"]);
    let mut other = fixture(2);
    other["document_type"] = json!("test/paper/2");
    let types = [PAPER, "test/paper/2"];
    let fixtures = [fixture(2), other];
    let both = rules_package("paper", "1.0.2", &types, rules.component(), &fixtures);
    let both = host.admin.publish(&both.expect("a package")).await.expect("is published");

    let adapter =
        |base: &str, changes: &[(&str, &[u8])]| adapter_package("test/paper/2", base, changes);
    let whole = adapter(TestRoot::BASE, &[]);
    let weights = whole.file("adapter_model.safetensors").expect("is there");
    let cut_off = &weights[..weights.len() / 2];
    let damaged = adapter(TestRoot::BASE, &[("adapter_model.safetensors", cut_off)]);
    let error = host.admin.publish(&damaged).await.expect_err("damaged").to_string();
    assert!(error.contains("adapter.refused"), "{error}");
    let error = host.admin.publish(&adapter("large", &[])).await.expect_err("other base");
    assert!(error.to_string().contains("adapter.wrong_base"), "{error}");

    let new = host.admin.publish(&whole).await.expect("is published");
    let body = json!({"package": new.package});
    let early = host.admin.change("test/paper/2", "activate", body.clone()).await;
    let early = early.expect_err("version 1 of the rules does not know it").to_string();
    assert!(early.contains("rules.lack_document_type"), "{early}");
    host.activate(&both).await;
    host.admin.change("test/paper/2", "activate", body).await.expect("is activated");
    let page = dossier_tests::bad_images::blank(64, 48, image::ImageFormat::Png);
    let answer = host.client.extract("test/paper/2", &[page]).await.expect("an answer");
    assert_eq!(version_of(&answer).0, 2);
    assert_eq!(answer.body["served_by"]["adapter"], new.artifact);
    let listed = host.client.get("/v1/document-types").await.expect("an answer");
    assert_eq!(listed.body["document_types"].as_array().map(Vec::len), Some(2));
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_signed_packages_of_ones_own_names_are_taken() {
    let (ours, theirs) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
    let scope = |types: &str, plugins: &str| Scope {
        document_types: vec![types.parse().expect("a pattern")],
        plugins: vec![plugins.parse().expect("a pattern")],
    };
    let paper_team = scope("test/*", "paper");
    let other_team = scope("other/*", "other");
    let trusted = [(&ours, &paper_team), (&theirs, &other_team)];
    let trusted = trusted.map(|(key, scope)| TrustedKey {
        publisher: "team".to_owned(),
        public_key: key.public_key(),
        scope: scope.clone(),
    });
    let host = Host::start_with(|platform| {
        platform.dev = false;
        platform.signing_keys = trusted.to_vec();
        let tokens = [("paper's token", paper_team), ("other's token", other_team)];
        let tokens = tokens.map(|(token, scope)| Token {
            sha256: Sha256::digest(token).into(),
            publisher: Publisher { name: "team".to_owned(), scope },
        });
        platform.admin.as_mut().expect("listens").tokens.extend(tokens);
    })
    .await;
    let signed = |key: &SecretKey| {
        let mut package = package(2);
        package.sign(key);
        package
    };
    let address = host.server.admin_address().expect("listens");
    let ours_client = AdminClient::new(address, "paper's token");
    let other_client = AdminClient::new(address, "other's token");
    for (code, package) in [
        ("package.unsigned", package(2)),
        ("package.untrusted_key", signed(&theirs)),
        ("package.untrusted_key", signed(&SecretKey::from_seed([3; 32]))),
    ] {
        let error = ours_client.publish(&package).await.expect_err(code).to_string();
        assert!(error.contains(code), "{error}");
    }
    let moved = {
        // The signature of one package on another.
        let signature = signed(&ours).signature().expect("is signed").to_json();
        let other = package(3);
        let files = other.files().map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
        let signature = ("signature.json".to_owned(), signature);
        let files = files.chain([signature]).collect::<BTreeMap<_, _>>();
        Package::new(files).expect("a package")
    };
    let error = ours_client.publish(&moved).await.expect_err("moved").to_string();
    assert!(error.contains("package.signature"), "{error}");

    let error = other_client.publish(&signed(&ours)).await.expect_err("not theirs").to_string();
    assert!(error.contains("admin.forbidden"), "{error}");
    let published = ours_client.publish(&signed(&ours)).await.expect("signed and theirs");
    let body = json!({"package": published.package});
    let none = json!(null);
    for (action, body) in [("activate", &body), ("rollback", &none), ("promote", &none)] {
        let error = other_client.change("paper", action, body.clone()).await.expect_err(action);
        assert!(error.to_string().contains("admin.forbidden"), "{error}");
    }
    let listed = other_client.ask(Method::GET, "/v1/packages", Vec::new()).await.expect("told");
    assert_eq!(listed.1["packages"], json!([]));
    let told = other_client.ask(Method::GET, "/v1/history", Vec::new()).await.expect("told");
    assert_eq!(told.1["events"], json!([]));
    ours_client.change("paper", "activate", body).await.expect("theirs");
    assert_eq!(version_of(&host.read().await).0, 2);

    let nobody = AdminClient::new(address, "guessed");
    let (status, problem) =
        nobody.ask(Method::GET, "/v1/packages", Vec::new()).await.expect("told");
    assert_eq!((status, &problem["code"]), (401, &json!("admin.unauthenticated")));
    host.end().await;
}
