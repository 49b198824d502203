//! Packages come and go while the host serves.
//!
//! `publish` proves a package and stages it: signature, a compilation in a process of its own,
//! linking, description, settings, fixtures. A [`Step`] then changes what serves: the next
//! [`Generation`](dossier_store::Generation) is assembled, made durable and swapped in as one
//! snapshot. Whatever fails on the way leaves what serves as it is, and is data.
//!
//! One task owns everything that changes; see `ARCHITECTURE.md`, "State and its owners".

use std::sync::Arc;
use std::time::Duration;

use dossier_inference::InferenceHandle;
use dossier_plugin::PluginEngine;
use dossier_store::{
    ArtifactStore, CanarySettings, Catalogue, Origin, Package, PackageDigest, PackageKind,
    PackageLimits, Refusal, Scope, Version,
};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::catalog::{Ready, ReadyArtifact, Snapshots};
use crate::config::{Publisher, ReaderConfig, TrustedKey};

mod adapters;
pub use adapters::AdapterLoader;
pub(crate) use adapters::ModelAdapters;

mod error;
pub use error::ReloadError;

mod probe;
pub use probe::{CompileProbe, ProbeError};

pub use crate::fixture::FixtureError;
mod self_test;

mod status;
pub use status::{CandidateStatus, PluginState, PluginStatus};

mod start;
pub(crate) use start::start;

mod prune;
pub use prune::{PruneReport, PrunedPackage};

mod task;
pub use task::{Applied, Step};
use task::{Apply, Message, Refused};

mod watch;
pub(crate) use watch::Watch;

mod assemble;
mod prepare;
use prepare::{adapter_manifest, blocking};

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
    store: ArtifactStore,
    catalogue: Catalogue,
    engine: PluginEngine,
    adapters: Box<dyn AdapterLoader>,
    snapshots: Arc<Snapshots>,
    inference: Option<InferenceHandle>,
    reader: ReaderConfig,
    canary: CanarySettings,
    trusted: Vec<TrustedKey>,
    accepts_unsigned: bool,
    /// How long a package stays that nothing refers to.
    package_grace: Duration,
    probe: Option<CompileProbe>,
    /// A compilation takes a whole core: one at a time leaves the others to the documents.
    probing: Semaphore,
    publishes: Semaphore,
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
    ) -> Result<Version, ReloadError> {
        self.admit(package, &publisher.name, Some(&publisher.scope), Origin::Publish).await
    }

    /// Changes what serves under a name. When this returns, the change is durable and every new
    /// request sees it.
    ///
    /// # Errors
    /// When the change makes no sense or a package can't serve; nothing is changed then.
    pub async fn apply(&self, name: &str, step: Step, actor: &str) -> Result<Applied, ReloadError> {
        if let Step::Activate(package) | Step::Canary(package, _) | Step::Shadow(package) = step {
            self.check_published(name, package).await?;
        }
        let (name, actor) = (name.to_owned(), actor.to_owned());
        let mut request = Apply { name, step, actor, ready: Vec::new() };
        for _ in 0..ATTEMPTS {
            let (answer, answered) = oneshot::channel();
            self.send(Message::Apply { request: request.clone(), answer })?;
            let applied = answered.await.map_err(|_| ReloadError::Stopped)?;
            let Err(ReloadError::NotReady(missing)) = applied else { return applied };
            request.ready.clear();
            for package in missing {
                request.ready.push(self.shared.prepare(package).await?);
            }
        }
        Err(ReloadError::Busy)
    }

    /// Publishes what stands in a watched folder and lets it serve.
    pub(crate) async fn publish_watched(&self, package: Package) -> Result<(), ReloadError> {
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
    ) -> Result<Version, ReloadError> {
        let shared = &self.shared;
        let _permit = shared.publishes.try_acquire().map_err(|_| ReloadError::Busy)?;
        let claim = shared.claim(&package)?;
        if scope.is_some_and(|scope| !claim.is_within(scope)) {
            return Err(ReloadError::Forbidden { name: claim.name });
        }
        let digest = package.digest();
        let mut ready = None;
        let proved = shared.prove(package, &claim, origin, &mut ready).await;
        let (name, actor) = (claim.name.clone(), actor.to_owned());
        match (proved, ready) {
            (Ok(signed_by), Some(ready)) => {
                let version = Version {
                    package: digest,
                    kind: claim.kind.as_str().to_owned(),
                    name,
                    version: claim.version,
                    document_types: claim.document_types.iter().map(ToString::to_string).collect(),
                    artifact: ready.artifact_digest().to_string(),
                    publisher: actor,
                    signed_by,
                    origin,
                    published_at: now(),
                };
                let (answer, answered) = oneshot::channel();
                let staged = Box::new(version.clone());
                self.send(Message::Stage { version: staged, ready, answer })?;
                answered.await.map_err(|_| ReloadError::Stopped)??;
                Ok(version)
            }
            (Err(error), ready) => {
                let refusal = Refusal { code: error.code().to_owned(), detail: error.to_string() };
                let refused = Box::new(Refused { name, package: digest, actor, refusal, ready });
                let (answer, answered) = oneshot::channel();
                // That it is in the history too is a wish: the publisher is told why in any case.
                if self.send(Message::Refuse { refused, answer }).is_ok() {
                    let _ = answered.await;
                }
                Err(error)
            }
            (Ok(_), None) => Err(ReloadError::Panicked),
        }
    }

    async fn check_published(&self, name: &str, package: PackageDigest) -> Result<(), ReloadError> {
        let shared = Arc::clone(&self.shared);
        let version = blocking(move || shared.catalogue.version(&package)).await??;
        let version = version.filter(|version| version.name == name);
        let unknown = || ReloadError::UnknownPackage { name: name.to_owned(), package };
        let version = version.ok_or_else(unknown)?;
        // It may have been staged while the host took unsigned packages.
        let is_trusted = version.signed_by.is_some() || version.origin != Origin::Publish;
        if is_trusted || self.shared.accepts_unsigned {
            Ok(())
        } else {
            Err(dossier_store::SigningError::Unsigned.into())
        }
    }

    fn send(&self, message: Message) -> Result<(), ReloadError> {
        self.messages.try_send(message).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => ReloadError::Busy,
            mpsc::error::TrySendError::Closed(_) => ReloadError::Stopped,
        })
    }
}

/// What a package says it is, before anything of it is believed.
struct Claim {
    kind: PackageKind,
    name: String,
    version: Option<String>,
    document_types: Vec<dossier_document::DocumentTypeId>,
    /// The rules that an adapter binds its document type to.
    rules: Option<String>,
}

impl Claim {
    fn is_within(&self, scope: &Scope) -> bool {
        let rules = self.rules.as_deref().unwrap_or(&self.name);
        scope.allows_rules(rules, &self.document_types)
    }
}

impl Shared {
    /// The date the rules take for today.
    fn today(&self) -> String {
        self.reader.today()
    }

    fn claim(&self, package: &Package) -> Result<Claim, ReloadError> {
        let kind = package.kind();
        Ok(match kind {
            PackageKind::Rules => {
                let manifest = self.rules_manifest(package)?;
                let (name, version) = (manifest.name, Some(manifest.version));
                let document_types = manifest.document_types;
                Claim { kind, name, version, document_types, rules: None }
            }
            PackageKind::Adapter => {
                let manifest = adapter_manifest(package, std::path::Path::new(""))?;
                let name = manifest.document_type.to_string();
                let document_types = vec![manifest.document_type];
                Claim { kind, name, version: None, document_types, rules: Some(manifest.rules) }
            }
        })
    }

    /// Everything a package must pass; whose trusted key it is signed with, if it is.
    async fn prove(
        self: &Arc<Self>,
        package: Package,
        claim: &Claim,
        origin: Origin,
        ready: &mut Option<Arc<Ready>>,
    ) -> Result<Option<String>, ReloadError> {
        let signed_by = match origin {
            Origin::Publish => self.trusted_signer(&package, claim)?,
            // The operator's own folders.
            Origin::Import | Origin::Watch => None,
        };
        let store = self.store.clone();
        let (package, stored) = blocking(move || {
            let stored = store.put(&package);
            (package, stored)
        })
        .await?;
        let digest = stored?;
        if let (PackageKind::Rules, Some(probe)) = (package.kind(), &self.probe) {
            let file = self.store.folder(&digest).join(dossier_store::COMPONENT);
            let _turn = self.probing.acquire().await.map_err(|_| ReloadError::Stopped)?;
            probe.compile(&file).await?;
        }
        let prepared = ready.insert(self.prepare(digest).await?);
        match &prepared.artifact {
            ReadyArtifact::Rules { plugin, manifest } if origin == Origin::Publish => {
                self_test::self_test(&package, manifest, plugin).await?;
            }
            ReadyArtifact::Rules { .. } => {}
            ReadyArtifact::Adapter { .. } => self.read_blank_page(prepared).await?,
        }
        Ok(signed_by)
    }

    fn trusted_signer(
        &self,
        package: &Package,
        claim: &Claim,
    ) -> Result<Option<String>, ReloadError> {
        let key = match package.verify() {
            Ok(key) => key,
            Err(dossier_store::SigningError::Unsigned) if self.accepts_unsigned => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let trusted = self
            .trusted
            .iter()
            .find(|trusted| trusted.public_key == key && claim.is_within(&trusted.scope));
        match trusted {
            Some(trusted) => Ok(Some(trusted.publisher.clone())),
            None if self.accepts_unsigned => Ok(None),
            None => Err(ReloadError::Untrusted { key, name: claim.name.clone() }),
        }
    }
}

/// The time, as ISO 8601 in UTC.
fn now() -> String {
    jiff::Timestamp::now().to_string()
}
