//! `dossier serve --watch`: a component that changes in a folder serves a moment later.
//!
//! For local development. A change on disk is a hint, never a promise: the file is read once it has
//! been left alone for a while, and goes through the same proof as any package, but for signature
//! and fixtures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::error::EngineError;
use crate::folders::is_artifact_name;
use crate::reload::{Reload, blocking};
use crate::start::package_of_component;

/// A compiler writes a file in many steps; this long without one, it is done.
const SETTLE: Duration = Duration::from_millis(200);
/// Changes that may wait; with more, those that came first already tell what changed.
const CHANGES: usize = 1024;

/// A watched folder. Dropping it ends the watch.
#[derive(Debug)]
pub struct Watch {
    _watcher: RecommendedWatcher,
    task: JoinHandle<()>,
}

impl Watch {
    /// Watches a folder and everything below it.
    ///
    /// # Errors
    /// When the operating system does not let it be watched.
    pub fn start(folder: &Path, reload: Reload) -> Result<Self, EngineError> {
        let refused =
            |source| EngineError::Watch { folder: folder.to_owned(), source: Box::new(source) };
        let (sender, changes) = mpsc::channel(CHANGES);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            if matches!(event.kind, EventKind::Access(_)) {
                return;
            }
            for path in event.paths.into_iter().filter(|path| is_component(path)) {
                // Full: what waits is read after this change was made, and most likely is it.
                let _ = sender.try_send(path);
            }
        })
        .map_err(refused)?;
        watcher.watch(folder, RecursiveMode::Recursive).map_err(refused)?;
        tracing::info!(folder = %folder.display(), "watching");
        Ok(Self { _watcher: watcher, task: tokio::spawn(reload_changes(changes, reload)) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `<name>.wasm`, and nothing that a build leaves about.
fn is_component(path: &Path) -> bool {
    let is_wasm = path.extension().is_some_and(|ending| ending == "wasm");
    let is_build = path.components().any(|part| part.as_os_str() == "target");
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    is_wasm && !is_build && is_artifact_name(stem)
}

async fn reload_changes(mut changes: mpsc::Receiver<PathBuf>, reload: Reload) {
    // What was published last of each file: editors write the same bytes again.
    let mut published = BTreeMap::new();
    while let Some(first) = changes.recv().await {
        let mut changed = BTreeSet::from([first]);
        while let Ok(Some(next)) = tokio::time::timeout(SETTLE, changes.recv()).await {
            changed.insert(next);
        }
        for file in changed {
            match publish(&file, &reload, &mut published).await {
                Ok(true) => tracing::info!(file = %file.display(), "reloaded"),
                Ok(false) => {}
                Err(error) => {
                    let code = error.code();
                    tracing::warn!(file = %file.display(), code, %error, "not reloaded");
                }
            }
        }
    }
}

async fn publish(
    file: &Path,
    reload: &Reload,
    published: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> Result<bool, EngineError> {
    let path = file.to_owned();
    // A file that is gone is no change of rules: what serves goes on.
    let Ok(component) = blocking(move || std::fs::read(path)).await? else { return Ok(false) };
    if published.get(file) == Some(&component) {
        return Ok(false);
    }
    let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let plugin = reload.engine().compile(name, component.clone()).await;
    let plugin = plugin.map_err(EngineError::Component)?;
    let package = package_of_component(&plugin, name, component.clone())?;
    reload.publish_watched(package).await?;
    published.insert(file.to_owned(), component);
    Ok(true)
}
