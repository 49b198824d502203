//! Every refusal that the listener for documents has, for whoever describes it. A test compares this with
//! what [`ApiError`](super::ApiError) makes of each error, both ways.

/// What a refusal is about: routes have some of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum About {
    /// Any request.
    Request,
    /// Who asks.
    Caller,
    /// Whether the caller reaches the document type.
    Reach,
    /// A body, and a document on its way to the model.
    Document,
    /// The document type that a path or a document names.
    DocumentType,
    /// What a document is whose type is not named.
    Look,
    /// What must serve it.
    Generation,
    /// A form.
    Form,
    /// A document as JSON.
    Json,
    /// Fields by name.
    Fields,
    /// A page as the body.
    Page,
    /// Pages in base64.
    Base64,
    /// Tensors.
    Tensors,
    /// Jobs.
    Jobs,
    /// What a job asks for.
    JobAsked,
    /// Whether requests are wanted.
    Readiness,
}

/// A refusal.
#[derive(Clone, Copy, Debug)]
pub(in crate::api) struct Known {
    /// Its stable code.
    pub(in crate::api) code: &'static str,
    /// Its status.
    pub(in crate::api) status: u16,
    /// What it is about.
    pub(in crate::api) about: About,
}

/// All of them.
pub(in crate::api) fn known() -> impl Iterator<Item = Known> {
    let of = |about: About, codes: &'static [(&'static str, u16)]| {
        codes.iter().map(move |(code, status)| Known { code, status: *status, about })
    };
    of(About::Request, REQUEST)
        .chain(of(About::Caller, CALLER))
        .chain(of(About::Reach, &[("auth.document_type", 403)]))
        .chain(of(About::Document, DOCUMENT))
        .chain(of(About::DocumentType, DOCUMENT_TYPE))
        .chain(of(About::Look, LOOK))
        .chain(of(About::Generation, &[("generation.changed", 412)]))
        .chain(of(About::Form, FORM))
        .chain(of(About::Json, JSON))
        .chain(of(About::Fields, &[("form.field_name", 400)]))
        .chain(of(About::Page, PAGE))
        .chain(of(About::Base64, &[("page.base64", 400)]))
        .chain(of(About::Tensors, TENSORS))
        .chain(of(About::Jobs, JOBS))
        .chain(of(About::JobAsked, JOB_ASKED))
        .chain(of(About::Readiness, &[("not_ready", 503)]))
}

const LOOK: &[(&str, u16)] = &[("document_type.missing", 400)];

const REQUEST: &[(&str, u16)] = &[
    ("request.malformed", 400),
    ("request.timeout", 408),
    ("request.head_too_large", 431),
    ("route.unknown", 404),
    ("route.method", 405),
    ("connection.no_room", 503),
    ("internal", 500),
];

const CALLER: &[(&str, u16)] = &[
    ("auth.missing", 401),
    ("auth.invalid", 401),
    ("auth.expired", 401),
    ("auth.unavailable", 503),
    ("tenant.rate", 429),
];

const DOCUMENT: &[(&str, u16)] = &[
    ("tenant.busy", 429),
    ("deadline.header", 400),
    ("body.content_encoding", 415),
    ("body.too_large", 413),
    ("body.timeout", 408),
    ("body.broken", 400),
    ("header.malformed", 400),
    ("document_type.contradiction", 400),
    ("idempotency.other_request", 422),
    ("idempotency.in_work", 409),
    ("idempotency.not_kept", 400),
    ("overloaded", 429),
    ("audit.unavailable", 503),
    ("deadline", 504),
    ("page.missing", 400),
    ("page.empty", 400),
    ("page.truncated", 400),
    ("page.corrupt", 400),
    ("page.more_than_one_image", 400),
    ("page.not_an_image", 415),
    ("page.unsupported", 415),
    ("page.too_large", 413),
    ("page.too_long", 422),
    ("document.too_large", 413),
    ("document.too_many_pages", 422),
    ("document.refused", 422),
    ("field.unknown", 422),
    ("field.repeated", 422),
    ("plugin.refused", 422),
    ("plugin.trap", 502),
    ("plugin.memory_limit", 502),
    ("plugin.invalid_result", 502),
    ("plugin.timeout", 504),
    ("plugin.pool_full", 429),
    ("adapter.overloaded", 503),
    ("adapter.unavailable", 503),
    ("model.out_of_memory", 503),
    ("model.failed", 500),
];

const DOCUMENT_TYPE: &[(&str, u16)] =
    &[("document_type.unknown", 404), ("document_type.quarantined", 503)];

const FORM: &[(&str, u16)] = &[
    ("body.content_type", 415),
    ("form.malformed", 400),
    ("form.too_many_parts", 400),
    ("form.unknown_part", 400),
    ("form.repeated_part", 400),
    ("form.not_text", 400),
];

const JSON: &[(&str, u16)] = &[
    ("json.malformed", 400),
    ("json.unknown_key", 400),
    ("json.missing_key", 400),
    ("json.value", 400),
];

const PAGE: &[(&str, u16)] = &[("body.not_an_image_type", 415), ("query.malformed", 400)];

const JOBS: &[(&str, u16)] = &[
    ("job.not_kept", 404),
    ("job.unknown", 404),
    ("job.unavailable", 503),
    ("job.given_up", 500),
    ("job.webhook", 409),
];

const JOB_ASKED: &[(&str, u16)] = &[
    ("body.not_json", 415),
    ("job.documents", 422),
    ("job.value", 400),
    ("job.too_many", 429),
    ("job.no_room", 429),
];

const TENSORS: &[(&str, u16)] = &[
    ("body.not_tensors", 415),
    ("tensor.unknown", 400),
    ("tensor.malformed", 400),
    ("tensor.model", 400),
];
