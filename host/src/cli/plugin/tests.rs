//! Files of values, and which component a name means.

use serde_json::json;

use super::fixture::FixtureFile;
use super::*;
use crate::cli::{PluginBuildArgs, PluginNewArgs, TemplateLanguage};
use crate::config::RootArgs;

fn parsed(text: &str) -> Result<Vec<(FieldName, FieldText)>, PluginCommandError> {
    parse_values(text, Path::new("values.json")).map(|values| values.fields)
}

#[test]
fn a_fixture_is_a_file_of_values() {
    let text = r#"{"document_type": "a/b/1", "today": "2026-11-24", "fields": {"surname": "DOE"},
        "settings": {"days_after_expiry": 1}, "requests": {}, "expected": {"refused": "no"}}"#;
    let values = parse_values(text, Path::new("fixture.json")).expect("a fixture");
    assert_eq!(values.document_type.as_deref(), Some("a/b/1"));
    assert_eq!(values.settings, Some(json!({"days_after_expiry": 1})));
    assert_eq!(values.fields.len(), 1);
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
fn a_name_means_rules_below_plugins_and_a_path_is_a_path() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let plugins = root.path().join("plugins");
    std::fs::create_dir_all(plugins.join("utopia/fixtures")).expect("the folder is made");
    let utopia = locate(root.path(), "utopia").expect("a name");
    assert_eq!(utopia.component, plugins.join("prebuilt/utopia.wasm"));
    assert_eq!(utopia.fixtures, Some(plugins.join("utopia/fixtures")));
    let path = locate(root.path(), "some/where/else.wasm").expect("a path");
    assert_eq!((path.name.as_str(), path.fixtures), ("else", None));
    assert_eq!(path.component, PathBuf::from("some/where/else.wasm"));
    let folder = plugins.join("utopia");
    let folder = folder.to_str().expect("UTF-8");
    let error = locate(root.path(), folder).expect_err("no manifest").to_string();
    assert!(error.contains("pyproject.toml"), "{error}");
}

#[test]
fn manifests_of_three_languages_are_read() {
    for (file, text) in [
        ("Cargo.toml", "[package]\nname = \"permit\"\nversion = \"1.2.3\"\n"),
        ("pyproject.toml", "[project]\nname = \"permit\"\nversion = \"1.2.3\"\n"),
        ("package.json", r#"{"name": "permit", "version": "1.2.3"}"#),
    ] {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = root.path().join("plugins").join("permit");
        std::fs::create_dir_all(&folder).expect("the folder is made");
        std::fs::write(folder.join(file), text).expect("the file is written");
        let source = source::Source::at(&folder).expect(file);
        assert_eq!((source.name.as_str(), source.version.as_str()), ("permit", "1.2.3"));
        let prebuilt = root.path().join("plugins/prebuilt/permit.wasm");
        assert_eq!(source.component(root.path()), prebuilt);
        // Elsewhere than right below plugins/, the component stays with its source.
        assert_eq!(source.component(&root.path().join("other")), folder.join("build/permit.wasm"));
        std::fs::write(folder.join(file), "{}").expect("the file is written");
        assert!(source::Source::at(&folder).is_err(), "{file}");
    }
}

#[test]
fn rules_begun_from_the_example_have_their_own_name() {
    let root = tempfile::tempdir().expect("a temporary folder");
    for (language, name, manifest) in [
        (TemplateLanguage::Rust, "one", "Cargo.toml"),
        (TemplateLanguage::Python, "two", "pyproject.toml"),
        (TemplateLanguage::Javascript, "three", "package.json"),
    ] {
        let args = |name: &str| PluginNewArgs {
            language,
            name: name.to_owned(),
            root: RootArgs { data_root: Some(root.path().to_owned()) },
        };
        new(&args(name)).expect("the folder is made");
        let folder = root.path().join("plugins").join(name);
        assert!(folder.join(manifest).is_file());
        assert_eq!(source::Source::at(&folder).expect("a manifest").name, name);
        let fixtures = FixtureFile::all(&folder.join("fixtures")).expect("fixtures");
        assert!(fixtures.len() >= 3);
        for FixtureFile { fixture, .. } in fixtures {
            assert_eq!(fixture.document_type.as_str(), format!("{name}/residence-permit/2025"));
            assert!(fixture.expected.is_some());
        }
        let again = new(&args(name)).expect_err("it is there").to_string();
        assert!(again.contains("exists"), "{again}");
        for bad in ["", "Upper", "1st", "a/b", "../a"] {
            assert!(new(&args(bad)).is_err(), "{bad}");
        }
    }
}

#[test]
fn a_fixture_that_is_not_understood_is_named_by_its_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("f.json");
    let good = r#"{"document_type": "a/b", "today": "2026-11-24", "fields": {"surname": "ROE"}}"#;
    std::fs::write(&file, good).expect("written");
    let fixtures = FixtureFile::all(folder.path()).expect("one that expects nothing yet");
    assert!(fixtures[0].fixture.expected.is_none());
    std::fs::write(&file, good.replace("today", "day")).expect("written");
    let error = FixtureFile::all(folder.path()).expect_err("an unknown key").to_string();
    assert!(error.contains("f.json") && error.contains("line 1"), "{error}");
    assert!(!error.contains("ROE"), "{error}");
}

#[test]
fn differences_name_the_place() {
    let expected =
        json!({"fields": {"sex": "F"}, "checks": [{"code": "a.b", "outcome": "passed"}]});
    let mut found = expected.clone();
    found["checks"][0]["message"] = json!("it is known");
    let expected = serde_json::from_value(expected).expect("a report");
    assert_eq!(fixture::differences(&expected, &found), Vec::<String>::new());
    found["fields"] = json!({"sex": "M", "age": 1});
    found["checks"][0]["outcome"] = json!("failed");
    let lines = fixture::differences(&expected, &found);
    assert_eq!(lines.len(), 3, "{lines:?}");
    for place in [".fields.sex", ".fields.age", ".checks[a.b].outcome"] {
        assert!(lines.iter().any(|line| line.starts_with(place)), "{place}: {lines:?}");
    }
}

#[test]
fn rules_without_source_are_named() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let args = PluginBuildArgs {
        name: Some("nowhere".to_owned()),
        root: RootArgs { data_root: Some(root.path().into()) },
    };
    let error = build(args).expect_err("no source").to_string();
    assert!(error.contains("nowhere"), "{error}");
}
