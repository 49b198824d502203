//! A package that is tried leaves nothing behind but a line of the history.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dossier_store::{RULES_MANIFEST, Scope};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::reload::Step;
use crate::start::Engine;
use crate::testing::{FakeAdapters, PASSPORT, blind, data_root, settings};

const RULES: &str = "utopia";
/// A fixture of the shipped rules, by its name.
const GENUINE: &str = "passport-2024-genuine";

async fn started() -> (Engine, TempDir) {
    let root = data_root(&[(PASSPORT, "small", RULES)]);
    let mut settings = settings(root.path());
    settings.packages.accepts_unsigned = true;
    let engine = Engine::start_with(settings, blind(&FakeAdapters::default())).await;
    (engine.expect("starts"), root)
}

fn team() -> Publisher {
    let document_types = vec!["utopia/*".parse().expect("a pattern")];
    let plugins = vec![RULES.parse().expect("a pattern")];
    Publisher { name: "team".to_owned(), scope: Scope { document_types, plugins } }
}

/// The shipped rules in bytes of their own, with one fixture changed.
fn package(change: impl FnOnce(&mut Value)) -> Package {
    let shipped = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins"));
    let read = |name: &str| fs::read(shipped.join(name)).expect("is shipped");
    let mut component = read("prebuilt/utopia.wasm");
    // A section that means nothing.
    component.extend([0, 6, 5, b't', b'r', b'i', b'e', b'd']);
    let mut files = BTreeMap::from([
        (RULES_MANIFEST.to_owned(), read("utopia/package/plugin.json")),
        (COMPONENT.to_owned(), component),
    ]);
    for entry in fs::read_dir(shipped.join("utopia/package/fixtures")).expect("is shipped") {
        let file = entry.expect("is read").path();
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        files.insert(format!("fixtures/{name}"), fs::read(&file).expect("is read"));
    }
    let name = format!("fixtures/{GENUINE}.json");
    let mut fixture = serde_json::from_slice::<Value>(&files[&name]).expect("JSON");
    change(&mut fixture);
    files.insert(name, fixture.to_string().into_bytes());
    Package::new(files).expect("a package")
}

fn run_of<'a>(run: &'a DryRun, name: &str) -> &'a FixtureRun {
    run.fixtures.iter().find(|run| run.name == name).expect("was run")
}

async fn newest(reload: &Reload) -> Event {
    reload.history(1, |_: &Event| true).await.expect("is told").remove(0)
}

#[tokio::test]
async fn a_package_that_passes_is_told_of_and_not_kept() {
    let (engine, _root) = started().await;
    let reload = &engine.reload;
    let package = package(|_| {});
    let (digest, folder) = (package.digest(), reload.shared.store.folder(&package.digest()));
    let run = reload.dry_run(package.clone(), &team()).await.expect("passes");
    assert_eq!((run.failed(), run.fixtures.len(), run.version.package), (0, 6, digest));
    assert_eq!(run.version.name, RULES);
    let genuine = run_of(&run, GENUINE).reports.as_ref().expect("has room");
    let serving = genuine.serving.as_ref().expect("these rules serve passports");
    assert_eq!(serving.answer.as_ref(), Ok(&genuine.found), "the same rules in other bytes");
    assert_ne!(serving.rules.to_string(), run.version.artifact);
    // Nothing serves identity cards, so there is nothing to compare them with.
    let card = run_of(&run, "id-card-2023-genuine").reports.as_ref().expect("has room");
    assert!(card.serving.is_none());

    assert!(!folder.exists(), "it is taken off the disk");
    let known = reload.shared.catalogue.version(&digest).expect("reads");
    assert!(known.is_none());
    let event = newest(reload).await;
    assert_eq!((event.action, event.actor.as_str()), (Action::DryRun, "team"));
    assert_eq!((event.package, event.code), (Some(digest), None));
    assert_eq!(event.detail.as_deref(), Some("0 of 6 fixtures failed"));
    let error = reload.apply(RULES, Step::Activate(digest), "team").await.expect_err("unknown");
    assert_eq!(error.code(), "package.unknown_digest");
    assert_eq!((reload.counts().published, reload.counts().refused), (0, 0));

    // Once it is published, another dry run leaves it where it is.
    reload.publish(package.clone(), &team()).await.expect("passes again");
    reload.dry_run(package, &team()).await.expect("passes once more");
    assert!(folder.is_dir());
    reload.apply(RULES, Step::Activate(digest), "team").await.expect("is activated");
}

#[tokio::test]
async fn fixtures_that_fail_are_told_with_both_reports() {
    let (engine, _root) = started().await;
    let reload = &engine.reload;
    let package = package(|fixture| {
        fixture["expected"]["checks"][0]["outcome"] = json!("failed");
    });
    let refused = reload.publish(package.clone(), &team()).await.expect_err("is refused");
    assert_eq!(refused.code(), "fixture.failed");
    let attempt = reload.status(RULES).await.expect("a status").last_attempt.expect("the refusal");
    let run = reload.dry_run(package.clone(), &team()).await.expect("is told");
    assert_eq!((run.failed(), run.fixtures.len()), (1, 6));
    let failed = run_of(&run, GENUINE);
    let difference = failed.difference.as_ref().expect("it differs").to_string();
    assert!(refused.to_string().ends_with(&difference), "{refused}: {difference}");
    let reports = failed.reports.as_ref().expect("has room");
    assert!(reports.found.compare(&reports.expected).is_err());
    let event = newest(reload).await;
    assert_eq!(event.code.as_deref(), Some(FIXTURE_FAILED));
    assert_eq!(event.detail.as_deref(), Some("1 of 6 fixtures failed"));
    assert!(!reload.shared.store.folder(&package.digest()).exists());
    // The last attempt to publish is still what it was: this was none.
    assert_eq!(reload.status(RULES).await.expect("a status").last_attempt, Some(attempt));
}

#[tokio::test]
async fn what_a_publication_refuses_otherwise_is_refused_here_too() {
    let (engine, _root) = started().await;
    let reload = &engine.reload;
    let malformed = package(|fixture| fixture["surprise"] = json!(1));
    let without = package(|fixture| {
        fixture["expected"] = Value::Null;
    });
    let unsettled = package(|fixture| fixture["settings"] = json!({"least_confidence": 2}));
    for (package, code) in [
        (malformed, "fixture.malformed"),
        (without, "fixture.malformed"),
        (unsettled, "plugin.settings_refused"),
    ] {
        let published = reload.publish(package.clone(), &team()).await.expect_err("is refused");
        let error = reload.dry_run(package.clone(), &team()).await.expect_err("is refused");
        assert_eq!((error.code(), published.code()), (code, code));
        assert_eq!(error.to_string(), published.to_string());
        let event = newest(reload).await;
        assert_eq!((event.action, event.code.as_deref()), (Action::DryRun, Some(code)));
        assert!(!reload.shared.store.folder(&package.digest()).exists());
    }
    let elsewhere = Scope {
        document_types: vec!["elsewhere/*".parse().expect("a pattern")],
        plugins: vec!["*".parse().expect("a pattern")],
    };
    let stranger = Publisher { name: "stranger".to_owned(), scope: elsewhere };
    let error = reload.dry_run(package(|_| {}), &stranger).await.expect_err("out of reach");
    assert_eq!(error.code(), "admin.forbidden");
}

#[tokio::test]
async fn rules_of_another_name_are_not_shown_beside() {
    let (engine, _root) = started().await;
    let shared = &engine.reload.shared;
    let package = package(|_| {});
    let mut claim = shared.claim(&package).expect("is understood");
    claim.name = "others".to_owned();
    let proved = shared.prove(package, &claim, Origin::Publish, Purpose::DryRun).await;
    let Proved { package, mut fixtures, .. } = proved.expect("passes");
    shared.run_what_serves(&package, &claim, &mut fixtures).await;
    let mut reports = fixtures.runs.iter().map(|run| run.reports.as_ref().expect("has room"));
    assert!(reports.all(|reports| reports.serving.is_none()));
}
