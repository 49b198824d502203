//! A package is tried before it is published: what its rules make of its fixtures is shown, and nothing of it
//! is kept.

use std::fs;
use std::path::{Path, PathBuf};

use dossier::config::Token;
use dossier_engine::settings::{Publisher, TrustedKey};
use dossier_store::{Package, Scope, SecretKey};
use dossier_tests::{AdminClient, rules_package};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::command_line::{path, run_package, text};
use super::{Host, PAPER, adapter_package, fixture, package, package_of, paper, version_of};
use crate::DOSSIER;

const ROUTE: &str = "/v1/packages?dry_run=true";
const NOBODY: &str = "a token of another country";

async fn tried(admin: &AdminClient, package: &Package) -> (u16, Value) {
    admin.ask(Method::POST, ROUTE, package.to_tar()).await.expect("an answer")
}

/// A package of rules whose fixture expects another outcome than they report.
fn failing(number: u32) -> Package {
    let mut expects_another = fixture(number);
    expects_another["expected"]["checks"][0]["outcome"] = json!("failed");
    let fixtures = [expects_another];
    let (version, component) = (format!("1.0.{number}"), paper(number).component());
    rules_package("paper", &version, &[PAPER], component, &fixtures).expect("a package")
}

/// Every file below a folder, but for the catalogue, which has the history.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let file = entry.expect("an entry").path();
        match file.is_dir() {
            true => files.extend(files_below(&file)),
            false => files.push(file),
        }
    }
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_tried_beside_what_serves_and_leaves_nothing_behind() {
    let host = Host::start_with(|platform| platform.compile_in(DOSSIER.into())).await;
    let (status_before, on_disk) =
        (host.admin.status("paper").await.expect("a status"), files_below(host.data_dir.path()));
    let package = package(2);
    let (status, run) = tried(&host.admin, &package).await;
    assert_eq!(status, 200, "{run}");
    assert_eq!((&run["dry_run"], &run["passed"]), (&json!(true), &json!(true)));
    assert_eq!((&run["name"], &run["version"]), (&json!("paper"), &json!("1.0.2")));
    assert_eq!(run["package"], package.digest().to_string());
    assert_eq!((&run["kind"], &run["document_types"]), (&json!("rules"), &json!([PAPER])));
    assert_eq!((&run["publisher"], &run["signed_by"]), (&json!("tests"), &json!(null)));
    let one = &run["fixtures"][0];
    assert_eq!((&one["name"], &one["document_type"]), (&json!("0"), &json!(PAPER)));
    assert_eq!((&one["passed"], &one["difference"]), (&json!(true), &json!(null)));
    assert_eq!(one["expected"], fixture(2)["expected"]);
    assert_eq!(one["found"]["fields"], json!({"surname": null}));
    let check = &one["found"]["checks"][0];
    assert_eq!((&check["code"], &check["outcome"]), (&json!("version.2"), &json!("passed")));
    assert!(check["fields"].is_array() && check["message"].is_string(), "{check}");
    // Version 1 serves, and says so in its own report.
    assert_eq!(one["serving"]["found"]["checks"][0]["code"], "version.1");
    let served = version_of(&host.read().await);
    assert_eq!((served.0, one["serving"]["rules"].as_str()), (1, Some(served.1.as_str())));

    assert_eq!(files_below(host.data_dir.path()), on_disk);
    assert_eq!(host.admin.status("paper").await.expect("a status"), status_before);
    let body = json!({"package": package.digest()});
    let error = host.admin.change("paper", "activate", body).await.expect_err("unknown");
    assert!(error.to_string().contains("package.unknown_digest"), "{error}");
    let (_, history) = host.admin.ask(Method::GET, "/v1/history", Vec::new()).await.expect("told");
    let event = &history["events"][0];
    assert_eq!((&event["action"], &event["actor"]), (&json!("dry_run"), &json!("tests")));
    assert_eq!(event["package"], package.digest().to_string());
    // What it told is what publishing the same bytes keeps to.
    let published = host.admin.publish(&package).await.expect("passes as it did");
    assert_eq!(run["artifact"], published.artifact);
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixture_that_fails_is_part_of_the_answer_and_all_else_is_refused() {
    let host = Host::start_with(|platform| platform.compile_in(DOSSIER.into())).await;
    let (status, run) = tried(&host.admin, &failing(2)).await;
    assert_eq!((status, &run["passed"]), (200, &json!(false)), "{run}");
    let one = &run["fixtures"][0];
    assert_eq!(one["passed"], json!(false));
    assert_eq!(one["difference"], "`outcome` of the check `version.2` is not as expected");
    assert_eq!(one["expected"]["checks"][0]["outcome"], "failed");
    assert_eq!(one["found"]["checks"][0]["outcome"], "passed");

    let mut traps = paper(2);
    traps.after = "unreachable".to_owned();
    let without = rules_package("paper", "1.0.2", &[PAPER], paper(2).component(), &[]);
    for (code, package) in [
        ("plugin.trap", package_of(&traps, 2)),
        ("package.no_fixture", without.expect("a package")),
        ("package.manifest_mismatch", package_of(&paper(3), 2)),
        ("adapter.wrong_base", adapter_package("test/paper/2", "large", &[])),
    ] {
        let (status, problem) = tried(&host.admin, &package).await;
        assert_eq!((status, &problem["code"]), (422, &json!(code)), "{problem}");
    }
    let no_package = host.admin.ask(Method::POST, ROUTE, b"hello".to_vec()).await;
    let (status, problem) = no_package.expect("an answer");
    assert_eq!((status, &problem["code"]), (400, &json!("package.malformed")));
    // None of it was an attempt to publish.
    let status = host.admin.status("paper").await.expect("a status");
    assert_eq!((&status["reason"], &status["state"]), (&json!(null), &json!("active")));
    let packages = fs::read_dir(host.data_dir.path().join("packages")).expect("a folder");
    assert_eq!(packages.count(), 2, "the imported rules and adapter");

    // An adapter reads its blank page, and has no fixtures to be shown.
    let adapter = adapter_package(PAPER, dossier_tests::TestRoot::BASE, &[]);
    let (status, run) = tried(&host.admin, &adapter).await;
    assert_eq!((status, &run["kind"], &run["fixtures"]), (200, &json!("adapter"), &json!([])));
    assert_eq!(version_of(&host.read().await).0, 1, "the same adapter reads on");
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_wants_the_token_the_reach_and_the_signature_of_a_publication() {
    let key = SecretKey::from_seed([1; 32]);
    let scope = |types: &str, plugins: &str| Scope {
        document_types: vec![types.parse().expect("a pattern")],
        plugins: vec![plugins.parse().expect("a pattern")],
    };
    let trusted = TrustedKey {
        publisher: "paper-team".to_owned(),
        public_key: key.public_key(),
        scope: scope("test/*", "paper"),
    };
    let host = Host::start_with(|platform| {
        platform.dev = false;
        platform.signing_keys = vec![trusted];
        let publisher = Publisher { name: "nobody".to_owned(), scope: scope("elsewhere/*", "*") };
        let token = Token { sha256: Sha256::digest(NOBODY).into(), publisher };
        platform.admin.as_mut().expect("an admin API").tokens.push(token);
    })
    .await;
    let address = host.server.admin_address().expect("listens");
    let mut signed = package(2);
    signed.sign(&key);
    for (token, package, status, code) in [
        ("guessed", &signed, 401, "admin.unauthenticated"),
        (NOBODY, &signed, 403, "admin.forbidden"),
        (dossier_tests::TOKEN, &package(2), 403, "package.unsigned"),
    ] {
        let (answered, problem) = tried(&AdminClient::new(address, token), package).await;
        assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{problem}");
    }
    let (status, run) = tried(&host.admin, &signed).await;
    assert_eq!((status, &run["signed_by"]), (200, &json!("paper-team")), "{run}");
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_country_team_tries_a_package_from_the_command_line() {
    let host = Host::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let archive = |package: &Package| {
        let file = folder.path().join(format!("{}.tar", package.digest().hex()));
        fs::write(&file, package.to_tar()).expect("is written");
        file
    };
    let good = archive(&package(2));
    let told = text(&run_package(&host, &["publish", path(&good), "--dry-run"]).await);
    assert!(told.contains("passed") && told.contains("reports otherwise"), "{told}");
    assert!(told.ends_with("nothing is published\n"), "{told}");
    let json = text(&run_package(&host, &["publish", path(&good), "--dry-run", "--json"]).await);
    let json = serde_json::from_str::<Value>(&json).expect("JSON");
    assert_eq!((&json["dry_run"], &json["passed"]), (&json!(true), &json!(true)));

    let bad = archive(&failing(3));
    let output = run_package(&host, &["publish", path(&bad), "--dry-run"]).await;
    assert_eq!(output.status.code(), Some(1));
    let (told, error) = (output.stdout, output.stderr);
    let [told, error] = [told, error].map(|bytes| String::from_utf8(bytes).expect("text"));
    assert!(told.contains(".checks[version.3].outcome: expected \"failed\""), "{told}");
    assert!(error.contains("1 of 1 fixtures failed"), "{error}");
    let both = run_package(&host, &["publish", path(&good), "--dry-run", "--activate"]).await;
    assert_eq!(both.status.code(), Some(2), "one of the two");
    assert_eq!(host.admin.status("paper").await.expect("a status")["generation"], 1);
    host.end().await;
}
