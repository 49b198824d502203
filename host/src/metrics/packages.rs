//! What serves, and how it changes.

use std::collections::BTreeMap;
use std::fmt;

use dossier_engine::Reload;
use dossier_engine::snapshot::{CanaryCounts, Snapshot};
use dossier_engine::statistics::RulesCounts;

use super::writer::Writer;

/// Canaries that have series of their own; each has a name that serves.
const MOST_CANARIES: usize = 256;

pub(super) fn write_snapshot(to: &mut Writer<'_>, snapshot: &Snapshot) -> fmt::Result {
    let stand_ins = snapshot.document_types.values().filter(|served| served.stands_in.is_some());
    to.gauge("dossier_generation", "The generation that serves", snapshot.generation)?;
    let served = snapshot.document_types.len();
    to.gauge("dossier_document_types", "Document types that are served", served)?;
    to.gauge(
        "dossier_quarantined_document_types",
        "Document types that the generation has and that can't be served",
        snapshot.quarantined.len(),
    )?;
    to.gauge(
        "dossier_document_types_of_an_earlier_version",
        "Document types for which an earlier version stands in",
        stand_ins.count(),
    )?;
    write_canaries(to, snapshot)
}

fn write_canaries(to: &mut Writer<'_>, snapshot: &Snapshot) -> fmt::Result {
    let mut runs = BTreeMap::<&str, (u8, CanaryCounts)>::new();
    for served in snapshot.document_types.values() {
        if let Some(canary) = &served.rollout.canary
            && (runs.len() < MOST_CANARIES || runs.contains_key(canary.run.name.as_str()))
        {
            runs.insert(&canary.run.name, (canary.run.percent, canary.run.counts()));
        }
    }
    let percents = runs.iter().map(|(name, (percent, _))| ([("name", *name)], f64::from(*percent)));
    let help = "Requests of a hundred that the canary of a name takes";
    to.gauges("dossier_canary_percent", help, percents)?;
    let calls = runs.iter().flat_map(|(name, (_, counts))| {
        let of = |version, count: u64| ([("name", *name), ("version", version)], count as f64);
        [of("canary", counts.calls), of("active", counts.active_calls)]
    });
    let help = "Requests of a name since its canary began, by the version that read them";
    to.counters("dossier_canary_calls", help, calls)?;
    let failures = runs.iter().flat_map(|(name, (_, counts))| {
        let of = |version, count: u64| ([("name", *name), ("version", version)], count as f64);
        [of("canary", counts.failures), of("active", counts.active_failures)]
    });
    to.counters("dossier_canary_failures", "Those at which the version failed", failures)
}

pub(super) fn write_rules(
    to: &mut Writer<'_>,
    rules: &BTreeMap<String, RulesCounts>,
) -> fmt::Result {
    let calls = rules.iter().flat_map(|(name, counts)| {
        let failed = [
            ("trap", counts.traps),
            ("timeout", counts.timeouts),
            ("memory_limit", counts.memory_limits),
            ("invalid", counts.invalid),
            ("no_place", counts.no_place),
            ("refused", counts.refused),
        ];
        let answered = counts.calls - failed.iter().map(|(_, count)| count).sum::<u64>();
        let outcomes = [("answered", answered)].into_iter().chain(failed);
        outcomes.map(move |(outcome, count)| {
            ([("component", name.as_str()), ("outcome", outcome)], count as f64)
        })
    });
    to.counters("dossier_rules_calls", "Calls of rules for documents", calls)?;
    let times = rules
        .iter()
        .map(|(name, counts)| ([("component", name.as_str())], counts.time.as_secs_f64()));
    to.counters("dossier_rules_seconds", "Time of these calls", times)?;
    let peaks = rules
        .iter()
        .map(|(name, counts)| ([("component", name.as_str())], counts.memory_peak_bytes as f64));
    let help = "Most memory that one of these calls held";
    to.gauges("dossier_rules_memory_peak_bytes", help, peaks)
}

pub(super) fn write_reload(to: &mut Writer<'_>, reload: &Reload) -> fmt::Result {
    let counts = reload.counts();
    let help = "Packages that were published, and refused";
    let packages = [("published", counts.published), ("refused", counts.refused)];
    let series = |(outcome, count): (&'static str, u64)| ([("outcome", outcome)], count as f64);
    to.counters("dossier_packages_published", help, packages.map(series))?;
    let help = "Changes of what serves that were made, and that were not";
    let changes = [("applied", counts.applied), ("refused", counts.unapplied)];
    to.counters("dossier_reloads", help, changes.map(series))?;
    let help = "1 while changes can be kept, 0 while the disk refuses them";
    to.gauge("dossier_store_available", help, u64::from(reload.is_writable()))?;
    if let Some(sharing) = reload.following().map(|following| following.standing()) {
        let help =
            "For how long it is not known whether this host serves what the shared catalogue says";
        to.gauge("dossier_catalogue_stale_seconds", help, sharing.stale.as_secs_f64())?;
    }
    let code = reload.code_counts();
    let origins = [
        ("cache", code.taken),
        ("compiled", code.compiled),
        ("rejected", code.rejected),
        ("unwritten", code.unwritten),
    ];
    let series = |(origin, count): (&'static str, u64)| ([("origin", origin)], count as f64);
    let help = "Components made ready, by where their code came from";
    to.counters("dossier_components_loaded", help, origins.map(series))
}
