//! Rules are asked what they read: guest code, which runs here and never in the task that commits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dossier_document::{DocumentTypeId, FieldName, FieldRequest, ZoneFormat};
use dossier_plugin::{BeforeOutcome, Plugin};
use dossier_store::{PackageDigest, SettingsDigest};
use tokio::task::JoinSet;

use super::Shared;
use crate::adapters::AdapterLoader;
use crate::error::EngineError;
use crate::folders::Manifest;
use crate::ready::{ReadyAdapter, ReadyRules};
use crate::snapshot::{Quarantine, SettingsInForce};

/// Rules of different names that are asked at a time; those of one name are asked one after the other, so
/// that slow ones take their own turns only.
const CONCURRENT_NAMES: usize = 8;

/// An adapter and rules that are to serve a document type together, with settings.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) adapter: Arc<ReadyAdapter>,
    pub(super) rules: Arc<ReadyRules>,
    pub(super) settings: Option<SettingsInForce>,
    /// Whether the change fails where the rules do: the document type serves without it.
    pub(super) must_answer: bool,
}

/// Rules with the settings of a document type, and the fields that they read of a whole document.
pub(super) type Configured = (Plugin, Vec<FieldName>);

/// What pairs answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    answers: BTreeMap<Key, Result<Configured, Quarantine>>,
}

/// The packages and settings of a pair.
type Key = (PackageDigest, PackageDigest, Option<SettingsDigest>);

fn key_of(adapter: &ReadyAdapter, rules: &ReadyRules, settings: Option<&SettingsInForce>) -> Key {
    let settings = settings.map(|in_force| in_force.settings.digest());
    (adapter.package, rules.package, settings)
}

impl Pair {
    fn key(&self) -> Key {
        key_of(&self.adapter, &self.rules, self.settings.as_ref())
    }
}

impl Answers {
    pub(super) fn of(
        &self,
        adapter: &ReadyAdapter,
        rules: &ReadyRules,
        settings: Option<&SettingsInForce>,
    ) -> Option<&Result<Configured, Quarantine>> {
        self.answers.get(&key_of(adapter, rules, settings))
    }

    pub(super) fn add(&mut self, pair: &Pair, answer: Result<Configured, Quarantine>) {
        self.answers.insert(pair.key(), answer);
    }
}

impl Shared {
    /// Asks every pair; one that is not asked by `until` counts as one that does not answer.
    pub(super) async fn ask_all(
        self: &Arc<Self>,
        pairs: Vec<Pair>,
        until: Option<Instant>,
    ) -> Vec<(Pair, Result<Configured, EngineError>)> {
        let mut names = BTreeMap::<String, Vec<Pair>>::new();
        for pair in &pairs {
            names.entry(pair.rules.manifest.name.clone()).or_default().push(pair.clone());
        }
        let mut waiting = names.into_values();
        let mut asking = JoinSet::new();
        let mut answers = Vec::<(Pair, Result<Configured, EngineError>)>::new();
        loop {
            while asking.len() < CONCURRENT_NAMES {
                let Some(pairs) = waiting.next() else { break };
                let shared = Arc::clone(self);
                asking.spawn(async move { shared.ask_in_turn(pairs, until).await });
            }
            match asking.join_next().await {
                Some(Ok(answered)) => answers.extend(answered),
                // Whoever panicked has no answers.
                Some(Err(_)) => {}
                None => break,
            }
        }
        for pair in pairs {
            if !answers.iter().any(|(answered, _)| answered.key() == pair.key()) {
                answers.push((pair, Err(EngineError::Panicked)));
            }
        }
        answers
    }

    async fn ask_in_turn(
        &self,
        pairs: Vec<Pair>,
        until: Option<Instant>,
    ) -> Vec<(Pair, Result<Configured, EngineError>)> {
        let mut answers = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let asked = self.ask(&pair);
            let answer = match left {
                Some(left) => tokio::time::timeout(left, asked)
                    .await
                    .unwrap_or_else(|_| Err(EngineError::NotAsked)),
                None => asked.await,
            };
            answers.push((pair, answer));
        }
        answers
    }

    /// Rules with the settings of the document type, and the fields that they read of a whole document.
    async fn ask(&self, pair: &Pair) -> Result<Configured, EngineError> {
        let (manifest, plugin) = (&pair.adapter.manifest, &pair.rules.plugin);
        let (id, pages) = (&manifest.document_type, manifest.pages);
        let plugin = match &pair.settings {
            Some(SettingsInForce { settings, .. }) => {
                plugin.configured(id, settings.text()).await.map_err(EngineError::Component)?
            }
            None => plugin.clone(),
        };
        let asked = fields_of(self.adapters.loader(), &plugin, id, pages, &self.today()).await?;
        refuse_unlike_manifest(&plugin, manifest, &asked)?;
        Ok((plugin, asked.into_iter().map(|field| field.name).collect()))
    }
}

/// How long rules may be asked while a start waits for them, all together: then it goes on without those
/// that did not answer, and asks them again beside.
pub(super) const START_PATIENCE: Duration = Duration::from_secs(30);

/// Whether rules of a manifest's adapter know its document type, by what they said of themselves.
pub(super) fn knows(rules: &ReadyRules, manifest: &Manifest) -> bool {
    rules.plugin.describe().document_types.contains(&manifest.document_type)
}

/// Refuses an adapter whose manifest names fields that the rules don't read, or a zone of another shape.
fn refuse_unlike_manifest(
    rules: &Plugin,
    manifest: &Manifest,
    asked: &[FieldRequest],
) -> Result<(), EngineError> {
    let unlike = |key| {
        let (rules, document_type) = (rules.name().to_owned(), manifest.document_type.clone());
        Err(EngineError::RulesUnlikeManifest { rules, document_type, key })
    };
    let is_asked = |name: &FieldName| asked.iter().any(|field| field.name == *name);
    if !manifest.fields.iter().flatten().all(is_asked) {
        return unlike("fields");
    }
    let has_zone = |zone: ZoneFormat| {
        asked.iter().any(|field| field.is_zone() && field.shape == Some(zone.shape()))
    };
    match manifest.zone {
        Some(zone) if !has_zone(zone) => unlike("zone"),
        _ => Ok(()),
    }
}

/// The fields that the rules read of a whole document. Asking also proves that the rules work
/// before any client depends on them.
async fn fields_of(
    adapters: &dyn AdapterLoader,
    rules: &Plugin,
    document_type: &DocumentTypeId,
    pages: usize,
    today: &str,
) -> Result<Vec<FieldRequest>, EngineError> {
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
    match fields.iter().map(|field| &field.name).find(|field| !adapters.supports_field(field)) {
        Some(field) => Err(EngineError::UnsupportedField { rules: name(), field: field.clone() }),
        None => Ok(fields),
    }
}
