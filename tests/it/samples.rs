//! The committed samples are what they claim to be.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use dossier_engine::folders::Manifest;
use dossier_tests::{TODAY, samples_of, shipped_root, shipped_types};
use serde_json::{Value, json};

use crate::{DOSSIER, shipped};

#[test]
fn there_are_types_of_many_states() {
    let types = shipped_types().expect("manifests");
    let states =
        types.iter().filter_map(|shipped| shipped.document_type.as_str().split('/').next());
    let states = states.collect::<BTreeSet<_>>();
    assert!(types.len() >= 24 && states.len() >= 8, "{} types, {states:?}", types.len());
}

#[test]
fn every_page_is_an_image() {
    for Manifest { document_type: id, pages, .. } in shipped_types().expect("manifests") {
        for sample in samples_of(id.as_str()).expect("samples") {
            assert_eq!(sample.pages.len(), pages, "{}", sample.folder.display());
            for page in &sample.pages {
                let image = image::load_from_memory(page).expect("an image");
                assert!(image.width() >= 200 && image.height() >= 150);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn truths_have_the_fields_of_their_types() {
    let (server, client) = shipped().await;
    let answer = client.get("/v1/document-types").await.expect("an answer");
    let of_states = shipped_types().expect("manifests");
    let is_of_a_state = |listed: &&Value| {
        of_states.iter().any(|shipped| listed["document_type"] == shipped.document_type.as_str())
    };
    let listed = answer.body["document_types"].as_array().expect("types").iter();
    let listed = listed.filter(is_of_a_state).collect::<Vec<_>>();
    assert_eq!(listed.len(), of_states.len());
    for listed in listed {
        let fields = listed["fields"].as_array().expect("fields");
        let fields = fields.iter().filter_map(Value::as_str).collect::<BTreeSet<_>>();
        for sample in samples_of(listed["document_type"].as_str().expect("an id")).expect("samples")
        {
            let truth = sample.truth.iter().map(|(name, _)| name.as_str()).collect::<BTreeSet<_>>();
            assert_eq!(truth, fields, "{}", sample.folder.display());
        }
    }
    server.shutdown().await;
}

#[test]
fn the_rules_find_no_fault_with_the_truth() {
    let folder = tempfile::tempdir().expect("a folder");
    for Manifest { document_type: id, rules, .. } in shipped_types().expect("manifests") {
        for sample in samples_of(id.as_str()).expect("samples") {
            let fields = sample.truth.iter().cloned().collect::<std::collections::BTreeMap<_, _>>();
            let values = folder.path().join("values.json");
            let seen = json!({ "fields": fields, "barcodes": sample.barcodes });
            fs::write(&values, seen.to_string()).expect("is written");
            let output = Command::new(DOSSIER)
                .args(["plugin", "run", &rules, "--document-type", id.as_str()])
                .args(["--today", TODAY, "--data-root"])
                .arg(shipped_root())
                .arg("--values")
                .arg(&values)
                .output()
                .expect("the binary starts");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {errors}", sample.folder.display());
            let report = serde_json::from_slice::<Value>(&output.stdout).expect("JSON");
            let checks = report["checks"].as_array().expect("checks");
            assert!(!checks.is_empty(), "{}", sample.folder.display());
            let not_passed = checks
                .iter()
                // Some holders carry an expired document, as people do.
                .filter(|check| check["outcome"] != "passed" && check["code"] != "document.expiry")
                .map(|check| format!("{} {}", check["code"], check["outcome"]))
                .collect::<Vec<_>>();
            assert!(not_passed.is_empty(), "{}: {not_passed:#?}", sample.folder.display());
        }
    }
}
