//! Which document types are served, and with what: one immutable snapshot.
//!
//! A request pins one snapshot with [`CurrentSnapshot::pin`] and keeps it to its end, so that it is
//! read and checked by one set of artifacts whatever is swapped meanwhile. Which version of a
//! document type reads it, the active one or its canary, is decided once, by [`DocumentType::route`].

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use dossier_document::{Digest, DocumentTypeId, FieldName, FieldReading};
use dossier_plugin::Plugin;

use crate::folders::Calibration;
use crate::ready::{ReadyAdapter, ReadyRules};
use crate::request_id::RequestId;

mod settings;
pub use settings::{SettingsInForce, SettingsOrigin};

mod rollout;
pub use rollout::{
    CallCounts, Canary, CanaryAlarm, CanaryCounts, CanaryRun, Rollout, Route, Shadow, ShadowCounts,
    ShadowRun, Track,
};

/// The document types served at one time.
#[derive(Debug)]
pub struct Snapshot {
    /// The generation of the catalogue that this is, from 1.
    pub generation: u64,
    /// The digest of the base that all adapters stand on.
    pub base: Digest,
    /// By identifier.
    pub document_types: BTreeMap<DocumentTypeId, Arc<DocumentType>>,
}

/// One document type and the packages that serve it, which stay ready as long as this is held.
#[derive(Debug)]
pub struct DocumentType {
    /// Its manifest and adapter.
    pub adapter: Arc<ReadyAdapter>,
    /// Its rules.
    pub rules: Arc<ReadyRules>,
    /// The component of the rules, with the settings of the document type.
    pub(crate) configured: Plugin,
    /// Those settings; none where the rules have their defaults.
    pub settings: Option<SettingsInForce>,
    /// The fields that the rules read of a whole document, in their order.
    pub fields: Vec<FieldName>,
    /// The version that is tried beside this one.
    pub rollout: Rollout,
}

/// The snapshot that serves now. The reload task is its only writer.
#[derive(Debug)]
pub struct CurrentSnapshot {
    current: ArcSwap<Snapshot>,
}

impl Snapshot {
    /// The document type of this name.
    #[must_use]
    pub fn document_type(&self, id: &DocumentTypeId) -> Option<&Arc<DocumentType>> {
        self.document_types.get(id)
    }
}

impl DocumentType {
    /// The identifier.
    #[must_use]
    pub fn id(&self) -> &DocumentTypeId {
        &self.adapter.manifest.document_type
    }

    /// A title for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.adapter.manifest.title
    }

    /// Pages of a whole document; a request with more is refused, one with fewer is up to the rules.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.adapter.manifest.pages
    }

    /// The component of the rules.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.configured
    }

    /// The digest of the adapter.
    #[must_use]
    pub fn adapter_digest(&self) -> Digest {
        self.adapter.adapter.digest()
    }

    /// What confidences of the adapter's readings should be, if it brings that.
    #[must_use]
    pub fn calibration(&self) -> Option<&Calibration> {
        self.adapter.calibration.as_ref()
    }

    /// The adapter's readings with the confidences that they should have.
    #[must_use]
    pub fn calibrated(&self, readings: Vec<FieldReading>) -> Vec<FieldReading> {
        match self.calibration() {
            Some(calibration) => calibration.apply(readings),
            None => readings,
        }
    }

    /// The version that reads the request of this id: always the same one for the same id.
    #[must_use]
    pub fn route(self: &Arc<Self>, id: &RequestId) -> Route {
        let Some(canary) = &self.rollout.canary else {
            return Route { document_type: Arc::clone(self), canary: None };
        };
        let (document_type, track) = if canary.run.takes(id.as_str()) {
            (Arc::clone(&canary.candidate), Track::Canary)
        } else {
            (Arc::clone(self), Track::Active)
        };
        Route { document_type, canary: Some((Arc::clone(&canary.run), track)) }
    }
}

impl CurrentSnapshot {
    /// Starts with one snapshot.
    #[must_use]
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self { current: ArcSwap::from_pointee(snapshot) }
    }

    /// The current snapshot, for as long as the caller keeps it.
    #[must_use]
    pub fn pin(&self) -> Arc<Snapshot> {
        // Not `load`: its guard must not be held across an await.
        self.current.load_full()
    }

    /// Swaps the snapshot; requests that pinned the one before keep it.
    pub(crate) fn swap(&self, snapshot: Snapshot) {
        self.current.store(Arc::new(snapshot));
    }
}
