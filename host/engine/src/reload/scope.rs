//! What a publisher reaches. Asked when something is shown, and again by the task that changes it.

use std::sync::Arc;

use dossier_document::DocumentTypeId;
use dossier_store::Scope;

use super::{Reload, Shared, blocking};
use crate::error::EngineError;

impl Reload {
    /// Whether a name is within a scope, as it stands now.
    ///
    /// # Errors
    /// [`EngineError::Forbidden`].
    pub async fn check_scope(&self, name: &str, scope: &Scope) -> Result<(), EngineError> {
        let (shared, name, scope) = (Arc::clone(&self.shared), name.to_owned(), scope.clone());
        blocking(move || shared.check_scope(&name, &scope)).await?
    }
}

/// Whether a name is within a scope by itself: rules by their name, adapters by document type.
#[must_use]
pub fn reaches(scope: &Scope, name: &str) -> bool {
    match name.parse::<DocumentTypeId>() {
        Ok(id) => scope.allows_document_type(&id),
        Err(_) => scope.plugins.iter().any(|pattern| pattern.matches(name)),
    }
}

impl Shared {
    /// What a publisher may not touch, it may not see either. Rules must be within reach with all the
    /// document types they were ever published for: activating them touches those. It blocks.
    pub(super) fn check_scope(&self, name: &str, scope: &Scope) -> Result<(), EngineError> {
        let forbidden = || EngineError::Forbidden { name: name.to_owned() };
        if !reaches(scope, name) {
            return Err(forbidden());
        }
        let records = self.catalogue.of_name(name, usize::MAX)?;
        let mut document_types =
            records.versions.iter().flat_map(|version| &version.document_types);
        let is_allowed = |id: &String| {
            id.parse::<DocumentTypeId>().is_ok_and(|id| scope.allows_document_type(&id))
        };
        if document_types.all(is_allowed) { Ok(()) } else { Err(forbidden()) }
    }
}
