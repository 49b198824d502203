//! Every refusal that the listener for documents has, for whoever describes it or writes a page of them. A test compares this with
//! what [`ApiError`](super::ApiError) makes of each error, both ways.

/// What a refusal is about: routes have some of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
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
pub(crate) struct Known {
    /// Its stable code.
    pub(crate) code: &'static str,
    /// Its status.
    pub(crate) status: u16,
    /// What happened, and what to do where that is not plain.
    pub(crate) meaning: &'static str,
    /// What it is about.
    pub(crate) about: About,
}

/// Code, status, meaning.
type Row = (&'static str, u16, &'static str);

/// All of them.
pub(crate) fn known() -> impl Iterator<Item = Known> {
    let of = |about: About, codes: &'static [Row]| {
        codes.iter().map(move |(code, status, meaning)| Known {
            code,
            status: *status,
            meaning,
            about,
        })
    };
    of(About::Request, REQUEST)
        .chain(of(About::Caller, CALLER))
        .chain(of(
            About::Reach,
            &[(
                "auth.document_type",
                403,
                "The token does not reach the document type, whether there is one or not.",
            )],
        ))
        .chain(of(About::Document, DOCUMENT))
        .chain(of(About::DocumentType, DOCUMENT_TYPE))
        .chain(of(About::Look, LOOK))
        .chain(of(
            About::Generation,
            &[(
                "generation.changed",
                412,
                "Something else would serve than what the request names. Nothing was read.",
            )],
        ))
        .chain(of(About::Form, FORM))
        .chain(of(About::Json, JSON))
        .chain(of(About::Fields, &[("form.field_name", 400, "A text is no name of a field.")]))
        .chain(of(About::Page, PAGE))
        .chain(of(About::Base64, &[("page.base64", 400, "A page is no base64.")]))
        .chain(of(About::Tensors, TENSORS))
        .chain(of(About::Jobs, JOBS))
        .chain(of(About::JobAsked, JOB_ASKED))
        .chain(of(
            About::Readiness,
            &[("not_ready", 503, "The host drains, or its GPU is lost. Ask another host.")],
        ))
}

const LOOK: &[Row] = &[(
    "document_type.missing",
    400,
    "No type is named, and the host's base can't tell types apart. Name it.",
)];

const REQUEST: &[Row] = &[
    (
        "request.malformed",
        400,
        "The head is no HTTP/1.1 request, or two readers may read it in two ways. The connection ends.",
    ),
    ("request.timeout", 408, "The head did not arrive in time."),
    ("request.head_too_large", 431, "The head is longer than 32 KiB, or has more than 64 fields."),
    ("route.unknown", 404, "There is no such path."),
    ("route.method", 405, "The path does not have this method."),
    ("connection.no_room", 503, "All connections are in work. Come back when `Retry-After` says."),
    (
        "internal",
        500,
        "Something failed inside. Ask again; the operator finds the cause at the request id.",
    ),
];

const CALLER: &[Row] = &[
    ("auth.missing", 401, "The request bears no token."),
    ("auth.invalid", 401, "The token is not known, not meant for this host, or no `Bearer` token."),
    ("auth.expired", 401, "The token's time is over. Get a new one."),
    (
        "auth.unavailable",
        503,
        "The keys of the identity provider could not be had for too long. Ask again.",
    ),
    (
        "tenant.rate",
        429,
        "The tenant has sent as many requests as it may in a minute. Come back when `Retry-After` says.",
    ),
];

const DOCUMENT: &[Row] = &[
    (
        "tenant.busy",
        429,
        "The tenant has as many documents in work as it may. Come back when `Retry-After` says.",
    ),
    (
        "deadline.header",
        400,
        "`x-request-timeout-ms` stands twice, or is no whole number of 1 at least.",
    ),
    ("body.content_encoding", 415, "The body is compressed. Send it as it is."),
    ("body.too_large", 413, "The body is longer than `max_body_bytes`."),
    (
        "body.timeout",
        408,
        "The body did not arrive in time, or came under 4 KiB a second for a while.",
    ),
    ("body.broken", 400, "The body broke off."),
    (
        "header.malformed",
        400,
        "A header that must not be passed over can't be read, or stands twice.",
    ),
    (
        "document_type.contradiction",
        400,
        "A header that routers go by names another document type than the path or the body.",
    ),
    (
        "idempotency.other_request",
        422,
        "The idempotency key was sent with another request. Take a new one.",
    ),
    (
        "idempotency.in_work",
        409,
        "The request of this idempotency key is in work. Ask again for its answer.",
    ),
    ("idempotency.not_kept", 400, "This host keeps no answers. Leave the idempotency key out."),
    ("overloaded", 429, "Too many requests are in work. Come back when `Retry-After` says."),
    (
        "audit.unavailable",
        503,
        "The host can't write down that the document was read, so it answers nothing. Ask again.",
    ),
    ("deadline", 504, "No answer was ready in time. Nothing more is done for the document."),
    ("page.missing", 400, "There is no page."),
    ("page.empty", 400, "A page has no bytes."),
    ("page.truncated", 400, "A page is cut short. Send the whole file."),
    ("page.corrupt", 400, "A page is damaged."),
    (
        "page.more_than_one_image",
        400,
        "A file holds more than one image where it may hold one, such as an animation.",
    ),
    ("page.not_an_image", 415, "A page is no image that is known."),
    (
        "page.unsupported",
        415,
        "A page is of a format, or a variety of one, that is not read; both are named. Send JPEG, PNG, WebP, TIFF, or a PDF of scans.",
    ),
    (
        "page.too_large",
        413,
        "A page has too many bytes or pixels by its header. Nothing of it was decoded.",
    ),
    ("page.too_long", 422, "A page's longer side is more than 16 times its shorter."),
    (
        "page.no_document",
        422,
        "A picture shows no document. Take it again, with the whole document in it.",
    ),
    ("document.too_large", 413, "All pages together have too many pixels."),
    ("document.too_many_pages", 422, "The document type has fewer pages."),
    (
        "document.refused",
        422,
        "The rules refuse the document before it is read; `rules_code` says why.",
    ),
    ("field.unknown", 422, "The document type does not have the field."),
    ("field.repeated", 422, "A field is asked for twice."),
    ("plugin.refused", 422, "The rules refuse to judge what was read; `rules_code` says why."),
    ("plugin.trap", 502, "The rules broke off. Their makers have to mend them."),
    ("plugin.memory_limit", 502, "The rules needed more memory than they may have."),
    ("plugin.invalid_result", 502, "The rules' report is not as the contract has it."),
    ("plugin.timeout", 504, "The rules took too long."),
    (
        "plugin.pool_full",
        429,
        "Too many calls of rules are in work. Come back when `Retry-After` says.",
    ),
    ("adapter.overloaded", 503, "Too many documents wait for adapters. Ask again."),
    (
        "adapter.unavailable",
        503,
        "The files of the adapter are gone or changed. The operator has to see to it.",
    ),
    ("model.out_of_memory", 503, "The GPU has no memory left for the document. Ask again."),
    ("model.failed", 500, "The model failed at the document. Ask again."),
];

const DOCUMENT_TYPE: &[Row] = &[
    (
        "document_type.unknown",
        404,
        "There is no such type; or none is named, and the document looks like none that is served, or like several: `candidates` tells which.",
    ),
    (
        "document_type.quarantined",
        503,
        "The packages of the document type can't be made ready. Its publisher is told why.",
    ),
];

const FORM: &[Row] = &[
    ("body.content_type", 415, "The body is neither a form nor JSON by its content type."),
    ("form.malformed", 400, "The form does not follow its own content type."),
    ("form.too_many_parts", 400, "The form has more than 256 parts."),
    ("form.unknown_part", 400, "The form has a part that nothing here reads; it is named."),
    ("form.repeated_part", 400, "A part stands twice that may stand once."),
    ("form.not_text", 400, "A part that must be a short text is none."),
];

const JSON: &[Row] = &[
    ("json.malformed", 400, "The body is no JSON."),
    ("json.unknown_key", 400, "The body has an unknown key; it is named."),
    ("json.missing_key", 400, "The body lacks a key; it is named."),
    ("json.value", 400, "A value is not as documented."),
];

const PAGE: &[Row] = &[
    (
        "body.not_an_image_type",
        415,
        "The body is to be a page, and its content type is none of images.",
    ),
    ("query.malformed", 400, "The query has something else than it may."),
];

const JOBS: &[Row] = &[
    ("job.not_kept", 404, "This host keeps no jobs."),
    ("job.unknown", 404, "There is no such job, or not any more."),
    (
        "job.unavailable",
        503,
        "Jobs can't be reached or written now. Nothing was taken or changed. Ask again.",
    ),
    (
        "job.given_up",
        500,
        "In a job's result: the document was begun as often as it may be, and nobody could read it to its end.",
    ),
    ("job.webhook", 409, "The job has no webhook, or is not done with."),
];

const JOB_ASKED: &[Row] = &[
    ("body.not_json", 415, "The body is no JSON by its content type."),
    ("job.documents", 422, "The job has no document, or more than it may."),
    ("job.value", 400, "A value of the job is out of its bounds; its key is named."),
    (
        "job.too_many",
        429,
        "The tenant has as many documents waiting as it may. Come back when `Retry-After` says.",
    ),
    (
        "job.no_room",
        429,
        "The tenant has as many bytes kept as it may. Erase jobs, or come back when `Retry-After` says.",
    ),
];

const TENSORS: &[Row] = &[
    ("body.not_tensors", 415, "The body is neither JSON nor JSON with tensors behind it."),
    ("tensor.unknown", 400, "There is no such input, output or parameter; it is named."),
    ("tensor.malformed", 400, "An input is not as the protocol has it; it is named."),
    ("tensor.model", 400, "The body names another model than the path."),
];
