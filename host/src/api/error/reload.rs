//! What a publisher is told: the stable code of the failure, and its own sentence, for it holds
//! nothing of any document.

use axum::http::StatusCode;

use super::{INTERNAL, Problem};
use crate::reload::{FixtureError, ProbeError, ReloadError};

pub(super) fn reload_problem(error: &ReloadError) -> Problem {
    use ReloadError as E;
    use StatusCode as S;
    let of = |status, title| Problem::new(status, error.code(), title, error);
    match error {
        E::Package(_) => of(S::BAD_REQUEST, "The body is no package"),
        E::RulesManifest(_) | E::AdapterManifest(_) => {
            of(S::UNPROCESSABLE_ENTITY, "The manifest makes no sense")
        }
        E::ManifestMismatch { .. } => {
            of(S::UNPROCESSABLE_ENTITY, "The component describes itself otherwise")
        }
        E::Signing(dossier_store::SigningError::Unsigned) => {
            of(S::FORBIDDEN, "The package is not signed")
        }
        E::Signing(_) => of(S::FORBIDDEN, "The signature is not of this package"),
        E::Untrusted { .. } => of(S::FORBIDDEN, "The key of the signature is not trusted for this"),
        E::Forbidden { .. } => of(S::FORBIDDEN, "The token does not reach this"),
        E::Probe(ProbeError::Start(_)) => Problem::internal("internal", INTERNAL, error),
        E::Probe(_) | E::Plugin(_) => refused_component(error),
        E::NoFixture { .. } => of(S::UNPROCESSABLE_ENTITY, "A document type has no fixture"),
        E::Fixture { source: FixtureError::Malformed(_), .. } => {
            of(S::UNPROCESSABLE_ENTITY, "A fixture is malformed")
        }
        E::Fixture { source: FixtureError::Rules(_), .. } => refused_component(error),
        E::Fixture { .. } => of(S::UNPROCESSABLE_ENTITY, "A fixture is not reported as expected"),
        E::Adapter(_) => of(S::UNPROCESSABLE_ENTITY, "The adapter does not fit the base"),
        E::WrongBase { .. } => of(S::UNPROCESSABLE_ENTITY, "The adapter stands on another base"),
        E::BlankPage(_) => of(S::UNPROCESSABLE_ENTITY, "The model does not read with the adapter"),
        E::UnknownName { .. } => of(S::NOT_FOUND, "Nothing of this name was published"),
        E::UnknownPackage { .. } => of(S::NOT_FOUND, "No such package was published"),
        E::NotActive { .. } => of(S::CONFLICT, "There is no active version"),
        E::RulesNotActive { .. } => {
            of(S::CONFLICT, "The rules of the document type are not active")
        }
        E::RulesLackDocumentType { .. } => {
            of(S::CONFLICT, "The rules have none for a document type they would serve")
        }
        E::RulesRefuse { .. } => of(S::CONFLICT, "The rules refuse a whole document"),
        E::UnsupportedField { .. } => {
            of(S::CONFLICT, "The rules ask for a field that the base can't read")
        }
        E::CandidateExists { .. } => of(S::CONFLICT, "Another version is tried already"),
        E::NoCandidate { .. } => of(S::CONFLICT, "No version is tried"),
        E::NoPrevious { .. } => of(S::CONFLICT, "There is no version to go back to"),
        E::Percent => of(S::UNPROCESSABLE_ENTITY, "The percentage makes no sense"),
        E::NotReady(_) | E::Busy => of(S::TOO_MANY_REQUESTS, "Too many requests in work"),
        E::Stopped => of(S::SERVICE_UNAVAILABLE, "Not ready"),
        E::Artifacts(_) | E::Catalogue(_) | E::Panicked => {
            Problem::internal("internal", INTERNAL, error)
        }
    }
}

/// Codes of the runtime mean the same here as when rules fail at a document, but for the status:
/// here it is the package that is refused.
fn refused_component(error: &ReloadError) -> Problem {
    let title = "The component is refused";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), title, error)
}
