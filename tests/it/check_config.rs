//! `dossier check-config`, as a process.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dossier_tests::{repository, shipped_root};
use serde_json::Value;
use tempfile::TempDir;

use crate::DOSSIER;

/// A configuration file of this text, with the shipped data root.
fn written(text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("data_root = {:?}\n{text}", shipped_root());
    fs::write(folder.path().join("dossier.toml"), text).expect("is written");
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> (Output, Value) {
    let mut command = Command::new(DOSSIER);
    command.args(["check-config", "--json", "--config"]).arg(folder.join("dossier.toml"));
    let output = command.args(arguments).env("DOSSIER_MAX_PAGES", "5").output();
    let output = output.expect("the binary starts");
    let report = serde_json::from_slice(&output.stdout).expect("JSON");
    (output, report)
}

fn entry<'a>(report: &'a Value, list: &str, key: &str) -> &'a Value {
    let entries = report[list].as_array().expect("a list");
    entries.iter().find(|entry| entry["key"] == key).unwrap_or_else(|| panic!("no {key}: {report}"))
}

#[test]
fn what_would_serve_is_told_with_the_place_of_each_value() {
    let folder = written("max_pages = 3\nqueue_documents = 7\n");
    let (output, report) = check(folder.path(), &["--batch-documents", "4"]);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!(report["valid"], true);
    for (key, value, from) in [
        ("max_pages", "5", "environment"),
        ("queue_documents", "7", "file"),
        ("batch_documents", "4", "flag"),
        ("drain_delay_ms", "0", "default"),
    ] {
        let entry = entry(&report, "keys", key);
        assert_eq!((&entry["value"], &entry["from"]), (&value.into(), &from.into()), "{key}");
    }
    assert_eq!(entry(&report, "checks", "data_root")["outcome"], "passed");
    // Nothing was made or locked.
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn every_file_is_looked_at_and_a_mistake_is_told_by_file_and_key() {
    let folder = written(
        "tokens_file = \"tokens.json\"\ntls_certificate = \"cert.pem\"\ntls_key = \"key.pem\"\n\
         jwt_issuer = \"i\"\njwt_audience = \"a\"\njwt_keys = \"jwks.json\"\ndata_dir = \"store\"\n",
    );
    // Whoever puts a secret in a wrong place finds it nowhere again.
    fs::write(folder.path().join("tokens.json"), "{\"tokens\": \"a-secret-value\"}")
        .expect("written");
    let output = Command::new(DOSSIER)
        .args(["check-config", "--config", "dossier.toml"])
        .current_dir(folder.path())
        .output()
        .expect("the binary starts");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).expect("text");
    for problem in [
        "dossier.toml: tokens_file: tokens.json:",
        "dossier.toml: tls_certificate: cert.pem:",
        "dossier.toml: jwt_keys: jwks.json:",
    ] {
        assert!(told.contains(problem), "{problem} is not in: {told}");
    }
    let table = String::from_utf8(output.stdout).expect("text");
    assert!(table.contains("failed") && table.contains("not performed"), "{table}");
    assert!(!table.contains("a-secret-value") && !told.contains("a-secret-value"));
}

#[test]
fn the_configuration_to_begin_with_can_be_served_with_on_the_sockets_of_its_unit() {
    let deploy = repository().join("host/deploy");
    let (file, folder) = (deploy.join("dossier.toml"), tempfile::tempdir().expect("a folder"));
    let output = Command::new(DOSSIER)
        .args(["check-config", "--config"])
        .arg(&file)
        .arg("--data-root")
        .arg(shipped_root())
        .arg("--data-dir")
        .arg(folder.path())
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(file).expect("is there");
    let unit = fs::read_to_string(deploy.join("dossier.socket")).expect("is there");
    let sockets = unit.lines().filter_map(|line| line.strip_prefix("ListenStream="));
    let sockets = sockets.collect::<Vec<_>>();
    assert_eq!(sockets.len(), 2);
    for socket in sockets {
        assert!(text.contains(&format!("listen = \"{socket}\"")), "{socket}");
    }
}

#[test]
fn what_serve_refuses_is_refused_by_key_and_place() {
    let folder = written("max_pages = 3\n");
    let arguments = ["--max-all-bodies-bytes", "1"];
    let (output, report) = check(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let told = report["problems"][0].as_str().expect("a problem");
    assert!(told.starts_with("flag: max_all_bodies_bytes: "), "{told}");

    let folder = written("max_page = 3\n");
    let (output, report) = check(folder.path(), &[]);
    assert_eq!((output.status.code(), &report["valid"]), (Some(1), &false.into()));
    let told = report["problems"][0].as_str().expect("a problem");
    assert!(told.contains("dossier.toml") && told.contains("max_page"), "{told}");
}
