//! The one task that changes what serves: it owns the generation, the ready packages and the
//! right to swap the snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use dossier_store::{
    Action, Attempt, Canary, Change, Event, Generation, PackageDigest, Refusal, TypeSettings,
    Version,
};
use tokio::sync::{mpsc, oneshot};

use super::assemble::{Assembly, ReadyGeneration};
use super::prune::{Prune, PruneReport};
use super::shelf::Shelf;
use super::type_settings::SetSettings;
use super::{Shared, blocking, now};
use crate::error::EngineError;
use crate::ready::Ready;
use crate::snapshot::CanaryAlarm;

/// What the task is asked. Every message that changes something is answered after it is durable.
pub(super) enum Message {
    /// A package passed every test.
    Stage { version: Box<Version>, ready: Ready, answer: oneshot::Sender<Result<(), EngineError>> },
    /// A package was refused.
    Refuse { refused: Box<Refused>, answer: oneshot::Sender<()> },
    /// What serves is changed.
    Apply { request: Apply, answer: oneshot::Sender<Result<Outcome, EngineError>> },
    /// The settings of a document type are set.
    SetSettings { request: SetSettings, answer: oneshot::Sender<Result<Applied, EngineError>> },
    /// Packages that nothing needs leave the disk.
    Prune { prune: Prune, answer: oneshot::Sender<Result<PruneReport, EngineError>> },
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
    /// Packages that the task did not have ready when it was asked before.
    pub(super) ready: Vec<Ready>,
}

/// What came of asking for a change.
pub(super) enum Outcome {
    /// It is made.
    Applied(Applied),
    /// Nothing is changed yet: these packages must be made ready first.
    Unready(Vec<PackageDigest>),
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
    pub(super) generation: Generation,
    pub(super) shelf: Shelf,
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
            Message::SetSettings { request, answer } => {
                let set = self.set_settings(request).await;
                let _ = answer.send(set);
            }
            Message::Prune { prune, answer } => {
                let pruned = self.prune(prune).await;
                let _ = answer.send(pruned);
            }
        }
        self.shelf.put_aside(&self.generation);
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
        let Apply { name, step, actor, ready } = request;
        for ready in ready {
            self.shelf.keep(ready);
        }
        if let Step::Activate(package) | Step::Canary(package, _) | Step::Shadow(package) = step {
            // It was published when this was asked for, and may have been taken away since.
            self.check_published(&name, package).await?;
        }
        let mut next = self.generation.next();
        let (action, package, detail) = take(&mut next, &name, step)?;
        let settings = self.shared.settings_of(&next, None).await?;
        match ReadyGeneration::new(&next, &settings, |package| self.shelf.find(package)) {
            Err(unready) => Ok(Outcome::Unready(unready)),
            Ok(ready) => {
                let event = self.event(action, &name, package, &actor);
                self.serve(next, &ready, None, Event { detail, ..event }).await?;
                Ok(Outcome::Applied(Applied {
                    generation: self.generation.number,
                    active: self.generation.active.get(&name).copied(),
                }))
            }
        }
    }

    async fn check_published(&self, name: &str, package: PackageDigest) -> Result<(), EngineError> {
        let shared = Arc::clone(&self.shared);
        match blocking(move || shared.catalogue.version(&package)).await?? {
            Some(_) => Ok(()),
            None => Err(EngineError::UnknownPackage { name: name.to_owned(), package }),
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
        let stopped = match self.made_ready(&next, None).await {
            Ok(ready) => self.serve(next, &ready, None, event).await,
            Err(error) => Err(error),
        };
        match stopped {
            Ok(()) => tracing::warn!(plugin = alarm.name, "a canary failed too often and stopped"),
            Err(error) => tracing::error!(%error, "a failing canary can't be stopped"),
        }
        self.shelf.put_aside(&self.generation);
    }

    /// A generation with its packages. Those that aren't ready are made so while the task waits:
    /// where that may take long, whoever asks for a change has done it before.
    pub(super) async fn made_ready(
        &mut self,
        next: &Generation,
        new_settings: Option<&TypeSettings>,
    ) -> Result<ReadyGeneration, EngineError> {
        let settings = self.shared.settings_of(next, new_settings).await?;
        loop {
            match ReadyGeneration::new(next, &settings, |package| self.shelf.find(package)) {
                Ok(ready) => return Ok(ready),
                Err(unready) => {
                    for package in unready {
                        let ready = self.shared.prepare(package).await?;
                        self.shelf.take(ready);
                    }
                }
            }
        }
    }

    /// Makes a generation durable, then lets it serve.
    pub(super) async fn serve(
        &mut self,
        next: Generation,
        ready: &ReadyGeneration,
        settings: Option<TypeSettings>,
        event: Event,
    ) -> Result<(), EngineError> {
        let shared = &self.shared;
        let before = shared.snapshot.pin();
        let assembly = Assembly {
            adapters: shared.adapters.loader(),
            today: &shared.today(),
            before: &before,
            canary: shared.packages.canary,
            alarm: &self.alarm,
            imported_from: &BTreeMap::new(),
        };
        let snapshot = assembly.assemble(ready).await?;
        let event = Event { generation: next.number, ..event };
        let generation = Some(next.clone());
        let change = Change { generation, settings, events: vec![event], ..Change::default() };
        self.write(change).await?;
        self.shared.snapshot.swap(snapshot);
        self.generation = next;
        tracing::info!(generation = self.generation.number, "serves");
        Ok(())
    }

    pub(super) async fn write(&self, change: Change) -> Result<(), EngineError> {
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
}

/// Takes a step in a generation; what it is called in the history, and the package it is about.
fn take(
    next: &mut Generation,
    name: &str,
    step: Step,
) -> Result<(Action, Option<PackageDigest>, Option<String>), EngineError> {
    let owned = || name.to_owned();
    let needs_active = |next: &Generation| {
        let is_active = next.active.contains_key(name);
        if is_active { Ok(()) } else { Err(EngineError::NotActive { name: owned() }) }
    };
    match step {
        Step::Activate(package) => {
            next.activate(name, package);
            Ok((Action::Activate, Some(package), None))
        }
        Step::Canary(package, percent) => {
            if !(1..=100).contains(&percent) {
                return Err(EngineError::Percent);
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
            let package = package.ok_or_else(|| EngineError::NoCandidate { name: owned() })?;
            Ok((Action::Promote, Some(package), None))
        }
        Step::RollBack => {
            let before = next.settings.get(name).copied();
            let package = next.roll_back(name);
            let package = package.ok_or_else(|| EngineError::NoPrevious { name: owned() })?;
            let settings = next.settings.get(name).copied();
            let detail = (settings != before).then(|| match settings {
                Some(settings) => format!("settings {settings}"),
                None => "settings of the package".to_owned(),
            });
            Ok((Action::Rollback, Some(package), detail))
        }
    }
}
