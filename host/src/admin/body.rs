//! The JSON of the admin API's answers.

use std::collections::BTreeMap;

use dossier_engine::reload::{
    Applied, CandidateStatus, Listed, NameStatus, PruneReport, PrunedPackage,
};
use dossier_engine::snapshot::CanaryCounts;
use dossier_plugin::CodeCounts;
use dossier_store::{Action, Attempt, Event, PackageDigest, Version};
use serde::Serialize;

use super::settings::SettingsBody;
use crate::api::MeasuredBody;

/// A published package.
#[derive(Serialize)]
pub(super) struct VersionBody<'a> {
    package: PackageDigest,
    kind: &'a str,
    name: &'a str,
    version: Option<&'a str>,
    document_types: &'a [String],
    artifact: &'a str,
    publisher: &'a str,
    signed_by: Option<&'a str>,
    origin: dossier_store::Origin,
    published_at: &'a str,
}

/// What a change came to.
#[derive(Serialize)]
pub(super) struct AppliedBody<'a> {
    name: &'a str,
    generation: u64,
    active: Option<PackageDigest>,
}

/// How a name stands.
#[derive(Serialize)]
pub(super) struct StatusBody<'a> {
    name: &'a str,
    state: &'static str,
    /// Why the last attempt to publish was refused.
    reason: Option<ReasonBody<'a>>,
    generation: u64,
    active: Option<PackageDigest>,
    /// Why what is active does not serve.
    quarantine: Option<QuarantineBody<'a>>,
    canary: Option<CanaryBody>,
    shadow: Option<ShadowBody>,
    settings: Option<SettingsBody>,
    measured: Option<MeasuredBody>,
    /// The newest, the newest last.
    versions: Vec<VersionBody<'a>>,
    has_older_versions: bool,
}

#[derive(Serialize)]
struct QuarantineBody<'a> {
    code: &'a str,
    detail: &'a str,
    /// Whether a version before it serves in its place.
    earlier_serves: bool,
}

#[derive(Serialize)]
struct ReasonBody<'a> {
    code: &'a str,
    detail: &'a str,
    package: PackageDigest,
    at: &'a str,
    publisher: &'a str,
}

#[derive(Serialize)]
struct CanaryBody {
    package: PackageDigest,
    percent: u8,
    calls: u64,
    failures: u64,
    active_calls: u64,
    active_failures: u64,
}

#[derive(Serialize)]
struct ShadowBody {
    package: PackageDigest,
    compared: u64,
    same: u64,
    different_verdicts: u64,
    different_checks: u64,
    different_fields: BTreeMap<String, u64>,
    failed: u64,
    skipped: u64,
}

/// How some names stand.
#[derive(Serialize)]
pub(super) struct ListBody<'a> {
    packages: Vec<StatusBody<'a>>,
    /// The name to ask on after, if there are more.
    next: Option<&'a str>,
    compiled_code: CompiledCodeBody,
}

/// Where the code of rules came from since the start.
#[derive(Serialize)]
struct CompiledCodeBody {
    taken: u64,
    compiled: u64,
    rejected: u64,
    unwritten: u64,
}

/// What was done.
#[derive(Serialize)]
pub(super) struct HistoryBody {
    events: Vec<EventBody>,
}

#[derive(Serialize)]
struct EventBody {
    sequence: u64,
    at: String,
    generation: u64,
    action: Action,
    name: String,
    package: Option<PackageDigest>,
    actor: String,
    code: Option<String>,
    detail: Option<String>,
}

/// What is taken off the disk, or would be.
#[derive(Serialize)]
pub(super) struct PruneBody<'a> {
    dry_run: bool,
    grace_days: u64,
    bytes: u64,
    packages: Vec<PrunedBody<'a>>,
}

#[derive(Serialize)]
struct PrunedBody<'a> {
    package: PackageDigest,
    kind: Option<&'a str>,
    name: Option<&'a str>,
    version: Option<&'a str>,
    published_at: Option<&'a str>,
    bytes: u64,
}

impl<'a> PruneBody<'a> {
    pub(super) fn of(report: &'a PruneReport) -> Self {
        let body = |pruned: &'a PrunedPackage| {
            let version = pruned.version.as_ref();
            PrunedBody {
                package: pruned.package,
                kind: version.map(|version| version.kind.as_str()),
                name: version.map(|version| version.name.as_str()),
                version: version.and_then(|version| version.version.as_deref()),
                published_at: version.map(|version| version.published_at.as_str()),
                bytes: pruned.bytes,
            }
        };
        Self {
            dry_run: report.dry_run,
            grace_days: report.grace.as_secs() / (24 * 60 * 60),
            bytes: report.packages.iter().map(|pruned| pruned.bytes).sum(),
            packages: report.packages.iter().map(body).collect(),
        }
    }
}

impl<'a> VersionBody<'a> {
    pub(super) fn of(version: &'a Version) -> Self {
        Self {
            package: version.package,
            kind: &version.kind,
            name: &version.name,
            version: version.version.as_deref(),
            document_types: &version.document_types,
            artifact: &version.artifact,
            publisher: &version.publisher,
            signed_by: version.signed_by.as_deref(),
            origin: version.origin,
            published_at: &version.published_at,
        }
    }
}

impl<'a> AppliedBody<'a> {
    pub(super) fn of(name: &'a str, applied: Applied) -> Self {
        Self { name, generation: applied.generation, active: applied.active }
    }
}

impl<'a> StatusBody<'a> {
    pub(super) fn of(status: &'a NameStatus) -> Self {
        let (canary, shadow) = match &status.candidate {
            None => (None, None),
            Some(CandidateStatus::Canary { package, percent, counts }) => {
                let count = |read: fn(&CanaryCounts) -> u64| counts.as_ref().map_or(0, read);
                let canary = CanaryBody {
                    package: *package,
                    percent: *percent,
                    calls: count(|counts| counts.calls),
                    failures: count(|counts| counts.failures),
                    active_calls: count(|counts| counts.active_calls),
                    active_failures: count(|counts| counts.active_failures),
                };
                (Some(canary), None)
            }
            Some(CandidateStatus::Shadow { package, counts }) => {
                let counts = counts.clone().unwrap_or_default();
                let shadow = ShadowBody {
                    package: *package,
                    compared: counts.compared,
                    same: counts.same,
                    different_verdicts: counts.verdicts,
                    different_checks: counts.checks,
                    different_fields: counts.fields,
                    failed: counts.failed,
                    skipped: counts.skipped,
                };
                (None, Some(shadow))
            }
        };
        Self {
            name: &status.name,
            state: status.state.as_str(),
            reason: status.last_attempt.as_ref().and_then(ReasonBody::of),
            generation: status.generation,
            active: status.active,
            quarantine: status.quarantine.as_ref().map(|status| QuarantineBody {
                code: status.why.code,
                detail: &status.why.detail,
                earlier_serves: status.is_served,
            }),
            canary,
            shadow,
            settings: status.settings.as_ref().map(SettingsBody::of),
            measured: status.measured.as_ref().map(MeasuredBody::of),
            versions: status.versions.iter().map(VersionBody::of).collect(),
            has_older_versions: status.has_older_versions,
        }
    }
}

impl<'a> ReasonBody<'a> {
    fn of(attempt: &'a Attempt) -> Option<Self> {
        let refused = attempt.refused.as_ref()?;
        Some(Self {
            code: &refused.code,
            detail: &refused.detail,
            package: attempt.package,
            at: &attempt.at,
            publisher: &attempt.actor,
        })
    }
}

impl<'a> ListBody<'a> {
    pub(super) fn of(listed: &'a Listed, code: CodeCounts) -> Self {
        let CodeCounts { taken, compiled, rejected, unwritten } = code;
        let compiled_code = CompiledCodeBody { taken, compiled, rejected, unwritten };
        let last = listed.names.last().filter(|_| listed.has_more);
        let next = last.map(|last| last.name.as_str());
        Self { packages: listed.names.iter().map(StatusBody::of).collect(), next, compiled_code }
    }
}

impl HistoryBody {
    pub(super) fn of(events: Vec<Event>) -> Self {
        Self { events: events.into_iter().map(EventBody::of).collect() }
    }
}

impl EventBody {
    fn of(event: Event) -> Self {
        let Event { sequence, at, generation, action, plugin, package, actor, code, detail } =
            event;
        Self { sequence, at, generation, action, name: plugin, package, actor, code, detail }
    }
}
