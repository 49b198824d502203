//! How a name stands, as data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dossier_document::DocumentTypeId;
use dossier_plugin::CodeCounts;
use dossier_store::{Attempt, Event, Generation, NameRecords, PackageDigest, Scope, Version};

use super::{Reload, blocking, reaches};
use crate::error::EngineError;
use crate::folders::Measured;
use crate::snapshot::{
    CanaryCounts, CanaryRun, Quarantine, SettingsInForce, ShadowCounts, ShadowRun, Snapshot,
};
use crate::statistics::{AdapterStatistics, ReloadCounts};

/// How a name stands in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageState {
    /// Nothing of it serves, and the last attempt to publish was refused.
    Refused,
    /// It was published and nothing of it serves.
    Staged,
    /// A version serves.
    Active,
    /// A version serves and another answers some requests.
    Canary,
    /// A version serves and another runs beside.
    Shadow,
    /// A version should serve and can't, and none before it can.
    Quarantined,
}

/// How a name stands.
#[derive(Clone, Debug)]
pub struct NameStatus {
    /// The name of rules, or a document type.
    pub name: String,
    /// In one word.
    pub state: PackageState,
    /// The generation that serves.
    pub generation: u64,
    /// What serves all requests that no canary takes.
    pub active: Option<PackageDigest>,
    /// What is tried beside.
    pub candidate: Option<CandidateStatus>,
    /// Why what is active does not serve, if it does not.
    pub quarantine: Option<QuarantineStatus>,
    /// What its rules are set to, of a document type that serves; none where they have their defaults.
    pub settings: Option<SettingsInForce>,
    /// How well the adapter of a document type that serves read held-out documents, if its record tells.
    pub measured: Option<Measured>,
    /// The last attempt to publish.
    pub last_attempt: Option<Attempt>,
    /// The newest of what was published under the name, the newest last.
    pub versions: Vec<Version>,
    /// Whether older ones are there.
    pub has_older_versions: bool,
}

/// How some names stand.
#[derive(Clone, Debug)]
pub struct Listed {
    /// In the order of their names.
    pub names: Vec<NameStatus>,
    /// Whether there are names behind the last of these.
    pub has_more: bool,
}

/// Versions that are told of one name.
const VERSIONS_OF_ONE: usize = 100;
/// Versions that are told of each of many.
const VERSIONS_OF_EACH: usize = 10;

/// Why what is active does not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineStatus {
    /// What failed.
    pub why: Quarantine,
    /// Whether a version before it serves in its place.
    pub is_served: bool,
}

/// What is tried beside the active version.
#[derive(Clone, Debug)]
pub enum CandidateStatus {
    /// It answers some requests.
    Canary {
        /// The package.
        package: PackageDigest,
        /// How many requests of a hundred it takes.
        percent: u8,
        /// What came of them; counts start anew with the process.
        counts: Option<CanaryCounts>,
    },
    /// It runs beside.
    Shadow {
        /// The package.
        package: PackageDigest,
        /// What the comparisons came to; counts start anew with the process.
        counts: Option<ShadowCounts>,
    },
}

impl PackageState {
    /// The state as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Staged => "staged",
            Self::Active => "active",
            Self::Canary => "canary",
            Self::Shadow => "shadow",
            Self::Quarantined => "quarantined",
        }
    }
}

impl Reload {
    /// How a name stands.
    ///
    /// # Errors
    /// When nothing was ever published under it, or the catalogue can't be read.
    pub async fn status(&self, name: &str) -> Result<NameStatus, EngineError> {
        let (shared, name) = (Arc::clone(&self.shared), name.to_owned());
        blocking(move || {
            let records = shared.catalogue.of_name(&name, VERSIONS_OF_ONE)?;
            if records.is_empty() {
                return Err(EngineError::UnknownName { name });
            }
            let generation = shared.catalogue.current()?.unwrap_or_default();
            Ok(status_of(records, &generation, &Served::of(&shared.snapshot.pin())))
        })
        .await?
    }

    /// How the first `limit` names within a scope stand that come after `after`. Costs what is told, and a
    /// look at every other name.
    ///
    /// # Errors
    /// When the catalogue can't be read.
    pub async fn list(
        &self,
        after: Option<String>,
        limit: usize,
        scope: &Scope,
    ) -> Result<Listed, EngineError> {
        let (shared, scope) = (Arc::clone(&self.shared), scope.clone());
        blocking(move || {
            let generation = shared.catalogue.current()?.unwrap_or_default();
            let wanted = |name: &str| reaches(&scope, name);
            let (catalogue, one_more) = (&shared.catalogue, limit.saturating_add(1));
            let mut records =
                catalogue.of_names(after.as_deref(), one_more, VERSIONS_OF_EACH, wanted)?;
            let has_more = records.len() > limit;
            records.truncate(limit);
            let snapshot = shared.snapshot.pin();
            let served = Served::of(&snapshot);
            let status = |records| status_of(records, &generation, &served);
            Ok(Listed { names: records.into_iter().map(status).collect(), has_more })
        })
        .await?
    }

    /// Whether the disk takes changes: false from one that it refused to the next that it takes.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.shared.catalogue.is_writable()
    }

    /// What was published and changed since the start.
    #[must_use]
    pub fn counts(&self) -> ReloadCounts {
        self.shared.counters.counts()
    }

    /// How the adapters stand; none where the model does not count.
    #[must_use]
    pub fn adapters(&self) -> Option<AdapterStatistics> {
        self.shared.adapters.loader().statistics()
    }

    /// Frees the memory of a document type's adapter. It is served on: its next document has it loaded again.
    ///
    /// # Errors
    /// When it is not served, or documents use its adapter.
    pub fn free_adapter(&self, id: &DocumentTypeId) -> Result<(), EngineError> {
        let adapter = self.shared.snapshot.pin().served(id)?.adapter_digest();
        match self.shared.adapters.loader().free(&adapter) {
            true => Ok(()),
            false => Err(EngineError::AdapterInUse { document_type: id.clone() }),
        }
    }

    /// Where the code of rules came from since the start.
    #[must_use]
    pub fn code_counts(&self) -> CodeCounts {
        self.shared.engine.code_counts().unwrap_or_default()
    }

    /// What was done, newest first: to one name, or to all.
    ///
    /// # Errors
    /// When the catalogue can't be read.
    pub async fn history(
        &self,
        limit: usize,
        wanted: impl Fn(&Event) -> bool + Send + 'static,
    ) -> Result<Vec<Event>, EngineError> {
        let shared = self.shared.clone();
        Ok(blocking(move || shared.catalogue.history(limit, wanted)).await??)
    }
}

/// What a snapshot tells, by name.
#[derive(Default)]
struct Served<'a> {
    canaries: BTreeMap<&'a str, &'a CanaryRun>,
    shadows: BTreeMap<&'a str, &'a ShadowRun>,
    quarantines: BTreeMap<&'a str, QuarantineStatus>,
    settings: BTreeMap<&'a str, &'a SettingsInForce>,
    measured: BTreeMap<&'a str, &'a Measured>,
}

impl<'a> Served<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let mut served = Self::default();
        let mut rules = BTreeSet::new();
        for (id, document_type) in &snapshot.document_types {
            let of_rules = document_type.rules.manifest.name.as_str();
            rules.insert(of_rules);
            let settings = document_type.settings.as_ref();
            served.settings.extend(settings.map(|settings| (id.as_str(), settings)));
            let measured = document_type.measured();
            served.measured.extend(measured.map(|measured| (id.as_str(), measured)));
            if let Some(why) = &document_type.stands_in {
                for name in [id.as_str(), of_rules] {
                    let status = QuarantineStatus { why: why.clone(), is_served: true };
                    served.quarantines.insert(name, status);
                }
            }
            if let Some(canary) = &document_type.rollout.canary {
                served.canaries.insert(&canary.run.name, &canary.run);
            }
            if let Some(shadow) = &document_type.rollout.shadow {
                served.shadows.insert(&shadow.run.name, &shadow.run);
            }
        }
        for (name, why) in &snapshot.unfit {
            let is_served = rules.contains(name.as_str())
                || snapshot.document_types.keys().any(|id| id.as_str() == name);
            let status = QuarantineStatus { why: why.clone(), is_served };
            served.quarantines.insert(name, status);
        }
        for (id, why) in &snapshot.quarantined {
            let status = QuarantineStatus { why: why.clone(), is_served: false };
            served.quarantines.insert(id.as_str(), status);
        }
        served
    }
}

fn status_of(
    NameRecords { name, versions, has_older, attempt }: NameRecords,
    generation: &Generation,
    served: &Served<'_>,
) -> NameStatus {
    let candidate = if let Some(canary) = generation.canary.get(&name) {
        Some(CandidateStatus::Canary {
            package: canary.package,
            percent: canary.percent,
            counts: served.canaries.get(name.as_str()).map(|run| run.counts()),
        })
    } else {
        generation.shadow.get(&name).map(|package| {
            let counts = served.shadows.get(name.as_str()).map(|run| run.counts());
            CandidateStatus::Shadow { package: *package, counts }
        })
    };
    let active = generation.active.get(&name).copied();
    let quarantine = served.quarantines.get(name.as_str()).cloned();
    let state = match (&candidate, active) {
        _ if quarantine.as_ref().is_some_and(|status| !status.is_served) => {
            PackageState::Quarantined
        }
        (Some(CandidateStatus::Canary { .. }), _) => PackageState::Canary,
        (Some(CandidateStatus::Shadow { .. }), _) => PackageState::Shadow,
        (None, Some(_)) => PackageState::Active,
        (None, None) if versions.is_empty() => PackageState::Refused,
        (None, None) => PackageState::Staged,
    };
    let settings = served.settings.get(name.as_str()).map(|&settings| settings.clone());
    let measured = served.measured.get(name.as_str()).map(|&measured| *measured);
    let generation = generation.number;
    NameStatus {
        name,
        state,
        generation,
        active,
        candidate,
        quarantine,
        settings,
        measured,
        last_attempt: attempt,
        versions,
        has_older_versions: has_older,
    }
}
