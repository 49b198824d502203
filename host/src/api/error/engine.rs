//! What a client or a publisher is told of each error of the engine: its status and a title. The
//! engine owns the codes, and the sentences.

use axum::http::StatusCode;
use dossier_engine::fixture::FixtureError;
use dossier_engine::{EngineError, ProbeError, SharingError};
use dossier_image_decode::DecodeError;
use dossier_inference::{BackendError, InferenceError};
use dossier_plugin::PluginError;
use dossier_store::SigningError;

use super::{INTERNAL, Problem};

/// Whether it was named, or was to be found out.
const UNKNOWN_TYPE: &str = "The document type is not known here";

/// The one match over everything that the engine can refuse or fail at.
pub(crate) fn engine_problem(error: &EngineError) -> Problem {
    use EngineError as E;
    use StatusCode as S;
    let of = |status, title| Problem::new(status, error.code(), title, error);
    let internal = || Problem::internal(error.code(), INTERNAL, error);
    match error {
        E::UnknownDocumentType => of(S::NOT_FOUND, UNKNOWN_TYPE),
        E::Unrecognised { candidates } => Problem {
            candidates: candidates.clone(),
            ..of(S::NOT_FOUND, UNKNOWN_TYPE)
        },
        E::TypeNotNamed => of(S::BAD_REQUEST, "The document type is missing"),
        E::Quarantined { .. } => of(S::SERVICE_UNAVAILABLE, "The document type can't be served"),
        E::Changed { .. } => of(S::PRECONDITION_FAILED, "What serves has changed"),
        E::AdapterInUse { .. } => of(S::CONFLICT, "The adapter is in use"),
        E::NoPages => of(S::BAD_REQUEST, "The document has no page"),
        E::TooManyPages { .. } => of(S::UNPROCESSABLE_ENTITY, "The document has too many pages"),
        E::UnknownField(_) => of(S::UNPROCESSABLE_ENTITY, "The document type has no such field"),
        E::RepeatedField(_) => of(S::UNPROCESSABLE_ENTITY, "A field is requested twice"),
        E::Page { source, .. } => {
            let (status, title) = of_page(source);
            of(status, title)
        }
        E::NoDocument { picture } => Problem {
            detail: format!(
                "Picture {} shows no document: take it again, with the whole document in it.",
                picture + 1
            ),
            ..of(S::UNPROCESSABLE_ENTITY, "A picture shows no document")
        },
        E::DocumentTooLarge { .. } => of(S::PAYLOAD_TOO_LARGE, "The pages are too large"),
        E::Refused { rules, code, message } => Problem {
            detail: message.clone(),
            plugin: Some(rules.clone()),
            rules_code: Some(code.clone()),
            ..of(S::UNPROCESSABLE_ENTITY, "The rules refuse the document")
        },
        E::Rules { rules, source } => rules_problem(rules, source),
        E::Inference(source) => inference_problem(error, source),
        E::Overloaded | E::Busy => of(S::TOO_MANY_REQUESTS, "Too many requests in work"),
        E::TenantBusy { .. } => of(S::TOO_MANY_REQUESTS, "The tenant has too much in work"),
        E::Package(_) => of(S::BAD_REQUEST, "The body is no package"),
        E::RulesManifest(_) | E::AdapterManifest(_) => {
            of(S::UNPROCESSABLE_ENTITY, "The manifest makes no sense")
        }
        E::ManifestMismatch { .. } => {
            of(S::UNPROCESSABLE_ENTITY, "The component describes itself otherwise")
        }
        E::Signing(SigningError::Unsigned) => of(S::FORBIDDEN, "The package is not signed"),
        E::Signing(_) => of(S::FORBIDDEN, "The signature is not of this package"),
        E::Untrusted { .. } => of(S::FORBIDDEN, "The key of the signature is not trusted for this"),
        E::Forbidden { .. } => of(S::FORBIDDEN, "The token does not reach this"),
        E::Probe(ProbeError::Start(_)) => internal(),
        // Codes of the runtime mean the same here as when rules fail at a document, but for the
        // status: here it is the package that is refused.
        E::Probe(ProbeError::Adapter(_)) => {
            of(S::UNPROCESSABLE_ENTITY, "The adapter does not fit the base")
        }
        E::Probe(_)
        | E::Component(_)
        | E::Fixture { source: FixtureError::Rules(_), .. }
        | E::ComponentFile { .. } => of(S::UNPROCESSABLE_ENTITY, "The component is refused"),
        E::NoFixture { .. } => of(S::UNPROCESSABLE_ENTITY, "A document type has no fixture"),
        E::Fixture { source: FixtureError::Malformed(_), .. } => {
            of(S::UNPROCESSABLE_ENTITY, "A fixture is malformed")
        }
        E::Fixture { .. } => of(S::UNPROCESSABLE_ENTITY, "A fixture is not reported as expected"),
        E::Adapter(_) => of(S::UNPROCESSABLE_ENTITY, "The adapter does not fit the base"),
        E::WrongBase { .. } => of(S::UNPROCESSABLE_ENTITY, "The adapter stands on another base"),
        E::BlankPage(_) => of(S::UNPROCESSABLE_ENTITY, "The model does not read with the adapter"),
        E::InPackage { source, .. } => {
            let problem = engine_problem(source);
            match problem.cause {
                Some(_) => problem,
                None => Problem { detail: error.for_publisher(), ..problem },
            }
        }
        E::Kept { .. } if error.code() != "internal" => {
            of(S::SERVICE_UNAVAILABLE, "A package that hosts share can't be had or made ready")
        }
        E::Kept { .. } => internal(),
        E::Revoked { .. } => of(S::FORBIDDEN, "The package is revoked"),
        E::NotNewer { .. } => of(S::CONFLICT, "The name had a later version already"),
        E::PublishTimeout { .. } => of(S::UNPROCESSABLE_ENTITY, "The package takes too long"),
        E::NotAsked => of(S::SERVICE_UNAVAILABLE, "The rules were not asked in time"),
        E::Quota { .. } | E::TooManyPackages { .. } => {
            of(S::INSUFFICIENT_STORAGE, "The publisher has no space left")
        }
        E::TooMuchOfOne { .. } => of(S::TOO_MANY_REQUESTS, "The publisher asks for too much"),
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
        E::RulesUnlikeManifest { .. } => {
            of(S::CONFLICT, "The rules don't ask for what the manifest says")
        }
        E::CandidateExists { .. } => of(S::CONFLICT, "Another version is tried already"),
        E::NoCandidate { .. } => of(S::CONFLICT, "No version is tried"),
        E::NoPrevious { .. } => of(S::CONFLICT, "There is no version to go back to"),
        E::Unseen { .. } => of(S::CONFLICT, "It was changed meanwhile"),
        E::SettingsTooLong(_) => of(S::PAYLOAD_TOO_LARGE, "The settings are too long"),
        E::Percent => of(S::UNPROCESSABLE_ENTITY, "The percentage makes no sense"),
        E::Sharing(SharingError::Overtaken) => of(S::CONFLICT, "Other hosts were faster"),
        E::Sharing(_) => of(S::SERVICE_UNAVAILABLE, "What hosts share can't be had or changed"),
        E::Stopped => of(S::SERVICE_UNAVAILABLE, "Not ready"),
        E::Upload { .. } => store_problem(error),
        E::Artifacts(source) if source.is_of_the_disk() => store_problem(error),
        E::Catalogue(source) if source.is_of_the_disk() => store_problem(error),
        E::Backup(_) if error.code() == "store.unavailable" => store_problem(error),
        E::Artifacts(_)
        | E::Catalogue(_)
        | E::Backup(_)
        | E::Panicked
        | E::Left
        // What only a start meets.
        | E::Folder(_)
        | E::Base(_)
        | E::Locator(_)
        | E::Imported { .. }
        | E::RulesEngine(_)
        | E::CodeCache(_)
        | E::Watch { .. }
        | E::TemporaryFolder(_)
        | E::Thread(_) => internal(),
    }
}

/// The disk refuses: nothing was changed, and nothing will be until it has space or is mended.
fn store_problem(error: &EngineError) -> Problem {
    let title = "The host can't keep changes";
    let problem = Problem::internal(error.code(), title, error);
    let detail =
        "the host's disk refuses: nothing was changed, and nothing is until it takes changes again";
    Problem { status: StatusCode::SERVICE_UNAVAILABLE, detail: detail.to_owned(), ..problem }
}

fn of_page(error: &DecodeError) -> (StatusCode, &'static str) {
    use StatusCode as S;
    let no_image = (S::UNSUPPORTED_MEDIA_TYPE, "The page is no image read here");
    match error {
        DecodeError::Empty => (S::BAD_REQUEST, "The page is empty"),
        DecodeError::TooManyBytes { .. } | DecodeError::TooLarge { .. } => {
            (S::PAYLOAD_TOO_LARGE, "The page is too large")
        }
        DecodeError::UnknownFormat
        | DecodeError::UnsupportedFormat { .. }
        | DecodeError::UnsupportedVariety { .. } => no_image,
        DecodeError::TooLong { .. } => {
            (S::UNPROCESSABLE_ENTITY, "The page is too long for its width")
        }
        DecodeError::MoreThanOneImage { .. } => {
            (S::BAD_REQUEST, "The file holds more than one page")
        }
        DecodeError::Truncated { .. } => (S::BAD_REQUEST, "The page is cut short"),
        // Its own crate may learn of further defects.
        _ => (S::BAD_REQUEST, "The page is damaged"),
    }
}

/// The runtime's own codes are passed on: country teams look for them.
fn rules_problem(rules: &str, error: &PluginError) -> Problem {
    use StatusCode as S;
    let (status, title) = match error {
        PluginError::Refused { .. } => {
            (S::UNPROCESSABLE_ENTITY, "The rules refuse to judge what was read")
        }
        PluginError::PoolFull { .. } => (S::TOO_MANY_REQUESTS, "Too many requests in work"),
        PluginError::Timeout { .. } => (S::GATEWAY_TIMEOUT, "The rules took too long"),
        _ => (S::BAD_GATEWAY, "The rules failed"),
    };
    let rules_code = match error {
        PluginError::Refused { code, .. } => Some(code.clone()),
        _ => None,
    };
    Problem {
        plugin: Some(rules.to_owned()),
        rules_code,
        // Of rules that have seen the document it holds their code, never their sentence.
        cause: Some(error.to_string()),
        ..Problem::new(status, error.code(), title, error)
    }
}

fn inference_problem(error: &EngineError, source: &InferenceError) -> Problem {
    use StatusCode as S;
    let of = |status, title| Problem::new(status, error.code(), title, source);
    match source {
        InferenceError::Overloaded => of(S::TOO_MANY_REQUESTS, "Too many requests in work"),
        InferenceError::Stopped => of(S::SERVICE_UNAVAILABLE, "Not ready"),
        InferenceError::TooLarge { .. } => {
            of(S::PAYLOAD_TOO_LARGE, "The document is too large for one batch")
        }
        InferenceError::Backend(BackendError::TooManyLoads) => {
            of(S::SERVICE_UNAVAILABLE, "Too many documents wait for adapters")
        }
        InferenceError::Backend(BackendError::AdapterLost { .. }) => {
            let title = "The adapter of the document type can't be loaded";
            let problem = Problem::internal(error.code(), title, source);
            Problem { status: S::SERVICE_UNAVAILABLE, ..problem }
        }
        InferenceError::Backend(BackendError::OutOfMemory(_)) => {
            let title = "The model has no memory left for the document";
            let problem = Problem::internal(error.code(), title, source);
            Problem { status: S::SERVICE_UNAVAILABLE, ..problem }
        }
        _ => Problem::internal(error.code(), "The model failed", source),
    }
}
