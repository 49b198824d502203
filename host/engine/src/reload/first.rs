//! The generation that a start serves: its packages made ready, and the task that owns them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dossier_plugin::CodeCounts;
use dossier_store::{Catalogue, Change, Generation, PackageDigest};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::ask::{Answers, START_PATIENCE};
use super::assemble::{Assembled, Touched};
use super::fitness::Fitness;
use super::join::Joining;
use super::shelf::Shelf;
use super::task::{Task, tell_of};
use super::{Reload, RunningTask, Shared, blocking, start_task};
use crate::error::{EngineError, SharingError};
use crate::ready::Ready;
use crate::snapshot::{Quarantine, Snapshot};

/// How long a start waits for what changed meanwhile; then it serves what it served last.
const CATCH_UP: Duration = Duration::from_secs(60);
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
/// The first package of the operator's folders that can't serve, by name.
pub(crate) async fn serve_first(
    shared: Arc<Shared>,
    first: FirstGeneration,
) -> Result<(Reload, RunningTask), EngineError> {
    let FirstGeneration { generation, import, ready, imported_from } = first;
    let (alarm, alarms) = mpsc::channel(ALARMS);
    let (shelf, fitness) = (Shelf::default(), Fitness::default());
    let mut task = Task { shared: Arc::clone(&shared), generation, shelf, fitness, alarm };
    for ready in ready {
        task.shelf.take(ready);
    }
    let mut start = Start { task: &mut task, imported_from: &imported_from };
    let mut snapshot = start.snapshot().await?;
    let shelf = &task.shelf;
    if let Some(mut change) = import {
        for version in &mut change.versions {
            if let Some(ready) = shelf.find(&version.package) {
                version.artifact = ready.artifact_digest().to_string();
            }
        }
        // Only now: a folder that can't serve must not become a generation.
        if !Box::pin(shared.begin_with(change)).await? {
            // Another host was faster: what it began with serves here too.
            let kept = shared.catalogue.current()?.ok_or(SharingError::Other)?;
            task.generation = kept;
            let imported_from = &BTreeMap::new();
            let mut start = Start { task: &mut task, imported_from };
            snapshot = Box::pin(start.snapshot()).await?;
        }
    }
    tell_of(&snapshot);
    let is_as_named = snapshot.is_as_named();
    shared.snapshot.swap(snapshot);
    if let Some(code) = shared.engine.code_counts() {
        let CodeCounts { taken, compiled, rejected, unwritten } = code;
        tracing::info!(taken, compiled, rejected, unwritten, "compiled code");
    }
    let (reload, ahead, running) = start_task(task, alarms);
    if shared.sharing.is_some() {
        // What changed while this host was away, before anybody is answered.
        let caught_up = timeout(CATCH_UP, Box::pin(reload.catch_up())).await;
        if let Err(error) = caught_up.unwrap_or(Err(SharingError::Silent.into())) {
            reload.tell_behind(&error);
        }
        tokio::spawn(reload.clone().follow_until_stopped(ahead));
    }
    if !is_as_named {
        tokio::spawn(reload.clone().recheck_until_fit());
    }
    Ok((reload, running))
}

impl Shared {
    /// Makes the first generation durable: where the catalogue is shared, there, unless another host was faster,
    /// whose generation is here then.
    async fn begin_with(self: &Arc<Self>, change: Change) -> Result<bool, EngineError> {
        let shared = Arc::clone(self);
        let Some(sharing) = &self.sharing else {
            blocking(move || shared.catalogue.write(change)).await??;
            return Ok(true);
        };
        for version in &change.versions {
            let (store, digest) = (self.store.clone(), version.package);
            let package = blocking(move || store.read(&digest)).await??;
            sharing.artifacts.put(package).await?;
        }
        // With the numbers that a catalogue gives.
        let numbered = Catalogue::in_memory()?;
        numbered.write(change)?;
        let has_begun = sharing.catalogue.begin(numbered.exported()?).await?;
        let delta = sharing.catalogue.since(0).await?;
        let (catalogue, store) = (&self.catalogue, &self.store);
        let joining = Joining { sharing, catalogue, store, packages: &self.packages };
        joining.take_over(&delta).await?;
        let is_own = has_begun && delta.generation == 1;
        Ok(is_own)
    }
}

/// A start on its way to a snapshot.
struct Start<'a> {
    task: &'a mut Task,
    imported_from: &'a BTreeMap<PackageDigest, PathBuf>,
}

impl Start<'_> {
    /// Makes everything ready and asks all rules. What a catalogue keeps and can't serve is quarantined, so
    /// that the others do; what was just imported from the operator's own folders is refused by name, unless
    /// it only fails when it runs: that may be the date's fault.
    async fn snapshot(&mut self) -> Result<Snapshot, EngineError> {
        let mut answers = Answers::default();
        let until = Instant::now() + START_PATIENCE;
        let settings = self.task.shared.settings_of(&self.task.generation, &[]).await?;
        loop {
            let Task { generation, fitness, .. } = &*self.task;
            match self.task.assembled(generation, &settings, fitness, Touched::All, &answers)? {
                Assembled::Snapshot(snapshot) => return Ok(*snapshot),
                Assembled::Unready(packages) => {
                    for package in packages {
                        match self.task.shared.prepare(package).await {
                            Ok(ready) => self.task.shelf.take(ready),
                            Err(error) => self.refuse_imported(package, error)?,
                        }
                    }
                }
                Assembled::Unasked(pairs) => {
                    for (pair, answer) in self.task.shared.ask_all(pairs, Some(until)).await {
                        let answer = match answer {
                            Ok(configured) => Ok(configured),
                            Err(error) => Err(self.refuse_unasked(pair.rules.package, error)?),
                        };
                        answers.add(&pair, answer);
                    }
                }
            }
        }
    }

    /// A package can't be made ready.
    fn refuse_imported(
        &mut self,
        package: PackageDigest,
        error: EngineError,
    ) -> Result<(), EngineError> {
        let Some(from) = self.imported_from.get(&package).cloned() else {
            tracing::error!(%package, %error, "a package can't be made ready");
            self.task.fitness.mark(package, Quarantine::of(&error));
            return Ok(());
        };
        let stored = self.task.shared.store.folder(&package);
        Err(EngineError::Imported { from, stored, source: Box::new(error) })
    }

    /// Rules don't answer.
    fn refuse_unasked(
        &self,
        rules: PackageDigest,
        error: EngineError,
    ) -> Result<Quarantine, EngineError> {
        let is_running =
            matches!(error.code(), "plugin.trap" | "plugin.timeout" | "rules.not_asked");
        match self.imported_from.get(&rules).cloned() {
            Some(from) if !is_running => {
                Err(EngineError::Imported { stored: from.clone(), from, source: Box::new(error) })
            }
            _ => Ok(Quarantine::of(&error)),
        }
    }
}
