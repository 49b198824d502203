//! Folders that are served, and those that can't be.

use dossier_store::Package;

use super::*;
use crate::admission::{Admission, TenantQuota};
use crate::folders::FolderError;
use crate::pipeline::{Conditions, ExtractRequest, ModelChoice, TypeChoice, extract};
use crate::reload::Step;
use crate::request_id::RequestId;
use crate::testing::{FakeAdapters, PASSPORT, blind, data_root, png, settings};

type Type = (&'static str, &'static str, &'static str);

const OF_UTOPIA: Type = (PASSPORT, "small", "utopia");

async fn started(types: &[Type], adapters: &FakeAdapters) -> Result<Engine, EngineError> {
    let root = data_root(types);
    Engine::start_with(settings(root.path()), blind(adapters)).await
}

async fn error_of(types: &[Type]) -> EngineError {
    started(types, &FakeAdapters::default()).await.expect_err("refused")
}

#[tokio::test]
async fn nothing_to_serve_is_an_error() {
    let error = error_of(&[]).await;
    assert!(matches!(error, EngineError::Folder(FolderError::NoDocumentTypes { .. })), "{error}");
}

#[tokio::test]
async fn one_host_serves_one_base() {
    let error = error_of(&[OF_UTOPIA, ("utopia/visa/2020", "large", "utopia")]).await;
    assert!(matches!(error, EngineError::Folder(FolderError::SecondBase { .. })), "{error}");
    assert!(error.to_string().contains("visa/2020"), "{error}");
}

#[tokio::test]
async fn rules_that_are_not_there_or_no_component_are_named() {
    let error = error_of(&[(PASSPORT, "small", "nowhere")]).await;
    assert!(matches!(error, EngineError::Folder(FolderError::Unreadable { .. })), "{error}");
    assert!(error.to_string().contains("nowhere.wasm"), "{error}");
    let error = error_of(&[(PASSPORT, "small", "broken")]).await;
    assert!(matches!(error, EngineError::ComponentFile { .. }), "{error}");
    assert!(error.to_string().contains("broken.wasm"), "{error}");
}

#[tokio::test]
async fn rules_must_have_rules_for_the_type() {
    let error = error_of(&[("utopia/visa/2020", "small", "utopia")]).await;
    assert_eq!(error.code(), "rules.lack_document_type", "{error}");
    for named in ["utopia.wasm", "utopia/visa/2020"] {
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[tokio::test]
async fn the_base_must_have_a_way_to_be_asked_for_every_field() {
    let adapters = FakeAdapters::without("mrz");
    let error = started(&[OF_UTOPIA], &adapters).await.expect_err("refused");
    assert_eq!(error.code(), "rules.unsupported_field", "{error}");
    for named in ["utopia.wasm", "`mrz`"] {
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[tokio::test]
async fn a_base_that_is_not_there_is_named() {
    let root = data_root(&[OF_UTOPIA]);
    let error = Engine::start(settings(root.path())).await.expect_err("refused");
    assert!(matches!(error, EngineError::Base(_)), "{error}");
    assert!(error.to_string().contains("adapters/base/small"), "{error}");
}

#[tokio::test]
async fn an_adapter_that_does_not_fit_is_named_by_the_operators_folder() {
    let root = data_root(&[OF_UTOPIA]);
    let adapters = FakeAdapters::default();
    let weights = root.path().join("adapters").join(PASSPORT).join("calibration.json");
    std::fs::write(weights, "{").expect("written");
    let error = Engine::start_with(settings(root.path()), blind(&adapters)).await;
    let error = error.expect_err("refused").to_string();
    let folder = root.path().join("adapters").join(PASSPORT);
    assert!(error.starts_with(&*folder.join("calibration.json").to_string_lossy()), "{error}");
}

#[tokio::test]
async fn one_document_type_is_served_alone_and_its_store_ends_with_it() {
    let root = data_root(&[OF_UTOPIA, ("utopia/id-card/2024", "small", "utopia")]);
    let adapters = FakeAdapters::default();
    let mut settings = settings(root.path());
    let only = Some(PASSPORT.parse().expect("a document type"));
    settings.store = StoreSettings::Temporary { code_dir: None, only };
    let engine = Engine::start_with(settings, blind(&adapters)).await.expect("starts");
    let snapshot = engine.reader.snapshot().pin();
    assert_eq!((snapshot.generation, snapshot.document_types.len()), (1, 1));
    assert_eq!(adapters.count(), 1);
    let Engine { reader, reload, store } = engine;
    let folder = store._temporary.as_ref().expect("temporary").path().to_owned();
    assert!(folder.is_dir());
    drop((reader, reload, snapshot));
    store.ended().await;
    assert!(!folder.exists());
    assert_eq!(adapters.count(), 0, "an adapter leaves with the last who reads with it");
}

#[tokio::test]
async fn a_type_that_is_not_there_is_told_before_anything_is_loaded() {
    let root = data_root(&[OF_UTOPIA]);
    let adapters = FakeAdapters::default();
    let mut settings = settings(root.path());
    let only = Some("utopia/passport/1824".parse().expect("a document type"));
    settings.store = StoreSettings::Temporary { code_dir: None, only };
    let error = Engine::start_with(settings, blind(&adapters)).await.expect_err("refused");
    assert!(matches!(error, EngineError::UnknownDocumentType), "{error}");
}

#[tokio::test]
async fn compiled_code_is_left_for_the_next_process() {
    let root = data_root(&[OF_UTOPIA]);
    let code = tempfile::tempdir().expect("a folder");
    for expected in [(0, 1), (1, 0)] {
        let mut settings = settings(root.path());
        let code_dir = Some(code.path().join("rules"));
        settings.store = StoreSettings::Temporary { code_dir, only: None };
        let engine = Engine::start_with(settings, blind(&FakeAdapters::default())).await;
        let counts = engine.expect("starts").reload.code_counts();
        assert_eq!((counts.taken, counts.compiled), expected);
    }
}

#[tokio::test]
async fn a_package_put_aside_leaves_with_the_last_request_that_holds_it() {
    let root = data_root(&[OF_UTOPIA]);
    let adapters = FakeAdapters::default();
    let mut settings = settings(root.path());
    settings.packages.accepts_unsigned = true;
    let engine = Engine::start_with(settings, blind(&adapters)).await.expect("starts");
    let pinned = engine.reader.snapshot().pin();
    // More versions than are kept ready.
    for version in 0..6 {
        let package = adapter_package(root.path(), &format!("weights {version}"));
        let everything = "*".parse().expect("a pattern");
        let scope = dossier_store::Scope {
            document_types: vec![everything],
            plugins: vec!["*".parse().expect("a pattern")],
        };
        let publisher = crate::settings::Publisher { name: "tests".to_owned(), scope };
        let published = engine.reload.publish(package, &publisher).await.expect("published");
        let step = Step::Activate(published.package);
        engine.reload.apply(PASSPORT, step, "tests").await.expect("activated");
    }
    // Three recent ones, of which one serves and one is the next to go back to; and the pinned one.
    assert_eq!(adapters.count(), 4);
    drop(pinned);
    assert_eq!(adapters.count(), 3);
}

#[tokio::test]
async fn pages_and_fields_are_judged_before_anything_is_decoded() {
    let engine = started(&[OF_UTOPIA], &FakeAdapters::default()).await.expect("starts");
    let ask = async |pages: usize, fields: &[&str]| {
        let request = ExtractRequest {
            document_type: TypeChoice::Named(PASSPORT.parse().expect("a document type")),
            pages: vec![b"no page".as_slice().into(); pages],
            fields: Some(fields.iter().map(|name| name.parse().expect("a name")).collect()),
            model: ModelChoice::Adapter,
            conditions: Conditions::default(),
            permit: None,
        };
        extract(&engine.reader, request, &RequestId::new()).await.expect_err("refused").code()
    };
    assert_eq!(ask(0, &["surname"]).await, "page.missing");
    assert_eq!(ask(2, &["surname"]).await, "document.too_many_pages");
    assert_eq!(ask(1, &["age"]).await, "field.unknown");
    assert_eq!(ask(1, &["surname", "surname"]).await, "field.repeated");
    assert_eq!(ask(1, &["surname"]).await, "page.not_an_image");
}

#[tokio::test]
async fn what_a_shadow_holds_counts_in_admission() {
    let root = data_root(&[OF_UTOPIA]);
    let mut settings = settings(root.path());
    settings.packages.accepts_unsigned = true;
    let adapters = FakeAdapters::default();
    let engine = Engine::start_with(settings, blind(&adapters)).await.expect("starts");
    let scope = dossier_store::Scope {
        document_types: vec!["*".parse().expect("a pattern")],
        plugins: vec!["*".parse().expect("a pattern")],
    };
    let publisher = crate::settings::Publisher { name: "tests".to_owned(), scope };
    let package = adapter_package(root.path(), "other weights");
    let published = engine.reload.publish(package, &publisher).await.expect("published");
    let step = Step::Shadow(published.package);
    engine.reload.apply(PASSPORT, step, "tests").await.expect("begun");

    let (admission, anybody) = (Admission::new(1), TenantQuota::default());
    let passport: DocumentTypeId = PASSPORT.parse().expect("a document type");
    let request = ExtractRequest {
        document_type: TypeChoice::Named(passport.clone()),
        pages: vec![png(8, 8)],
        fields: None,
        model: ModelChoice::Adapter,
        conditions: Conditions::default(),
        permit: Some(
            admission.try_acquire(&anybody, Some(&passport)).expect("nobody else is there"),
        ),
    };
    // On this thread nothing of the shadow runs before the next await.
    extract(&engine.reader, request, &RequestId::new()).await.expect("read");
    assert!(
        admission.try_acquire(&anybody, Some(&passport)).is_err(),
        "the shadow still holds the pages"
    );
    loop {
        let status = engine.reload.status(PASSPORT).await.expect("known");
        let counts = match status.candidate {
            Some(crate::reload::CandidateStatus::Shadow { counts: Some(counts), .. }) => counts,
            other => panic!("{other:?}"),
        };
        if counts.compared == 1 {
            break;
        }
        assert_eq!((counts.failed, counts.skipped), (0, 0));
        tokio::task::yield_now().await;
    }
    // Counted just before it is dropped, in one step of the shadow's task.
    assert!(admission.try_acquire(&anybody, Some(&passport)).is_ok());
}

fn adapter_package(root: &Path, weights: &str) -> Package {
    let folder = root.join("adapters").join(PASSPORT);
    let file = |name: &str| std::fs::read(folder.join(name)).expect("is there");
    let files = [
        ("document-type.json", file("document-type.json")),
        ("adapter_config.json", file("adapter_config.json")),
        ("adapter_model.safetensors", weights.as_bytes().to_vec()),
    ];
    Package::new(files.map(|(name, bytes)| (name.to_owned(), bytes)).into()).expect("a package")
}
