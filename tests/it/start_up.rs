//! A damaged artifact stops the start, by file and key.

use std::fs;
use std::path::Path;

use dossier_tests::{TestRoot, serve};
use serde_json::{Value, json};

use crate::PASSPORT;

/// Damages a root with the passport and expects the start to fail with all of `expected` in its text.
async fn assert_start_fails(damage: impl FnOnce(&TestRoot), expected: &[&str]) {
    let root = TestRoot::with_base().expect("the shipped base");
    root.add_shipped(PASSPORT).expect("the shipped passport");
    damage(&root);
    let error = serve(root.path()).await.expect_err("a damaged artifact");
    let text = format!("{error:#}");
    for part in expected {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

fn edit_json(file: &Path, edit: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(&fs::read(file).expect("is there")).expect("JSON");
    edit(&mut value);
    fs::write(file, value.to_string()).expect("is written");
}

fn edit_bytes(file: &Path, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).expect("is there");
    edit(&mut bytes);
    fs::write(file, bytes).expect("is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_copied_starts() {
    let root = TestRoot::with_base().expect("the shipped base");
    root.add_shipped(PASSPORT).expect("the shipped passport");
    let server = serve(root.path()).await.expect("starts");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_base_is_named() {
    let weights = |root: &TestRoot| root.base().join("model.safetensors");
    assert_start_fails(
        |root| edit_bytes(&weights(root), |bytes| bytes.truncate(bytes.len() / 2)),
        &["model.safetensors"],
    )
    .await;
    assert_start_fails(
        |root| edit_bytes(&weights(root), |bytes| bytes[9] ^= 0xff),
        &["model.safetensors"],
    )
    .await;
    assert_start_fails(|root| edit_bytes(&weights(root), Vec::clear), &["model.safetensors"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_activation_is_named() {
    for (part, key) in [("encoder", "hidden_act"), ("decoder", "activation_function")] {
        assert_start_fails(
            |root| {
                edit_json(&root.base().join("config.json"), |config| {
                    config[part][key] = json!("swishy");
                });
            },
            &["config.json", key, "swishy"],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_of_the_base_is_named() {
    for file in ["config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json"] {
        assert_start_fails(
            |root| fs::remove_file(root.base().join(file)).expect("is there"),
            &[file],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_adapter_is_named() {
    let folder = |root: &TestRoot| root.document_type(PASSPORT);
    assert_start_fails(
        |root| {
            let weights = folder(root).join("adapter_model.safetensors");
            edit_bytes(&weights, |bytes| bytes.truncate(1_000));
        },
        &["adapter_model.safetensors"],
    )
    .await;
    for (key, value, told) in [
        ("use_qalora", json!(true), "use_qalora"),
        ("bias", json!("some"), "bias"),
        ("modules_to_save", json!(["no_such_head"]), "no_such_head"),
        ("target_modules", json!(["no_such_module"]), "no_such_module"),
        ("peft_type", json!("IA3"), "peft_type"),
        ("surprise", json!(1), "surprise"),
    ] {
        assert_start_fails(
            |root| {
                let config = folder(root).join("adapter_config.json");
                edit_json(&config, |config| config[key] = value);
            },
            &["adapter_config.json", told],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_is_not_understood_is_named() {
    for (key, value) in [
        ("surprise", json!(1)),
        ("pages", json!(0)),
        ("document_type", json!("utopia/passport/2025")),
        ("base", json!("../dossier-small")),
        ("rules", json!("No Rules")),
    ] {
        assert_start_fails(
            |root| {
                let manifest = root.document_type(PASSPORT).join("document-type.json");
                edit_json(&manifest, |manifest| manifest[key] = value);
            },
            &["document-type.json", key],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calibration_that_is_not_understood_is_named() {
    for (calibration, told) in [
        ("{", "line 1"),
        (r#"{"method": "platt"}"#, "fields"),
        (r#"{"method": "platt", "fields": {"surname": {"slope": 0, "intercept": 0}}}"#, "surname"),
        (
            r#"{"method": "platt", "fields": {"Hat size": {"slope": 1, "intercept": 0}}}"#,
            "Hat size",
        ),
    ] {
        assert_start_fails(
            |root| {
                let file = root.document_type(PASSPORT).join("calibration.json");
                fs::write(file, calibration).expect("is written");
            },
            &["calibration.json", told],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_rules_are_named() {
    assert_start_fails(
        |root| {
            let rules = root.path().join("plugins/prebuilt/utopia.wasm");
            fs::remove_file(rules).expect("is there");
        },
        &["utopia.wasm"],
    )
    .await;
}
