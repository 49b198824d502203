//! Which document types are served, and with what: one immutable snapshot.
//!
//! A request pins one snapshot with [`Snapshots::pin`] and keeps it to its end, so that it is read
//! and checked by one set of artifacts whatever is swapped meanwhile. Which version of a document
//! type reads it, the active one or its canary, is decided once, by [`DocumentType::route`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use dossier_document::{Digest, DocumentTypeId, FieldName, FieldReading};
use dossier_plugin::Plugin;

mod manifest;
pub use manifest::{MANIFEST_FILE, Manifest, is_artifact_name};

mod calibration;
pub use calibration::Calibration;

mod ready;
pub use ready::{Ready, ReadyArtifact};

mod rollout;
pub use rollout::{
    CallCounts, Canary, CanaryAlarm, CanaryCounts, CanaryRun, Rollout, Route, Shadow, ShadowCounts,
    ShadowRun, Track,
};

/// The document types served at one time.
#[derive(Debug)]
pub struct Catalog {
    /// Counts the generations of the store, from 1; always 1 without a store.
    pub generation: u64,
    /// The digest of the base that all adapters stand on.
    pub base: Digest,
    /// By identifier.
    pub document_types: BTreeMap<DocumentTypeId, Arc<DocumentType>>,
}

/// One document type and the artifacts that serve it.
#[derive(Debug)]
pub struct DocumentType {
    /// The identifier.
    pub id: DocumentTypeId,
    /// A title for people.
    pub title: String,
    /// Pages of a whole document; a request with more is refused, one with fewer is up to the rules.
    pub pages: usize,
    /// The fields that the rules read of a whole document, in their order.
    pub fields: Vec<FieldName>,
    /// The digest of the adapter.
    pub adapter: Digest,
    /// What confidences of its readings should be, if the adapter brings it.
    pub calibration: Option<Arc<Calibration>>,
    /// The rules.
    pub rules: Plugin,
    /// The packages behind them, which stay ready as long as anything reads with this; none
    /// without a store.
    pub packages: Option<Packages>,
    /// The version that is tried beside this one.
    pub rollout: Rollout,
}

/// The packages that serve a document type.
#[derive(Clone, Debug)]
pub struct Packages {
    /// Its adapter and manifest.
    pub adapter: Arc<Ready>,
    /// Its rules.
    pub rules: Arc<Ready>,
}

/// The current snapshot. The reload task is its only writer.
#[derive(Debug)]
pub struct Snapshots {
    current: ArcSwap<Catalog>,
}

/// The artifacts can't be served; the start stops. Every variant names the file.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A file or folder can't be read.
    #[error("{}: can't be read: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A manifest is not JSON, or has an unknown, a missing or a malformed key.
    #[error("{}: {source}", file.display())]
    Json {
        /// The manifest.
        file: PathBuf,
        /// What and where; it names the key.
        source: serde_json::Error,
    },
    /// A value of a manifest makes no sense.
    #[error("{}: `{key}`: {reason}", file.display())]
    Manifest {
        /// The manifest.
        file: PathBuf,
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// An adapter's folder has no manifest, so nobody could ask for it.
    #[error("{}: has an adapter but no {MANIFEST_FILE}", folder.display())]
    NoManifest {
        /// The folder.
        folder: PathBuf,
    },
    /// There is nothing to serve.
    #[error("{}: no {MANIFEST_FILE} in any folder", adapters.display())]
    NoDocumentTypes {
        /// The folder searched.
        adapters: PathBuf,
    },
}

impl Catalog {
    /// The document type of this name.
    #[must_use]
    pub fn document_type(&self, id: &DocumentTypeId) -> Option<&Arc<DocumentType>> {
        self.document_types.get(id)
    }
}

impl DocumentType {
    /// The adapter's readings with the confidences that they should have.
    #[must_use]
    pub fn calibrated(&self, readings: Vec<FieldReading>) -> Vec<FieldReading> {
        match &self.calibration {
            Some(calibration) => calibration.apply(readings),
            None => readings,
        }
    }

    /// The version that reads the request of this id: always the same one for the same id.
    #[must_use]
    pub fn route(self: &Arc<Self>, request_id: &str) -> Route {
        let Some(canary) = &self.rollout.canary else {
            return Route { document_type: Arc::clone(self), canary: None };
        };
        let (document_type, track) = if canary.run.takes(request_id) {
            (Arc::clone(&canary.candidate), Track::Canary)
        } else {
            (Arc::clone(self), Track::Active)
        };
        Route { document_type, canary: Some((Arc::clone(&canary.run), track)) }
    }
}

impl Snapshots {
    /// Starts with one snapshot.
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        Self { current: ArcSwap::from_pointee(catalog) }
    }

    /// The current snapshot, for as long as the caller keeps it.
    #[must_use]
    pub fn pin(&self) -> Arc<Catalog> {
        // Not `load`: its guard must not be held across an await.
        self.current.load_full()
    }

    /// Swaps the snapshot; requests that pinned the one before keep it.
    pub(crate) fn swap(&self, catalog: Catalog) {
        self.current.store(Arc::new(catalog));
    }
}
