//! Packages that nothing needs any more leave the disk.
//!
//! What goes: a package that no kept generation names, and that was published, or refused, longer
//! ago than the grace. The record goes first and the files after, so a crash leaves files that
//! nobody can activate, and the next run takes those too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dossier_document::DocumentTypeId;
use dossier_store::{Action, Change, Event, PackageDigest, Scope, StoredPackage, Version};

use super::publishers::Asked;
use super::task::{Message, Task};
use super::{CONCURRENT_PUBLISHES, Reload, Shared, blocking};
use crate::error::EngineError;
use crate::settings::Publisher;

/// What a run takes away, or would.
#[derive(Clone, Debug)]
pub struct PruneReport {
    /// Whether nothing was touched.
    pub dry_run: bool,
    /// How long ago a package must have come.
    pub grace: Duration,
    /// The packages, oldest first.
    pub packages: Vec<PrunedPackage>,
}

/// A package that goes.
#[derive(Clone, Debug)]
pub struct PrunedPackage {
    /// The package.
    pub package: PackageDigest,
    /// How it was published; nothing of one that was refused.
    pub version: Option<Version>,
    /// Bytes of its files.
    pub bytes: u64,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Prune {
    dry_run: bool,
    actor: String,
    /// What the actor reaches; the host itself reaches everything.
    scope: Option<Scope>,
    grace: Duration,
}

impl Reload {
    /// Takes away what a publisher reaches and nothing needs any more, or tells what would go.
    ///
    /// # Errors
    /// As [`Reload::prune`], and [`EngineError::TooMuchOfOne`].
    pub async fn prune_for(
        &self,
        dry_run: bool,
        publisher: &Publisher,
    ) -> Result<PruneReport, EngineError> {
        let limits = &self.shared.packages.publisher;
        let places = self.shared.turns.publishers.of(&publisher.name, limits);
        let _place = places.take(Asked::Change, &publisher.name, limits)?;
        self.prune(dry_run, &publisher.name, Some(&publisher.scope)).await
    }

    /// Takes packages away that nothing needs any more, or tells which would go.
    ///
    /// # Errors
    /// [`EngineError::Busy`] while anything is published: it may be about to need what lies there.
    pub async fn prune(
        &self,
        dry_run: bool,
        actor: &str,
        scope: Option<&Scope>,
    ) -> Result<PruneReport, EngineError> {
        let (actor, scope) = (actor.to_owned(), scope.cloned());
        let prune = Prune { dry_run, actor, scope, grace: self.shared.packages.grace };
        let reload = self.clone();
        // To its end though the client may leave: nothing may be published before it.
        let pruning = tokio::spawn(async move { reload.prune_alone(prune).await });
        pruning.await.map_err(|_| EngineError::Panicked)?
    }

    async fn prune_alone(&self, prune: Prune) -> Result<PruneReport, EngineError> {
        let permits = u32::try_from(CONCURRENT_PUBLISHES).unwrap_or(u32::MAX);
        let shared = &self.shared;
        let _nothing_is_published =
            shared.turns.publish.try_acquire_many(permits).map_err(|_| EngineError::Busy)?;
        // All that is on disk is looked at here: what others change meanwhile waits for none of it.
        let (looking, asked) = (Arc::clone(shared), prune.clone());
        let packages = blocking(move || looking.unneeded(&asked)).await??;
        let dry_run = prune.dry_run;
        let report = self.ask(|answer| Message::Prune { prune, packages, answer }).await??;
        if !dry_run && !report.packages.is_empty() {
            let removed = report.packages.iter().map(|gone| gone.package).collect::<Vec<_>>();
            if let Some(sharing) = &shared.sharing {
                let artifacts = sharing.artifacts.as_ref();
                sharing.catalogue.remove_unknown(&removed, artifacts).await?;
            }
            let shared = Arc::clone(shared);
            blocking(move || shared.take_away(&removed)).await??;
            tracing::info!(packages = report.packages.len(), "old packages were taken away");
        }
        Ok(report)
    }
}

impl Task {
    /// Forgets those of some packages that nothing has come to need meanwhile. Their files go after it.
    pub(super) async fn prune(
        &mut self,
        prune: Prune,
        mut packages: Vec<PrunedPackage>,
    ) -> Result<PruneReport, EngineError> {
        let shared = self.shared.clone();
        let named = blocking(move || shared.catalogue.named()).await??;
        packages.retain(|gone| !named.contains(&gone.package));
        if !prune.dry_run {
            self.shelf.forget(&packages.iter().map(|gone| gone.package).collect());
            self.shelf.put_aside(&self.generation, &self.fitness);
        }
        // A request that began before the grace was over still reads with it. What is only kept for
        // the next change goes, as it would without the dry run.
        packages.retain(|gone| match prune.dry_run {
            true => !self.shelf.is_read_aside(&gone.package),
            false => self.shelf.find(&gone.package).is_none(),
        });
        if !prune.dry_run && !packages.is_empty() {
            let events = packages.iter().map(|gone| {
                let name = gone.version.as_ref().map_or("*", |version| version.name.as_str());
                let event = self.event(Action::Prune, name, Some(gone.package), &prune.actor);
                Event { detail: Some(format!("{} bytes", gone.bytes)), ..event }
            });
            let removed = packages.iter().map(|gone| gone.package).collect();
            let change = Change { events: events.collect(), removed, ..Change::default() };
            self.write(change).await?;
        }
        Ok(PruneReport { dry_run: prune.dry_run, grace: prune.grace, packages })
    }
}

impl Shared {
    /// How many packages of a publisher there are, and their bytes on disk. It blocks.
    pub(super) fn used(&self, publisher: &str) -> Result<(usize, u64), EngineError> {
        let (mut packages, mut bytes) = (0, 0);
        for package in self.catalogue.packages_of(publisher)? {
            packages += 1;
            bytes += self.store.bytes(&package)?;
        }
        Ok((packages, bytes))
    }

    /// Takes away the files of a package that was refused or only tried, unless it was published before. It
    /// blocks.
    pub(super) fn forget_unpublished(&self, package: &PackageDigest) -> Result<(), EngineError> {
        match self.catalogue.version(package)? {
            Some(_) => Ok(()),
            None => Ok(self.store.remove(package)?),
        }
    }

    fn unneeded(&self, prune: &Prune) -> Result<Vec<PrunedPackage>, EngineError> {
        let named = self.catalogue.named()?;
        let versions = self.catalogue.versions()?;
        let stored = self.store.stored()?;
        let cutoff = SystemTime::now().checked_sub(prune.grace);
        let is_old = |at: SystemTime| cutoff.is_some_and(|cutoff| at <= cutoff);
        let goes = |version: &Version| {
            !named.contains(&version.package)
                && published_at(version).is_some_and(is_old)
                && prune.reaches(version)
        };
        // The model reads an adapter again from the package that brought it first.
        let stays = versions.iter().filter(|version| !goes(version));
        let artifacts = stays.map(|version| version.artifact.as_str()).collect::<BTreeSet<_>>();
        let bytes = stored.iter().map(|stored| (stored.package, stored.bytes));
        let bytes = bytes.collect::<BTreeMap<_, _>>();
        let bytes_of = |package: &PackageDigest| bytes.get(package).copied().unwrap_or(0);
        let published = versions
            .iter()
            .filter(|version| goes(version) && !artifacts.contains(version.artifact.as_str()))
            .map(|version| PrunedPackage {
                package: version.package,
                version: Some(version.clone()),
                bytes: bytes_of(&version.package),
            });
        let known = versions.iter().map(|version| version.package).collect::<BTreeSet<_>>();
        let is_published = |stored: &StoredPackage| known.contains(&stored.package);
        // Refused once, or left by a crash. Nothing says whose it was.
        let refused = stored
            .iter()
            .filter(|stored| prune.reaches_everything() && !is_published(stored))
            .filter(|stored| !named.contains(&stored.package) && is_old(stored.stored_at))
            .map(|stored| PrunedPackage {
                package: stored.package,
                version: None,
                bytes: stored.bytes,
            });
        Ok(published.chain(refused).collect())
    }

    /// Their records are gone. Every one is tried, whatever becomes of the others.
    fn take_away(&self, packages: &[PackageDigest]) -> Result<(), EngineError> {
        let mut failed = None;
        for package in packages {
            if let Err(error) = self.store.remove(package) {
                tracing::error!(%package, %error, "an old package can't be taken away");
                failed = failed.or(Some(error));
            }
        }
        let versions = self.catalogue.versions()?;
        let kept =
            versions.iter().map(|version| version.artifact.as_str()).collect::<BTreeSet<_>>();
        let retained = self.engine.retain_code(|digest| kept.contains(digest.to_string().as_str()));
        if let Err(error) = retained {
            tracing::warn!(%error, "old compiled code can't be taken away");
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Prune {
    fn reaches(&self, version: &Version) -> bool {
        let Some(scope) = &self.scope else { return true };
        let ids = version.document_types.iter().map(|id| id.parse::<DocumentTypeId>());
        let Ok(ids) = ids.collect::<Result<Vec<_>, _>>() else { return false };
        match version.name.parse::<DocumentTypeId>() {
            Ok(id) => scope.allows_document_type(&id),
            Err(_) => scope.allows_rules(&version.name, &ids),
        }
    }

    fn reaches_everything(&self) -> bool {
        self.scope.as_ref().is_none_or(Scope::is_everything)
    }
}

/// None where it can't be told: such a version stays.
fn published_at(version: &Version) -> Option<SystemTime> {
    let at = version.published_at.parse::<jiff::Timestamp>().ok()?;
    let seconds = u64::try_from(at.as_second()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}
