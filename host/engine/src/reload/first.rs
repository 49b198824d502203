//! The generation that a start serves: its packages made ready, and the task that owns them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dossier_plugin::CodeCounts;
use dossier_store::{Change, Generation, PackageDigest};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::assemble::{Assembly, ReadyGeneration};
use super::shelf::Shelf;
use super::{Reload, Shared, blocking, start_task};
use crate::error::EngineError;
use crate::ready::Ready;

/// Canaries that may fail at the same moment; one more raises its alarm at its next failure.
const ALARMS: usize = 16;

/// What a start serves first.
pub(crate) struct FirstGeneration {
    pub(crate) generation: Generation,
    /// What makes it durable, where it was just imported.
    pub(crate) import: Option<Change>,
    /// Packages that are ready already.
    pub(crate) ready: Vec<Ready>,
    /// The operator's folders or files that packages were imported from.
    pub(crate) imported_from: BTreeMap<PackageDigest, PathBuf>,
}

impl FirstGeneration {
    /// The one that a catalogue keeps.
    pub(crate) fn kept(generation: Generation) -> Self {
        Self { generation, import: None, ready: Vec::new(), imported_from: BTreeMap::new() }
    }
}

/// Makes the packages of a generation ready, serves them, and starts the task that owns them.
///
/// # Errors
/// The first package that can't serve, by name.
pub(crate) async fn serve_first(
    shared: Arc<Shared>,
    first: FirstGeneration,
) -> Result<(Reload, JoinHandle<()>), EngineError> {
    let FirstGeneration { generation, import, ready, imported_from } = first;
    let (alarm, alarms) = mpsc::channel(ALARMS);
    let mut shelf = Shelf::default();
    for ready in ready {
        shelf.take(ready);
    }
    let settings = shared.settings_of(&generation, None).await?;
    let ready = loop {
        match ReadyGeneration::new(&generation, &settings, |package| shelf.find(package)) {
            Ok(ready) => break ready,
            Err(unready) => {
                for package in unready {
                    let prepared = shared.prepare(package).await;
                    shelf.take(prepared.map_err(|source| {
                        let source = Box::new(source);
                        match imported_from.get(&package).cloned() {
                            Some(from) => {
                                let stored = shared.store.folder(&package);
                                EngineError::Imported { from, stored, source }
                            }
                            None => EngineError::Kept { package, source },
                        }
                    })?);
                }
            }
        }
    };
    let assembly = Assembly {
        adapters: shared.adapters.loader(),
        today: &shared.today(),
        before: &shared.snapshot.pin(),
        canary: shared.packages.canary,
        alarm: &alarm,
        imported_from: &imported_from,
    };
    let snapshot = assembly.assemble(&ready).await?;
    if let Some(mut change) = import {
        for version in &mut change.versions {
            if let Some(ready) = shelf.find(&version.package) {
                version.artifact = ready.artifact_digest().to_string();
            }
        }
        let shared = Arc::clone(&shared);
        // Only now: a folder that can't serve must not become a generation.
        blocking(move || shared.catalogue.write(change)).await??;
    }
    shared.snapshot.swap(snapshot);
    if let Some(code) = shared.engine.code_counts() {
        let CodeCounts { taken, compiled, rejected, unwritten } = code;
        tracing::info!(taken, compiled, rejected, unwritten, "compiled code");
    }
    Ok(start_task(shared, generation, shelf, alarm, alarms))
}
