//! What a country team types, from a new key to a rollback.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dossier_engine::settings::TrustedKey;
use dossier_store::Scope;
use dossier_tests::{TOKEN, shipped_root};
use serde_json::{Value, json};

use super::{Host, fixture, paper, version_of};
use crate::DOSSIER;

/// Runs `dossier package` against a host, off the async threads.
pub(super) async fn run_package(host: &Host, arguments: &[&str]) -> Output {
    let url = format!("http://{}", host.server.admin_address().expect("listens"));
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>();
    let running = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(DOSSIER);
        command.arg("package").args(arguments);
        command.env("DOSSIER_ADMIN_URL", url).env("DOSSIER_ADMIN_TOKEN", TOKEN);
        command.output().expect("the binary starts")
    });
    running.await.expect("ends")
}

pub(super) fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

pub(super) fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A folder as a country team has it.
fn write_package(folder: &Path, number: u32) {
    let manifest = json!({
        "name": "paper", "version": format!("1.0.{number}"), "document_types": [super::PAPER],
    });
    fs::create_dir_all(folder.join("fixtures")).expect("made");
    fs::write(folder.join("plugin.json"), manifest.to_string()).expect("written");
    fs::write(folder.join("component.wasm"), paper(number).component()).expect("written");
    fs::write(folder.join("fixtures/good.json"), fixture(number).to_string()).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_new_key_to_a_rollback() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key");
    let keygen = |file: &Path| {
        Command::new(DOSSIER).args(["package", "keygen"]).arg(file).output().expect("starts")
    };
    let public_key = text(&keygen(&key)).trim().to_owned();
    assert!(!keygen(&key).status.success(), "a key is never overwritten");
    let trusted = TrustedKey {
        publisher: "paper-team".to_owned(),
        public_key: public_key.parse().expect("a key"),
        scope: Scope {
            document_types: vec!["test/*".parse().expect("a pattern")],
            plugins: vec!["paper".parse().expect("a pattern")],
        },
    };
    let host = Host::start_with(|platform| {
        platform.dev = false;
        platform.signing_keys = vec![trusted];
    })
    .await;

    let package = folder.path().join("package");
    write_package(&package, 2);
    let unsigned = run_package(&host, &["publish", path(&package)]).await;
    assert!(!unsigned.status.success());
    let error = String::from_utf8_lossy(&unsigned.stderr).into_owned();
    assert!(error.contains("package.unsigned"), "{error}");
    assert!(!run_package(&host, &["verify", path(&package)]).await.status.success());

    let signed = folder.path().join("paper.tar");
    let sign = ["sign", path(&package), "--key", path(&key), "--output", path(&signed)];
    let digest = text(&run_package(&host, &sign).await).trim().to_owned();
    let verify = ["verify", path(&signed), "--public-key", &public_key];
    let verified = text(&run_package(&host, &verify).await);
    assert!(verified.contains(&digest) && verified.contains(&public_key), "{verified}");

    let published = text(&run_package(&host, &["publish", path(&signed)]).await);
    assert!(published.contains(&digest), "{published}");
    let canary = text(&run_package(&host, &["canary", "paper", "--percent", "100"]).await);
    assert!(canary.contains("generation 2"), "{canary}");
    assert_eq!(version_of(&host.read().await).0, 2);
    text(&run_package(&host, &["promote", "paper"]).await);
    write_package(&package, 3);
    let publish = ["publish", path(&package), "--key", path(&key), "--activate"];
    text(&run_package(&host, &publish).await);
    assert_eq!(version_of(&host.read().await).0, 3);
    text(&run_package(&host, &["rollback", "paper"]).await);
    assert_eq!(version_of(&host.read().await).0, 2);
    text(&run_package(&host, &["shadow", "paper"]).await);
    text(&run_package(&host, &["rollback", "paper"]).await);
    text(&run_package(&host, &["activate", "paper", "--package", &digest]).await);

    let listed = text(&run_package(&host, &["list"]).await);
    assert!(listed.contains("paper") && listed.contains("active"), "{listed}");
    let history = text(&run_package(&host, &["history", "paper", "--json"]).await);
    let history = serde_json::from_str::<Value>(&history).expect("JSON");
    assert_eq!(history["events"][0]["action"], "activate");
    assert_eq!(history["events"][0]["name"], "paper");
    let listed = text(&run_package(&host, &["list", "--json"]).await);
    let listed = serde_json::from_str::<Value>(&listed).expect("JSON");
    assert_eq!(listed["packages"][0]["name"], "paper", "{listed}");
    let refused = history["events"].as_array().expect("a list").last().expect("one");
    assert_eq!(
        (&refused["action"], &refused["code"]),
        (&json!("refuse"), &json!("package.unsigned"))
    );
    host.end().await;
}

#[test]
fn a_component_that_needs_too_much_memory_is_killed_and_a_good_one_is_not() {
    let rules = shipped_root().join("plugins/prebuilt/utopia.wasm");
    let compile = |memory_bytes: &str, file: &Path| {
        let arguments = ["debug", "compile", "--memory-bytes", memory_bytes];
        Command::new(DOSSIER).args(arguments).arg(file).output().expect("starts").status
    };
    assert!(compile("2147483648", &rules).success());
    // Less than the process has already: on a busy machine, where threads take turns, these rules
    // compile in 60 MB.
    assert!(!compile("16000000", &rules).success(), "the limit is held");
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("broken.wasm");
    fs::write(&broken, b"\0asm\x0d\0\x01\0broken").expect("written");
    assert_eq!(compile("2147483648", &broken).code(), Some(3));
}
