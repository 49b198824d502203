//! Files of values, and which component a name means.

use super::*;
use crate::config::ReaderArgs;

fn parsed(text: &str) -> Result<Vec<(FieldName, FieldText)>, PluginCommandError> {
    parse_values(text, Path::new("values.json"))
}

#[test]
fn values_keep_the_order_of_the_file() {
    let values = parsed(r#"{"fields": {"surname": "DOE", "mrz": "A\nB", "given_names": ""}}"#)
        .expect("valid");
    let texts = values.iter().map(|(name, text)| (name.as_str(), text.expose()));
    assert_eq!(
        texts.collect::<Vec<_>>(),
        [("surname", "DOE"), ("mrz", "A\nB"), ("given_names", "")]
    );
}

#[test]
fn what_is_not_understood_is_refused_by_key_and_quotes_no_value() {
    for (text, names) in [
        (r#"{"fields": {"surname": "ROE"}, "field": {}}"#, "`field`"),
        (r#"{"fields": {"Surname": "ROE"}}"#, "`Surname`"),
        (r#"{"fields": {"surname": 1}}"#, "`surname`"),
        (r#"{"fields": "ROE"}"#, "fields"),
        (r#"["ROE"]"#, "fields"),
        (r#"{"fields": {"surname": "ROE"}"#, "line 1"),
    ] {
        let error = parsed(text).expect_err(text).to_string();
        assert!(error.contains(names) && error.contains("values.json"), "{text}: {error}");
        assert!(!error.contains("ROE"), "{error}");
    }
}

#[test]
fn a_name_is_prebuilt_rules_and_a_path_is_a_path() {
    let config = ReaderConfig::resolve(ReaderArgs::default()).expect("the defaults are valid");
    assert_eq!(
        locate(&config, "utopia"),
        ("utopia".to_owned(), PathBuf::from("./plugins/prebuilt/utopia.wasm"))
    );
    assert_eq!(
        locate(&config, "some/where/else.wasm"),
        ("else".to_owned(), PathBuf::from("some/where/else.wasm"))
    );
}

#[test]
fn only_components_are_built_when_no_name_is_given() {
    let root = tempfile::tempdir().expect("a temporary folder");
    for (name, manifest) in [
        ("utopia", "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n"),
        ("sdk", "[lib]\n"),
        ("prebuilt", ""),
    ] {
        let folder = root.path().join(name);
        std::fs::create_dir(&folder).expect("the folder is made");
        if !manifest.is_empty() {
            std::fs::write(folder.join("Cargo.toml"), manifest).expect("the file is written");
        }
    }
    assert_eq!(component_crates(root.path()).expect("readable"), ["utopia"]);
}

#[test]
fn rules_without_source_are_named() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let args =
        PluginBuildArgs { name: Some("nowhere".to_owned()), data_root: Some(root.path().into()) };
    let error = build(args).expect_err("no source").to_string();
    assert!(error.contains("nowhere"), "{error}");
}
