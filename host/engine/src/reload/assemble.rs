//! From a generation, which is data, to a snapshot that serves.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dossier_document::{DocumentTypeId, FieldName};
use dossier_plugin::{BeforeOutcome, Plugin};
use dossier_store::{
    Canary as CanaryOfGeneration, CanarySettings, Generation, PackageDigest, TypeSettings,
};
use tokio::sync::mpsc;

use crate::adapters::AdapterLoader;
use crate::error::EngineError;
use crate::folders::Manifest;
use crate::ready::{Ready, ReadyAdapter, ReadyRules};
use crate::snapshot::{
    Canary, CanaryAlarm, CanaryRun, DocumentType, Rollout, SettingsInForce, SettingsOrigin, Shadow,
    ShadowRun, Snapshot,
};

/// A generation with every package it names, ready.
pub(super) struct ReadyGeneration {
    number: u64,
    active: Named,
    candidates: Named,
    canaries: BTreeMap<String, CanaryOfGeneration>,
    shadows: BTreeMap<String, PackageDigest>,
    settings: BTreeMap<String, TypeSettings>,
}

/// Packages by the names they stand under.
#[derive(Default)]
struct Named {
    adapters: BTreeMap<String, Arc<ReadyAdapter>>,
    rules: BTreeMap<String, Arc<ReadyRules>>,
}

/// What a snapshot is assembled with.
pub(super) struct Assembly<'a> {
    pub(super) adapters: &'a dyn AdapterLoader,
    pub(super) today: &'a str,
    /// The snapshot that serves now: what did not change is taken over, counts included.
    pub(super) before: &'a Snapshot,
    pub(super) canary: CanarySettings,
    pub(super) alarm: &'a mpsc::Sender<CanaryAlarm>,
    /// The operator's files that rules were just imported from, to name them.
    pub(super) imported_from: &'a BTreeMap<PackageDigest, PathBuf>,
}

impl ReadyGeneration {
    /// The generation with the settings that it names, or the packages that `find` has not.
    pub(super) fn new(
        generation: &Generation,
        settings: &BTreeMap<String, TypeSettings>,
        find: impl Fn(&PackageDigest) -> Option<Ready>,
    ) -> Result<Self, Vec<PackageDigest>> {
        let canaries = generation.canary.iter().map(|(name, canary)| (name, canary.package));
        let shadows = generation.shadow.iter().map(|(name, package)| (name, *package));
        let active = generation.active.iter().map(|(name, package)| (name, *package));
        let mut missing = Vec::new();
        let mut ready = |packages: &mut dyn Iterator<Item = (&String, PackageDigest)>| {
            let mut named = Named::default();
            for (name, package) in packages {
                match find(&package) {
                    Some(Ready::Adapter(adapter)) => {
                        named.adapters.insert(name.clone(), adapter);
                    }
                    Some(Ready::Rules(rules)) => {
                        named.rules.insert(name.clone(), rules);
                    }
                    None => missing.push(package),
                }
            }
            named
        };
        let active = ready(&mut active.into_iter());
        let candidates = ready(&mut canaries.chain(shadows));
        if !missing.is_empty() {
            return Err(missing);
        }
        Ok(Self {
            number: generation.number,
            active,
            candidates,
            canaries: generation.canary.clone(),
            shadows: generation.shadow.clone(),
            settings: settings.clone(),
        })
    }

    /// What the rules are set to for an adapter's document type: an operator's word counts more than the
    /// package's.
    fn settings_of(&self, manifest: &Manifest) -> Option<SettingsInForce> {
        let set = self.settings.get(manifest.document_type.as_str());
        let of = |settings: &TypeSettings, origin| SettingsInForce {
            settings: settings.clone(),
            origin,
        };
        set.map(|settings| of(settings, SettingsOrigin::Operator))
            .or_else(|| manifest.settings().map(|settings| of(settings, SettingsOrigin::Package)))
    }

    fn active_rules(&self, manifest: &Manifest) -> Result<&Arc<ReadyRules>, EngineError> {
        self.active.rules.get(&manifest.rules).ok_or_else(|| {
            let (rules, document_type) = (manifest.rules.clone(), manifest.document_type.clone());
            EngineError::RulesNotActive { rules, document_type }
        })
    }
}

impl Assembly<'_> {
    /// The snapshot of a generation.
    pub(super) async fn assemble(
        &self,
        generation: &ReadyGeneration,
    ) -> Result<Snapshot, EngineError> {
        let runs = self.runs(generation);
        let mut document_types = BTreeMap::new();
        for adapter in generation.active.adapters.values() {
            let rules = generation.active_rules(&adapter.manifest)?;
            let rollout = self.rollout(generation, &runs, adapter).await?;
            let document_type = self.version(generation, adapter, rules, rollout).await?;
            let id = adapter.manifest.document_type.clone();
            document_types.insert(id, Arc::new(document_type));
        }
        let base = self.adapters.base();
        Ok(Snapshot { generation: generation.number, base, document_types })
    }

    async fn rollout(
        &self,
        generation: &ReadyGeneration,
        runs: &Runs,
        active: &Arc<ReadyAdapter>,
    ) -> Result<Rollout, EngineError> {
        let manifest = &active.manifest;
        let id = manifest.document_type.as_str();
        let of_adapter = generation.candidates.adapters.get(id);
        let of_rules = generation.candidates.rules.get(&manifest.rules);
        let (name, adapter, rules) = match (of_adapter, of_rules) {
            (None, None) => return Ok(Rollout::default()),
            (Some(_), Some(_)) => {
                let document_type = manifest.document_type.clone();
                return Err(EngineError::CandidateExists { document_type });
            }
            (Some(candidate), None) => {
                (id, candidate, generation.active_rules(&candidate.manifest)?)
            }
            (None, Some(candidate)) => (manifest.rules.as_str(), active, candidate),
        };
        let candidate = self.version(generation, adapter, rules, Rollout::default()).await?;
        let candidate = Arc::new(candidate);
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

    /// A document type as an adapter and rules read it.
    async fn version(
        &self,
        generation: &ReadyGeneration,
        adapter: &Arc<ReadyAdapter>,
        rules: &Arc<ReadyRules>,
        rollout: Rollout,
    ) -> Result<DocumentType, EngineError> {
        let settings = generation.settings_of(&adapter.manifest);
        let (configured, fields) = match self.known(adapter, rules, settings.as_ref()) {
            Some(known) => (known.configured.clone(), known.fields.clone()),
            None => {
                let asked = self.asked(&adapter.manifest, settings.as_ref(), &rules.plugin).await;
                asked.map_err(|error| self.named(rules, error))?
            }
        };
        let (adapter, rules) = (Arc::clone(adapter), Arc::clone(rules));
        Ok(DocumentType { adapter, rules, configured, settings, fields, rollout })
    }

    /// Rules with the settings of the document type, and the fields that they read of a whole document.
    /// Rules that refuse the settings keep the generation from serving.
    async fn asked(
        &self,
        manifest: &Manifest,
        settings: Option<&SettingsInForce>,
        plugin: &Plugin,
    ) -> Result<(Plugin, Vec<FieldName>), EngineError> {
        let (id, pages) = (&manifest.document_type, manifest.pages);
        let plugin = match settings {
            Some(SettingsInForce { settings, .. }) => {
                plugin.configured(id, settings.text()).await.map_err(EngineError::Component)?
            }
            None => plugin.clone(),
        };
        let fields = fields_of(self.adapters, &plugin, id, pages, self.today).await?;
        Ok((plugin, fields))
    }

    fn named(&self, rules: &ReadyRules, error: EngineError) -> EngineError {
        match self.imported_from.get(&rules.package).cloned() {
            Some(from) => {
                EngineError::Imported { stored: from.clone(), from, source: Box::new(error) }
            }
            None => error,
        }
    }

    /// A version that serves already, so that a change costs what it changes.
    fn known(
        &self,
        adapter: &ReadyAdapter,
        rules: &ReadyRules,
        settings: Option<&SettingsInForce>,
    ) -> Option<&DocumentType> {
        let served = self.before.document_type(&adapter.manifest.document_type)?;
        let canary = served.rollout.canary.as_ref().map(|canary| &canary.candidate);
        let shadow = served.rollout.shadow.as_ref().map(|shadow| &shadow.candidate);
        [Some(served), canary, shadow].into_iter().flatten().map(|version| &**version).find(
            |version| {
                version.adapter.package == adapter.package
                    && version.rules.package == rules.package
                    && version.settings.as_ref() == settings
            },
        )
    }

    /// The runs of the generation's candidates: those that go on keep their counts.
    fn runs(&self, generation: &ReadyGeneration) -> Runs {
        let mut before = Runs::default();
        let served = self.before.document_types.values();
        for rollout in served.map(|document_type| &document_type.rollout) {
            if let Some(canary) = &rollout.canary {
                before.canaries.insert(canary.run.name.clone(), Arc::clone(&canary.run));
            }
            if let Some(shadow) = &rollout.shadow {
                before.shadows.insert(shadow.run.name.clone(), Arc::clone(&shadow.run));
            }
        }
        let mut runs = Runs::default();
        for (name, canary) in &generation.canaries {
            let goes_on = before
                .canaries
                .remove(name)
                .filter(|run| run.package == canary.package && run.percent == canary.percent);
            let run = goes_on.unwrap_or_else(|| {
                let own = generation.candidates.rules.get(name).map(|rules| rules.manifest.canary);
                let (settings, alarm) = (own.unwrap_or(self.canary), self.alarm.clone());
                Arc::new(CanaryRun::new(name, canary.package, canary.percent, settings, alarm))
            });
            runs.canaries.insert(name.clone(), run);
        }
        for (name, package) in &generation.shadows {
            let goes_on = before.shadows.remove(name).filter(|run| run.package == *package);
            let run = goes_on.unwrap_or_else(|| Arc::new(ShadowRun::new(name, *package)));
            runs.shadows.insert(name.clone(), run);
        }
        runs
    }
}

#[derive(Default)]
struct Runs {
    canaries: BTreeMap<String, Arc<CanaryRun>>,
    shadows: BTreeMap<String, Arc<ShadowRun>>,
}

/// The fields that the rules read of a whole document. Asking also proves that the rules work
/// before any client depends on them.
async fn fields_of(
    adapters: &dyn AdapterLoader,
    rules: &Plugin,
    document_type: &DocumentTypeId,
    pages: usize,
    today: &str,
) -> Result<Vec<FieldName>, EngineError> {
    let name = || rules.name().to_owned();
    let document_type = document_type.clone();
    if !rules.describe().document_types.contains(&document_type) {
        return Err(EngineError::RulesLackDocumentType { rules: name(), document_type });
    }
    let asked = rules.before(&document_type, pages, None, today).await;
    let fields = match asked.map_err(EngineError::Component)? {
        BeforeOutcome::Read { fields } => fields,
        BeforeOutcome::Refused { code, .. } => {
            return Err(EngineError::RulesRefuse { rules: name(), document_type, pages, code });
        }
    };
    let fields = fields.into_iter().map(|field| field.name).collect::<Vec<_>>();
    match fields.iter().find(|field| !adapters.supports_field(field)) {
        Some(field) => Err(EngineError::UnsupportedField { rules: name(), field: field.clone() }),
        None => Ok(fields),
    }
}
