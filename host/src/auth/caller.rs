//! Whoever sends a request.

use dossier_document::{DocumentTypeId, Tenant};
use dossier_engine::admission::TenantQuota;
use dossier_engine::identify::Reach;

use super::AuthError;

/// Whoever sends a request, and what may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub(super) tenant: Tenant,
    /// What the token or the certificate is called, or whom an identity provider's is of; none where nobody
    /// is told apart.
    pub(super) token: Option<String>,
    pub(super) document_types: Reach,
    pub(super) requests_a_minute: Option<u32>,
    pub(super) concurrent_documents: Option<usize>,
}

impl Caller {
    /// Whoever asks where nobody is told apart.
    pub(crate) fn anybody() -> Self {
        Self {
            tenant: Tenant::anonymous(),
            token: None,
            document_types: Reach::default(),
            requests_a_minute: None,
            concurrent_documents: None,
        }
    }

    /// Whoever sent a job that was taken, for the audit of its documents: what it may ask for was judged then.
    pub(crate) fn of_job(tenant: &Tenant, token: Option<&str>) -> Self {
        Self { tenant: tenant.clone(), token: token.map(str::to_owned), ..Self::anybody() }
    }

    /// Whose documents these are.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// By what the caller is known.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// What admission has to know.
    #[must_use]
    pub fn quota(&self) -> TenantQuota {
        TenantQuota { tenant: self.tenant.clone(), concurrent_documents: self.concurrent_documents }
    }

    /// Whether the caller may ask for documents of a type, or see that there is one.
    #[must_use]
    pub fn reaches(&self, document_type: &DocumentTypeId) -> bool {
        self.document_types.has(document_type)
    }

    /// What a document may be of that the caller sends without saying its type.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        &self.document_types
    }

    /// Refuses a document type that the caller does not reach, whether there is one or not.
    ///
    /// # Errors
    /// [`AuthError::DocumentType`].
    pub fn check(&self, document_type: &DocumentTypeId) -> Result<(), AuthError> {
        if self.reaches(document_type) { Ok(()) } else { Err(AuthError::DocumentType) }
    }
}
