//! What one publisher may ask for at a time, in a minute, and keep: so that none crowds another out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use dossier_store::PackageDigest;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::EngineError;
use crate::settings::PublisherLimits;

/// Uploads of one publisher at a time.
const UPLOADS: usize = 2;
/// Changes of one publisher at a time. A rollback has a place of its own.
const CHANGES: usize = 2;

/// The places of all publishers. Publishers are those of the configuration, so there are few.
#[derive(Debug, Default)]
pub(super) struct Publishers {
    places: Mutex<BTreeMap<String, Arc<Places>>>,
    /// Packages that are being published: the same one twice at a time would be removed by whichever is
    /// refused.
    in_work: Mutex<BTreeSet<PackageDigest>>,
}

/// The places of one publisher.
#[derive(Debug)]
pub(super) struct Places {
    uploads: Arc<Semaphore>,
    proofs: Arc<Semaphore>,
    changes: Arc<Semaphore>,
    rollbacks: Arc<Semaphore>,
    rate: Mutex<Rate>,
}

/// What a publisher asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Upload,
    Change,
    Rollback,
}

/// What may still be asked for, refilled by the minute.
#[derive(Debug)]
struct Rate {
    left: f64,
    counted_at: Instant,
}

/// A package that is being published, until this is dropped.
pub(super) struct InWork<'a> {
    package: PackageDigest,
    publishers: &'a Publishers,
}

impl Publishers {
    pub(super) fn of(&self, publisher: &str, limits: &PublisherLimits) -> Arc<Places> {
        let mut places = lock(&self.places);
        let places = places.entry(publisher.to_owned());
        Arc::clone(places.or_insert_with(|| Arc::new(Places::new(limits))))
    }

    /// Marks a package as being published.
    ///
    /// # Errors
    /// [`EngineError::Busy`] if it is already.
    pub(super) fn begin(&self, package: PackageDigest) -> Result<InWork<'_>, EngineError> {
        if lock(&self.in_work).insert(package) {
            Ok(InWork { package, publishers: self })
        } else {
            Err(EngineError::Busy)
        }
    }
}

impl Drop for InWork<'_> {
    fn drop(&mut self) {
        lock(&self.publishers.in_work).remove(&self.package);
    }
}

impl Places {
    fn new(limits: &PublisherLimits) -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        let rate = Rate { left: f64::from(limits.changes_a_minute), counted_at: Instant::now() };
        Self {
            uploads: semaphore(UPLOADS),
            proofs: semaphore(1),
            changes: semaphore(CHANGES),
            rollbacks: semaphore(1),
            rate: Mutex::new(rate),
        }
    }

    /// Takes a place, or nothing.
    ///
    /// # Errors
    /// [`EngineError::TooMuchOfOne`] when the publisher has too many in work, or asked too often.
    pub(super) fn take(
        &self,
        asked: Asked,
        publisher: &str,
        limits: &PublisherLimits,
    ) -> Result<OwnedSemaphorePermit, EngineError> {
        let too_much = || EngineError::TooMuchOfOne { publisher: publisher.to_owned() };
        let places = match asked {
            Asked::Upload => &self.uploads,
            Asked::Change => &self.changes,
            Asked::Rollback => &self.rollbacks,
        };
        let place = Arc::clone(places).try_acquire_owned().map_err(|_| too_much())?;
        if asked == Asked::Rollback || lock(&self.rate).take(limits, Instant::now()) {
            Ok(place)
        } else {
            Err(too_much())
        }
    }

    /// Waits for the publisher's one turn to have a package proved.
    pub(super) async fn proof(&self) -> OwnedSemaphorePermit {
        let turn = Arc::clone(&self.proofs).acquire_owned().await;
        turn.expect("nobody closes the semaphore")
    }
}

impl Rate {
    fn take(&mut self, limits: &PublisherLimits, now: Instant) -> bool {
        let most = f64::from(limits.changes_a_minute);
        let minutes = now.saturating_duration_since(self.counted_at).as_secs_f64() / 60.0;
        self.left = minutes.mul_add(most, self.left).min(most);
        self.counted_at = now;
        let is_left = self.left >= 1.0;
        if is_left {
            self.left -= 1.0;
        }
        is_left
    }
}

/// No step that holds one of these locks can panic half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMITS: PublisherLimits = PublisherLimits {
        disk_bytes: 0,
        changes_a_minute: 3,
        publish_timeout: Duration::from_secs(1),
    };

    #[test]
    fn one_publishers_flood_takes_no_place_of_anothers() {
        let publishers = Publishers::default();
        let flood = publishers.of("flood", &LIMITS);
        let mut held = Vec::new();
        while let Ok(place) = flood.take(Asked::Change, "flood", &LIMITS) {
            held.push(place);
        }
        assert_eq!(held.len(), CHANGES);
        let other = publishers.of("other", &LIMITS);
        assert!(other.take(Asked::Change, "other", &LIMITS).is_ok());
        // Its own rollback has a place of its own.
        assert!(flood.take(Asked::Rollback, "flood", &LIMITS).is_ok());
    }

    #[test]
    fn what_is_asked_in_a_minute_is_bounded() {
        let start = Instant::now();
        let mut rate = Rate { left: 3.0, counted_at: start };
        for _ in 0..3 {
            assert!(rate.take(&LIMITS, start));
        }
        assert!(!rate.take(&LIMITS, start));
        let later = start + Duration::from_secs(21);
        assert!(rate.take(&LIMITS, later) && !rate.take(&LIMITS, later));
        let much_later = start + Duration::from_secs(100_000);
        let taken = (0..10).filter(|_| rate.take(&LIMITS, much_later)).count();
        assert_eq!(taken, 3, "nothing is saved up");
        // A clock of its own never goes back, but nothing breaks if it did.
        assert!(!rate.take(&LIMITS, start));
    }

    #[test]
    fn a_package_is_published_once_at_a_time() {
        let publishers = Publishers::default();
        let package = format!("sha256:{}", "ab".repeat(32)).parse().expect("a digest");
        let first = publishers.begin(package).expect("nobody else");
        assert!(publishers.begin(package).is_err());
        drop(first);
        assert!(publishers.begin(package).is_ok());
    }
}
