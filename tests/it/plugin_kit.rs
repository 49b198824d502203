//! The author's kit, as a process: what is shipped passes its fixtures, and mistakes are explained.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use dossier_tests::{repository, shipped_root, shipped_types};
use serde_json::Value;

use crate::DOSSIER;
use crate::guest::Guest;

fn dossier(arguments: &[&str]) -> Output {
    let root = shipped_root();
    Command::new(DOSSIER)
        .args(arguments)
        .args(["--data-root".as_ref(), root.as_os_str()])
        .output()
        .expect("the binary starts")
}

fn printed(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[test]
fn shipped_rules_pass_their_fixtures() {
    for (rules, least) in [("utopia", 4), ("icao", 40)] {
        let table = printed(&dossier(&["plugin", "test", rules]));
        let passed = table.lines().filter(|line| line.contains("  passed  ")).count();
        assert!(passed >= least, "{rules}: {table}");
    }
}

#[test]
fn rules_of_states_judge_a_genuine_and_an_altered_document_of_each_type() {
    let types = shipped_types().expect("manifests");
    let mut by_rules = BTreeMap::<&str, Vec<&str>>::new();
    for shipped in &types {
        by_rules.entry(&shipped.rules).or_default().push(shipped.document_type.as_str());
    }
    assert!(by_rules.len() >= 11, "{by_rules:?}");
    for (rules, types) in by_rules {
        let package = repository().join("plugins").join(rules).join("package");
        let fixtures = package.join("fixtures");
        let table = printed(&dossier(&["plugin", "test", rules, "--fixtures", path(&fixtures)]));
        let manifest = read_json(&package.join("plugin.json"));
        let mut described = manifest["document_types"].as_array().expect("types").clone();
        described.sort_by_key(ToString::to_string);
        assert_eq!(types, described.iter().filter_map(Value::as_str).collect::<Vec<_>>());

        for id in types {
            let document = id.strip_prefix(&format!("{rules}/")).expect("a type of this state");
            for (name, expected) in [("genuine", false), ("altered", true)] {
                let name = format!("{}-{name}.json", document.replace('/', "-"));
                assert!(
                    table
                        .lines()
                        .any(|line| line.starts_with(&name) && line.contains("  passed  ")),
                    "{rules} {name}: {table}"
                );
                let fixture = read_json(&fixtures.join(&name));
                assert_eq!(fixture["document_type"], id);
                let checks = fixture["expected"]["checks"].as_array().expect("checks");
                let fails = checks.iter().any(|check| check["outcome"] != "passed");
                assert_eq!(fails, expected, "{name}");
            }
        }
    }
}

fn read_json(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).expect("is shipped");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn shipped_fixtures_state_what_the_rules_ask_for() {
    let plugins = repository().join("plugins");
    let folders = std::fs::read_dir(&plugins).expect("a folder").flat_map(|entry| {
        let folder = entry.expect("an entry").path();
        [folder.join("fixtures"), folder.join("package/fixtures")]
    });
    let mut count = 0;
    for folder in folders.filter(|folder| folder.is_dir()) {
        for entry in std::fs::read_dir(&folder).expect("is shipped") {
            let file = entry.expect("a file").path();
            let requests = read_json(&file)["requests"]["expected"].as_array().map(Vec::len);
            assert!(requests.is_some_and(|count| count > 0), "{}", file.display());
            count += 1;
        }
    }
    assert!(count >= 100, "{count} fixtures");
}

#[test]
fn a_request_that_differs_is_told_by_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = repository().join("plugins/utopia/fixtures/driving-licence-good.json");
    let mut fixture = read_json(&fixture);
    fixture["requests"]["expected"][0]["max_length"] = 7.into();
    std::fs::write(folder.path().join("wrong.json"), fixture.to_string()).expect("is written");
    let output = dossier(&["plugin", "test", "utopia", "--fixtures", path(folder.path())]);
    assert_eq!(output.status.code(), Some(1));
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("`max_length` of the request 1 (`surname`)"), "{table}");
}

#[test]
fn a_fixture_is_run_with_its_settings() {
    let fixture = repository().join("plugins/icao/fixtures/td3-expired-accepted.json");
    let outcome_with = |settings: Option<Value>| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut body = read_json(&fixture);
        let top = body.as_object_mut().expect("an object");
        match settings {
            Some(settings) => top.insert("settings".to_owned(), settings),
            None => top.remove("settings"),
        };
        let file = folder.path().join("values.json");
        std::fs::write(&file, body.to_string()).expect("is written");
        let run = ["plugin", "run", "icao", "--document-type", "icao/td3", "--today", "2026-11-24"];
        let output = dossier(&[&run[..], &["--values", path(&file)]].concat());
        let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
            return String::from_utf8_lossy(&output.stderr).into_owned();
        };
        let checks = report["checks"].as_array().expect("checks");
        let check = checks.iter().find(|check| check["code"] == "document.expiry");
        check.expect("the check")["outcome"].as_str().expect("text").to_owned()
    };
    assert_eq!(outcome_with(None), "failed");
    assert_eq!(outcome_with(Some(serde_json::json!({"days_after_expiry": 24}))), "failed");
    assert_eq!(outcome_with(Some(serde_json::json!({"days_after_expiry": 25}))), "passed");
    let refused = outcome_with(Some(serde_json::json!({"days": 25})));
    assert!(refused.contains("settings.unknown") && refused.contains("`days`"), "{refused}");
}

#[test]
fn a_report_that_differs_is_told_by_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = repository().join("plugins/utopia/fixtures/driving-licence-good.json");
    let text = std::fs::read_to_string(fixture).expect("is shipped");
    let wrong = text.replacen("\"1985-03-12\"", "\"1985-03-13\"", 1);
    assert_ne!(text, wrong);
    std::fs::write(folder.path().join("wrong.json"), wrong).expect("is written");
    let fixtures = folder.path().to_str().expect("UTF-8");
    let output = dossier(&["plugin", "test", "utopia", "--fixtures", fixtures]);
    assert_eq!(output.status.code(), Some(1));
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains(".fields.date_of_birth: expected \"1985-03-13\""), "{table}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 of 1 fixtures failed"));
}

#[test]
fn a_component_is_inspected_without_being_run() {
    let text = printed(&dossier(&["plugin", "inspect", "icao", "--json"]));
    let body = serde_json::from_str::<Value>(&text).expect("JSON");
    assert_eq!((&body["name"], &body["version"]), (&"icao".into(), &"1.0.0".into()));
    assert_eq!(body["hooks"], "1.1.0");
    assert_eq!(body["not_offered"], Value::Array(Vec::new()));
    assert!(body["wit"].as_str().is_some_and(|wit| wit.contains("before: func(")));

    // Rules that would loop for ever if they ran.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("looping.wasm");
    let looping = Guest { describe: crate::guest::LOOP.to_owned(), ..Guest::good() };
    std::fs::write(&file, looping.component()).expect("is written");
    let table = printed(&dossier(&["plugin", "inspect", file.to_str().expect("UTF-8")]));
    assert!(table.contains("dossier:rules/hooks@1.0.0"), "{table}");
}

#[test]
fn what_does_not_fit_is_explained_by_the_wit_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("empty.wasm");
    std::fs::write(&file, b"\0asm\x0d\0\x01\0").expect("is written");
    let fixtures = repository().join("plugins/utopia/fixtures");
    let arguments = ["plugin", "test", path(&file), "--fixtures", path(&fixtures)];
    let output = dossier(&arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    for part in ["dossier:rules/hooks@1.0.0", "wit/v1.2/rules.wit:", "`export hooks;`", "1.1.0"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
