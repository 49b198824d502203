//! Packages come and go while the host serves.
//!
//! `publish` proves a package and stages it: signature, a compilation in a process of its own,
//! linking, description, settings, fixtures. A [`Step`] then changes what serves: the next
//! [`Generation`] is assembled, made durable and swapped in as one
//! snapshot. Whatever fails on the way leaves what serves as it is, and is data.
//!
//! One task owns everything that changes; see `ARCHITECTURE.md`, "State and its owners".

use std::sync::Arc;

use dossier_inference::InferenceHandle;
use dossier_plugin::PluginEngine;
use dossier_store::{
    ArtifactStore, Catalogue, Generation, Origin, Package, PackageDigest, PackageLimits, Refusal,
    Scope, SigningError, Version,
};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::adapters::Adapters;
use crate::error::EngineError;
use crate::settings::{PackageSettings, Publisher, ReaderSettings};
use crate::snapshot::{CanaryAlarm, CurrentSnapshot};

mod assemble;

mod prepare;
pub(crate) use prepare::adapter_manifest;

mod prove;
use prove::Proved;

mod self_test;

mod shelf;
use shelf::Shelf;

mod status;
pub use status::{CandidateStatus, NameStatus, PackageState};

mod prune;
pub use prune::{PruneReport, PrunedPackage};

mod type_settings;

mod task;
pub use task::{Applied, Step};
use task::{Apply, Message, Outcome, Refused, Task};

mod first;
pub(crate) use first::{FirstGeneration, serve_first};

/// Messages that may wait for the task; one more is refused.
const QUEUE: usize = 64;
/// Packages in memory at a time: each may be as large as a package may be.
const CONCURRENT_PUBLISHES: usize = 4;
/// Attempts to make a change for which packages must be made ready first. Only a rollback that
/// races with others needs more than two.
const ATTEMPTS: usize = 4;

/// A way to publish, change and ask; clones are the same.
#[derive(Clone, Debug)]
pub struct Reload {
    messages: mpsc::Sender<Message>,
    shared: Arc<Shared>,
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
}

/// What is done one at a time, or a few.
#[derive(Debug)]
pub(crate) struct Turns {
    /// A compilation takes a whole core: one at a time leaves the others to the documents.
    probe: Semaphore,
    pub(super) publish: Semaphore,
}

impl Default for Turns {
    fn default() -> Self {
        Self { probe: Semaphore::new(1), publish: Semaphore::new(CONCURRENT_PUBLISHES) }
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
        self.admit(package, &publisher.name, Some(&publisher.scope), Origin::Publish).await
    }

    /// Changes what serves under a name. When this returns, the change is durable and every new
    /// request sees it.
    ///
    /// # Errors
    /// When the change makes no sense or a package can't serve; nothing is changed then.
    pub async fn apply(&self, name: &str, step: Step, actor: &str) -> Result<Applied, EngineError> {
        if let Step::Activate(package) | Step::Canary(package, _) | Step::Shadow(package) = step {
            self.check_published(name, package).await?;
        }
        let (name, actor) = (name.to_owned(), actor.to_owned());
        let mut request = Apply { name, step, actor, ready: Vec::new() };
        for _ in 0..ATTEMPTS {
            let asked = request.clone();
            match self.ask(|answer| Message::Apply { request: asked, answer }).await?? {
                Outcome::Applied(applied) => return Ok(applied),
                Outcome::Unready(packages) => {
                    request.ready.clear();
                    for package in packages {
                        request.ready.push(self.shared.prepare(package).await?);
                    }
                }
            }
        }
        Err(EngineError::Busy)
    }

    /// Publishes what stands in a watched folder and lets it serve.
    pub(crate) async fn publish_watched(&self, package: Package) -> Result<(), EngineError> {
        const WATCH: &str = "watch";
        let version = self.admit(package, WATCH, None, Origin::Watch).await?;
        self.apply(&version.name, Step::Activate(version.package), WATCH).await?;
        Ok(())
    }

    /// The engine of the host, to describe a component that has no manifest yet.
    pub(crate) fn engine(&self) -> &PluginEngine {
        &self.shared.engine
    }

    async fn admit(
        &self,
        package: Package,
        actor: &str,
        scope: Option<&Scope>,
        origin: Origin,
    ) -> Result<Version, EngineError> {
        let shared = &self.shared;
        let _permit = shared.turns.publish.try_acquire().map_err(|_| EngineError::Busy)?;
        let claim = shared.claim(&package)?;
        if scope.is_some_and(|scope| !claim.is_within(scope)) {
            return Err(EngineError::Forbidden { name: claim.name });
        }
        let digest = package.digest();
        let actor = actor.to_owned();
        match shared.prove(package, &claim, origin).await {
            Ok(Proved { ready, signed_by }) => {
                let version = Version {
                    package: digest,
                    kind: claim.kind.as_str().to_owned(),
                    name: claim.name,
                    version: claim.version,
                    document_types: claim.document_types.iter().map(ToString::to_string).collect(),
                    artifact: ready.artifact_digest().to_string(),
                    publisher: actor,
                    signed_by,
                    origin,
                    published_at: now(),
                };
                let staged = Box::new(version.clone());
                self.ask(|answer| Message::Stage { version: staged, ready, answer }).await??;
                Ok(version)
            }
            Err(error) => {
                let refusal = Refusal { code: error.code().to_owned(), detail: error.to_string() };
                let refused = Refused { name: claim.name, package: digest, actor, refusal };
                let refused = Box::new(refused);
                // That it is in the history too is a wish: the publisher is told why in any case.
                let _ = self.ask(|answer| Message::Refuse { refused, answer }).await;
                Err(error)
            }
        }
    }

    async fn check_published(&self, name: &str, package: PackageDigest) -> Result<(), EngineError> {
        let shared = Arc::clone(&self.shared);
        let version = blocking(move || shared.catalogue.version(&package)).await??;
        let version = version.filter(|version| version.name == name);
        let unknown = || EngineError::UnknownPackage { name: name.to_owned(), package };
        let version = version.ok_or_else(unknown)?;
        // It may have been staged while the host took unsigned packages.
        let is_trusted = version.signed_by.is_some() || version.origin != Origin::Publish;
        if is_trusted || self.shared.packages.accepts_unsigned {
            Ok(())
        } else {
            Err(SigningError::Unsigned.into())
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

/// Starts the task that owns what serves.
fn start_task(
    shared: Arc<Shared>,
    generation: Generation,
    shelf: Shelf,
    alarm: mpsc::Sender<CanaryAlarm>,
    alarms: mpsc::Receiver<CanaryAlarm>,
) -> (Reload, JoinHandle<()>) {
    let (messages, received) = mpsc::channel(QUEUE);
    let task = Task { shared: Arc::clone(&shared), generation, shelf, alarm };
    let task = tokio::spawn(task.run(received, alarms));
    (Reload { messages, shared }, task)
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
