//! The stable code of each error, in one place: answers, the history and the log tell it.

use dossier_image_decode::DecodeError;
use dossier_inference::{BackendError, InferenceError};
use dossier_store::SigningError;

use super::EngineError;
use crate::fixture::FixtureError;

/// The code of what happened inside, which only the log tells.
const INTERNAL: &str = "internal";

impl EngineError {
    /// The class as a stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownDocumentType => "document_type.unknown",
            Self::NoPages => "page.missing",
            Self::TooManyPages { .. } => "document.too_many_pages",
            Self::UnknownField(_) => "field.unknown",
            Self::RepeatedField(_) => "field.repeated",
            Self::Page { source, .. } => page_code(source),
            Self::DocumentTooLarge { .. } => "document.too_large",
            Self::Refused { .. } => "document.refused",
            Self::Rules { source, .. } => source.code(),
            Self::Inference(error) => inference_code(error),
            Self::Overloaded => "overloaded",
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
            Self::Unseen { .. } => "generation.unseen",
            Self::SettingsTooLong(_) => "settings.too_long",
            Self::Percent => "plugin.percent",
            Self::Busy => "overloaded",
            Self::Stopped => "not_ready",
            Self::Imported { source, .. } | Self::Kept { source, .. } => source.code(),
            Self::ComponentFile { source, .. } => source.code(),
            Self::Artifacts(_)
            | Self::Catalogue(_)
            | Self::Folder(_)
            | Self::Base(_)
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
