//! From a generation, which is data, to a snapshot that serves. No guest code runs here: what must be made
//! ready or asked first is told to whoever asked for the change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dossier_document::DocumentTypeId;
use dossier_store::{
    Canary as CanaryOfGeneration, CanarySettings, Generation, PackageDigest, TypeSettings,
};
use tokio::sync::mpsc;

use super::ask::{Answers, Configured, Pair, knows};
use super::fitness::Fitness;
use super::type_settings::NamedSettings;
use crate::adapters::AdapterLoader;
use crate::error::EngineError;
use crate::folders::Manifest;
use crate::ready::{Ready, ReadyAdapter, ReadyRules};
use crate::snapshot::{
    Canary, CanaryAlarm, CanaryRun, DocumentType, Quarantine, Rollout, SettingsInForce,
    SettingsOrigin, Shadow, ShadowRun, Snapshot,
};

/// Versions before the active one that are tried in its place, of each name.
const EARLIER: usize = 3;

/// A generation with every package that serves under its names, ready.
pub(super) struct ReadyGeneration {
    number: u64,
    active: Named,
    candidates: Named,
    canaries: BTreeMap<String, CanaryOfGeneration>,
    shadows: BTreeMap<String, PackageDigest>,
    settings: NamedSettings,
    /// By name: why the package that the generation names does not serve.
    unfit: BTreeMap<String, Quarantine>,
    /// By name: what served before and is fit, the latest first.
    earlier: BTreeMap<String, Vec<Earlier>>,
}

/// An adapter and rules that may serve together, or a package that must be made ready first.
type Try = Result<(Arc<ReadyAdapter>, Arc<ReadyRules>), PackageDigest>;

enum Earlier {
    Ready(Ready),
    Unready(PackageDigest),
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
    /// The snapshot that serves now: what did not change is taken over, counts included.
    pub(super) before: &'a Snapshot,
    pub(super) canary: CanarySettings,
    pub(super) alarm: &'a mpsc::Sender<CanaryAlarm>,
    /// What rules answered that were asked for this.
    pub(super) answers: &'a Answers,
    pub(super) touched: Touched<'a>,
}

/// What a change touches.
#[derive(Clone, Copy)]
pub(super) enum Touched<'a> {
    /// A name. Whatever serves under it must serve afterwards.
    Name(&'a str),
    /// The settings of a document type. It must serve afterwards, whatever it did before: settings that no
    /// rules have judged are not taken.
    Settings(&'a DocumentTypeId),
    /// Everything, as a start does. What can't serve is quarantined, its last good version serves.
    All,
}

/// What became of an assembly.
pub(super) enum Assembled {
    Snapshot(Box<Snapshot>),
    /// These packages must be made ready first.
    Unready(Vec<PackageDigest>),
    /// These rules must be asked first.
    Unasked(Vec<Pair>),
}

/// What is missing for a snapshot.
#[derive(Default)]
struct Missing {
    packages: BTreeSet<PackageDigest>,
    pairs: Vec<Pair>,
}

impl ReadyGeneration {
    /// The generation with the settings that it names, or the packages that `find` has not.
    pub(super) fn new(
        generation: &Generation,
        settings: &NamedSettings,
        fitness: &Fitness,
        find: impl Fn(&PackageDigest) -> Option<Ready>,
    ) -> Result<Self, Vec<PackageDigest>> {
        let fit = |package: &PackageDigest| fitness.reason(package).is_none();
        let mut canaries = generation.canary.clone();
        canaries.retain(|_, canary| fit(&canary.package));
        let mut shadows = generation.shadow.clone();
        shadows.retain(|_, package| fit(package));
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
        let names = generation.active.keys();
        let serving = names.filter_map(|name| Some((name, fitness.serving(generation, name)?)));
        let active = ready(&mut { serving });
        let candidates = canaries.iter().map(|(name, canary)| (name, canary.package));
        let candidates = candidates.chain(shadows.iter().map(|(name, package)| (name, *package)));
        let candidates = ready(&mut { candidates });
        if !missing.is_empty() {
            return Err(missing);
        }
        let unfit = generation
            .active
            .iter()
            .filter_map(|(name, package)| Some((name.clone(), fitness.reason(package)?.clone())));
        let earlier = generation.previous.iter().map(|(name, previous)| {
            let serving = fitness.serving(generation, name);
            let fit = previous.iter().rev().map(|previous| previous.package).filter(|it| fit(it));
            // Settings were changed between: a package stands there more than once.
            let mut seen = serving.into_iter().collect::<BTreeSet<_>>();
            let other = fit.filter(|package| seen.insert(*package)).take(EARLIER);
            let found = other.map(|package| match find(&package) {
                Some(ready) => Earlier::Ready(ready),
                None => Earlier::Unready(package),
            });
            (name.clone(), found.collect())
        });
        Ok(Self {
            number: generation.number,
            active,
            candidates,
            canaries,
            shadows,
            settings: settings.clone(),
            unfit: unfit.collect(),
            earlier: earlier.collect(),
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

    fn earlier(&self, name: &str) -> impl Iterator<Item = &Earlier> {
        self.earlier.get(name).into_iter().flatten()
    }
}

impl Assembly<'_> {
    /// The snapshot of a generation, or what must be done before.
    pub(super) fn assemble(&self, generation: &ReadyGeneration) -> Result<Assembled, EngineError> {
        let runs = self.runs(generation);
        let mut missing = Missing::default();
        let empty = Snapshot::empty(self.adapters.base(), self.adapters.type_likeness());
        let mut snapshot = Snapshot { generation: generation.number, ..empty };
        for adapter in generation.active.adapters.values() {
            let id = &adapter.manifest.document_type;
            if !self.touched.holds(&adapter.manifest) && self.take_over(id, &mut snapshot) {
                continue;
            }
            match self.serve(generation, &runs, adapter, &mut missing)? {
                Some(Ok(document_type)) => {
                    snapshot.document_types.insert(id.clone(), Arc::new(document_type));
                }
                Some(Err(why)) => {
                    snapshot.quarantined.insert(id.clone(), why);
                }
                None => {}
            }
        }
        snapshot.unfit = generation.unfit.clone();
        // Document types of whose adapters none is fit.
        for (name, why) in &generation.unfit {
            if let Ok(id) = name.parse::<DocumentTypeId>()
                && !generation.active.adapters.contains_key(name)
            {
                snapshot.quarantined.insert(id, why.clone());
            }
        }
        Ok(if !missing.packages.is_empty() {
            Assembled::Unready(missing.packages.into_iter().collect())
        } else if !missing.pairs.is_empty() {
            Assembled::Unasked(missing.pairs)
        } else {
            Assembled::Snapshot(Box::new(snapshot))
        })
    }

    /// Takes a document type over as it stands, served or not.
    fn take_over(&self, id: &DocumentTypeId, into: &mut Snapshot) -> bool {
        match (self.before.document_types.get(id), self.before.quarantined.get(id)) {
            (Some(served), _) => {
                into.document_types.insert(id.clone(), Arc::clone(served));
            }
            (None, Some(why)) => {
                into.quarantined.insert(id.clone(), why.clone());
            }
            (None, None) => return false,
        }
        true
    }

    /// A document type, or why it is quarantined; nothing where something is missing.
    fn serve(
        &self,
        generation: &ReadyGeneration,
        runs: &Runs,
        adapter: &Arc<ReadyAdapter>,
        missing: &mut Missing,
    ) -> Result<Option<Result<DocumentType, Quarantine>>, EngineError> {
        let manifest = &adapter.manifest;
        let is_served = self.before.document_types.contains_key(&manifest.document_type);
        let must_serve = match self.touched {
            Touched::All => false,
            Touched::Name(_) => !self.before.quarantined.contains_key(&manifest.document_type),
            Touched::Settings(_) => true,
        };
        let rules = match generation.active_rules(manifest) {
            Ok(rules) => rules,
            Err(error) if must_serve => return Err(error),
            Err(error) => {
                let why = generation.unfit.get(&manifest.rules).cloned();
                return Ok(Some(Err(why.unwrap_or_else(|| Quarantine::of(&error)))));
            }
        };
        let unfit = [manifest.document_type.as_str(), &manifest.rules]
            .into_iter()
            .find_map(|name| generation.unfit.get(name).cloned());
        let mut why = None;
        for tried in self.tries(generation, adapter, rules) {
            let (adapter, rules) = match tried {
                Ok(pair) => pair,
                Err(unready) => {
                    missing.packages.insert(unready);
                    return Ok(None);
                }
            };
            let settings = generation.settings_of(&adapter.manifest);
            match self.answer(&adapter, &rules, settings.as_ref()) {
                None => {
                    let must_answer = must_serve || (is_served && !self.is_lenient());
                    missing.pairs.push(Pair { adapter, rules, settings, must_answer });
                    return Ok(None);
                }
                Some(Err(refused)) => {
                    why.get_or_insert(refused);
                }
                Some(Ok((configured, fields))) => {
                    let rollout = self.rollout(generation, runs, &adapter, missing)?;
                    let stands_in = why.or(unfit);
                    return Ok(Some(Ok(DocumentType {
                        adapter,
                        rules,
                        configured,
                        settings,
                        fields,
                        rollout,
                        stands_in,
                    })));
                }
            }
        }
        // There was at least one to try.
        let none = || Quarantine { code: "internal", detail: String::new() };
        Ok(Some(Err(why.unwrap_or_else(none))))
    }

    fn is_lenient(&self) -> bool {
        matches!(self.touched, Touched::All)
    }

    /// The adapter and rules that the generation names, and, where nothing must be as it says, those that
    /// served before: the rules first, for they fail at dates.
    fn tries(
        &self,
        generation: &ReadyGeneration,
        adapter: &Arc<ReadyAdapter>,
        rules: &Arc<ReadyRules>,
    ) -> Vec<Try> {
        let mut tries = vec![Ok((Arc::clone(adapter), Arc::clone(rules)))];
        if !self.is_lenient() {
            return tries;
        }
        for earlier in generation.earlier(&adapter.manifest.rules) {
            match earlier {
                Earlier::Ready(Ready::Rules(before)) if knows(before, &adapter.manifest) => {
                    tries.push(Ok((Arc::clone(adapter), Arc::clone(before))));
                }
                Earlier::Ready(_) => {}
                Earlier::Unready(package) => tries.push(Err(*package)),
            }
        }
        for earlier in generation.earlier(adapter.manifest.document_type.as_str()) {
            match earlier {
                Earlier::Ready(Ready::Adapter(before))
                    if before.manifest.rules == adapter.manifest.rules =>
                {
                    tries.push(Ok((Arc::clone(before), Arc::clone(rules))));
                }
                Earlier::Ready(_) => {}
                Earlier::Unready(package) => tries.push(Err(*package)),
            }
        }
        tries
    }

    fn rollout(
        &self,
        generation: &ReadyGeneration,
        runs: &Runs,
        active: &Arc<ReadyAdapter>,
        missing: &mut Missing,
    ) -> Result<Rollout, EngineError> {
        let manifest = &active.manifest;
        let id = manifest.document_type.as_str();
        let of_adapter = generation.candidates.adapters.get(id);
        let of_rules = generation.candidates.rules.get(&manifest.rules);
        let (name, adapter, rules) = match (of_adapter, of_rules) {
            (None, None) => return Ok(Rollout::default()),
            (Some(_), Some(_)) if self.is_lenient() => return Ok(Rollout::default()),
            (Some(_), Some(_)) => {
                let document_type = manifest.document_type.clone();
                return Err(EngineError::CandidateExists { document_type });
            }
            (Some(candidate), None) => match generation.active_rules(&candidate.manifest) {
                Ok(rules) => (id, candidate, rules),
                Err(_) if self.is_lenient() => return Ok(Rollout::default()),
                Err(error) => return Err(error),
            },
            (None, Some(candidate)) => (manifest.rules.as_str(), active, candidate),
        };
        let settings = generation.settings_of(&adapter.manifest);
        let (adapter, rules) = (Arc::clone(adapter), Arc::clone(rules));
        let (configured, fields) = match self.answer(&adapter, &rules, settings.as_ref()) {
            Some(Ok(configured)) => configured,
            // The active version takes every request.
            Some(Err(_)) => return Ok(Rollout::default()),
            None => {
                let must_answer = !self.is_lenient();
                missing.pairs.push(Pair { adapter, rules, settings, must_answer });
                return Ok(Rollout::default());
            }
        };
        let (rollout, stands_in) = (Rollout::default(), None);
        let candidate =
            DocumentType { adapter, rules, configured, settings, fields, rollout, stands_in };
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

    /// What rules answer for an adapter's document type, if they were ever asked.
    fn answer(
        &self,
        adapter: &ReadyAdapter,
        rules: &ReadyRules,
        settings: Option<&SettingsInForce>,
    ) -> Option<Result<Configured, Quarantine>> {
        match self.known(adapter, rules, settings) {
            Some(known) => Some(Ok((known.configured.clone(), known.fields.clone()))),
            None => self.answers.of(adapter, rules, settings).cloned(),
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

impl Touched<'_> {
    fn holds(self, manifest: &Manifest) -> bool {
        match self {
            Self::All => true,
            Self::Name(name) => manifest.document_type.as_str() == name || manifest.rules == name,
            Self::Settings(id) => manifest.document_type == *id,
        }
    }
}
