//! The stable code of each error, in one place: answers, the history and the log tell it.

use dossier_image_decode::DecodeError;
use dossier_inference::{BackendError, InferenceError};
use dossier_store::{ArtifactError, BackupError, SigningError};

use super::EngineError;
use crate::fixture::FixtureError;

/// The code of what happened inside, which only the log tells.
const INTERNAL: &str = "internal";
/// The code of a disk that refuses.
const STORE: &str = "store.unavailable";

impl EngineError {
    /// The class as a stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownDocumentType | Self::Unrecognised { .. } => "document_type.unknown",
            Self::TypeNotNamed => "document_type.missing",
            Self::Quarantined { .. } => "document_type.quarantined",
            Self::Changed { .. } => "generation.changed",
            Self::AdapterInUse { .. } => "adapter.in_use",
            Self::NoPages => "page.missing",
            Self::TooManyPages { .. } => "document.too_many_pages",
            Self::UnknownField(_) => "field.unknown",
            Self::RepeatedField(_) => "field.repeated",
            Self::Page { source, .. } => page_code(source),
            Self::NoDocument { .. } => "page.no_document",
            Self::DocumentTooLarge { .. } => "document.too_large",
            Self::Refused { .. } => "document.refused",
            Self::Rules { source, .. } => source.code(),
            Self::Inference(error) => inference_code(error),
            Self::Overloaded => "overloaded",
            Self::TenantBusy { .. } => "tenant.busy",
            Self::Left => "internal",
            Self::Package(_) => "package.malformed",
            Self::RulesManifest(_) | Self::AdapterManifest(_) => "package.manifest",
            Self::ManifestMismatch { .. } => "package.manifest_mismatch",
            Self::Signing(SigningError::Unsigned) => "package.unsigned",
            Self::Signing(_) => "package.signature",
            Self::Untrusted { .. } => "package.untrusted_key",
            Self::Forbidden { .. } => "admin.forbidden",
            Self::Probe(error) => error.code(),
            Self::Component(error) => error.code(),
            Self::NoFixture { .. } => "package.no_fixture",
            Self::Fixture { source: FixtureError::Rules(error), .. } => error.code(),
            Self::Fixture { source: FixtureError::Malformed(_), .. } => "fixture.malformed",
            Self::Fixture { .. } => "fixture.failed",
            Self::Adapter(_) => "adapter.refused",
            Self::WrongBase { .. } => "adapter.wrong_base",
            Self::BlankPage(_) => "adapter.unusable",
            Self::InPackage { source, .. } => source.code(),
            Self::Revoked { .. } => "package.revoked",
            Self::NotNewer { .. } => "package.not_newer",
            Self::PublishTimeout { .. } => "package.timeout",
            Self::NotAsked => "rules.not_asked",
            Self::Quota { .. } | Self::TooManyPackages { .. } => "publisher.quota",
            Self::TooMuchOfOne { .. } => "publisher.overloaded",
            Self::UnknownName { .. } => "package.unknown_name",
            Self::UnknownPackage { .. } => "package.unknown_digest",
            Self::NotActive { .. } => "package.not_active",
            Self::RulesNotActive { .. } => "rules.not_active",
            Self::RulesLackDocumentType { .. } => "rules.lack_document_type",
            Self::RulesRefuse { .. } => "rules.refuse",
            Self::UnsupportedField { .. } => "rules.unsupported_field",
            Self::RulesUnlikeManifest { .. } => "rules.unlike_manifest",
            Self::CandidateExists { .. } => "package.candidate_exists",
            Self::NoCandidate { .. } => "package.no_candidate",
            Self::NoPrevious { .. } => "package.no_previous",
            Self::Unseen { .. } => "generation.unseen",
            Self::SettingsTooLong(_) => "settings.too_long",
            Self::Percent => "package.percent",
            Self::Sharing(error) => error.code(),
            Self::Busy => "overloaded",
            Self::Stopped => "not_ready",
            Self::Imported { source, .. } | Self::Kept { source, .. } => source.code(),
            Self::ComponentFile { source, .. } => source.code(),
            Self::Upload { .. } => STORE,
            Self::Artifacts(error) if error.is_of_the_disk() => STORE,
            Self::Catalogue(error) if error.is_of_the_disk() => STORE,
            Self::Backup(BackupError::Catalogue(error)) if error.is_of_the_disk() => STORE,
            Self::Backup(BackupError::Artifact(error)) if error.is_of_the_disk() => STORE,
            Self::Artifacts(
                ArtifactError::Damaged { .. }
                | ArtifactError::Changed { .. }
                | ArtifactError::Missing { .. },
            ) => "package.damaged",
            Self::Artifacts(_)
            | Self::Catalogue(_)
            | Self::Backup(_)
            | Self::Folder(_)
            | Self::Base(_)
            | Self::Locator(_)
            | Self::RulesEngine(_)
            | Self::CodeCache(_)
            | Self::Watch { .. }
            | Self::TemporaryFolder(_)
            | Self::Thread(_)
            | Self::Panicked => INTERNAL,
        }
    }
}

fn page_code(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::Empty => "page.empty",
        DecodeError::TooManyBytes { .. } | DecodeError::TooLarge { .. } => "page.too_large",
        DecodeError::UnknownFormat => "page.not_an_image",
        DecodeError::UnsupportedFormat { .. } | DecodeError::UnsupportedVariety { .. } => {
            "page.unsupported"
        }
        DecodeError::MoreThanOneImage { .. } => "page.more_than_one_image",
        DecodeError::TooLong { .. } => "page.too_long",
        DecodeError::Truncated { .. } => "page.truncated",
        // Its own crate may learn of further defects.
        _ => "page.corrupt",
    }
}

fn inference_code(error: &InferenceError) -> &'static str {
    match error {
        InferenceError::Overloaded => "overloaded",
        InferenceError::Stopped => "not_ready",
        InferenceError::TooLarge { .. } => "document.too_large",
        InferenceError::Backend(BackendError::TooManyLoads) => "adapter.overloaded",
        InferenceError::Backend(BackendError::AdapterLost { .. }) => "adapter.unavailable",
        InferenceError::Backend(BackendError::OutOfMemory(_)) => "model.out_of_memory",
        _ => "model.failed",
    }
}
