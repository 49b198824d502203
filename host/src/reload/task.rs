//! The one task that changes what serves: it owns the generation, the ready packages and the
//! right to swap the snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use dossier_document::Digest;
use dossier_store::{
    Action, Attempt, Canary, Change, Event, Generation, PackageDigest, Refusal, Version,
};
use tokio::sync::{mpsc, oneshot};

use super::assemble::Assembly;
use super::prepare::blocking;
use super::prune::{Prune, PruneReport};
use super::{ReloadError, Shared, now};
use crate::catalog::{CanaryAlarm, Catalog, Ready, ReadyArtifact};

/// Packages that stay ready beside those that serve, of each name: the next rollbacks and
/// activations take no compilation.
const READY_VERSIONS: usize = 3;

/// What the task is asked. Every message that changes something is answered after it is durable.
pub(super) enum Message {
    /// A package passed every test.
    Stage {
        version: Box<Version>,
        ready: Arc<Ready>,
        answer: oneshot::Sender<Result<(), ReloadError>>,
    },
    /// A package was refused; what was made ready for it may go.
    Refuse { refused: Box<Refused>, answer: oneshot::Sender<()> },
    /// What serves is changed.
    Apply { request: Apply, answer: oneshot::Sender<Result<Applied, ReloadError>> },
    /// Packages that nothing needs leave the disk.
    Prune { prune: Prune, answer: oneshot::Sender<Result<PruneReport, ReloadError>> },
}

/// A package that was refused.
pub(super) struct Refused {
    pub(super) name: String,
    pub(super) package: PackageDigest,
    pub(super) actor: String,
    pub(super) refusal: Refusal,
    pub(super) ready: Option<Arc<Ready>>,
}

/// A change of what serves.
#[derive(Clone, Debug)]
pub(super) struct Apply {
    pub(super) name: String,
    pub(super) step: Step,
    pub(super) actor: String,
    /// Packages that the task did not have ready when it was asked before.
    pub(super) ready: Vec<Arc<Ready>>,
}

/// One step of a name's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A package serves every request.
    Activate(PackageDigest),
    /// A package serves some requests.
    Canary(PackageDigest, u8),
    /// A package runs beside.
    Shadow(PackageDigest),
    /// The canary or shadow serves every request.
    Promote,
    /// The canary or shadow ends, or the version before serves again.
    RollBack,
}

/// What a change came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The generation that serves now.
    pub generation: u64,
    /// The active package of the name now, if it has one.
    pub active: Option<PackageDigest>,
}

pub(super) struct Task {
    pub(super) shared: Arc<Shared>,
    pub(super) base: Digest,
    pub(super) generation: Generation,
    pub(super) ready: BTreeMap<PackageDigest, Arc<Ready>>,
    /// Packages by name in the order they were last asked for, latest last.
    pub(super) recent: BTreeMap<String, Vec<PackageDigest>>,
    pub(super) alarm: mpsc::Sender<CanaryAlarm>,
}

impl Task {
    /// Runs until every handle is dropped.
    pub(super) async fn run(
        mut self,
        mut messages: mpsc::Receiver<Message>,
        mut alarms: mpsc::Receiver<CanaryAlarm>,
    ) {
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Some(message) => self.answer(message).await,
                    None => break,
                },
                Some(alarm) = alarms.recv() => self.stop_canary(alarm).await,
            }
        }
    }

    async fn answer(&mut self, message: Message) {
        // Whoever asked may have left; what was decided is done all the same.
        match message {
            Message::Stage { version, ready, answer } => {
                let staged = self.stage(*version, ready).await;
                let _ = answer.send(staged);
            }
            Message::Refuse { refused, answer } => {
                self.refuse(*refused).await;
                let _ = answer.send(());
            }
            Message::Apply { request, answer } => {
                let applied = self.apply(request).await;
                let _ = answer.send(applied);
            }
            Message::Prune { prune, answer } => {
                let pruned = self.prune(prune).await;
                let _ = answer.send(pruned);
            }
        }
        self.let_go();
    }

    async fn stage(&mut self, version: Version, ready: Arc<Ready>) -> Result<(), ReloadError> {
        if !self.is_still_ready(&ready) {
            return Err(ReloadError::Busy);
        }
        let at = now();
        let package = version.package;
        let attempt =
            Attempt { at: at.clone(), package, actor: version.publisher.clone(), refused: None };
        let event = self.event(Action::Publish, &version.name, Some(package), &version.publisher);
        let change = Change {
            attempt: Some((version.name.clone(), attempt)),
            events: vec![Event { at, ..event }],
            versions: vec![version],
            ..Change::default()
        };
        self.write(change).await?;
        self.keep(ready);
        Ok(())
    }

    async fn refuse(&mut self, refused: Refused) {
        let Refused { name, package, actor, refusal, ready } = refused;
        if let Some(ready) = ready {
            // Taken so that it can be let go: its adapter is loaded.
            self.ready.entry(package).or_insert(ready);
        }
        let event = self.event(Action::Refuse, &name, Some(package), &actor);
        let (code, detail) = (Some(refusal.code.clone()), Some(refusal.detail.clone()));
        let attempt = Attempt { at: now(), package, actor, refused: Some(refusal) };
        let change = Change {
            attempt: Some((name, attempt)),
            events: vec![Event { code, detail, ..event }],
            ..Change::default()
        };
        if let Err(error) = self.write(change).await {
            tracing::error!(%error, "a refusal is not in the history");
        }
    }

    async fn apply(&mut self, request: Apply) -> Result<Applied, ReloadError> {
        let Apply { name, step, actor, ready } = request;
        for ready in ready {
            if self.is_still_ready(&ready) {
                self.keep(ready);
            }
        }
        if let Step::Activate(package) | Step::Canary(package, _) | Step::Shadow(package) = step {
            // It was published when this was asked for, and may have been taken away since.
            self.check_published(&name, package).await?;
        }
        let mut next = self.generation.next();
        let (action, package, detail) = take(&mut next, &name, step)?;
        let event = self.event(action, &name, package, &actor);
        self.serve(next, Event { detail, ..event }).await?;
        Ok(Applied {
            generation: self.generation.number,
            active: self.generation.active.get(&name).copied(),
        })
    }

    async fn check_published(&self, name: &str, package: PackageDigest) -> Result<(), ReloadError> {
        let shared = Arc::clone(&self.shared);
        match blocking(move || shared.catalogue.version(&package)).await?? {
            Some(_) => Ok(()),
            None => Err(ReloadError::UnknownPackage { name: name.to_owned(), package }),
        }
    }

    async fn stop_canary(&mut self, alarm: CanaryAlarm) {
        let runs = self.generation.canary.get(&alarm.name).map(|canary| canary.package);
        if runs != Some(alarm.package) {
            // It ended meanwhile.
            return;
        }
        let mut next = self.generation.next();
        next.roll_back(&alarm.name);
        let counts = alarm.counts;
        let detail = format!(
            "{} of {} canary requests failed, {} of {} of the active version",
            counts.failures, counts.calls, counts.active_failures, counts.active_calls
        );
        let event = self.event(Action::CanaryStopped, &alarm.name, runs, "host");
        let code = Some("canary.failing".to_owned());
        match self.serve(next, Event { code, detail: Some(detail), ..event }).await {
            Ok(()) => tracing::warn!(plugin = alarm.name, "a canary failed too often and stopped"),
            Err(error) => tracing::error!(%error, "a failing canary can't be stopped"),
        }
        self.let_go();
    }

    /// Makes a generation durable, then lets it serve.
    async fn serve(&mut self, next: Generation, event: Event) -> Result<(), ReloadError> {
        let missing =
            next.packages().filter(|package| !self.ready.contains_key(package)).collect::<Vec<_>>();
        if !missing.is_empty() {
            return Err(ReloadError::NotReady(missing));
        }
        let before = self.shared.snapshots.pin();
        let catalog = self.assembled(&next, &before).await?;
        let event = Event { generation: next.number, ..event };
        let change =
            Change { generation: Some(next.clone()), events: vec![event], ..Change::default() };
        self.write(change).await?;
        self.shared.snapshots.swap(catalog);
        self.generation = next;
        tracing::info!(generation = self.generation.number, "serves");
        Ok(())
    }

    async fn assembled(&self, next: &Generation, before: &Catalog) -> Result<Catalog, ReloadError> {
        let assembly = Assembly {
            adapters: &*self.shared.adapters,
            base: self.base,
            today: &self.shared.today(),
            ready: &self.ready,
            before: Some(before),
            settings: self.shared.canary,
            alarm: &self.alarm,
        };
        assembly.assemble(next).await
    }

    pub(super) async fn write(&self, change: Change) -> Result<(), ReloadError> {
        let shared = Arc::clone(&self.shared);
        Ok(blocking(move || shared.catalogue.write(change)).await??)
    }

    pub(super) fn event(
        &self,
        action: Action,
        name: &str,
        package: Option<PackageDigest>,
        actor: &str,
    ) -> Event {
        Event {
            sequence: 0,
            at: now(),
            generation: self.generation.number,
            action,
            plugin: name.to_owned(),
            package,
            actor: actor.to_owned(),
            code: None,
            detail: None,
        }
    }

    fn keep(&mut self, ready: Arc<Ready>) {
        let recent = self.recent.entry(ready.name().to_owned()).or_default();
        recent.retain(|package| *package != ready.package);
        recent.push(ready.package);
        if recent.len() > READY_VERSIONS {
            recent.remove(0);
        }
        // One that is there stays: requests read with it, which is how this task knows that they do.
        self.ready.entry(ready.package).or_insert(ready);
    }

    /// Whether the adapter of a package is loaded: another package with the same adapter may have
    /// been let go while this one was made ready, and the adapter with it.
    fn is_still_ready(&self, ready: &Ready) -> bool {
        match &ready.artifact {
            ReadyArtifact::Rules { .. } => true,
            ReadyArtifact::Adapter { adapter, .. } => self.shared.adapters.is_loaded(adapter),
        }
    }

    /// Lets packages go that neither serve nor are kept ready, once no request reads with them.
    /// Only this task hands them out, so one that it holds alone is nobody else's.
    pub(super) fn let_go(&mut self) {
        let serving = self.generation.packages().collect::<Vec<_>>();
        let next_back = self.generation.previous.values().filter_map(|previous| previous.last());
        let kept = self.recent.values().flatten().chain(next_back).copied().collect::<Vec<_>>();
        let is_free = |(package, ready): (&PackageDigest, &Arc<Ready>)| {
            let is_wanted = serving.contains(package) || kept.contains(package);
            (!is_wanted && Arc::strong_count(ready) == 1).then_some(*package)
        };
        let free = self.ready.iter().filter_map(is_free).collect::<Vec<_>>();
        for package in free {
            let Some(ready) = self.ready.remove(&package) else { continue };
            let ReadyArtifact::Adapter { adapter, .. } = &ready.artifact else { continue };
            let is_shared = self.ready.values().any(|other| other.artifact_digest() == *adapter);
            if !is_shared {
                self.shared.adapters.unload(adapter);
            }
        }
    }
}

/// Takes a step in a generation; what it is called in the history, and the package it is about.
fn take(
    next: &mut Generation,
    name: &str,
    step: Step,
) -> Result<(Action, Option<PackageDigest>, Option<String>), ReloadError> {
    let owned = || name.to_owned();
    let needs_active = |next: &Generation| {
        let is_active = next.active.contains_key(name);
        if is_active { Ok(()) } else { Err(ReloadError::NotActive { name: owned() }) }
    };
    match step {
        Step::Activate(package) => {
            next.activate(name, package);
            Ok((Action::Activate, Some(package), None))
        }
        Step::Canary(package, percent) => {
            if !(1..=100).contains(&percent) {
                return Err(ReloadError::Percent);
            }
            needs_active(next)?;
            next.start_canary(name, Canary { package, percent });
            Ok((Action::Canary, Some(package), Some(format!("{percent} %"))))
        }
        Step::Shadow(package) => {
            needs_active(next)?;
            next.start_shadow(name, package);
            Ok((Action::Shadow, Some(package), None))
        }
        Step::Promote => {
            let package = next.promote(name);
            let package = package.ok_or_else(|| ReloadError::NoCandidate { name: owned() })?;
            Ok((Action::Promote, Some(package), None))
        }
        Step::RollBack => {
            let package = next.roll_back(name);
            let package = package.ok_or_else(|| ReloadError::NoPrevious { name: owned() })?;
            Ok((Action::Rollback, Some(package), None))
        }
    }
}
