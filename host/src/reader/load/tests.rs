//! Folders that can't be served, up to the point where a model is loaded.

use std::fs;

use super::*;
use crate::testing::config;

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/prebuilt/utopia.wasm");

/// A data root with one manifest a document type: `(document type, base, rules)`.
fn data_root(types: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(root.path().join("adapters")).expect("the folder is made");
    let prebuilt = root.path().join("plugins/prebuilt");
    fs::create_dir_all(&prebuilt).expect("the folder is made");
    fs::copy(RULES, prebuilt.join("utopia.wasm")).expect("the rules are copied");
    fs::write(prebuilt.join("broken.wasm"), "no component").expect("the file is written");
    for (document_type, base, rules) in types {
        let folder = root.path().join("adapters").join(document_type);
        fs::create_dir_all(&folder).expect("the folder is made");
        let manifest = serde_json::json!({
            "document_type": document_type, "title": "", "pages": 1, "base": base, "rules": rules,
        });
        fs::write(folder.join(MANIFEST_FILE), manifest.to_string()).expect("the file is written");
    }
    root
}

async fn error_of(types: &[(&str, &str, &str)]) -> StartError {
    let root = data_root(types);
    let mut config = config().reader;
    config.data_root = root.path().to_owned();
    load(&config).await.expect_err("refused")
}

const PASSPORT: (&str, &str, &str) = ("utopia/passport/2024", "small", "utopia");

#[tokio::test]
async fn nothing_to_serve_is_an_error() {
    let error = error_of(&[]).await;
    assert!(matches!(error, StartError::Catalog(CatalogError::NoDocumentTypes { .. })), "{error}");
}

#[tokio::test]
async fn one_host_serves_one_base() {
    let error = error_of(&[PASSPORT, ("utopia/visa/2020", "large", "utopia")]).await;
    assert!(matches!(error, StartError::SecondBase { .. }), "{error}");
    assert!(error.to_string().contains("visa/2020"), "{error}");
}

#[tokio::test]
async fn rules_that_are_not_there_or_no_component_are_named() {
    let error = error_of(&[("utopia/passport/2024", "small", "nowhere")]).await;
    assert!(matches!(error, StartError::RulesUnreadable { .. }), "{error}");
    assert!(error.to_string().contains("nowhere.wasm"), "{error}");
    let error = error_of(&[("utopia/passport/2024", "small", "broken")]).await;
    assert!(matches!(error, StartError::Rules { .. }), "{error}");
    assert!(error.to_string().contains("broken.wasm"), "{error}");
}

#[tokio::test]
async fn rules_must_have_rules_for_the_type() {
    let error = error_of(&[("utopia/visa/2020", "small", "utopia")]).await;
    assert!(matches!(error, StartError::RulesLackDocumentType { .. }), "{error}");
    assert!(error.to_string().contains("utopia/visa/2020"), "{error}");
}

#[tokio::test]
async fn a_base_that_is_not_there_is_named() {
    let error = error_of(&[PASSPORT]).await;
    assert!(matches!(error, StartError::Model(_)), "{error}");
    assert!(error.to_string().contains("adapters/base/small"), "{error}");
}
