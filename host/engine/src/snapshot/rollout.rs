//! A version that is tried beside the active one: a canary answers some requests, a shadow none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dossier_document::DocumentTypeId;
use dossier_store::{CanarySettings, PackageDigest};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, mpsc};

use super::DocumentType;

mod significance;

/// Comparisons of one shadow that run at a time; documents beyond are not compared.
const CONCURRENT_COMPARISONS: usize = 2;

/// What is tried beside the active version of a document type; at most one of the two.
#[derive(Clone, Debug, Default)]
pub struct Rollout {
    /// Answers some requests.
    pub canary: Option<Canary>,
    /// Reads beside; what it says is compared and dropped.
    pub shadow: Option<Shadow>,
}

/// The candidate of a document type that answers some requests.
#[derive(Clone, Debug)]
pub struct Canary {
    /// The document type as the candidate reads it.
    pub candidate: Arc<DocumentType>,
    /// The run, shared by all document types of the candidate.
    pub run: Arc<CanaryRun>,
}

/// The candidate of a document type that reads beside.
#[derive(Clone, Debug)]
pub struct Shadow {
    /// The document type as the candidate reads it.
    pub candidate: Arc<DocumentType>,
    /// The run, shared by all document types of the candidate.
    pub run: Arc<ShadowRun>,
}

/// One canary from its start to its end.
#[derive(Debug)]
pub struct CanaryRun {
    /// The name of the rules or the document type of the adapter.
    pub name: String,
    /// The candidate.
    pub package: PackageDigest,
    /// How many requests of a hundred it takes.
    pub percent: u8,
    /// When it stops by itself.
    pub settings: CanarySettings,
    /// What came of its requests, and of the active version's meanwhile, by document type: only like is
    /// compared with like.
    kinds: Mutex<BTreeMap<DocumentTypeId, CanaryCounts>>,
    alarm: mpsc::Sender<CanaryAlarm>,
}

/// A canary fails too often.
#[derive(Clone, Debug)]
pub struct CanaryAlarm {
    /// Its name.
    pub name: String,
    /// Its package.
    pub package: PackageDigest,
    /// The counts that made it stop.
    pub counts: CanaryCounts,
}

/// The counts of a canary at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CanaryCounts {
    /// Its own requests.
    pub calls: u64,
    /// Those that failed.
    pub failures: u64,
    /// The active version's requests meanwhile.
    pub active_calls: u64,
    /// Those that failed.
    pub active_failures: u64,
}

/// One shadow from its start to its end.
#[derive(Debug)]
pub struct ShadowRun {
    /// The name of the rules or the document type of the adapter.
    pub name: String,
    /// The candidate.
    pub package: PackageDigest,
    /// A comparison holds one.
    pub permits: Arc<Semaphore>,
    counts: Mutex<ShadowCounts>,
}

/// What a shadow's comparisons came to. Names are those of requested fields; no value is here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShadowCounts {
    /// Documents compared.
    pub compared: u64,
    /// Documents with the same values, checks and verdict.
    pub same: u64,
    /// Documents with another verdict.
    pub verdicts: u64,
    /// Documents with another outcome of a check, or other checks.
    pub checks: u64,
    /// By field: documents with another value of it.
    pub fields: BTreeMap<String, u64>,
    /// Documents the candidate did not read.
    pub failed: u64,
    /// Documents not compared, for too many were under way.
    pub skipped: u64,
}

/// Who answers a request while a canary runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// The active version.
    Active,
    /// The canary.
    Canary,
}

/// The version that reads one request.
#[derive(Clone, Debug)]
pub struct Route {
    /// The document type as that version reads it.
    pub document_type: Arc<DocumentType>,
    /// The canary that runs, and which side of it this is.
    pub canary: Option<(Arc<CanaryRun>, Track)>,
}

impl CanaryRun {
    /// A run that has taken no request yet.
    #[must_use]
    pub fn new(
        name: &str,
        package: PackageDigest,
        percent: u8,
        settings: CanarySettings,
        alarm: mpsc::Sender<CanaryAlarm>,
    ) -> Self {
        let kinds = Mutex::default();
        Self { name: name.to_owned(), package, percent, settings, kinds, alarm }
    }

    /// Whether the canary takes the request of this id. Ids are the host's own, so nobody chooses.
    #[must_use]
    pub fn takes(&self, request_id: &str) -> bool {
        let hash = Sha256::digest(request_id.as_bytes());
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % 100 < u64::from(self.percent)
    }

    /// Counts a request of a document type that was answered, or that its version failed at, on `track`,
    /// and raises the alarm when the canary fails too often.
    pub fn count(&self, document_type: &DocumentTypeId, track: Track, failed: bool) {
        let is_failing = {
            let mut kinds = self.kinds();
            // As many as the candidate has document types.
            if !kinds.contains_key(document_type) {
                kinds.insert(document_type.clone(), CanaryCounts::default());
            }
            if let Some(counts) = kinds.get_mut(document_type) {
                counts.add(track, failed);
            }
            failed && track == Track::Canary && self.is_failing(&kinds)
        };
        if is_failing {
            // A full queue holds this alarm or another; the next failure raises it again.
            let _ = self.alarm.try_send(CanaryAlarm {
                name: self.name.clone(),
                package: self.package,
                counts: self.counts(),
            });
        }
    }

    /// The counts now, of all document types together.
    #[must_use]
    pub fn counts(&self) -> CanaryCounts {
        let mut sum = CanaryCounts::default();
        for counts in self.kinds().values() {
            sum.calls += counts.calls;
            sum.failures += counts.failures;
            sum.active_calls += counts.active_calls;
            sum.active_failures += counts.active_failures;
        }
        sum
    }

    /// Whether it fails more often than the active version does, by more than the bound and than chance
    /// makes it, at documents of any one type.
    fn is_failing(&self, kinds: &BTreeMap<DocumentTypeId, CanaryCounts>) -> bool {
        // With many types, one of them looks bad by chance: each must be that much surer.
        let most_chance = significance::MOST_CHANCE / kinds.len().max(1) as f64;
        kinds.values().any(|counts| {
            // The active version has its share of every type sooner or later, unless it has none.
            let is_compared = counts.active_calls > 0 || self.percent == 100;
            is_compared
                && counts.calls >= u64::from(self.settings.min_calls)
                && counts.exceeds(self.settings.max_failure_percent)
                && significance::chance(counts, self.settings.max_failure_percent) <= most_chance
        })
    }

    /// No step that counts can panic half-way.
    fn kinds(&self) -> MutexGuard<'_, BTreeMap<DocumentTypeId, CanaryCounts>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CanaryCounts {
    fn add(&mut self, track: Track, failed: bool) {
        let (calls, failures) = match track {
            Track::Canary => (&mut self.calls, &mut self.failures),
            Track::Active => (&mut self.active_calls, &mut self.active_failures),
        };
        *calls += 1;
        *failures += u64::from(failed);
    }

    /// Whether its share of failures exceeds the active version's by more than so many percent.
    fn exceeds(&self, percent: u32) -> bool {
        let share = |failures: u64, calls: u64| failures as f64 * 100.0 / calls.max(1) as f64;
        let bound = share(self.active_failures, self.active_calls) + f64::from(percent);
        share(self.failures, self.calls) > bound
    }
}

impl ShadowRun {
    /// A run that has compared nothing yet.
    #[must_use]
    pub fn new(name: &str, package: PackageDigest) -> Self {
        let permits = Arc::new(Semaphore::new(CONCURRENT_COMPARISONS));
        Self { name: name.to_owned(), package, permits, counts: Mutex::default() }
    }

    /// Changes the counts.
    pub fn count(&self, change: impl FnOnce(&mut ShadowCounts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The counts now.
    #[must_use]
    pub fn counts(&self) -> ShadowCounts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Route {
    /// Counts how the request ended, if a canary runs.
    pub fn count(&self, failed: bool) {
        if let Some((run, track)) = &self.canary {
            run.count(self.document_type.id(), *track, failed);
        }
    }
}

#[cfg(test)]
mod tests;
