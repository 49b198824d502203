//! From a generation, which is data, to a snapshot that serves.

use std::collections::BTreeMap;
use std::sync::Arc;

use dossier_document::Digest;
use dossier_store::{Generation, PackageDigest};
use tokio::sync::mpsc;

use super::prepare::fields_of;
use super::{AdapterLoader, ReloadError};
use crate::catalog::{
    Canary, CanaryAlarm, CanaryRun, Catalog, DocumentType, Manifest, Packages, Ready,
    ReadyArtifact, Rollout, Shadow, ShadowRun,
};

/// What a snapshot is assembled from.
pub(super) struct Assembly<'a> {
    pub(super) adapters: &'a dyn AdapterLoader,
    pub(super) base: Digest,
    pub(super) today: &'a str,
    /// Every package of the generation.
    pub(super) ready: &'a BTreeMap<PackageDigest, Arc<Ready>>,
    /// The snapshot that serves now: what did not change is taken over, counts included.
    pub(super) before: Option<&'a Catalog>,
    pub(super) settings: dossier_store::CanarySettings,
    pub(super) alarm: &'a mpsc::Sender<CanaryAlarm>,
}

impl Assembly<'_> {
    /// The snapshot of a generation.
    pub(super) async fn assemble(&self, generation: &Generation) -> Result<Catalog, ReloadError> {
        let runs = self.runs(generation);
        let mut document_types = BTreeMap::new();
        for package in generation.active.values() {
            let adapter = self.ready(package)?;
            let ReadyArtifact::Adapter { manifest, .. } = &adapter.artifact else { continue };
            let rules = self.active_rules(generation, manifest)?;
            let mut document_type = self.version(adapter, rules).await?;
            document_type.rollout = self.rollout(generation, &runs, adapter, manifest).await?;
            document_types.insert(manifest.document_type.clone(), Arc::new(document_type));
        }
        Ok(Catalog { generation: generation.number, base: self.base, document_types })
    }

    async fn rollout(
        &self,
        generation: &Generation,
        runs: &Runs,
        adapter: &Arc<Ready>,
        manifest: &Manifest,
    ) -> Result<Rollout, ReloadError> {
        let id = manifest.document_type.as_str();
        let of_adapter = generation.candidate(id);
        let of_rules = generation.candidate(&manifest.rules);
        let (name, adapter, rules) = match (of_adapter, of_rules) {
            (None, None) => return Ok(Rollout::default()),
            (Some(_), Some(_)) => {
                let document_type = manifest.document_type.clone();
                return Err(ReloadError::CandidateExists { document_type });
            }
            (Some(candidate), None) => {
                let candidate = self.ready(&candidate)?;
                let ReadyArtifact::Adapter { manifest, .. } = &candidate.artifact else {
                    return Err(ReloadError::UnknownName { name: id.to_owned() });
                };
                (id, candidate, self.active_rules(generation, manifest)?)
            }
            (None, Some(candidate)) => (manifest.rules.as_str(), adapter, self.ready(&candidate)?),
        };
        let candidate = Arc::new(self.version(adapter, rules).await?);
        let canary = runs
            .canaries
            .get(name)
            .map(|run| Canary { candidate: Arc::clone(&candidate), run: Arc::clone(run) });
        let shadow = runs
            .shadows
            .get(name)
            .map(|run| Shadow { candidate: Arc::clone(&candidate), run: Arc::clone(run) });
        Ok(Rollout { canary, shadow })
    }

    /// A document type as an adapter and rules read it, without anything tried beside.
    async fn version(
        &self,
        adapter: &Arc<Ready>,
        rules: &Arc<Ready>,
    ) -> Result<DocumentType, ReloadError> {
        let (
            ReadyArtifact::Adapter { adapter: digest, calibration, manifest },
            ReadyArtifact::Rules { plugin, .. },
        ) = (&adapter.artifact, &rules.artifact)
        else {
            return Err(ReloadError::UnknownName { name: adapter.name().to_owned() });
        };
        let id = &manifest.document_type;
        // Rules that refuse the settings keep the generation from serving.
        let plugin = &match manifest.settings() {
            Some(settings) => plugin.configured(id, settings).await?,
            None => plugin.clone(),
        };
        let fields = match self.known_fields(adapter, rules) {
            Some(fields) => fields,
            None => fields_of(self.adapters, plugin, id, manifest.pages, self.today).await?,
        };
        Ok(DocumentType {
            id: id.clone(),
            title: manifest.title.clone(),
            pages: manifest.pages,
            fields,
            adapter: *digest,
            calibration: calibration.clone(),
            rules: plugin.clone(),
            packages: Some(Packages { adapter: Arc::clone(adapter), rules: Arc::clone(rules) }),
            rollout: Rollout::default(),
        })
    }

    /// The fields of a version that serves already, so that a change costs what it changes.
    fn known_fields(
        &self,
        adapter: &Ready,
        rules: &Ready,
    ) -> Option<Vec<dossier_document::FieldName>> {
        let ReadyArtifact::Adapter { manifest, .. } = &adapter.artifact else { return None };
        let served = self.before?.document_type(&manifest.document_type)?;
        let canary = served.rollout.canary.as_ref().map(|canary| &canary.candidate);
        let shadow = served.rollout.shadow.as_ref().map(|shadow| &shadow.candidate);
        [Some(served), canary, shadow]
            .into_iter()
            .flatten()
            .find(|version| {
                version.packages.as_ref().is_some_and(|packages| {
                    packages.adapter.package == adapter.package
                        && packages.rules.package == rules.package
                })
            })
            .map(|version| version.fields.clone())
    }

    fn active_rules(
        &self,
        generation: &Generation,
        manifest: &Manifest,
    ) -> Result<&Arc<Ready>, ReloadError> {
        let package = generation.active.get(&manifest.rules).ok_or_else(|| {
            let (rules, document_type) = (manifest.rules.clone(), manifest.document_type.clone());
            ReloadError::RulesNotActive { rules, document_type }
        })?;
        self.ready(package)
    }

    fn ready(&self, package: &PackageDigest) -> Result<&Arc<Ready>, ReloadError> {
        self.ready.get(package).ok_or_else(|| ReloadError::NotReady(vec![*package]))
    }

    /// The runs of the generation's candidates: those that go on keep their counts.
    fn runs(&self, generation: &Generation) -> Runs {
        let mut before = Runs::default();
        let served = self.before.into_iter().flat_map(|catalog| catalog.document_types.values());
        for rollout in served.map(|document_type| &document_type.rollout) {
            if let Some(canary) = &rollout.canary {
                before.canaries.insert(canary.run.name.clone(), Arc::clone(&canary.run));
            }
            if let Some(shadow) = &rollout.shadow {
                before.shadows.insert(shadow.run.name.clone(), Arc::clone(&shadow.run));
            }
        }
        let mut runs = Runs::default();
        for (name, canary) in &generation.canary {
            let goes_on = before
                .canaries
                .remove(name)
                .filter(|run| run.package == canary.package && run.percent == canary.percent);
            let run = goes_on.unwrap_or_else(|| {
                let settings = self.settings_of(&canary.package);
                let alarm = self.alarm.clone();
                Arc::new(CanaryRun::new(name, canary.package, canary.percent, settings, alarm))
            });
            runs.canaries.insert(name.clone(), run);
        }
        for (name, package) in &generation.shadow {
            let goes_on = before.shadows.remove(name).filter(|run| run.package == *package);
            let run = goes_on.unwrap_or_else(|| Arc::new(ShadowRun::new(name, *package)));
            runs.shadows.insert(name.clone(), run);
        }
        runs
    }

    fn settings_of(&self, package: &PackageDigest) -> dossier_store::CanarySettings {
        match self.ready.get(package).map(|ready| &ready.artifact) {
            Some(ReadyArtifact::Rules { manifest, .. }) => manifest.canary,
            _ => self.settings,
        }
    }
}

#[derive(Default)]
struct Runs {
    canaries: BTreeMap<String, Arc<CanaryRun>>,
    shadows: BTreeMap<String, Arc<ShadowRun>>,
}
