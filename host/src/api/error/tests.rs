//! Every error has a status, a code and a sentence, and no secret.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dossier_document::FieldText;
use dossier_image_decode::{DecodeError, PageFormat};
use dossier_inference::{BackendError, InferenceError};
use dossier_jobs::{JobsError, StoreError};
use dossier_plugin::{Hook, PluginError};
use dossier_store::{PackageError, SigningError};

use super::*;

fn page(source: DecodeError) -> ApiError {
    EngineError::Page { page: 0, source }.into()
}

fn rules(source: PluginError) -> ApiError {
    EngineError::Rules { rules: "utopia".to_owned(), source: Box::new(source) }.into()
}

fn kept(error: StoreError) -> ApiError {
    JobError::from(JobsError::from(error)).into()
}

fn inference(error: InferenceError) -> ApiError {
    EngineError::Inference(error).into()
}

/// One of each kind that a client can meet, with the status and the code it must have.
fn table() -> Vec<(ApiError, u16, &'static str)> {
    let plugin = || "utopia".to_owned();
    let (hook, limit) = (Hook::After, Duration::from_secs(1));
    let lost = BackendError::AdapterLost {
        adapter: dossier_document::Digest::from_sha256([0; 32]),
        source: std::io::Error::other("gone").into(),
    };
    let compute = std::io::Error::other("shape mismatch");
    let memory = std::io::Error::other("out of memory");
    let field = || "surname".parse().expect("a name");
    let document_type = "utopia/passport/2024".parse().expect("an identifier");
    let quarantined = EngineError::Quarantined { document_type, cause: "plugin.trap" };
    let refused = EngineError::Refused {
        rules: plugin(),
        code: "pages.too_few".to_owned(),
        message: "a card has two sides".to_owned(),
    };
    vec![
        (ApiError::Head(HeadError::Malformed), 400, "request.malformed"),
        (ApiError::Head(HeadError::TooLong), 431, "request.head_too_large"),
        (ApiError::Head(HeadError::Timeout), 408, "request.timeout"),
        (ApiError::NoRoom, 503, "connection.no_room"),
        (ApiError::UnknownRoute, 404, "route.unknown"),
        (ApiError::MethodNotAllowed, 405, "route.method"),
        (FormError::ContentType.into(), 415, "body.content_type"),
        (FormError::Malformed.into(), 400, "form.malformed"),
        (FormError::UnknownPart { name: "x".to_owned() }.into(), 400, "form.unknown_part"),
        (EngineError::TooManyPages { pages: 9, limit: 8 }.into(), 422, "document.too_many_pages"),
        (FormError::TooManyParts.into(), 400, "form.too_many_parts"),
        (FormError::RepeatedPart { name: "fields" }.into(), 400, "form.repeated_part"),
        (FormError::NotText { name: "fields" }.into(), 400, "form.not_text"),
        (FormError::NotAFieldName { text: "X".to_owned() }.into(), 400, "form.field_name"),
        (JsonError::Malformed { line: 1, column: 1 }.into(), 400, "json.malformed"),
        (JsonError::UnknownKey { name: "x".to_owned() }.into(), 400, "json.unknown_key"),
        (JsonError::MissingKey { name: "x".to_owned() }.into(), 400, "json.missing_key"),
        (JsonError::Value { line: 1, column: 1 }.into(), 400, "json.value"),
        (JsonError::Base64 { page: 1 }.into(), 400, "page.base64"),
        (ApiError::NotAnImageType, 415, "body.not_an_image_type"),
        (ApiError::Parameters { known: "`fields`" }, 400, "query.malformed"),
        (ApiError::Header { name: "if-base", wanted: "a digest" }, 400, "header.malformed"),
        (
            ApiError::Contradiction { header: "x-dossier-document-type", other: "the path" },
            400,
            "document_type.contradiction",
        ),
        (ApiError::NotTensors, 415, "body.not_tensors"),
        (JobError::NotKept.into(), 404, "job.not_kept"),
        (JobError::Unknown.into(), 404, "job.unknown"),
        (JobError::NotJson.into(), 415, "body.not_json"),
        (JobError::Documents { limit: 4 }.into(), 422, "job.documents"),
        (JobError::Value { key: "subject", wanted: "short" }.into(), 400, "job.value"),
        (JobError::Webhook.into(), 409, "job.webhook"),
        (JobError::GivenUp.into(), 500, "job.given_up"),
        (kept(StoreError::TooMany { limit: 1 }), 429, "job.too_many"),
        (kept(StoreError::NoRoom { limit: 1 }), 429, "job.no_room"),
        (kept(StoreError::OtherRequest), 422, "idempotency.other_request"),
        (
            kept(StoreError::Unavailable { source: std::io::Error::other("full").into() }),
            503,
            "job.unavailable",
        ),
        (kept(StoreError::Inconsistent { what: "a record" }), 500, "internal"),
        (
            TensorError::Unknown { what: "input", name: "x".to_owned() }.into(),
            400,
            "tensor.unknown",
        ),
        (TensorError::Length.into(), 400, "tensor.malformed"),
        (TensorError::Model.into(), 400, "tensor.model"),
        (ApiError::OtherRequest, 422, "idempotency.other_request"),
        (ApiError::InWork, 409, "idempotency.in_work"),
        (ApiError::NotKept, 400, "idempotency.not_kept"),
        (EngineError::Changed { what: "adapter" }.into(), 412, "generation.changed"),
        (quarantined.into(), 503, "document_type.quarantined"),
        (EngineError::UnknownField(field()).into(), 422, "field.unknown"),
        (EngineError::RepeatedField(field()).into(), 422, "field.repeated"),
        (EngineError::DocumentTooLarge { page: 0, limit: 1 }.into(), 413, "document.too_large"),
        (refused.into(), 422, "document.refused"),
        (
            page(DecodeError::MoreThanOneImage { format: PageFormat::Tiff }),
            400,
            "page.more_than_one_image",
        ),
        (
            rules(PluginError::Refused {
                plugin: plugin(),
                code: "mrz.missing".to_owned(),
                message: FieldText::new("no MRZ"),
            }),
            422,
            "plugin.refused",
        ),
        (
            rules(PluginError::InvalidResult {
                plugin: plugin(),
                hook,
                what: dossier_plugin::InvalidResult::Malformed,
            }),
            502,
            "plugin.invalid_result",
        ),
        (ApiError::BodyTooLarge { limit: 1 }, 413, "body.too_large"),
        (ApiError::BodyTimeout, 408, "body.timeout"),
        (ApiError::BodyBroken, 400, "body.broken"),
        (EngineError::Overloaded.into(), 429, "overloaded"),
        (EngineError::TenantBusy { limit: 4 }.into(), 429, "tenant.busy"),
        (EngineError::Left.into(), 500, "internal"),
        (AuthError::Missing.into(), 401, "auth.missing"),
        (AuthError::Invalid.into(), 401, "auth.invalid"),
        (AuthError::Expired.into(), 401, "auth.expired"),
        (AuthError::Unavailable.into(), 503, "auth.unavailable"),
        (AuthError::DocumentType.into(), 403, "auth.document_type"),
        (AuthError::Rate { after: limit }.into(), 429, "tenant.rate"),
        (ApiError::Timeout, 400, "deadline.header"),
        (ApiError::DeadlineExceeded, 504, "deadline"),
        (ApiError::NotReady, 503, "not_ready"),
        (ApiError::Audit(Unwritten), 503, "audit.unavailable"),
        (ApiError::Panicked, 500, "internal"),
        (EngineError::UnknownDocumentType.into(), 404, "document_type.unknown"),
        (EngineError::Unrecognised { candidates: Vec::new() }.into(), 404, "document_type.unknown"),
        (EngineError::TypeNotNamed.into(), 400, "document_type.missing"),
        (EngineError::NoPages.into(), 400, "page.missing"),
        (page(DecodeError::Empty), 400, "page.empty"),
        (page(DecodeError::UnknownFormat), 415, "page.not_an_image"),
        (page(DecodeError::UnsupportedFormat { format: "HEIF" }), 415, "page.unsupported"),
        (page(DecodeError::TooManyBytes { bytes: 2, max_bytes: 1 }), 413, "page.too_large"),
        (page(DecodeError::Truncated { format: PageFormat::Png }), 400, "page.truncated"),
        (page(DecodeError::Corrupt { format: PageFormat::Png }), 400, "page.corrupt"),
        (page(DecodeError::TooLong { width: 1, height: 17, allowed: 16 }), 422, "page.too_long"),
        (EngineError::NoDocument { picture: 0 }.into(), 422, "page.no_document"),
        (FormError::ContentEncoding.into(), 415, "body.content_encoding"),
        (
            rules(PluginError::Trap { plugin: plugin(), hook, trap: "unreachable", said: None }),
            502,
            "plugin.trap",
        ),
        (rules(PluginError::Timeout { plugin: plugin(), hook, limit }), 504, "plugin.timeout"),
        (
            rules(PluginError::MemoryLimit { plugin: plugin(), hook, limit_bytes: 1 }),
            502,
            "plugin.memory_limit",
        ),
        (rules(PluginError::PoolFull { plugin: plugin(), waited: limit }), 429, "plugin.pool_full"),
        (inference(InferenceError::Overloaded), 429, "overloaded"),
        (inference(InferenceError::Stopped), 503, "not_ready"),
        (inference(BackendError::TooManyLoads.into()), 503, "adapter.overloaded"),
        (inference(lost.into()), 503, "adapter.unavailable"),
        (inference(BackendError::Compute(compute.into()).into()), 500, "model.failed"),
        (inference(BackendError::OutOfMemory(memory.into()).into()), 503, "model.out_of_memory"),
        (ApiError::Unauthenticated, 401, "admin.unauthenticated"),
        (ApiError::Json { detail: "line 1".to_owned() }, 400, "admin.body"),
        (ApiError::Name, 400, "admin.name"),
        (ApiError::Query { detail: "limit".to_owned() }, 400, "admin.query"),
        (EngineError::Package(PackageError::NoKind).into(), 400, "package.malformed"),
        (EngineError::ManifestMismatch { key: "name" }.into(), 422, "package.manifest_mismatch"),
        (EngineError::Signing(SigningError::Unsigned).into(), 403, "package.unsigned"),
        (EngineError::Signing(SigningError::Wrong).into(), 403, "package.signature"),
        (EngineError::Forbidden { name: plugin() }.into(), 403, "admin.forbidden"),
        (EngineError::UnknownName { name: plugin() }.into(), 404, "package.unknown_name"),
        (EngineError::NotActive { name: plugin() }.into(), 409, "package.not_active"),
        (EngineError::NoCandidate { name: plugin() }.into(), 409, "package.no_candidate"),
        (EngineError::NoPrevious { name: plugin() }.into(), 409, "package.no_previous"),
        (EngineError::Percent.into(), 422, "package.percent"),
        (EngineError::Busy.into(), 429, "overloaded"),
        (
            EngineError::TooManyPackages { publisher: plugin(), most: 1 }.into(),
            507,
            "publisher.quota",
        ),
        (EngineError::Stopped.into(), 503, "not_ready"),
    ]
}

#[test]
fn a_component_that_is_refused_is_the_publishers_mistake_not_the_hosts() {
    let trap = || PluginError::Trap {
        plugin: "utopia".to_owned(),
        hook: Hook::Describe,
        trap: "unreachable",
        said: None,
    };
    let problem = ApiError::from(EngineError::Component(trap())).problem();
    assert_eq!((problem.status.as_u16(), problem.code), (422, "plugin.trap"));
    let fixture = EngineError::Fixture { fixture: "a".to_owned(), source: trap().into() };
    let problem = ApiError::from(fixture).problem();
    assert_eq!((problem.status.as_u16(), problem.code), (422, "plugin.trap"));
    assert!(problem.detail.contains("fixtures/a.json"), "{}", problem.detail);
}

#[test]
fn every_error_has_its_status_and_code() {
    for (error, status, code) in table() {
        let problem = error.problem();
        assert_eq!((problem.status.as_u16(), problem.code), (status, code), "{error}");
        assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{error}");
    }
}

/// What only the admin API answers; codes of the store, and of a package's own making, are its publisher's.
const OF_ADMIN: [&str; 3] = ["admin.", "package.", "publisher."];

#[test]
fn the_catalogue_has_what_errors_make_and_nothing_else() {
    let made = table().into_iter().map(|(error, ..)| error.problem());
    let made = made.map(|problem| (problem.code, problem.status.as_u16()));
    let made = made
        .filter(|(code, _)| !OF_ADMIN.iter().any(|prefix| code.starts_with(prefix)))
        .collect::<BTreeSet<_>>();
    let known = known().map(|known| (known.code, known.status)).collect::<BTreeSet<_>>();
    assert_eq!(made, known);
}

#[test]
fn every_refusal_stands_in_the_page_for_clients() {
    let page = include_str!("../../../docs/client.md");
    for known in known() {
        let row = page.lines().find(|line| line.contains(&format!("`{}`", known.code)));
        let row = row.unwrap_or_else(|| panic!("{} is not told", known.code));
        assert!(row.contains(&known.status.to_string()), "{}: {row}", known.code);
    }
}

#[test]
fn one_code_has_one_status_and_one_title() {
    let mut seen = BTreeMap::new();
    for (error, _, _) in table() {
        let problem = error.problem();
        let meaning = (problem.status, problem.title);
        assert_eq!(*seen.entry(problem.code).or_insert(meaning), meaning, "{}", problem.code);
    }
}

#[test]
fn rules_at_fault_are_named() {
    let problem = rules(PluginError::Trap {
        plugin: "utopia".to_owned(),
        hook: Hook::Before,
        trap: "unreachable",
        said: None,
    })
    .problem();
    assert_eq!(problem.plugin.as_deref(), Some("utopia"));
}

#[test]
fn what_rules_say_after_they_saw_the_document_is_not_repeated() {
    let problem = rules(PluginError::Refused {
        plugin: "utopia".to_owned(),
        code: "mrz.missing".to_owned(),
        message: FieldText::new("ERIKSSON has no MRZ"),
    })
    .problem();
    assert_eq!(
        (problem.status.as_u16(), problem.rules_code.as_deref()),
        (422, Some("mrz.missing"))
    );
    assert!(!format!("{problem:?}").contains("ERIKSSON"));
}

#[test]
fn a_cause_inside_is_for_the_log_only() {
    let compute = BackendError::Compute(std::io::Error::other("shape mismatch").into());
    let problem = inference(compute.into()).problem();
    assert_eq!(problem.cause.as_deref(), Some("the model failed: shape mismatch"));
    let body = serde_json::to_string(&problem.body("1")).expect("serialisable");
    assert!(!body.contains("shape"), "{body}");
}

#[test]
fn a_problem_is_as_rfc_9457_writes_it() {
    let body =
        serde_json::to_value(ApiError::UnknownRoute.problem().body("42")).expect("serialisable");
    assert_eq!(
        body,
        serde_json::json!({
            "type": "urn:dossier:problem:route.unknown",
            "title": "No such route",
            "status": 404,
            "detail": "no such route",
            "code": "route.unknown",
            "request_id": "42",
        })
    );
}
