//! Why a package is refused, or a change is not made.

use dossier_document::{DocumentTypeId, FieldName};
use dossier_model::ModelError;
use dossier_plugin::PluginError;
use dossier_store::{
    ArtifactError, CatalogueError, ManifestError, PackageDigest, PackageError, PublicKey,
    SigningError,
};

use super::probe::ProbeError;
use crate::catalog::CatalogError;
use crate::fixture::FixtureError;

/// A package is refused, or a change is not made; what served before serves on.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The bytes are no package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The manifest of rules makes no sense.
    #[error(transparent)]
    RulesManifest(#[from] ManifestError),
    /// The manifest of a document type makes no sense.
    #[error(transparent)]
    AdapterManifest(CatalogError),
    /// The component describes itself otherwise than the manifest.
    #[error("the component and plugin.json differ in `{key}`")]
    ManifestMismatch {
        /// The key of the manifest.
        key: &'static str,
    },
    /// The package is not signed, or the signature is not of it.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The key of the signature is not trusted for this name and these document types.
    #[error("the key {key} is not trusted for `{name}` and its document types")]
    Untrusted {
        /// The key.
        key: PublicKey,
        /// The name of the rules or the document type.
        name: String,
    },
    /// The publisher may not touch this name or these document types.
    #[error("this token does not reach `{name}` and its document types")]
    Forbidden {
        /// The name of the rules or the document type.
        name: String,
    },
    /// The component can't be compiled under the limits of publishing.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The component is refused by the runtime.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A document type has no fixture: nothing would show that its rules work.
    #[error("there is no fixture of `{document_type}`")]
    NoFixture {
        /// The document type.
        document_type: DocumentTypeId,
    },
    /// A fixture is malformed, or the rules report something else than it expects.
    #[error("fixtures/{fixture}.json: {source}")]
    Fixture {
        /// The fixture's name.
        fixture: String,
        /// What is wrong. It quotes no value.
        source: FixtureError,
    },
    /// The adapter can't be loaded for the base.
    #[error(transparent)]
    Adapter(#[from] ModelError),
    /// The adapter stands on another base than the one that serves.
    #[error("the adapter stands on `{base}`, this host serves `{served}`")]
    WrongBase {
        /// The base it names.
        base: String,
        /// The base of the host.
        served: String,
    },
    /// The model did not read a blank page with the adapter.
    #[error("the model does not read a blank page with the adapter: {0}")]
    BlankPage(dossier_inference::InferenceError),
    /// Nothing of this name was ever published.
    #[error("nothing named `{name}` was published")]
    UnknownName {
        /// The name.
        name: String,
    },
    /// No such package was published under the name.
    #[error("`{name}` has no package {package}")]
    UnknownPackage {
        /// The name.
        name: String,
        /// The package.
        package: PackageDigest,
    },
    /// A version is tried beside an active one, and there is none.
    #[error("`{name}` has no active version to try another beside")]
    NotActive {
        /// The name.
        name: String,
    },
    /// The document type names rules that are not active.
    #[error("the rules `{rules}` of `{document_type}` are not active")]
    RulesNotActive {
        /// The rules.
        rules: String,
        /// The document type.
        document_type: DocumentTypeId,
    },
    /// The rules have none for a document type that they would serve.
    #[error("`{rules}` has no rules for `{document_type}`")]
    RulesLackDocumentType {
        /// The rules.
        rules: String,
        /// The document type.
        document_type: DocumentTypeId,
    },
    /// The rules refuse a whole document of the type before they see it.
    #[error("`{rules}` refuses `{document_type}` with {pages} pages: {code}")]
    RulesRefuse {
        /// The rules.
        rules: String,
        /// The document type.
        document_type: DocumentTypeId,
        /// Pages of the document type.
        pages: usize,
        /// The rules' code.
        code: String,
    },
    /// The rules ask for a field that the base has no way to be asked for.
    #[error("`{rules}` asks for the field `{field}`, which the base can't read")]
    UnsupportedField {
        /// The rules.
        rules: String,
        /// The field.
        field: FieldName,
    },
    /// A document type would have two candidates: one of its rules, one of its adapter.
    #[error("`{document_type}` has a canary or shadow already")]
    CandidateExists {
        /// The document type.
        document_type: DocumentTypeId,
    },
    /// There is no canary or shadow to promote.
    #[error("`{name}` has no canary or shadow")]
    NoCandidate {
        /// The name.
        name: String,
    },
    /// There is no version to go back to.
    #[error("`{name}` has no version to go back to")]
    NoPrevious {
        /// The name.
        name: String,
    },
    /// A percentage is none, or takes nobody.
    #[error("a canary takes 1 to 100 percent")]
    Percent,
    /// Packages must be made ready before the change can be made; nobody outside sees this.
    #[error("{} packages are not ready", .0.len())]
    NotReady(Vec<PackageDigest>),
    /// As many packages are published as may be, or as many changes wait.
    #[error("too much is published at the same time")]
    Busy,
    /// The host shuts down.
    #[error("the host shuts down")]
    Stopped,
    /// The store can't keep or give back a package.
    #[error(transparent)]
    Artifacts(#[from] ArtifactError),
    /// The catalogue can't be read or written.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// Something of the host panicked.
    #[error("a thread of the host panicked")]
    Panicked,
}

impl ReloadError {
    /// The class as a stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Package(_) => "package.malformed",
            Self::RulesManifest(_) | Self::AdapterManifest(_) => "package.manifest",
            Self::ManifestMismatch { .. } => "package.manifest_mismatch",
            Self::Signing(SigningError::Unsigned) => "package.unsigned",
            Self::Signing(_) => "package.signature",
            Self::Untrusted { .. } => "package.untrusted_key",
            Self::Forbidden { .. } => "admin.forbidden",
            Self::Probe(error) => error.code(),
            Self::Plugin(error) => error.code(),
            Self::NoFixture { .. } => "package.no_fixture",
            Self::Fixture { source: FixtureError::Rules(error), .. } => error.code(),
            Self::Fixture { source: FixtureError::Malformed(_), .. } => "fixture.malformed",
            Self::Fixture { .. } => "fixture.failed",
            Self::Adapter(_) => "adapter.refused",
            Self::WrongBase { .. } => "adapter.wrong_base",
            Self::BlankPage(_) => "adapter.unusable",
            Self::UnknownName { .. } => "plugin.unknown",
            Self::UnknownPackage { .. } => "plugin.unknown_package",
            Self::NotActive { .. } => "plugin.not_active",
            Self::RulesNotActive { .. } => "rules.not_active",
            Self::RulesLackDocumentType { .. } => "rules.lack_document_type",
            Self::RulesRefuse { .. } => "rules.refuse",
            Self::UnsupportedField { .. } => "rules.unsupported_field",
            Self::CandidateExists { .. } => "plugin.candidate_exists",
            Self::NoCandidate { .. } => "plugin.no_candidate",
            Self::NoPrevious { .. } => "plugin.no_previous",
            Self::Percent => "plugin.percent",
            Self::NotReady(_) | Self::Busy => "overloaded",
            Self::Stopped => "not_ready",
            Self::Artifacts(_) | Self::Catalogue(_) | Self::Panicked => "internal",
        }
    }
}
