//! A host follows a catalogue that others change too: it asks every second, and when it is told that something
//! changed. What can't be had or made ready leaves it where it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dossier_document::DocumentTypeId;
use dossier_store::{Delta, PackageDigest, Version};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::ask::{Answers, Pair};
use super::assemble::{Assembled, Touched};
use super::sharing::{Following, check_delta};
use super::task::{Message, Outcome, Prepared, Task, tell_of};
use super::{AHEAD, ATTEMPTS, Reload, blocking};
use crate::error::{EngineError, SharingError};
use crate::snapshot::{Quarantine, Snapshot};
use crate::statistics::ReloadCounters;

/// Between two looks, where nobody says that something changed.
const EVERY: Duration = Duration::from_secs(1);
/// How long a look may take; a host that joins takes the whole catalogue in one.
const LOOK: Duration = Duration::from_secs(20);
/// After a package could not be had or made ready: the first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is asked of the task: to go on to what the shared catalogue says.
#[derive(Clone, Debug)]
pub(super) struct Follow {
    /// The position that the change begins at.
    since: u64,
    delta: Arc<Delta>,
    prepared: Prepared,
}

/// A change that this host can't follow, and when it tries again.
struct Refused {
    position: u64,
    until: Instant,
    pause: Duration,
    code: &'static str,
}

impl Reload {
    /// The catalogue that this host follows; none where it follows none.
    #[must_use]
    pub fn following(&self) -> Option<Following> {
        self.shared.sharing.clone().map(Following)
    }

    /// Goes on to what the shared catalogue says now. Nothing is to do where none is shared.
    ///
    /// # Errors
    /// When it can't be reached, or what serves next can't be had or made ready; this host serves what it did.
    pub(super) async fn catch_up(&self) -> Result<(), EngineError> {
        match &self.shared.sharing {
            None => Ok(()),
            Some(_) => self.catch_up_unless(&mut None).await,
        }
    }

    /// The same, unless it failed at the same change a moment ago.
    async fn catch_up_unless(&self, refused: &mut Option<Refused>) -> Result<(), EngineError> {
        let shared = &self.shared;
        let Some(sharing) = &shared.sharing else { return Ok(()) };
        let _turn = sharing.turn.acquire().await.map_err(|_| EngineError::Stopped)?;
        let asked = Instant::now();
        let known = Arc::clone(shared);
        let followed = blocking(move || known.catalogue.followed()).await??;
        let followed = followed.ok_or(SharingError::Other)?;
        let looked = timeout(LOOK, sharing.catalogue.since(followed.position)).await;
        let delta = looked.map_err(|_| SharingError::Silent)??;
        check_delta(&delta, &followed.catalogue, followed.position)?;
        let position = delta.followed.position;
        if position != followed.position {
            if let Some(before) = refused.as_ref()
                && before.position == position
                && Instant::now() < before.until
            {
                return Err(SharingError::Unfollowed { code: before.code }.into());
            }
            if let Err(error) = self.follow_to(followed.position, delta).await {
                let pause = match refused.as_ref().filter(|before| before.position == position) {
                    Some(before) => (before.pause * 2).min(LONGEST_PAUSE),
                    None => FIRST_PAUSE,
                };
                let until = Instant::now() + pause;
                *refused = Some(Refused { position, until, pause, code: error.code() });
                return Err(error);
            }
        }
        *refused = None;
        if let Some(stale) = sharing.is_current(asked) {
            let stale_seconds = stale.as_secs();
            tracing::info!(stale_seconds, "serves what the shared catalogue says again");
        }
        Ok(())
    }

    async fn follow_to(&self, since: u64, delta: Delta) -> Result<(), EngineError> {
        let delta = Arc::new(delta);
        let mut prepared = Prepared::default();
        for _ in 0..ATTEMPTS * 4 {
            let (asked, known) = (Arc::clone(&delta), prepared.clone());
            let follow = Box::new(Follow { since, delta: asked, prepared: known });
            match self.ask(|answer| Message::Follow { follow, answer }).await?? {
                Outcome::Applied(_) => {
                    self.fetch_ahead(&delta.versions);
                    return Ok(());
                }
                Outcome::Unready(packages) => {
                    for package in packages {
                        let ready = self.shared.prepare(package).await;
                        let named = |source: EngineError| EngineError::Kept {
                            package,
                            source: Box::new(source),
                        };
                        prepared.ready.push(ready.map_err(named)?);
                    }
                }
                Outcome::Unasked(pairs) => self.ask_leniently(pairs, &mut prepared.answers).await,
            }
        }
        Err(EngineError::Busy)
    }

    async fn ask_leniently(&self, pairs: Vec<Pair>, into: &mut Answers) {
        for (pair, answer) in self.shared.ask_all(pairs, None).await {
            into.add(&pair, answer.map_err(|error| Quarantine::of(&error)));
        }
    }

    /// Follows until the host ends.
    pub(crate) async fn follow_until_stopped(self, mut ahead: mpsc::Receiver<PackageDigest>) {
        let fetching = self.clone();
        let fetching = tokio::spawn(async move {
            while let Some(package) = ahead.recv().await {
                if let Err(EngineError::Stopped) =
                    fetching.unless_stopped(fetching.warm(package)).await
                {
                    return;
                }
            }
        });
        let mut refused = None;
        while let Some(sharing) = &self.shared.sharing {
            let woken = async {
                tokio::select! {
                    () = sharing.catalogue.heard() => {}
                    () = sleep(EVERY) => {}
                }
                Ok(())
            };
            if self.unless_stopped(woken).await.is_err() {
                break;
            }
            match self.unless_stopped(self.catch_up_unless(&mut refused)).await {
                Ok(()) => {}
                Err(EngineError::Stopped) => break,
                Err(error) => self.tell_behind(&error),
            }
        }
        fetching.abort();
    }

    /// Tells once that this host serves what it served last.
    pub(super) fn tell_behind(&self, error: &EngineError) {
        let Some(sharing) = &self.shared.sharing else { return };
        let code = error.code();
        if sharing.is_behind(code) {
            tracing::error!(
                code,
                %error,
                "the shared catalogue can't be followed: the last generation serves on"
            );
        } else {
            tracing::debug!(code, %error, "the shared catalogue still can't be followed");
        }
    }

    /// Packages that were just published are made ready ahead of the change that lets them serve.
    fn fetch_ahead(&self, versions: &[Version]) {
        for version in versions.iter().rev().take(AHEAD) {
            // What finds no place is fetched when it is needed.
            let _ = self.ahead.try_send(version.package);
        }
    }

    /// Makes a package ready, and keeps it for the change that is likely to come.
    async fn warm(&self, package: PackageDigest) -> Result<(), EngineError> {
        if self.shared.store.folder(&package).is_dir() {
            return Ok(());
        }
        match self.shared.prepare(package).await {
            Ok(ready) => self.ask(|answer| Message::Keep { ready, answer }).await,
            Err(error) => {
                // It is tried again when it is to serve, and that is told then.
                tracing::warn!(%package, %error, "a package of another host can't be made ready yet");
                Ok(())
            }
        }
    }
}

impl Task {
    /// Goes on to what the shared catalogue says, whole: what it names is ready and its rules were asked, or
    /// nothing is changed.
    pub(super) async fn follow(&mut self, follow: Follow) -> Result<Outcome, EngineError> {
        let Follow { since, delta, prepared } = follow;
        let answers = self.keep(prepared);
        if self.shared.position().await? != since {
            // A change of this host came between; the next look has the rest.
            return Ok(Outcome::Applied(self.applied("")));
        }
        let Some(next) = delta.generations.last().cloned() else {
            self.write_followed(delta).await?;
            return Ok(Outcome::Applied(self.applied("")));
        };
        let (shared, packages) = (Arc::clone(&self.shared), Arc::clone(&delta));
        // Who published what, so that it can be proved before it serves.
        blocking(move || shared.catalogue.follow_packages(&packages)).await??;
        let (shared, now) = (Arc::clone(&self.shared), self.generation.clone());
        let named = next.clone();
        blocking(move || {
            let serving = named.active.iter().map(|(name, package)| (name, *package));
            let canaries = named.canary.iter().map(|(name, canary)| (name, canary.package));
            let shadows = named.shadow.iter().map(|(name, package)| (name, *package));
            for (name, package) in serving.chain(canaries).chain(shadows) {
                if now.active.get(name) != Some(&package) && now.candidate(name) != Some(package) {
                    shared.check_trust(name, package)?;
                }
            }
            Ok::<_, EngineError>(())
        })
        .await??;
        let mut fitness = self.fitness.clone();
        for (name, package) in &next.active {
            if self.generation.active.get(name) != Some(package) {
                fitness.clear(package);
            }
        }
        let settings = self.shared.settings_of(&next, &delta.settings).await?;
        let snapshot = match self.assembled(&next, &settings, &fitness, Touched::All, &answers)? {
            Assembled::Unready(packages) => return Ok(Outcome::Unready(packages)),
            Assembled::Unasked(pairs) => return Ok(Outcome::Unasked(pairs)),
            Assembled::Snapshot(snapshot) => *snapshot,
        };
        let before = self.shared.snapshot.pin();
        if let Some((document_type, why)) = newly_unfit(&before, &snapshot) {
            // Another host serves it, and this one can't: it stays where it serves.
            let (code, detail) = (why.code, why.detail);
            return Err(SharingError::Unservable { document_type, code, detail }.into());
        }
        self.write_followed(delta).await?;
        tell_of(&snapshot);
        self.fitness = fitness;
        self.shared.snapshot.swap(snapshot);
        ReloadCounters::count(&self.shared.counters.applied);
        self.generation = next;
        tracing::info!(generation = self.generation.number, "serves, as the shared catalogue says");
        Ok(Outcome::Applied(self.applied("")))
    }

    async fn write_followed(&self, delta: Arc<Delta>) -> Result<(), EngineError> {
        let shared = Arc::clone(&self.shared);
        Ok(blocking(move || shared.catalogue.follow(&delta)).await??)
    }
}

/// A document type that served as it was named, and would not any more.
fn newly_unfit(before: &Snapshot, after: &Snapshot) -> Option<(DocumentTypeId, Quarantine)> {
    let stands_in = |snapshot: &Snapshot, id: &DocumentTypeId| {
        snapshot.document_types.get(id).and_then(|served| served.stands_in.clone())
    };
    let quarantined = after.quarantined.iter().map(|(id, why)| (id.clone(), why.clone()));
    let replaced = after.document_types.keys();
    let replaced = replaced.filter_map(|id| Some((id.clone(), stands_in(after, id)?)));
    quarantined
        .chain(replaced)
        .find(|(id, _)| !before.quarantined.contains_key(id) && stands_in(before, id).is_none())
}

#[cfg(test)]
mod tests;
