//! What is decided by the task that makes a change, though others change something meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dossier_store::{COMPONENT, Event, PackageDigest, RULES_MANIFEST};
use tempfile::TempDir;

use super::*;
use crate::ready::Ready;
use crate::settings::EngineSettings;
use crate::start::Engine;
use crate::testing::{FakeAdapters, PASSPORT, blind, blind_unless, data_root, settings};

pub(super) const RULES: &str = "utopia";

fn everything() -> Scope {
    let pattern = || vec!["*".parse().expect("a pattern")];
    Scope { document_types: pattern(), plugins: pattern() }
}

/// Whoever reaches the rules with all that they are for.
pub(super) fn team() -> Publisher {
    let document_types = vec!["utopia/*".parse().expect("a pattern")];
    let plugins = vec![RULES.parse().expect("a pattern")];
    Publisher { name: "team".to_owned(), scope: Scope { document_types, plugins } }
}

pub(super) fn unsigned(root: &Path) -> EngineSettings {
    let mut settings = settings(root);
    settings.packages.accepts_unsigned = true;
    settings
}

async fn started() -> (Engine, TempDir) {
    let root = data_root(&[(PASSPORT, "small", RULES)]);
    let engine = Engine::start_with(unsigned(root.path()), blind(&FakeAdapters::default()));
    (engine.await.expect("starts"), root)
}

/// The shipped rules, as another package than the imported one.
pub(super) fn rules_package(number: u8) -> Package {
    let shipped = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins"));
    let read = |name: &str| fs::read(shipped.join(name)).expect("is shipped");
    let mut files = BTreeMap::from([
        (RULES_MANIFEST.to_owned(), read("utopia/package/plugin.json")),
        (COMPONENT.to_owned(), read("prebuilt/utopia.wasm")),
        ("README.md".to_owned(), vec![b'0' + number]),
    ]);
    for entry in fs::read_dir(shipped.join("utopia/package/fixtures")).expect("is shipped") {
        let file = entry.expect("is read").path();
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        files.insert(format!("fixtures/{name}"), fs::read(&file).expect("is read"));
    }
    Package::new(files).expect("a package")
}

/// The rules as somebody else publishes them, who reaches more: for a document type of another state, too.
fn of_another(version: &Version) -> Version {
    let mut document_types = version.document_types.clone();
    document_types.push("elsewhere/passport/1".to_owned());
    let package = format!("sha256:{}", "ab".repeat(32)).parse().expect("a digest");
    Version { package, document_types, publisher: "another".to_owned(), ..version.clone() }
}

async fn stage(reload: &Reload, version: Version, ready: Ready) {
    let version = Box::new(version);
    let staged = reload.ask(|answer| Message::Stage { version, ready, answer }).await;
    staged.expect("the task lives").expect("is staged");
}

async fn forget(reload: &Reload, package: PackageDigest) {
    let shared = Arc::clone(&reload.shared);
    let change = dossier_store::Change { removed: vec![package], ..Default::default() };
    let forgotten = blocking(move || shared.catalogue.write(change)).await;
    forgotten.expect("ends").expect("nothing names it");
}

fn activation(package: PackageDigest, prepared: Prepared) -> Apply {
    let Publisher { name: actor, scope } = team();
    let (name, step) = (RULES.to_owned(), Step::Activate(package));
    Apply { name, step, actor, scope: Some(scope), prepared }
}

/// A change takes several steps: what is missing is made ready between them, and meanwhile the name may
/// come to be out of the publisher's reach.
#[tokio::test]
async fn scope_is_checked_in_the_step_that_makes_the_change() {
    let (engine, _root) = started().await;
    let reload = &engine.reload;
    let version = reload.publish(rules_package(1), &team()).await.expect("published");
    let mut prepared = Prepared::default();
    let pairs = loop {
        let request = activation(version.package, prepared.clone());
        let asked = reload.ask(|answer| Message::Apply { request, answer }).await;
        match asked.expect("the task lives").expect("is within reach") {
            Outcome::Unready(packages) => {
                for package in packages {
                    prepared.ready.push(reload.shared.prepare(package).await.expect("ready"));
                }
            }
            Outcome::Unasked(pairs) => break pairs,
            Outcome::Applied(applied) => panic!("nobody asked the rules: {applied:?}"),
        }
    };
    reload.ask_rules(pairs, &mut prepared.answers).await.expect("they answer");
    let ready = reload.shared.prepare(version.package).await.expect("ready");
    stage(reload, of_another(&version), ready).await;

    let request = activation(version.package, prepared);
    let asked = reload.ask(|answer| Message::Apply { request, answer }).await;
    match asked.expect("the task lives") {
        Err(EngineError::Forbidden { name }) => assert_eq!(name, RULES),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("a change out of reach is made"),
    }
    assert_eq!(engine.reader.snapshot().pin().generation, 1);
}

/// The same with both at once, again and again: whichever comes first, the history has no change behind
/// what put it out of reach.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_that_race_are_judged_in_the_order_they_are_made() {
    let (engine, _root) = started().await;
    let reload = engine.reload.clone();
    let mut versions = Vec::new();
    for number in 1..=2 {
        versions.push(reload.publish(rules_package(number), &team()).await.expect("published"));
    }
    let (mut made, mut refused) = (0, 0);
    for round in 0..60 {
        let version = versions[round % 2].clone();
        let ready = reload.shared.prepare(version.package).await.expect("ready");
        let other = of_another(&version);
        let changing = tokio::spawn({
            let (reload, package) = (reload.clone(), version.package);
            async move { reload.apply_for(RULES, Step::Activate(package), &team()).await }
        });
        // Into the change at another of its steps each time.
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        if round % 3 == 0 {
            tokio::time::sleep(Duration::from_millis(round as u64 / 3)).await;
        }
        stage(&reload, other.clone(), ready).await;
        let changed = changing.await.expect("ends");
        let events = reload.history(2, |_: &Event| true).await.expect("told");
        let newest = events.iter().map(|event| event.actor.as_str()).collect::<Vec<_>>();
        match changed {
            // Newest first: the change, and only then what puts it out of reach.
            Ok(_) => assert_eq!(newest, ["another", "team"], "round {round}"),
            Err(EngineError::Forbidden { .. }) => assert_eq!(newest[0], "another", "round {round}"),
            Err(error) => panic!("round {round}: {error}"),
        }
        made += usize::from(changed.is_ok());
        refused += usize::from(changed.is_err());
        forget(&reload, other.package).await;
    }
    assert!(made + refused == 60, "{made} made, {refused} refused");
}

/// A refused package brought the same weights as the one that serves, and later comes again under the same
/// path: what reads is read from a folder that is there, before a prune and after it.
#[tokio::test]
async fn the_folder_of_a_refused_package_is_read_by_nobody_and_may_come_again() {
    let root = data_root(&[(PASSPORT, "small", RULES)]);
    let (adapters, fails) = (FakeAdapters::default(), Arc::new(AtomicBool::new(false)));
    let mut settings = unsigned(root.path());
    settings.packages.grace = Duration::ZERO;
    let model = blind_unless(&adapters, &fails);
    let engine = Engine::start_with(settings, model).await.expect("starts");
    let reload = &engine.reload;
    let serving = adapters.folders();
    assert_eq!(serving.len(), 1);

    let folder = root.path().join("adapters").join(PASSPORT);
    let file = |name: &str| fs::read(folder.join(name)).expect("is there");
    let files = ["document-type.json", "adapter_config.json", "adapter_model.safetensors"];
    let mut files = files.map(|name| (name.to_owned(), file(name))).to_vec();
    files.push(("README.md".to_owned(), b"the same weights in another package".to_vec()));
    let package = Package::new(files.into_iter().collect()).expect("a package");
    let again = reload.shared.store.folder(&package.digest());
    let publisher = Publisher { name: "tests".to_owned(), scope: everything() };

    fails.store(true, Ordering::Relaxed);
    let error = reload.publish(package.clone(), &publisher).await.expect_err("reads no page");
    assert_eq!(error.code(), "adapter.unusable", "{error}");
    assert!(!again.exists(), "what is refused leaves the disk");
    assert_eq!(adapters.folders(), serving);

    fails.store(false, Ordering::Relaxed);
    let version = reload.publish(package, &publisher).await.expect("reads a page now");
    let step = Step::Activate(version.package);
    reload.apply(PASSPORT, step, "tests").await.expect("activated");
    reload.prune(false, "tests", None).await.expect("nothing is published");
    for folder in adapters.folders() {
        assert!(folder.join("adapter_model.safetensors").is_file(), "{}", folder.display());
    }
    assert!(again.is_dir() && adapters.count() == 1);
}
