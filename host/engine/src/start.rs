//! The start: packages in a store, the generation that serves, and a reader around it.
//!
//! What serves is always what a catalogue says. Where packages are kept, it is the catalogue of the
//! last run, and the first start imports the operator's folders as generation 1; a temporary store
//! begins with that import each time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dossier_document::DocumentTypeId;
use dossier_inference::Backend;
use dossier_model::ModelError;
use dossier_plugin::CodeCache;
use dossier_store::{
    ArtifactError, ArtifactStore, Catalogue, CatalogueError, Generation, catalogue_exists,
    make_private,
};
use tempfile::TempDir;

use crate::adapters::Adapters;
use crate::error::EngineError;
use crate::folders::{Manifest, only_base};
use crate::model::{LoadedModel, load_model};
use crate::page_finder::PageFinder;
use crate::reader::Reader;
use crate::reload::{
    FirstGeneration, Joining, Reload, RunningTask, Shared, Sharing, Turns, adapter_manifest,
    blocking, serve_first,
};
use crate::rules::serving_engine;
use crate::settings::{EngineSettings, ReaderSettings, StoreSettings};
use crate::snapshot::Snapshot;
use crate::statistics::ReloadCounters;
use crate::zone_reader::ZoneReader;

mod import;
pub(crate) use import::package_of_component;
use import::{Imported, Importer};

mod backup;
pub use backup::{begin_backup, restore_backup};

mod rebuild;
pub use rebuild::{Rebuilt, rebuild_catalogue};

/// How long a start waits for another process to let go of the data directory.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts.
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// Bytes of compiled code that a process leaves behind for the next where nobody prunes it.
const CODE_BYTES: u64 = 2 << 30;
/// The catalogue, in the data directory.
const CATALOGUE_FILE: &str = "catalogue.redb";
/// Who imports, and who prunes at start.
const HOST: &str = "host";

/// Everything at work: what reads, and what lets packages come and go.
#[derive(Debug)]
pub struct Engine {
    /// Reads documents.
    pub reader: Reader,
    /// Publishes packages and changes what serves.
    pub reload: Reload,
    /// What `reader` and `reload` read from. Keep it as long as either.
    pub store: StoreLifetime,
}

/// The store of an engine, until nobody uses it.
#[derive(Debug)]
pub struct StoreLifetime {
    task: RunningTask,
    /// Removed in the end.
    _temporary: Option<TempDir>,
}

/// An open store.
struct Opened {
    artifacts: ArtifactStore,
    catalogue: Catalogue,
    code: Option<CodeCache>,
    temporary: Option<TempDir>,
}

impl Engine {
    /// Opens the store and puts a reader together around what its catalogue says.
    ///
    /// # Errors
    /// The first thing that can't be served, by name.
    pub async fn start(settings: EngineSettings) -> Result<Self, EngineError> {
        Self::start_with(settings, load_model).await
    }

    /// The same with another model: `load` is given the folder of the base.
    ///
    /// # Errors
    /// The first thing that can't be served, by name.
    pub async fn start_with<B: Backend>(
        settings: EngineSettings,
        load: impl FnOnce(&Path, &ReaderSettings) -> Result<LoadedModel<B>, ModelError> + Send + 'static,
    ) -> Result<Self, EngineError> {
        let EngineSettings { reader: settings, packages, store } = settings;
        let only = match &store {
            StoreSettings::Kept { .. } => None,
            StoreSettings::Temporary { only, .. } => only.clone(),
        };
        let sharing = match &store {
            StoreSettings::Kept { shared, .. } => {
                shared.clone().map(|shared| Arc::new(Sharing::new(shared)))
            }
            StoreSettings::Temporary { .. } => None,
        };
        let Opened { artifacts, catalogue, code, temporary } =
            blocking(move || open(&store)).await??;
        if let Some(sharing) = &sharing {
            let (catalogue, store) = (&catalogue, &artifacts);
            // Boxed, as everything of a start that most starts do not need.
            let joining = Joining { sharing, catalogue, store, packages: &packages };
            Box::pin(joining.join()).await?;
        }
        let engine = serving_engine(&settings.rules, code)?;
        let (first, base_name) = match catalogue.current()? {
            Some(generation) => {
                let base_name = base_of(&settings, &artifacts, &generation)?;
                (FirstGeneration::kept(generation), base_name)
            }
            None => {
                let (store, canary) = (&artifacts, packages.canary);
                let importer = Importer { settings: &settings, engine: &engine, store, canary };
                let Imported { first, base_name } = importer.import(only.as_ref()).await?;
                (first, base_name)
            }
        };

        let folder = settings.adapters().join("base").join(&base_name);
        let (of_model, of_base) = (settings.clone(), folder.clone());
        let loaded = blocking(move || load(&of_base, &of_model)).await?;
        let LoadedModel { adapters, backend, zone_adapter } =
            loaded.map_err(|error| EngineError::Base(Box::new(error)))?;
        let base = adapters.base();
        let zone_reader = zone_adapter.map(|adapter| ZoneReader::new(adapter, &folder));
        let zone_reader = zone_reader.transpose()?;
        let locator = settings.locator();
        let finder = if settings.pages_as_sent || !locator.exists() {
            None
        } else {
            let loaded = blocking(move || PageFinder::load(&locator)).await?;
            Some(loaded.map_err(|error| EngineError::Locator(Box::new(error)))?)
        };
        let empty = Snapshot::empty(base, adapters.type_likeness());
        let reader = Reader::new(settings.clone(), empty, backend, finder, zone_reader);
        let reader = reader.map_err(EngineError::Thread)?;
        let prune_at_start = packages.prune_at_start;
        let shared = Arc::new(Shared {
            store: artifacts,
            catalogue,
            engine,
            base_name,
            adapters: Adapters::new(adapters),
            snapshot: Arc::clone(reader.snapshot()),
            inference: reader.inference().clone(),
            reader: settings,
            packages,
            turns: Turns::default(),
            sharing,
            counters: ReloadCounters::default(),
        });
        let (reload, task) = serve_first(shared, first).await?;
        if prune_at_start {
            // What serves does not depend on it.
            if let Err(error) = reload.prune(false, HOST, None).await {
                tracing::error!(%error, "old packages can't be taken away");
            }
        }
        Ok(Self { reader, reload, store: StoreLifetime { task, _temporary: temporary } })
    }
}

impl StoreLifetime {
    /// Waits until nobody uses the store any more: every [`Reload`] must be dropped before, but for those
    /// that are still asked for something, which ends unanswered. Then another process may open it.
    pub async fn ended(self) {
        self.task.end().await;
    }
}

fn open(settings: &StoreSettings) -> Result<Opened, EngineError> {
    match settings {
        StoreSettings::Kept { data_dir, .. } => {
            make_private(data_dir)?;
            // The catalogue first: it is locked, so nobody else clears the store that somebody
            // writes to.
            let file = data_dir.join(CATALOGUE_FILE);
            refuse_lost(&file, data_dir)?;
            let catalogue = open_catalogue(&file)?;
            let artifacts = ArtifactStore::open(data_dir)?;
            let code = Some(CodeCache::open(data_dir)?);
            Ok(Opened { artifacts, catalogue, code, temporary: None })
        }
        StoreSettings::Temporary { code_dir, .. } => {
            let temporary = tempfile::Builder::new().prefix("dossier-").tempdir();
            let temporary = temporary.map_err(EngineError::TemporaryFolder)?;
            Ok(Opened {
                artifacts: ArtifactStore::open_temporary(temporary.path())?,
                catalogue: Catalogue::in_memory()?,
                code: code_dir.as_deref().and_then(code_of_user),
                temporary: Some(temporary),
            })
        }
    }
}

/// Compiled code in a folder that several processes share. Without it everything works, slower.
#[must_use]
pub fn code_of_user(folder: &Path) -> Option<CodeCache> {
    match CodeCache::open_shared(folder, CODE_BYTES) {
        Ok(code) => Some(code),
        Err(error) => {
            tracing::warn!(%error, "compiled code is not kept");
            None
        }
    }
}

/// Whether a data directory has a catalogue, which says what serves, whatever stands in the operator's folders.
#[must_use]
pub fn has_catalogue(data_dir: &Path) -> bool {
    catalogue_exists(&data_dir.join(CATALOGUE_FILE)).unwrap_or(false)
}

/// Packages without a catalogue: it was lost, and the folders are not what served last.
fn refuse_lost(file: &Path, data_dir: &Path) -> Result<(), EngineError> {
    let io = |source| ArtifactError::Io { path: file.to_owned(), source };
    if catalogue_exists(file).map_err(io)? {
        return Ok(());
    }
    let packages = ArtifactStore::packages_below(data_dir)?;
    match packages {
        0 => Ok(()),
        packages => Err(CatalogueError::Lost { file: file.to_owned(), packages }.into()),
    }
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

/// The base that the adapters of a generation stand on, as far as they can be read: those that can't are
/// quarantined later.
fn base_of(
    settings: &ReaderSettings,
    store: &ArtifactStore,
    generation: &Generation,
) -> Result<String, EngineError> {
    let mut manifests = Vec::new();
    for (name, digest) in &generation.active {
        if name.parse::<DocumentTypeId>().is_err() {
            continue;
        }
        let previous = generation.previous.get(name).into_iter().flatten().rev();
        let previous = previous.map(|previous| &previous.package);
        let read = [digest].into_iter().chain(previous).find_map(|digest| {
            let package = store.read(digest).ok()?;
            adapter_manifest(&package, &store.folder(digest)).ok()
        });
        manifests.extend(read);
    }
    // One that names another base is quarantined: most of them tell which one this host serves.
    let mut bases = BTreeMap::<&str, usize>::new();
    for manifest in &manifests {
        *bases.entry(&manifest.base).or_default() += 1;
    }
    match bases.into_iter().max_by_key(|(_, count)| *count) {
        Some((base, _)) => Ok(base.to_owned()),
        None => {
            Ok(only_base(&settings.adapters(), &Manifest::find_all(&settings.adapters())?)?
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests;
