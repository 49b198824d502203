//! What was counted since the start, as plain values: whoever shows them asks for a copy.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dossier_document::Digest;
use dossier_inference::InferenceStatistics;
use dossier_model::{AdapterPlace, PoolStatistics};
use dossier_plugin::{PluginError, Usage};

/// Names of components that are told apart: as many as a host has rules. Names beyond are counted together.
const MOST_COMPONENTS: usize = 256;
/// What the names beyond are counted as. No component is called so: names have no parentheses.
const OTHERS: &str = "(other)";

/// How what reads documents stands.
#[derive(Clone, Debug)]
pub struct ReaderStatistics {
    /// The queue, and the thread behind it.
    pub inference: InferenceStatistics,
    /// By name of a component: calls of rules for documents. Fixtures and shadows are not counted.
    pub rules: BTreeMap<String, RulesCounts>,
}

/// How the adapters of the base stand.
#[derive(Clone, Debug)]
pub struct AdapterStatistics {
    /// All together.
    pub pool: PoolStatistics,
    /// Where each of them is.
    pub places: BTreeMap<Digest, AdapterPlace>,
}

/// Calls of the rules of one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RulesCounts {
    /// All calls, those that failed too.
    pub calls: u64,
    /// Calls that trapped.
    pub traps: u64,
    /// Calls that took too long.
    pub timeouts: u64,
    /// Calls that needed too much memory.
    pub memory_limits: u64,
    /// Calls whose answer made no sense.
    pub invalid: u64,
    /// Calls for which there was no place in time.
    pub no_place: u64,
    /// Documents that the rules refused to judge.
    pub refused: u64,
    /// Time of all calls together; without the wait for a place, where they were answered.
    pub time: Duration,
    /// Most bytes that one call held.
    pub memory_peak_bytes: usize,
}

/// Changes of what serves since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReloadCounts {
    /// Packages published.
    pub published: u64,
    /// Packages that were refused, once their name was known.
    pub refused: u64,
    /// Generations that came to serve.
    pub applied: u64,
    /// Changes that were not made.
    pub unapplied: u64,
}

/// The counters behind [`RulesCounts`].
#[derive(Debug, Default)]
pub(crate) struct RulesCounters {
    by_name: Mutex<BTreeMap<String, RulesCounts>>,
}

/// The counters behind [`ReloadCounts`]. The reload task writes them.
#[derive(Debug, Default)]
pub(crate) struct ReloadCounters {
    pub(crate) published: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) applied: AtomicU64,
    pub(crate) unapplied: AtomicU64,
}

impl RulesCounters {
    /// Counts a call that was answered.
    pub(crate) fn answered(&self, name: &str, usage: Usage) {
        self.change(name, |counts| {
            counts.time += usage.time;
            counts.memory_peak_bytes = counts.memory_peak_bytes.max(usage.memory_bytes);
        });
    }

    /// Counts a call that failed after so long.
    pub(crate) fn failed(&self, name: &str, error: &PluginError, time: Duration) {
        self.change(name, |counts| {
            counts.time += time;
            match error {
                PluginError::Trap { .. } => counts.traps += 1,
                PluginError::Timeout { .. } => counts.timeouts += 1,
                PluginError::MemoryLimit { limit_bytes, .. } => {
                    counts.memory_limits += 1;
                    counts.memory_peak_bytes = counts.memory_peak_bytes.max(*limit_bytes);
                }
                PluginError::PoolFull { .. } => counts.no_place += 1,
                PluginError::Refused { .. } => counts.refused += 1,
                _ => counts.invalid += 1,
            }
        });
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, RulesCounts> {
        self.by_name().clone()
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut RulesCounts)) {
        let mut by_name = self.by_name();
        let is_told_apart = by_name.contains_key(name) || by_name.len() < MOST_COMPONENTS;
        let name = if is_told_apart { name } else { OTHERS };
        let counts = match by_name.get_mut(name) {
            Some(counts) => counts,
            None => by_name.entry(name.to_owned()).or_default(),
        };
        counts.calls += 1;
        change(counts);
    }

    /// No step that counts can panic half-way.
    fn by_name(&self) -> MutexGuard<'_, BTreeMap<String, RulesCounts>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReloadCounters {
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> ReloadCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ReloadCounts {
            published: read(&self.published),
            refused: read(&self.refused),
            applied: read(&self.applied),
            unapplied: read(&self.unapplied),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_are_counted_together() {
        let counters = RulesCounters::default();
        let usage = Usage { time: Duration::from_millis(2), memory_bytes: 10 };
        for number in 0..MOST_COMPONENTS + 5 {
            counters.answered(&format!("rules-{number}"), usage);
        }
        counters.answered("rules-0", Usage { memory_bytes: 5, ..usage });
        let counts = counters.counts();
        assert_eq!(counts.len(), MOST_COMPONENTS + 1);
        assert_eq!(counts[OTHERS].calls, 5);
        let first = counts["rules-0"];
        assert_eq!((first.calls, first.memory_peak_bytes), (2, 10));
        assert_eq!(first.time, Duration::from_millis(4));
    }

    #[test]
    fn failures_are_told_apart() {
        let counters = RulesCounters::default();
        let plugin = || "rules".to_owned();
        let hook = dossier_plugin::Hook::After;
        let limit = Duration::from_secs(1);
        for error in [
            PluginError::Trap { plugin: plugin(), hook, trap: "unreachable", said: None },
            PluginError::Timeout { plugin: plugin(), hook, limit },
            PluginError::MemoryLimit { plugin: plugin(), hook, limit_bytes: 7 },
            PluginError::PoolFull { plugin: plugin(), waited: limit },
        ] {
            counters.failed("rules", &error, limit);
        }
        let counts = counters.counts()["rules"];
        let classes = [counts.traps, counts.timeouts, counts.memory_limits, counts.no_place];
        assert_eq!((counts.calls, classes, counts.memory_peak_bytes), (4, [1; 4], 7));
    }
}
