//! Which document types are served, and with what: one immutable snapshot.
//!
//! A request pins one snapshot with [`CurrentSnapshot::pin`] and keeps it to its end, so that it is
//! read and checked by one set of artifacts whatever is swapped meanwhile. Which version of a
//! document type reads it, the active one or its canary, is decided once, by [`DocumentType::route`].

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use dossier_document::{Digest, DocumentTypeId, FieldName, FieldReading, FieldRequest};
use dossier_model::TypeLikeness;
use dossier_plugin::Plugin;

use crate::error::EngineError;
use crate::folders::{Calibration, Measured, Prototypes};
use crate::ready::{ReadyAdapter, ReadyRules};
use crate::request_id::RequestId;

mod settings;
pub use settings::{SettingsInForce, SettingsOrigin};

mod rollout;
pub use rollout::{
    Canary, CanaryAlarm, CanaryCounts, CanaryRun, Rollout, Route, Shadow, ShadowCounts, ShadowRun,
    Track,
};

/// The document types served at one time.
#[derive(Debug)]
pub struct Snapshot {
    /// The generation of the catalogue that this is, from 1.
    pub generation: u64,
    /// The digest of the base that all adapters stand on.
    pub base: Digest,
    /// What likeness to a document type is worth, where the base tells types apart by how pages look.
    pub type_likeness: Option<TypeLikeness>,
    /// By identifier.
    pub document_types: BTreeMap<DocumentTypeId, Arc<DocumentType>>,
    /// Those that the generation has and that can't be served, and why.
    pub quarantined: BTreeMap<DocumentTypeId, Quarantine>,
    /// By name, of rules too: why the package that the generation names can't be made ready.
    pub unfit: BTreeMap<String, Quarantine>,
}

/// Why a package or a document type does not serve as the generation says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// The stable code of what failed.
    pub code: &'static str,
    /// What failed, in a sentence that holds no path of the host.
    pub detail: String,
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
    /// Why an earlier version of its packages stands in for the one that the generation names, if one does.
    pub stands_in: Option<Quarantine>,
}

/// The snapshot that serves now. The reload task is its only writer.
#[derive(Debug)]
pub struct CurrentSnapshot {
    current: ArcSwap<Snapshot>,
}

impl Snapshot {
    /// A snapshot that serves nothing.
    pub(crate) fn empty(base: Digest, type_likeness: Option<TypeLikeness>) -> Self {
        Self {
            generation: 0,
            base,
            type_likeness,
            document_types: BTreeMap::new(),
            quarantined: BTreeMap::new(),
            unfit: BTreeMap::new(),
        }
    }

    /// Whether everything serves as the generation names it.
    pub(crate) fn is_as_named(&self) -> bool {
        let stands_in = |served: &Arc<DocumentType>| served.stands_in.is_some();
        self.quarantined.is_empty()
            && self.unfit.is_empty()
            && !self.document_types.values().any(stands_in)
    }

    /// The document type that a request names.
    ///
    /// # Errors
    /// [`EngineError::UnknownDocumentType`], or [`EngineError::Quarantined`].
    pub fn served(&self, id: &DocumentTypeId) -> Result<&Arc<DocumentType>, EngineError> {
        match (self.document_types.get(id), self.quarantined.get(id)) {
            (Some(served), _) => Ok(served),
            (None, Some(why)) => {
                Err(EngineError::Quarantined { document_type: id.clone(), cause: why.code })
            }
            (None, None) => Err(EngineError::UnknownDocumentType),
        }
    }

    /// What the document types look like that say so.
    pub(crate) fn prototypes(&self) -> impl Iterator<Item = (&DocumentTypeId, &Prototypes)> {
        let types = self.document_types.iter();
        types.filter_map(|(id, served)| Some((id, served.adapter.prototypes.as_ref()?)))
    }

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

    /// How well the adapter read held-out documents, if the record of its training tells.
    #[must_use]
    pub fn measured(&self) -> Option<&Measured> {
        self.adapter.measured.as_ref()
    }

    /// The adapter's readings with the confidences that they should have.
    #[must_use]
    pub fn calibrated(&self, readings: Vec<FieldReading>) -> Vec<FieldReading> {
        match self.calibration() {
            Some(calibration) => calibration.apply(readings),
            None => readings,
        }
    }

    /// The fields that are read where whoever asks names none; none where that is up to the rules.
    #[must_use]
    pub fn usual_fields(&self) -> Option<&[FieldName]> {
        self.adapter.manifest.fields.as_deref()
    }

    /// What the rules ask for, the zone bounded by what its format has where.
    pub(crate) fn with_zone(&self, mut fields: Vec<FieldRequest>) -> Vec<FieldRequest> {
        if let Some(zone) = self.adapter.manifest.zone {
            let of_its_shape =
                |field: &&mut FieldRequest| field.is_zone() && field.shape == Some(zone.shape());
            fields.iter_mut().filter(of_its_shape).for_each(|field| field.zone = Some(zone));
        }
        fields
    }

    /// The version that reads the request of this id: always the same one for the same id.
    #[must_use]
    pub fn route(self: &Arc<Self>, id: &RequestId) -> Route {
        let Some(canary) = &self.rollout.canary else {
            return Route { document_type: Arc::clone(self), canary: None };
        };
        let (document_type, track) = if canary.run.takes(id.own()) {
            (Arc::clone(&canary.candidate), Track::Canary)
        } else {
            (Arc::clone(self), Track::Active)
        };
        Route { document_type, canary: Some((Arc::clone(&canary.run), track)) }
    }

    /// The version that does not read what `route` reads, while a canary runs.
    pub(crate) fn other_route(self: &Arc<Self>, route: &Route) -> Option<Route> {
        let canary = self.rollout.canary.as_ref()?;
        let (_, track) = route.canary.as_ref()?;
        let (document_type, track) = match track {
            Track::Canary => (Arc::clone(self), Track::Active),
            Track::Active => (Arc::clone(&canary.candidate), Track::Canary),
        };
        Some(Route { document_type, canary: Some((Arc::clone(&canary.run), track)) })
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
