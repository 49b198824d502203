//! The start on a data directory: what serves is what its catalogue says; the first start imports
//! the operator's folders as generation 1.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dossier_model::ModelBackend;
use dossier_plugin::{CodeCounts, Plugin, PluginEngine};
use dossier_store::{
    ADAPTER_CONFIG, ADAPTER_WEIGHTS, Action, ArtifactStore, CALIBRATION, COMPONENT, Catalogue,
    CatalogueError, Change, DOCUMENT_TYPE_MANIFEST, Event, Generation, LORA_XS_FACTORS, Origin,
    Package, PackageDigest, PackageKind, RULES_MANIFEST, Version,
};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::assemble::Assembly;
use super::prepare::{adapter_manifest, blocking};
use super::task::Task;
use super::{CONCURRENT_PUBLISHES, ModelAdapters, QUEUE, Reload, ReloadError, Shared, now};
use crate::catalog::{Catalog, CatalogError, Manifest};
use crate::config::{PlatformConfig, ReaderConfig};
use crate::reader::{
    Reader, StartError, keeping_engine, load_base, only_base, open_rules, rules_file,
};

/// Canaries that may fail at the same moment; one more raises its alarm at its next failure.
const ALARMS: usize = 16;
/// How long a start waits for another process to let go of the data directory.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts.
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// Who imports.
const HOST: &str = "host";

/// Opens the data directory and puts a reader together around what it says. The task ends, and lets
/// go of the directory, once every [`Reload`] is dropped.
///
/// # Errors
/// The first thing that can't be served, by name.
pub(crate) async fn start(
    config: ReaderConfig,
    platform: &PlatformConfig,
    data_dir: PathBuf,
) -> Result<(Reader, Reload, JoinHandle<()>), StartError> {
    let opened = data_dir.clone();
    let (store, catalogue) = blocking(move || open(&opened)).await??;
    let engine = keeping_engine(&config.rules, &data_dir)?;
    let (generation, import) = match catalogue.current().map_err(ReloadError::from)? {
        Some(generation) => (generation, None),
        None => {
            let (generation, change) = import(&config, &engine, &store).await?;
            (generation, Some(change))
        }
    };

    let base_name = base_of(&config, &store, &generation)?;
    let folder = config.adapters().join("base").join(&base_name);
    let (model, pool) = (config.model, config.adapter_pool());
    let loaded = tokio::task::spawn_blocking(move || load_base(&folder, model, pool));
    let (base, pool) = loaded.await.map_err(|_| StartError::Panicked)??;
    let backend = ModelBackend::new(base.clone(), pool.clone())?;
    let base_digest = base.digest();

    let empty = Catalog { generation: 0, base: base_digest, document_types: BTreeMap::new() };
    let reader =
        Reader::with_backend(config.clone(), empty, backend).map_err(StartError::Thread)?;
    let shared = Arc::new(Shared {
        store,
        catalogue,
        engine,
        adapters: Box::new(ModelAdapters { base_name, base, pool }),
        snapshots: reader.snapshots(),
        inference: Some(reader.inference().clone()),
        reader: config,
        canary: platform.canary,
        trusted: platform.signing_keys.clone(),
        accepts_unsigned: platform.dev,
        package_grace: platform.package_grace,
        probe: platform.probe.clone(),
        probing: Semaphore::new(1),
        publishes: Semaphore::new(CONCURRENT_PUBLISHES),
    });
    let (reload, task) = run(shared, base_digest, generation, import).await?;
    if platform.prune_at_start {
        // What serves does not depend on it.
        if let Err(error) = reload.prune(false, HOST, None).await {
            tracing::error!(%error, "old packages can't be taken away");
        }
    }
    Ok((reader, reload, task))
}

/// Makes the packages of a generation ready, serves them, and starts the task that owns them.
pub(super) async fn run(
    shared: Arc<Shared>,
    base: dossier_document::Digest,
    generation: Generation,
    import: Option<Change>,
) -> Result<(Reload, JoinHandle<()>), StartError> {
    let (alarm, alarms) = mpsc::channel(ALARMS);
    let mut ready = BTreeMap::new();
    for package in generation.packages().collect::<BTreeSet<_>>() {
        let prepared = shared.prepare(package).await;
        let named = |source| StartError::Package { package, source: Box::new(source) };
        ready.insert(package, prepared.map_err(named)?);
    }
    let assembly = Assembly {
        adapters: &*shared.adapters,
        base,
        today: &shared.today(),
        ready: &ready,
        before: None,
        settings: shared.canary,
        alarm: &alarm,
    };
    let catalog = assembly.assemble(&generation).await?;
    if let Some(mut change) = import {
        for version in &mut change.versions {
            if let Some(ready) = ready.get(&version.package) {
                version.artifact = ready.artifact_digest().to_string();
            }
        }
        let shared = Arc::clone(&shared);
        // Only now: a folder that can't serve must not become a generation.
        blocking(move || shared.catalogue.write(change)).await?.map_err(ReloadError::from)?;
    }
    shared.snapshots.swap(catalog);
    if let Some(code) = shared.engine.code_counts() {
        let CodeCounts { taken, compiled, rejected, unwritten } = code;
        tracing::info!(taken, compiled, rejected, unwritten, "compiled code");
    }
    let (messages, received) = mpsc::channel(QUEUE);
    let recent = BTreeMap::new();
    let task = Task { shared: Arc::clone(&shared), base, generation, ready, recent, alarm };
    let task = tokio::spawn(task.run(received, alarms));
    Ok((Reload { messages, shared }, task))
}

pub(super) fn open(data_dir: &Path) -> Result<(ArtifactStore, Catalogue), ReloadError> {
    let io = |source| dossier_store::ArtifactError::Io { path: data_dir.to_owned(), source };
    std::fs::create_dir_all(data_dir).map_err(io)?;
    // The catalogue first: it is locked, so nobody else clears the store that somebody writes to.
    let catalogue = open_catalogue(&data_dir.join("catalogue.redb"))?;
    Ok((ArtifactStore::open(data_dir)?, catalogue))
}

/// Waits a moment for the lock. A host that was killed while it started a process leaves the lock
/// with that process until it runs, and one that is being replaced is about to let go.
fn open_catalogue(file: &Path) -> Result<Catalogue, CatalogueError> {
    let start = Instant::now();
    loop {
        match Catalogue::open(file) {
            Err(CatalogueError::Locked) if start.elapsed() < LOCK_PATIENCE => {
                std::thread::sleep(LOCK_PAUSE);
            }
            opened => return opened,
        }
    }
}

/// The base that the adapters of a generation stand on.
fn base_of(
    config: &ReaderConfig,
    store: &ArtifactStore,
    generation: &Generation,
) -> Result<String, StartError> {
    let mut manifests = Vec::new();
    for digest in generation.active.values() {
        let package = store.read(digest).map_err(ReloadError::from)?;
        if package.kind() == PackageKind::Adapter {
            manifests.push(adapter_manifest(&package, &store.folder(digest))?);
        }
    }
    Ok(only_base(&config.adapters(), &manifests)?.to_owned())
}

/// What stands in the operator's folders, as generation 1. Nothing is committed yet.
async fn import(
    config: &ReaderConfig,
    engine: &PluginEngine,
    store: &ArtifactStore,
) -> Result<(Generation, Change), StartError> {
    let manifests = Manifest::find_all(&config.adapters())?;
    // What is cheap to refuse is refused first.
    only_base(&config.adapters(), &manifests)?;
    let mut generation = Generation { number: 1, ..Generation::default() };
    let mut versions = Vec::new();
    for name in manifests.iter().map(|manifest| &manifest.rules).collect::<BTreeSet<_>>() {
        let file = rules_file(config, name);
        let plugin = open_rules(engine, name, &file).await?;
        let component = std::fs::read(&file)
            .map_err(|source| CatalogError::Unreadable { path: file.clone(), source })?;
        let package = package_of_component(&plugin, name, component)?;
        versions.push(imported(store, &mut generation, &package, name, &plugin)?);
    }
    for manifest in &manifests {
        let package = adapter_package(manifest)?;
        let name = manifest.document_type.as_str();
        let digest = store.put(&package).map_err(ReloadError::from)?;
        generation.activate(name, digest);
        versions.push(version(digest, PackageKind::Adapter, name, None, vec![name.to_owned()]));
    }
    let events = vec![Event {
        sequence: 0,
        at: now(),
        generation: 1,
        action: Action::Import,
        plugin: "*".to_owned(),
        package: None,
        actor: HOST.to_owned(),
        code: None,
        detail: Some(format!("{} packages", versions.len())),
    }];
    let change =
        Change { generation: Some(generation.clone()), versions, events, ..Change::default() };
    Ok((generation, change))
}

fn imported(
    store: &ArtifactStore,
    generation: &mut Generation,
    package: &Package,
    name: &str,
    plugin: &Plugin,
) -> Result<Version, StartError> {
    let digest = store.put(package).map_err(ReloadError::from)?;
    generation.activate(name, digest);
    let description = plugin.describe();
    let document_types = description.document_types.iter().map(ToString::to_string).collect();
    let number = Some(description.version.clone());
    Ok(version(digest, PackageKind::Rules, name, number, document_types))
}

fn version(
    package: PackageDigest,
    kind: PackageKind,
    name: &str,
    version: Option<String>,
    document_types: Vec<String>,
) -> Version {
    Version {
        package,
        kind: kind.as_str().to_owned(),
        name: name.to_owned(),
        version,
        document_types,
        artifact: String::new(),
        publisher: HOST.to_owned(),
        signed_by: None,
        origin: Origin::Import,
        published_at: now(),
    }
}

/// A package of a component alone, with the manifest that the component describes.
pub(super) fn package_of_component(
    plugin: &Plugin,
    name: &str,
    component: Vec<u8>,
) -> Result<Package, ReloadError> {
    let description = plugin.describe();
    let document_types = description.document_types.iter().map(ToString::to_string);
    let manifest = serde_json::json!({
        "name": name,
        "version": description.version,
        "document_types": document_types.collect::<Vec<_>>(),
    });
    let files = [
        (RULES_MANIFEST.to_owned(), manifest.to_string().into_bytes()),
        (COMPONENT.to_owned(), component),
    ];
    Ok(Package::new(files.into())?)
}

fn adapter_package(manifest: &Manifest) -> Result<Package, StartError> {
    let mut files = BTreeMap::new();
    // Only these: the operator's folder may hold notes and cards beside them.
    let (needed, optional) = (
        [DOCUMENT_TYPE_MANIFEST, ADAPTER_CONFIG, ADAPTER_WEIGHTS],
        [CALIBRATION, LORA_XS_FACTORS]
            .into_iter()
            .filter(|name| manifest.folder.join(name).exists()),
    );
    for name in needed.into_iter().chain(optional) {
        let path = manifest.folder.join(name);
        let bytes =
            std::fs::read(&path).map_err(|source| CatalogError::Unreadable { path, source })?;
        files.insert(name.to_owned(), bytes);
    }
    Ok(Package::new(files).map_err(ReloadError::from)?)
}
