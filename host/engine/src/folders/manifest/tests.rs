//! Folders on disk against the manifests found in them.

use std::fs;

use super::*;

const PASSPORT: &str = r#"{"document_type": "utopia/passport/2024", "title": "Passport", "pages": 1,
    "base": "dossier-small", "rules": "utopia"}"#;

fn adapters(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder"))
            .expect("the folder is made");
        fs::write(path, text).expect("the file is written");
    }
    root
}

fn error_of(files: &[(&str, &str)]) -> String {
    let root = adapters(files);
    Manifest::find_all(root.path()).expect_err("refused").to_string()
}

#[test]
fn a_manifest_is_found_in_the_folder_of_its_type() {
    let root = adapters(&[
        ("utopia/passport/2024/document-type.json", PASSPORT),
        ("utopia/passport/2024/adapter_config.json", "{}"),
        ("base/dossier-small/config.json", "{}"),
        ("training/runs/1/adapter_config.json", "{}"),
    ]);
    let found = Manifest::find_all(root.path()).expect("valid");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].document_type.as_str(), "utopia/passport/2024");
    assert_eq!((found[0].pages, found[0].base.as_str()), (1, "dossier-small"));
    assert_eq!(found[0].folder, root.path().join("utopia/passport/2024"));
}

#[test]
fn a_manifest_in_another_folder_is_refused() {
    let error = error_of(&[("utopia/passport/2023/document-type.json", PASSPORT)]);
    assert!(error.contains("passport/2023") && error.contains("document_type"), "{error}");
}

#[test]
fn an_unknown_key_is_refused_by_file_and_name() {
    let text = PASSPORT.replace("\"pages\": 1", "\"pages\": 1, \"colour\": \"red\"");
    let error = error_of(&[("utopia/passport/2024/document-type.json", &text)]);
    assert!(error.contains("document-type.json") && error.contains("colour"), "{error}");
}

#[test]
fn a_value_that_makes_no_sense_is_refused_by_key() {
    for (from, to, key) in [
        ("\"pages\": 1", "\"pages\": 0", "pages"),
        ("\"utopia\"", "\"../utopia\"", "rules"),
        ("dossier-small", "", "base"),
        ("utopia/passport/2024", "passport", "document_type"),
    ] {
        let text = PASSPORT.replace(from, to);
        let error = error_of(&[("utopia/passport/2024/document-type.json", &text)]);
        assert!(error.contains(&format!("`{key}`")), "{key}: {error}");
    }
}

#[test]
fn an_adapter_without_a_manifest_is_refused() {
    let error = error_of(&[("utopia/visa/2020/adapter_config.json", "{}")]);
    assert!(error.contains("utopia/visa/2020"), "{error}");
}

#[test]
fn a_missing_folder_is_named() {
    let error = Manifest::find_all(Path::new("no/such/folder")).expect_err("missing").to_string();
    assert!(error.contains("no/such/folder"), "{error}");
}

#[test]
fn settings_are_the_rules_to_judge_and_bounded() {
    let with = |settings: &str| {
        let text =
            PASSPORT.replace("\"pages\": 1", &format!("\"pages\": 1, \"settings\": {settings}"));
        Manifest::parse(text.as_bytes(), Path::new("passport"))
    };
    let plain = Manifest::parse(PASSPORT.as_bytes(), Path::new("passport")).expect("valid");
    assert!(plain.settings().is_none());
    let set = with(r#"{ "days_after_expiry": 90 }"#).expect("an object");
    let text = set.settings().map(|settings| settings.text());
    assert_eq!(text, Some(r#"{"days_after_expiry":90}"#));
    assert!(with("90").is_err() && with("[]").is_err());
    let error = with(&format!(r#"{{"key": "{}"}}"#, "x".repeat(64 * 1024))).expect_err("too long");
    assert!(error.to_string().contains("settings"), "{error}");
}

#[test]
fn every_key_has_a_bound() {
    let file = ManifestFile {
        document_type: "a/b".to_owned(),
        title: "Paper".to_owned(),
        pages: 1,
        base: "base".to_owned(),
        rules: "rules".to_owned(),
        version: Some("1.0.0".to_owned()),
        settings: Some(serde_json::Map::from_iter([("key".to_owned(), 1.into())])),
        fields: Some(vec!["mrz".to_owned()]),
        zone: Some("td3".to_owned()),
        any_issuer: true,
    };
    let example = serde_json::to_value(file).expect("JSON");
    assert_eq!(DOCUMENT_TYPE.unbounded(&example), Vec::<String>::new());
}

#[test]
fn what_is_beyond_its_bound_is_refused_by_key() {
    let title = "x".repeat(60 << 10);
    for (key, value) in [
        ("pages", serde_json::json!(10_000_000_000_000_u64)),
        ("pages", serde_json::json!(17)),
        ("title", serde_json::json!(title)),
        ("title", serde_json::json!("\u{1b}]0;owned\u{7}")),
        ("version", serde_json::json!("1.0")),
        ("version", serde_json::json!("1".repeat(64))),
    ] {
        let mut file = serde_json::from_str::<serde_json::Value>(PASSPORT).expect("JSON");
        file[key] = value;
        let error = Manifest::parse(file.to_string().as_bytes(), Path::new("passport"));
        let error = error.expect_err(key).to_string();
        assert!(error.contains(&format!("`{key}`")) && error.len() < 300, "{error}");
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}

#[test]
fn an_unknown_key_is_told_without_what_steers_a_terminal() {
    let text = PASSPORT.replace("title", &format!("title\\u001b[2J{}", "x".repeat(10_000)));
    let error = Manifest::parse(text.as_bytes(), Path::new("passport")).expect_err("unknown");
    let error = error.to_string();
    assert!(!error.contains('\u{1b}') && error.len() < 1200, "{error}");
}

#[test]
fn a_zone_and_the_fields_that_are_read_are_told() {
    let with = |keys: &str| {
        let text = PASSPORT.replace("\"pages\": 1", &format!("\"pages\": 1, {keys}"));
        Manifest::parse(text.as_bytes(), Path::new("folder"))
    };
    let keys = r#""zone": "td3", "any_issuer": true, "fields": ["mrz", "sex"]"#;
    let manifest = with(keys).expect("valid");
    assert_eq!((manifest.zone, manifest.any_issuer), (Some(ZoneFormat::Td3), true));
    let fields = manifest.fields.expect("fields");
    assert_eq!(fields.iter().map(FieldName::as_str).collect::<Vec<_>>(), ["mrz", "sex"]);
    for (keys, key) in [
        (r#""zone": "td4""#, "zone"),
        (r#""any_issuer": true"#, "any_issuer"),
        (r#""fields": []"#, "fields"),
        (r#""fields": ["mrz", "mrz"]"#, "fields"),
        (r#""fields": ["MRZ"]"#, "fields"),
    ] {
        let error = with(keys).expect_err(keys).to_string();
        assert!(error.contains(&format!("`{key}`")), "{keys}: {error}");
    }
}
