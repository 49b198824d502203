//! How a name stands, as data.

use std::collections::BTreeSet;

use dossier_document::DocumentTypeId;
use dossier_plugin::CodeCounts;
use dossier_store::{Attempt, Event, Generation, PackageDigest, Version};

use super::{Reload, blocking};
use crate::error::EngineError;
use crate::snapshot::{CanaryCounts, SettingsInForce, ShadowCounts, Snapshot};

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
    /// What its rules are set to, of a document type that serves; none where they have their defaults.
    pub settings: Option<SettingsInForce>,
    /// The last attempt to publish.
    pub last_attempt: Option<Attempt>,
    /// Everything published under the name, oldest first.
    pub versions: Vec<Version>,
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
        }
    }
}

impl Reload {
    /// How a name stands.
    ///
    /// # Errors
    /// When nothing was ever published under it, or the catalogue can't be read.
    pub async fn status(&self, name: &str) -> Result<NameStatus, EngineError> {
        let unknown = || EngineError::UnknownName { name: name.to_owned() };
        self.list().await?.into_iter().find(|status| status.name == name).ok_or_else(unknown)
    }

    /// How every name stands, by name.
    ///
    /// # Errors
    /// When the catalogue can't be read.
    pub async fn list(&self) -> Result<Vec<NameStatus>, EngineError> {
        let shared = self.shared.clone();
        blocking(move || {
            let catalogue = &shared.catalogue;
            let generation = catalogue.current()?.unwrap_or_default();
            let versions = catalogue.versions()?;
            let names = versions.iter().map(|version| version.name.clone());
            let names = names.chain(catalogue.attempted_names()?).collect::<BTreeSet<_>>();
            let served = shared.snapshot.pin();
            names
                .into_iter()
                .map(|name| {
                    let of_name = |version: &&Version| version.name == name;
                    let versions = versions.iter().filter(of_name).cloned().collect();
                    let attempt = catalogue.attempt(&name)?;
                    Ok(status_of(name, &generation, &served, attempt, versions))
                })
                .collect()
        })
        .await?
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

fn status_of(
    name: String,
    generation: &Generation,
    served: &Snapshot,
    last_attempt: Option<Attempt>,
    versions: Vec<Version>,
) -> NameStatus {
    let rollouts = || served.document_types.values().map(|document_type| &document_type.rollout);
    let candidate = if let Some(canary) = generation.canary.get(&name) {
        let runs = rollouts().filter_map(|rollout| rollout.canary.as_ref());
        let run = runs.map(|canary| &canary.run).find(|run| run.name == name);
        Some(CandidateStatus::Canary {
            package: canary.package,
            percent: canary.percent,
            counts: run.map(|run| run.counts()),
        })
    } else {
        generation.shadow.get(&name).map(|package| {
            let runs = rollouts().filter_map(|rollout| rollout.shadow.as_ref());
            let run = runs.map(|shadow| &shadow.run).find(|run| run.name == name);
            CandidateStatus::Shadow { package: *package, counts: run.map(|run| run.counts()) }
        })
    };
    let active = generation.active.get(&name).copied();
    let state = match (&candidate, active) {
        (Some(CandidateStatus::Canary { .. }), _) => PackageState::Canary,
        (Some(CandidateStatus::Shadow { .. }), _) => PackageState::Shadow,
        (None, Some(_)) => PackageState::Active,
        (None, None) if versions.is_empty() => PackageState::Refused,
        (None, None) => PackageState::Staged,
    };
    let id = name.parse::<DocumentTypeId>().ok();
    let document_type = id.and_then(|id| served.document_type(&id));
    let settings = document_type.and_then(|document_type| document_type.settings.clone());
    let generation = generation.number;
    NameStatus { name, state, generation, active, candidate, settings, last_attempt, versions }
}
