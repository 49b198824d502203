//! What a host has of a catalogue that many share: how it is reached, and how long this host has not heard that
//! what it serves is what all serve.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dossier_store::{
    ArtifactStore, Change, Committed, Delta, Origin, Package, PackageDigest, SharedArtifacts,
    SharedCatalogue, Version,
};
use tokio::sync::Semaphore;

use super::prove::probe_stored;
use super::{Shared, blocking};
use crate::error::{EngineError, SharingError};
use crate::settings::{PackageSettings, SharedSettings};

/// A host that heard within this time is not behind: it asks every second.
const PATIENCE: Duration = Duration::from_secs(3);

/// The shared catalogue, and how this host stands with it.
#[derive(Debug)]
pub(crate) struct Sharing {
    pub(crate) catalogue: Arc<dyn SharedCatalogue>,
    pub(crate) artifacts: Arc<dyn SharedArtifacts>,
    most_stale: Option<Duration>,
    /// One catches up at a time.
    pub(super) turn: Semaphore,
    heard: Mutex<Heard>,
}

#[derive(Debug)]
struct Heard {
    /// When it was last known that this host serves what all serve.
    at: Instant,
    /// Why it is not known now; none where it is.
    behind: Option<&'static str>,
}

/// How a host stands with the catalogue that it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharingStanding {
    /// How long it is not known whether this host serves what all serve; zero where it is known.
    pub stale: Duration,
    /// Why, as a stable code.
    pub code: Option<&'static str>,
    /// Whether that is longer than the operator allows.
    pub is_too_stale: bool,
}

/// The catalogue that a host follows, for whoever asks how it stands with it.
#[derive(Clone, Debug)]
pub struct Following(pub(super) Arc<Sharing>);

impl Following {
    /// How it stands now.
    #[must_use]
    pub fn standing(&self) -> SharingStanding {
        self.0.standing()
    }
}

impl Sharing {
    /// Nothing was heard yet.
    pub(crate) fn new(settings: SharedSettings) -> Self {
        let SharedSettings { catalogue, artifacts, most_stale } = settings;
        let heard = Heard { at: Instant::now(), behind: None };
        Self { catalogue, artifacts, most_stale, turn: Semaphore::new(1), heard: Mutex::new(heard) }
    }

    /// It is known since a moment that this host serves what all serve; for how long it was not, if it was not.
    pub(super) fn is_current(&self, since: Instant) -> Option<Duration> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let was_behind = heard.behind.take().map(|_| since.saturating_duration_since(heard.at));
        heard.at = heard.at.max(since);
        was_behind
    }

    /// It is not known, or this host can't serve it; whether that is new.
    pub(super) fn is_behind(&self, code: &'static str) -> bool {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.behind.replace(code).is_none()
    }

    fn standing(&self) -> SharingStanding {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let since = heard.at.elapsed();
        let is_stale = heard.behind.is_some() || since > PATIENCE;
        let stale = if is_stale { since } else { Duration::ZERO };
        let code = is_stale.then(|| heard.behind.unwrap_or("catalogue.unavailable"));
        let is_too_stale = self.most_stale.is_some_and(|most| stale > most);
        SharingStanding { stale, code, is_too_stale }
    }
}

impl Shared {
    /// Writes a change, durably: where the catalogue is shared, there first. What others changed before it is
    /// written here with it.
    pub(super) async fn commit(self: &Arc<Self>, change: Change) -> Result<(), EngineError> {
        let shared = Arc::clone(self);
        let Some(sharing) = &self.sharing else {
            return Ok(blocking(move || shared.catalogue.write(change)).await??);
        };
        let since = self.position().await?;
        match sharing.catalogue.commit(since, change).await? {
            Committed::Made(delta) => Ok(blocking(move || shared.catalogue.follow(&delta)).await??),
            Committed::Behind => Err(SharingError::Overtaken.into()),
        }
    }

    /// How far this host has followed.
    pub(super) async fn position(self: &Arc<Self>) -> Result<u64, EngineError> {
        let shared = Arc::clone(self);
        let followed = blocking(move || shared.catalogue.followed()).await??;
        Ok(followed.map_or(0, |followed| followed.position))
    }

    /// Puts a package where every host finds it, where the catalogue is shared.
    pub(super) async fn share(&self, package: Package) -> Result<(), EngineError> {
        match &self.sharing {
            Some(sharing) => Ok(sharing.artifacts.put(package).await?),
            None => Ok(()),
        }
    }

    /// Puts a package there again that was taken away before its record was written. From then on nobody takes
    /// it away.
    pub(super) async fn share_again(
        self: &Arc<Self>,
        digest: PackageDigest,
    ) -> Result<(), EngineError> {
        let Some(sharing) = &self.sharing else { return Ok(()) };
        if sharing.artifacts.has(digest).await? {
            return Ok(());
        }
        let store = self.store.clone();
        let package = blocking(move || store.read(&digest)).await??;
        Ok(sharing.artifacts.put(package).await?)
    }

    /// Gets a package that another host published, if it is not here.
    pub(super) async fn obtain(self: &Arc<Self>, digest: PackageDigest) -> Result<(), EngineError> {
        let Some(sharing) = &self.sharing else { return Ok(()) };
        if self.store.folder(&digest).is_dir() {
            return Ok(());
        }
        let shared = Arc::clone(self);
        let version = blocking(move || shared.catalogue.version(&digest)).await??;
        let unknown = || EngineError::UnknownPackage { name: "*".to_owned(), package: digest };
        let version = version.ok_or_else(unknown)?;
        let _turn = self.turns.publish.acquire().await.map_err(|_| EngineError::Stopped)?;
        let artifacts = sharing.artifacts.as_ref();
        let package = fetch(artifacts, &self.packages, &self.store, &version).await?;
        let Some(probe) = &self.packages.probe else { return Ok(()) };
        let turn = self.turns.probe.acquire().await;
        let _compiles_alone = turn.map_err(|_| EngineError::Stopped)?;
        let probed = probe_stored(probe, &self.store, package.kind(), digest).await;
        if probed.is_err() {
            // Else it would be taken for one that has passed, the next time.
            let store = self.store.clone();
            blocking(move || store.remove(&digest)).await??;
        }
        probed
    }
}

/// Fetches a package, proves whose it is, and stores it. The place that it comes from is not trusted, nor is
/// what the catalogue says of its signature.
pub(super) async fn fetch(
    artifacts: &dyn SharedArtifacts,
    settings: &PackageSettings,
    store: &ArtifactStore,
    version: &Version,
) -> Result<Package, EngineError> {
    let package = version.package;
    if settings.revoked.contains(&package) {
        return Err(EngineError::Revoked { package });
    }
    let package = artifacts.fetch(package, super::Reload::package_limits()).await?;
    if version.origin == Origin::Publish && !settings.accepts_unsigned {
        let key = package.verify()?;
        settings.check_key(key, version)?;
    }
    let store = store.clone();
    let (package, stored) = blocking(move || {
        let stored = store.put(&package);
        (package, stored)
    })
    .await?;
    stored?;
    Ok(package)
}

/// Something of a change is not this host's: what follows another catalogue, or an older one, can't go on.
pub(super) fn check_delta(
    delta: &Delta,
    catalogue: &str,
    position: u64,
) -> Result<(), EngineError> {
    let followed = &delta.followed;
    if followed.catalogue != catalogue {
        return Err(SharingError::Other.into());
    }
    if followed.position < position {
        let (found, known) = (followed.position, position);
        return Err(SharingError::Older { found, known }.into());
    }
    Ok(())
}
