//! A start on a catalogue that hosts share: the first one begins it, the others take it over, and one that has
//! been there goes on from where it was.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dossier_store::{ArtifactStore, Catalogue, Delta, Generation, PackageDigest, SharedError};
use tokio::time::{sleep, timeout};

use super::blocking;
use super::prove::probe_stored;
use super::sharing::{Sharing, check_delta, fetch};
use crate::error::{EngineError, SharingError};
use crate::settings::PackageSettings;

/// How long a host that has nothing to serve waits for the shared catalogue, and between two looks.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);
/// How long one look may take.
const LOOK: Duration = Duration::from_secs(20);
/// The same for a host that can serve what it served last.
const SHORT_LOOK: Duration = Duration::from_secs(5);

/// A host's own store, on its way to follow.
pub(crate) struct Joining<'a> {
    pub(crate) sharing: &'a Sharing,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) store: &'a ArtifactStore,
    pub(crate) packages: &'a PackageSettings,
}

impl Joining<'_> {
    /// Brings the store to where it can be served from. Where it is empty afterwards, nobody has begun, and this
    /// host may.
    ///
    /// # Errors
    /// When the store is of another catalogue or of none, or there is nothing to serve and none can be had.
    pub(crate) async fn join(&self) -> Result<(), EngineError> {
        let current = self.catalogue.current()?;
        if let Some(followed) = self.catalogue.followed()? {
            // It serves its last generation first, and follows after: so it starts when it is cut off, too.
            match timeout(SHORT_LOOK, self.sharing.catalogue.since(followed.position)).await {
                Ok(Ok(delta)) => {
                    check_delta(&delta, &followed.catalogue, followed.position)?;
                }
                Ok(Err(error)) => self.cut_off(&error.into()),
                Err(_) => self.cut_off(&SharingError::Silent.into()),
            }
            return Ok(());
        }
        let delta = self.look().await?;
        match current {
            Some(current) if delta.generation == 0 => self.begin_with_own(current).await,
            Some(current) => {
                let (own, shared) = (current.number, delta.generation);
                Err(SharingError::Own { own, shared }.into())
            }
            None if delta.generation == 0 => Ok(()),
            None => self.take_over(&delta).await,
        }
    }

    fn cut_off(&self, error: &EngineError) {
        self.sharing.is_behind(error.code());
        tracing::error!(%error, "the shared catalogue can't be reached: the last generation serves");
    }

    /// What it has, once it answers.
    async fn look(&self) -> Result<Delta, EngineError> {
        let begun = Instant::now();
        loop {
            let error = match timeout(LOOK, self.sharing.catalogue.since(0)).await {
                Ok(Ok(delta)) => return Ok(delta),
                Ok(Err(error @ SharedError::Catalogue { .. })) => error.into(),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => SharingError::Silent.into(),
            };
            if begun.elapsed() > PATIENCE {
                return Err(error);
            }
            sleep(PAUSE).await;
        }
    }

    /// A host that served alone brings what it has.
    async fn begin_with_own(&self, current: Generation) -> Result<(), EngineError> {
        let named = self.catalogue.named()?;
        for version in self.catalogue.versions()? {
            let (store, digest) = (self.store.clone(), version.package);
            match blocking(move || store.read(&digest)).await? {
                Ok(package) => self.sharing.artifacts.put(package).await?,
                Err(error) if named.contains(&digest) => return Err(error.into()),
                Err(_) => {}
            }
        }
        if !self.sharing.catalogue.begin(self.catalogue.exported()?).await? {
            let shared = self.look().await?.generation;
            return Err(SharingError::Own { own: current.number, shared }.into());
        }
        self.catalogue.follow(&self.look().await?)?;
        tracing::info!(generation = current.number, "the shared catalogue begins with this host's");
        Ok(())
    }

    /// Takes over what others have: the packages that serve, and then the catalogue.
    pub(crate) async fn take_over(&self, delta: &Delta) -> Result<(), EngineError> {
        let serving = delta.generations.last().map(|last| last.packages().collect::<BTreeSet<_>>());
        let serving = serving.unwrap_or_default();
        for version in &delta.versions {
            let package = version.package;
            if !serving.contains(&package) || self.store.folder(&package).is_dir() {
                continue;
            }
            let named = |source: EngineError| EngineError::Kept { package, source: source.into() };
            self.obtain(version).await.map_err(named)?;
        }
        self.catalogue.follow(delta)?;
        tracing::info!(generation = delta.generation, "follows the shared catalogue");
        Ok(())
    }

    async fn obtain(&self, version: &dossier_store::Version) -> Result<(), EngineError> {
        let artifacts = self.sharing.artifacts.as_ref();
        let package = fetch(artifacts, self.packages, self.store, version).await?;
        let digest: PackageDigest = package.digest();
        let Some(probe) = &self.packages.probe else { return Ok(()) };
        let probed = probe_stored(probe, self.store, package.kind(), digest).await;
        if probed.is_err() {
            // Else it would be taken for one that has passed, the next time.
            self.store.remove(&digest)?;
        }
        probed
    }
}
