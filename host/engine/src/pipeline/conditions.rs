//! What must serve a document, for a retry or an audit that wants the same answer.

use std::sync::Arc;

use dossier_document::Digest;

use crate::error::EngineError;
use crate::request_id::RequestId;
use crate::snapshot::{DocumentType, Route, Snapshot};

/// The generation and the artifacts that must serve a document; what is not named may be any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The generation of the catalogue.
    pub generation: Option<u64>,
    /// The base.
    pub base: Option<Digest>,
    /// The adapter.
    pub adapter: Option<Digest>,
    /// The rules.
    pub rules: Option<Digest>,
}

impl Conditions {
    /// The version that reads the request of this id. While a canary runs it is the one that the id would
    /// have, or else the one that the digests name: who names a version is not to depend on an id.
    ///
    /// # Errors
    /// [`EngineError::Changed`] when none is as wanted.
    pub(super) fn route(
        &self,
        snapshot: &Snapshot,
        known: &Arc<DocumentType>,
        id: &RequestId,
    ) -> Result<Route, EngineError> {
        let changed = |what| EngineError::Changed { what };
        if self.generation.is_some_and(|wanted| wanted != snapshot.generation) {
            return Err(changed("generation"));
        }
        if self.base.is_some_and(|wanted| wanted != snapshot.base) {
            return Err(changed("base"));
        }
        let route = known.route(id);
        let Some(what) = self.differs(&route) else { return Ok(route) };
        let other = known.other_route(&route).filter(|other| self.differs(other).is_none());
        other.ok_or_else(|| changed(what))
    }

    /// The first artifact of a version that is not the one wanted.
    fn differs(&self, route: &Route) -> Option<&'static str> {
        let served = &route.document_type;
        if self.adapter.is_some_and(|wanted| wanted != served.adapter_digest()) {
            return Some("adapter");
        }
        let rules = served.plugin().digest();
        self.rules.is_some_and(|wanted| wanted != rules).then_some("rules")
    }
}
