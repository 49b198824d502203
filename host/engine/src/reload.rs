//! Packages come and go while the host serves.
//!
//! `publish` proves a package and stages it: signature, a compilation in a process of its own,
//! linking, description, settings, fixtures. A [`Step`] then changes what serves: the next
//! [`Generation`](dossier_store::Generation) is assembled, made durable and swapped in as one
//! snapshot. Whatever fails on the way leaves what serves as it is, and is data.
//!
//! One task owns everything that changes; see `ARCHITECTURE.md`, "State and its owners".

use std::sync::Arc;

use dossier_inference::InferenceHandle;
use dossier_plugin::PluginEngine;
use dossier_store::{
    ArtifactStore, Catalogue, Origin, Package, PackageDigest, PackageLimits, Scope, Version,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::adapters::Adapters;
use crate::error::{EngineError, SharingError};
use crate::settings::{PackageSettings, Publisher, ReaderSettings};
use crate::snapshot::{CanaryAlarm, CurrentSnapshot, Quarantine};
use crate::statistics::ReloadCounters;

mod admit;

mod ask;
use ask::{Answers, Pair};

mod assemble;

mod backup;
pub use backup::LiveBackup;

mod dry_run;
pub use dry_run::DryRun;

mod fitness;

mod follow;

mod fixture_run;
pub use fixture_run::{FixtureReports, FixtureRun, RulesAnswer, ServingRun};

mod join;
pub(crate) use join::Joining;

mod prepare;
pub(crate) use prepare::adapter_manifest;

mod prove;

mod publishers;
use publishers::{Asked, Publishers};

mod recheck;

mod scope;
pub use scope::reaches;

mod self_test;

mod sharing;
pub(crate) use sharing::Sharing;
pub use sharing::{Following, SharingStanding};

mod shelf;

mod status;
pub use status::{CandidateStatus, Listed, NameStatus, PackageState, QuarantineStatus};

mod prune;
pub use prune::{PruneReport, PrunedPackage};

mod trust;

mod type_settings;

mod upload;
pub use upload::Upload;

mod step;
pub use step::{Percent, Step};

mod task;
pub use task::Applied;
use task::{Apply, Message, Outcome, Prepared, Task};

mod first;
pub(crate) use first::{FirstGeneration, serve_first};

/// Messages that may wait for the task; one more is refused. Each publisher has a few at a time, so they
/// all fit.
const QUEUE: usize = 4096;
/// Packages in memory at a time: each may be as large as a package may be.
const CONCURRENT_PUBLISHES: usize = 4;
/// Attempts to make a change for which packages must be made ready and rules asked first. Only one that
/// races with others needs more than three.
const ATTEMPTS: usize = 8;
/// Packages that may wait to be fetched ahead of their turn; more are fetched when they are needed.
const AHEAD: usize = 256;
/// How often other hosts may come between one host and its change of a shared catalogue.
const OVERTAKEN: usize = 64;

/// A way to publish, change and ask; clones are the same.
#[derive(Clone, Debug)]
pub struct Reload {
    messages: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    /// True from the moment the host has no time left for what is still asked for.
    stopping: watch::Receiver<bool>,
    /// Packages of other hosts that are fetched ahead of the change that needs them.
    ahead: mpsc::Sender<PackageDigest>,
}

/// What publishing, changing and asking share. Nothing here is written but through the task.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: ArtifactStore,
    pub(crate) catalogue: Catalogue,
    pub(crate) engine: PluginEngine,
    pub(crate) base_name: String,
    pub(crate) adapters: Adapters,
    pub(crate) snapshot: Arc<CurrentSnapshot>,
    pub(crate) inference: InferenceHandle,
    pub(crate) reader: ReaderSettings,
    pub(crate) packages: PackageSettings,
    pub(crate) turns: Turns,
    /// The catalogue that other hosts change too, where there is one.
    pub(crate) sharing: Option<Arc<Sharing>>,
    pub(crate) counters: ReloadCounters,
}

/// What is done one at a time, or a few.
#[derive(Debug)]
pub(crate) struct Turns {
    publishers: Publishers,
    /// A compilation takes a whole core: one at a time leaves the others to the documents.
    probe: Semaphore,
    pub(super) publish: Semaphore,
    /// A backup reads the whole store from the disk.
    backup: Arc<Semaphore>,
}

/// A package is proved while this is held.
struct Turn<'a> {
    _own: OwnedSemaphorePermit,
    _everybodys: SemaphorePermit<'a>,
}

impl Default for Turns {
    fn default() -> Self {
        let publishers = Publishers::default();
        let publish = Semaphore::new(CONCURRENT_PUBLISHES);
        Self { publishers, probe: Semaphore::new(1), publish, backup: Arc::new(Semaphore::new(1)) }
    }
}

impl Reload {
    /// How large a package may be.
    #[must_use]
    pub fn package_limits() -> PackageLimits {
        PackageLimits::default()
    }

    /// Proves a package and stages it.
    ///
    /// # Errors
    /// When it is refused; [`Reload::status`] tells of that too, once its name is known.
    pub async fn publish(
        &self,
        package: Package,
        publisher: &Publisher,
    ) -> Result<Version, EngineError> {
        self.publish_when_its_turn(publisher, move || Ok(package)).await
    }

    /// The same of a package that is read when its turn has come.
    async fn publish_when_its_turn(
        &self,
        publisher: &Publisher,
        read: impl FnOnce() -> Result<Package, EngineError> + Send + 'static,
    ) -> Result<Version, EngineError> {
        let published = async {
            let (_turn, package) = self.take_turn(publisher, read).await?;
            self.admit(package, &publisher.name, Some(&publisher.scope), Origin::Publish).await
        };
        self.unless_stopped(published).await
    }

    /// Waits for a publisher's turn to have a package proved, and reads that on a thread that may block: as
    /// many are in memory as have a turn.
    async fn take_turn(
        &self,
        publisher: &Publisher,
        read: impl FnOnce() -> Result<Package, EngineError> + Send + 'static,
    ) -> Result<(Turn<'_>, Package), EngineError> {
        let limits = &self.shared.packages.publisher;
        let places = self.shared.turns.publishers.of(&publisher.name, limits);
        let turn = async {
            // Its own first: whoever waits for that keeps no place of everybody's.
            let own = places.proof().await;
            let everybodys = self.shared.turns.publish.acquire().await;
            Turn { _own: own, _everybodys: everybodys.expect("nobody closes the semaphore") }
        };
        let waited = tokio::time::timeout(limits.publish_timeout, turn).await;
        let turn = waited.map_err(|_| EngineError::Busy)?;
        Ok((turn, blocking(read).await??))
    }

    /// Changes what serves under a name. When this returns, the change is durable and every new
    /// request sees it.
    ///
    /// # Errors
    /// When the change makes no sense or a package can't serve; nothing is changed then.
    pub async fn apply(&self, name: &str, step: Step, actor: &str) -> Result<Applied, EngineError> {
        self.change(name, step, actor, None).await
    }

    /// The same for a publisher, within its scope and what one may ask for.
    ///
    /// # Errors
    /// As [`Reload::apply`]; [`EngineError::Forbidden`] out of its scope, and
    /// [`EngineError::TooMuchOfOne`].
    pub async fn apply_for(
        &self,
        name: &str,
        step: Step,
        publisher: &Publisher,
    ) -> Result<Applied, EngineError> {
        let limits = &self.shared.packages.publisher;
        let places = self.shared.turns.publishers.of(&publisher.name, limits);
        let asked = if step == Step::RollBack { Asked::Rollback } else { Asked::Change };
        let _place = places.take(asked, &publisher.name, limits)?;
        self.change(name, step, &publisher.name, Some(&publisher.scope)).await
    }

    async fn change(
        &self,
        name: &str,
        step: Step,
        actor: &str,
        scope: Option<&Scope>,
    ) -> Result<Applied, EngineError> {
        let (name, actor, scope) = (name.to_owned(), actor.to_owned(), scope.cloned());
        self.until_applied(|prepared, answer| {
            let (name, actor, scope) = (name.clone(), actor.clone(), scope.clone());
            Message::Apply { request: Apply { name, step, actor, scope, prepared }, answer }
        })
        .await
    }

    /// Asks the task for a change; what is missing for it is seen to here, and then the task is asked again.
    async fn until_applied(
        &self,
        message: impl Fn(Prepared, oneshot::Sender<Result<Outcome, EngineError>>) -> Message,
    ) -> Result<Applied, EngineError> {
        let mut prepared = Prepared::default();
        let changed = async {
            // What was published through another host a moment ago is known here then.
            self.catch_up().await?;
            let mut overtaken = 0;
            let mut attempts = 0;
            while attempts < ATTEMPTS {
                attempts += 1;
                let known = prepared.clone();
                let asked = self.ask(|answer| message(known, answer)).await?;
                let outcome = match asked {
                    Err(EngineError::Sharing(SharingError::Overtaken)) if overtaken < OVERTAKEN => {
                        // Another host was faster. The change is asked for again, of what serves now.
                        overtaken += 1;
                        attempts = 0;
                        self.catch_up().await?;
                        continue;
                    }
                    outcome => outcome?,
                };
                match outcome {
                    Outcome::Applied(applied) => return Ok(applied),
                    Outcome::Unready(packages) => {
                        for package in packages {
                            prepared.ready.push(self.shared.prepare(package).await?);
                        }
                    }
                    Outcome::Unasked(pairs) => {
                        self.ask_rules(pairs, &mut prepared.answers).await?;
                    }
                }
            }
            Err(EngineError::Busy)
        };
        self.unless_stopped(changed).await
    }

    /// Asks rules for a change, outside the task.
    async fn ask_rules(&self, pairs: Vec<Pair>, into: &mut Answers) -> Result<(), EngineError> {
        for (pair, answer) in self.shared.ask_all(pairs, None).await {
            match answer {
                Err(error) if pair.must_answer => return Err(error),
                answer => into.add(&pair, answer.map_err(|error| Quarantine::of(&error))),
            }
        }
        Ok(())
    }

    /// Publishes what stands in a watched folder and lets it serve.
    pub(crate) async fn publish_watched(&self, package: Package) -> Result<(), EngineError> {
        const WATCH: &str = "watch";
        let published = async {
            let turn = self.shared.turns.publish.try_acquire();
            let _turn = turn.map_err(|_| EngineError::Busy)?;
            self.admit(package, WATCH, None, Origin::Watch).await
        };
        let version = self.unless_stopped(published).await?;
        self.apply(&version.name, Step::Activate(version.package), WATCH).await?;
        Ok(())
    }

    /// The engine of the host, to describe a component that has no manifest yet.
    pub(crate) fn engine(&self) -> &PluginEngine {
        &self.shared.engine
    }

    /// What was asked for, unless the host ends before it is done: then nothing of it is.
    async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            done = work => done,
            // An error means that whoever would stop it is gone, which is the same.
            _ = stopping.wait_for(|stopping| *stopping) => Err(EngineError::Stopped),
        }
    }

    /// Sends the task a message, and waits for its answer.
    async fn ask<A>(
        &self,
        message: impl FnOnce(oneshot::Sender<A>) -> Message,
    ) -> Result<A, EngineError> {
        let (answer, answered) = oneshot::channel();
        self.messages.try_send(message(answer)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => EngineError::Busy,
            mpsc::error::TrySendError::Closed(_) => EngineError::Stopped,
        })?;
        answered.await.map_err(|_| EngineError::Stopped)
    }
}

impl Shared {
    /// The date the rules take for today.
    pub(crate) fn today(&self) -> String {
        self.reader.today()
    }
}

/// The task at work, and what ends it.
#[derive(Debug)]
pub(crate) struct RunningTask {
    task: JoinHandle<()>,
    stopping: watch::Sender<bool>,
}

impl RunningTask {
    /// Ends what is still asked for, and waits for the task. Every [`Reload`] must be dropped before, or be
    /// about to be.
    pub(crate) async fn end(self) {
        // Nobody listens where nothing is asked for.
        let _ = self.stopping.send(true);
        // An error means that the task panicked: it has ended, which is what is wanted.
        let _ = self.task.await;
    }
}

/// Starts the task that owns what serves.
fn start_task(
    task: Task,
    alarms: mpsc::Receiver<CanaryAlarm>,
) -> (Reload, mpsc::Receiver<PackageDigest>, RunningTask) {
    let (messages, received) = mpsc::channel(QUEUE);
    let (stopping, stopped) = watch::channel(false);
    let shared = Arc::clone(&task.shared);
    let task = tokio::spawn(task.run(received, alarms));
    let (ahead, fetched_ahead) = mpsc::channel(AHEAD);
    let reload = Reload { messages, shared, stopping: stopped, ahead };
    (reload, fetched_ahead, RunningTask { task, stopping })
}

/// Runs what blocks on a thread where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| EngineError::Panicked)
}

/// The time, as ISO 8601 in UTC.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().to_string()
}

#[cfg(test)]
mod tests;
