//! The one task that changes what serves: it owns the generation, the ready packages and the
//! right to swap the snapshot.

use std::sync::Arc;
use std::time::Duration;

use dossier_store::{
    Action, Attempt, Change, Event, Generation, PackageDigest, Refusal, Scope, TypeSettings,
    Version,
};
use tokio::sync::{mpsc, oneshot};

use super::ask::{Answers, Pair};
use super::assemble::{Assembled, Assembly, ReadyGeneration, Touched};
use super::dry_run::DryRunRecord;
use super::fitness::Fitness;
use super::follow::Follow;
use super::prune::{Prune, PruneReport, PrunedPackage};
use super::recheck::Recheck;
use super::shelf::Shelf;
use super::step::{Step, take};
use super::type_settings::{NamedSettings, SetSettings};
use super::{Shared, blocking, now};
use crate::error::EngineError;
use crate::ready::Ready;
use crate::snapshot::{CanaryAlarm, Snapshot};
use crate::statistics::ReloadCounters;

/// Between two tries to write, while the disk refuses.
const DISK_PAUSE: Duration = Duration::from_secs(5);

/// What the task is asked. Every message that changes something is answered after it is durable.
pub(super) enum Message {
    /// A package passed every test.
    Stage { version: Box<Version>, ready: Ready, answer: oneshot::Sender<Result<(), EngineError>> },
    /// A package was tried and not published.
    DryRun { record: Box<DryRunRecord>, answer: oneshot::Sender<Result<(), EngineError>> },
    /// A package was refused.
    Refuse { refused: Box<Refused>, answer: oneshot::Sender<()> },
    /// What serves is changed.
    Apply { request: Apply, answer: oneshot::Sender<Result<Outcome, EngineError>> },
    /// The settings of a document type are set.
    SetSettings { request: SetSettings, answer: oneshot::Sender<Result<Outcome, EngineError>> },
    /// What is quarantined is tried again; what serves is no other generation.
    Recheck { recheck: Box<Recheck>, answer: oneshot::Sender<Result<Outcome, EngineError>> },
    /// What others changed is followed.
    Follow { follow: Box<Follow>, answer: oneshot::Sender<Result<Outcome, EngineError>> },
    /// A package of another host is ready ahead of the change that needs it.
    Keep { ready: Ready, answer: oneshot::Sender<()> },
    /// Packages that nothing needs leave the disk.
    Prune {
        prune: Prune,
        packages: Vec<PrunedPackage>,
        answer: oneshot::Sender<Result<PruneReport, EngineError>>,
    },
}

/// A package that was refused.
pub(super) struct Refused {
    pub(super) name: String,
    pub(super) package: PackageDigest,
    pub(super) actor: String,
    pub(super) refusal: Refusal,
}

/// A change of what serves.
#[derive(Clone, Debug)]
pub(super) struct Apply {
    pub(super) name: String,
    pub(super) step: Step,
    pub(super) actor: String,
    /// What the actor reaches; the host itself reaches everything.
    pub(super) scope: Option<Scope>,
    pub(super) prepared: Prepared,
}

/// What was missing for a change when the task was asked for it before.
#[derive(Clone, Debug, Default)]
pub(super) struct Prepared {
    /// Packages that it did not have ready.
    pub(super) ready: Vec<Ready>,
    /// What rules answered that were not asked yet.
    pub(super) answers: Answers,
}

/// What came of asking for a change.
pub(super) enum Outcome {
    /// It is made.
    Applied(Applied),
    /// Nothing is changed yet: these packages must be made ready first.
    Unready(Vec<PackageDigest>),
    /// Nothing is changed yet: these rules must be asked what they read first.
    Unasked(Vec<Pair>),
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
    pub(super) generation: Generation,
    pub(super) shelf: Shelf,
    pub(super) fitness: Fitness,
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
            let is_refused = !self.shared.catalogue.is_writable();
            tokio::select! {
                message = messages.recv() => match message {
                    Some(message) => self.answer(message).await,
                    None => break,
                },
                Some(alarm) = alarms.recv() => self.stop_canary(alarm).await,
                () = tokio::time::sleep(DISK_PAUSE), if is_refused => self.try_to_write().await,
            }
        }
    }

    async fn answer(&mut self, message: Message) {
        // Whoever asked may have left; what was decided is done all the same.
        match message {
            Message::Stage { version, ready, answer } => {
                let staged = self.stage(*version, ready).await;
                if staged.is_ok() {
                    ReloadCounters::count(&self.shared.counters.published);
                }
                let _ = answer.send(staged);
            }
            Message::DryRun { record, answer } => {
                let _ = answer.send(self.record_dry_run(*record).await);
            }
            Message::Refuse { refused, answer } => {
                self.refuse(*refused).await;
                ReloadCounters::count(&self.shared.counters.refused);
                let _ = answer.send(());
            }
            Message::Apply { request, answer } => {
                let applied = self.apply(request).await;
                self.count_unapplied(&applied);
                let _ = answer.send(applied);
            }
            Message::SetSettings { request, answer } => {
                let set = self.set_settings(request).await;
                self.count_unapplied(&set);
                let _ = answer.send(set);
            }
            Message::Recheck { recheck, answer } => {
                let rechecked = self.recheck(*recheck).await;
                let _ = answer.send(rechecked);
            }
            Message::Follow { follow, answer } => {
                let _ = answer.send(self.follow(*follow).await);
            }
            Message::Keep { ready, answer } => {
                self.shelf.keep(ready);
                let _ = answer.send(());
            }
            Message::Prune { prune, packages, answer } => {
                let pruned = self.prune(prune, packages).await;
                let _ = answer.send(pruned);
            }
        }
        self.shelf.put_aside(&self.generation, &self.fitness);
    }

    fn count_unapplied(&self, outcome: &Result<Outcome, EngineError>) {
        if outcome.is_err() {
            ReloadCounters::count(&self.shared.counters.unapplied);
        }
    }

    /// Tells in the log when a disk that refused takes changes again.
    async fn try_to_write(&self) {
        let shared = Arc::clone(&self.shared);
        match blocking(move || shared.catalogue.try_to_write()).await {
            Ok(true) => tracing::info!("the disk takes changes again"),
            Ok(false) => tracing::error!("the disk refuses: nothing can be published or changed"),
            Err(error) => tracing::error!(%error, "whether the disk takes changes can't be told"),
        }
    }

    async fn stage(&mut self, version: Version, ready: Ready) -> Result<(), EngineError> {
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
        self.shelf.keep(ready);
        Ok(())
    }

    async fn refuse(&mut self, refused: Refused) {
        let Refused { name, package, actor, refusal } = refused;
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

    async fn apply(&mut self, request: Apply) -> Result<Outcome, EngineError> {
        let Apply { name, step, actor, scope, prepared } = request;
        let answers = self.keep(prepared);
        // Both are decided here, where nothing comes between them and the change.
        self.check_scope(&name, scope).await?;
        let mut next = self.generation.next();
        let (action, package, detail) = take(&mut next, &name, step)?;
        self.check_trust(&name, &next).await?;
        let mut fitness = self.fitness.clone();
        if let Some(active) = next.active.get(&name) {
            // It was asked for by name: whether it is fit is found out anew.
            fitness.clear(active);
        }
        let (touched, settings) =
            (Touched::Name(&name), self.shared.settings_of(&next, &[]).await?);
        let snapshot = match self.assembled(&next, &settings, &fitness, touched, &answers)? {
            Assembled::Unready(packages) => return Ok(Outcome::Unready(packages)),
            Assembled::Unasked(pairs) => return Ok(Outcome::Unasked(pairs)),
            Assembled::Snapshot(snapshot) => *snapshot,
        };
        let event = self.event(action, &name, package, &actor);
        self.serve(next, snapshot, None, Event { detail, ..event }).await?;
        self.fitness = fitness;
        Ok(Outcome::Applied(self.applied(&name)))
    }

    /// Keeps the packages that were made ready for a change; what rules answered for it.
    pub(super) fn keep(&mut self, prepared: Prepared) -> Answers {
        for ready in prepared.ready {
            self.shelf.keep(ready);
        }
        prepared.answers
    }

    pub(super) fn applied(&self, name: &str) -> Applied {
        let active = self.generation.active.get(name).copied();
        Applied { generation: self.generation.number, active }
    }

    /// Whether who asks may touch the name, as it stands now.
    pub(super) async fn check_scope(
        &self,
        name: &str,
        scope: Option<Scope>,
    ) -> Result<(), EngineError> {
        let Some(scope) = scope else { return Ok(()) };
        let (shared, name) = (Arc::clone(&self.shared), name.to_owned());
        blocking(move || shared.check_scope(&name, &scope)).await?
    }

    /// Whether what is to serve next, and does not now, is trusted now.
    pub(super) async fn check_trust(
        &self,
        name: &str,
        next: &Generation,
    ) -> Result<(), EngineError> {
        let active = self.generation.active.get(name).copied();
        let new = [next.active.get(name).copied(), next.candidate(name)].into_iter().flatten();
        let new = new.filter(|new| Some(*new) != active).collect::<Vec<_>>();
        let (shared, name) = (Arc::clone(&self.shared), name.to_owned());
        let check = move || new.into_iter().try_for_each(|new| shared.check_trust(&name, new));
        blocking(check).await?
    }

    /// A generation as a snapshot, or what must be done first.
    pub(super) fn assembled(
        &self,
        next: &Generation,
        settings: &NamedSettings,
        fitness: &Fitness,
        touched: Touched<'_>,
        answers: &Answers,
    ) -> Result<Assembled, EngineError> {
        let find = |package: &PackageDigest| self.shelf.find(package);
        let ready = ReadyGeneration::new(next, settings, fitness, find);
        let ready = match ready {
            Ok(ready) => ready,
            Err(unready) => return Ok(Assembled::Unready(unready)),
        };
        let shared = &self.shared;
        let assembly = Assembly {
            adapters: shared.adapters.loader(),
            before: &shared.snapshot.pin(),
            canary: shared.packages.canary,
            alarm: &self.alarm,
            answers,
            touched,
        };
        assembly.assemble(&ready)
    }

    /// What is quarantined, tried again with what was made ready and asked for it.
    async fn recheck(&mut self, recheck: Recheck) -> Result<Outcome, EngineError> {
        let Recheck { ready, answers, fitness } = recheck;
        for ready in ready {
            self.shelf.take(ready);
        }
        let (now, touched) = (&self.generation, Touched::All);
        let settings = self.shared.settings_of(now, &[]).await?;
        match self.assembled(now, &settings, &fitness, touched, &answers)? {
            Assembled::Unready(packages) => Ok(Outcome::Unready(packages)),
            Assembled::Unasked(pairs) => Ok(Outcome::Unasked(pairs)),
            Assembled::Snapshot(snapshot) => {
                tell_of(&snapshot);
                self.fitness = fitness;
                self.shared.snapshot.swap(*snapshot);
                let (generation, active) = (self.generation.number, None);
                Ok(Outcome::Applied(Applied { generation, active }))
            }
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
        let event = Event { code, detail: Some(detail), ..event };
        // The active version is ready, and was asked: it serves.
        let touched = Touched::Name(&alarm.name);
        let assembled = self.shared.settings_of(&next, &[]).await.and_then(|settings| {
            self.assembled(&next, &settings, &self.fitness, touched, &Answers::default())
        });
        let stopped = match assembled {
            Ok(Assembled::Snapshot(snapshot)) => self.serve(next, *snapshot, None, event).await,
            Ok(Assembled::Unready(_) | Assembled::Unasked(_)) => Err(EngineError::Busy),
            Err(error) => Err(error),
        };
        match stopped {
            Ok(()) => tracing::warn!(plugin = alarm.name, "a canary failed too often and stopped"),
            Err(error) => tracing::error!(%error, "a failing canary can't be stopped"),
        }
        self.shelf.put_aside(&self.generation, &self.fitness);
    }

    /// Makes a generation durable, then lets it serve.
    pub(super) async fn serve(
        &mut self,
        next: Generation,
        snapshot: Snapshot,
        settings: Option<TypeSettings>,
        event: Event,
    ) -> Result<(), EngineError> {
        let event = Event { generation: next.number, ..event };
        let (generation, settings) = (Some(next.clone()), settings.into_iter().collect());
        let change = Change { generation, settings, events: vec![event], ..Change::default() };
        self.write(change).await?;
        self.shared.snapshot.swap(snapshot);
        ReloadCounters::count(&self.shared.counters.applied);
        self.generation = next;
        tracing::info!(generation = self.generation.number, "serves");
        Ok(())
    }

    pub(super) async fn write(&self, change: Change) -> Result<(), EngineError> {
        self.shared.commit(change).await
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
}

/// Tells in the log what does not serve as it is named.
pub(super) fn tell_of(snapshot: &Snapshot) {
    for (id, why) in &snapshot.quarantined {
        let (document_type, code, detail) = (id.as_str(), why.code, why.detail.as_str());
        tracing::error!(document_type, code, detail, "quarantined: it is not served");
    }
    for (id, served) in &snapshot.document_types {
        if let Some(why) = &served.stands_in {
            let (document_type, code, detail) = (id.as_str(), why.code, why.detail.as_str());
            tracing::error!(document_type, code, detail, "an earlier version serves in its place");
        }
    }
}
