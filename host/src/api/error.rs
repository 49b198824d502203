//! Errors at the edge: one enum around everybody's, one match to what the client sees (RFC 9457).

use axum::http::header::{ACCEPT_ENCODING, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use dossier_document::{plain_text, with_causes};
use dossier_engine::EngineError;
use dossier_engine::identify::Candidate;
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::seconds_until;
use super::response::CandidateBody;
use super::{FormError, HeadError, JobError, JsonError, TensorError};
use crate::audit::Unwritten;
use crate::auth::AuthError;

mod catalogue;
pub(crate) use catalogue::{About, known};

mod engine;
pub(crate) use engine::engine_problem;

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The head of the request is refused.
    #[error(transparent)]
    Head(HeadError),
    /// All connections are in work.
    #[error("all connections are in work; only probes are answered over this one")]
    NoRoom,
    /// No such path.
    #[error("no such route")]
    UnknownRoute,
    /// The path exists, the method does not.
    #[error("the route has no such method")]
    MethodNotAllowed,
    /// The form can't be used.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The JSON can't be used.
    #[error(transparent)]
    DocumentJson(#[from] JsonError),
    /// The tensors of a request can't be used.
    #[error(transparent)]
    Tensors(#[from] TensorError),
    /// A job is not taken, found or changed.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The body of an inference is neither JSON nor JSON with tensors behind it.
    #[error(
        "the content type must be application/json, or application/octet-stream with inference-header-content-length"
    )]
    NotTensors,
    /// The body of a request that has its document type in the path is to be a page.
    #[error("the content type must be one of images, such as image/png, or application/pdf")]
    NotAnImageType,
    /// The query has something else than it may.
    #[error("the query takes {known}, once, and nothing else")]
    Parameters {
        /// What it may have.
        known: &'static str,
    },
    /// A header can't be read that must not be passed over.
    #[error("the header `{name}` must stand once and be {wanted}")]
    Header {
        /// Its name.
        name: &'static str,
        /// What it is to be.
        wanted: &'static str,
    },
    /// The document type is named twice, and not the same one.
    #[error("the header `{header}` names another document type than {other}")]
    Contradiction {
        /// The header.
        header: &'static str,
        /// What names another: the path, the body, or the name of a header.
        other: &'static str,
    },
    /// The idempotency key is that of another request.
    #[error("the idempotency key was sent with another request; take a new one")]
    OtherRequest,
    /// The request of this idempotency key is in work.
    #[error("a request with this idempotency key is in work; its answer will be here")]
    InWork,
    /// No answers are kept.
    #[error("this host keeps no answers; send the request without idempotency-key")]
    NotKept,
    /// An answer that the host makes can't be written.
    #[error("the answer can't be written")]
    Unwritten,
    /// The body is longer than allowed.
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body did not arrive in time.
    #[error("the body did not arrive in time")]
    BodyTimeout,
    /// The client stopped sending, or its framing is wrong.
    #[error("the body broke off")]
    BodyBroken,
    /// The host's disk refuses changes.
    #[error("the host's disk refuses: nothing can be published or changed")]
    Unwritable,
    /// What is read can't be written into the audit file.
    #[error(transparent)]
    Audit(#[from] Unwritten),
    /// The header that says how long the client waits is none.
    #[error("the header x-request-timeout-ms must stand once, as a whole number of milliseconds")]
    Timeout,
    /// The answer was not ready in time.
    #[error("the answer was not ready in time")]
    DeadlineExceeded,
    /// The server drains.
    #[error("the server takes no more requests")]
    NotReady,
    /// The host has not followed the shared catalogue for longer than the operator allows.
    #[error(
        "for {seconds} s it is not known whether this host serves what the shared catalogue says"
    )]
    Stale {
        /// For how long.
        seconds: u64,
    },
    /// The handler panicked. Its message is nobody's to see.
    #[error("the handler panicked")]
    Panicked,
    /// The document is not read, a package is refused, or a change is not made.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Who asks is not known, or may not ask for this.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The admin API wants a token, and the request bears none that is known.
    #[error("the request bears no token that is known here")]
    Unauthenticated,
    /// The body of a request to the admin API is not as documented.
    #[error("{detail}")]
    Json {
        /// What and where. The body holds names and digests only.
        detail: String,
    },
    /// The path of a request to the admin API names nothing that could have been published.
    #[error("the path names neither rules nor a document type, whose `/` is written `%2F`")]
    Name,
    /// The query of a request to the admin API is not as documented.
    #[error("{detail}")]
    Query {
        /// What is wrong.
        detail: String,
    },
}

/// What the client is told, and what the log is told beside it.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code.
    pub code: &'static str,
    /// The same sentence for every occurrence of the code.
    pub title: &'static str,
    /// What is particular to this occurrence.
    pub detail: String,
    /// The rules at fault, or that refused.
    pub plugin: Option<String>,
    /// The rules' own code, where they refused.
    pub rules_code: Option<String>,
    /// What a document of no named type comes nearest to, where it is of none.
    pub candidates: Vec<Candidate>,
    /// For the log only: what failed inside. It never holds a field value.
    pub cause: Option<String>,
}

/// `application/problem+json`.
#[derive(Serialize, ToSchema)]
pub(super) struct ProblemBody<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<CandidateBody<'a>>,
}

/// An error as the Open Inference Protocol has it.
#[derive(Serialize, ToSchema)]
pub(super) struct OpenInferenceErrorBody<'a> {
    error: String,
    code: &'a str,
    request_id: &'a str,
}

impl ApiError {
    /// The one place where errors become statuses, codes and sentences for clients.
    #[must_use]
    pub fn problem(&self) -> Problem {
        use StatusCode as S;
        let of = Problem::new;
        match self {
            Self::Head(error) => head_problem(*error),
            Self::NoRoom => {
                of(S::SERVICE_UNAVAILABLE, "connection.no_room", "Too many connections", self)
            }
            Self::UnknownRoute => of(S::NOT_FOUND, "route.unknown", "No such route", self),
            Self::MethodNotAllowed => {
                of(S::METHOD_NOT_ALLOWED, "route.method", "The route has no such method", self)
            }
            Self::Form(error) => form_problem(error),
            Self::BodyTooLarge { .. } => {
                of(S::PAYLOAD_TOO_LARGE, "body.too_large", "The body is too long", self)
            }
            Self::BodyTimeout => {
                of(S::REQUEST_TIMEOUT, "body.timeout", "The body did not arrive in time", self)
            }
            Self::BodyBroken => of(S::BAD_REQUEST, "body.broken", "The body broke off", self),
            Self::Timeout => of(S::BAD_REQUEST, "deadline.header", "The time is none", self),
            Self::DeadlineExceeded => {
                of(S::GATEWAY_TIMEOUT, "deadline", "The answer was not ready in time", self)
            }
            Self::NotReady | Self::Stale { .. } => {
                of(S::SERVICE_UNAVAILABLE, "not_ready", "Not ready", self)
            }
            Self::Unwritable => {
                let title = "The host can't keep changes";
                of(S::SERVICE_UNAVAILABLE, "store.unavailable", title, self)
            }
            Self::Audit(_) => {
                let title = "The audit file can't be written";
                of(S::SERVICE_UNAVAILABLE, "audit.unavailable", title, self)
            }
            Self::DocumentJson(error) => json_problem(error),
            Self::Tensors(error) => error.problem(),
            Self::Job(error) => error.problem(),
            Self::NotTensors => {
                let title = "The body is no tensors";
                of(S::UNSUPPORTED_MEDIA_TYPE, "body.not_tensors", title, self)
            }
            Self::NotAnImageType => {
                of(S::UNSUPPORTED_MEDIA_TYPE, "body.not_an_image_type", "The body is no page", self)
            }
            Self::Parameters { .. } => {
                of(S::BAD_REQUEST, "query.malformed", "The query is not as documented", self)
            }
            Self::Header { .. } => {
                of(S::BAD_REQUEST, "header.malformed", "A header can't be read", self)
            }
            Self::Contradiction { .. } => {
                let title = "Two document types are named";
                of(S::BAD_REQUEST, "document_type.contradiction", title, self)
            }
            Self::OtherRequest => of(
                S::UNPROCESSABLE_ENTITY,
                "idempotency.other_request",
                "The idempotency key is another request's",
                self,
            ),
            Self::InWork => {
                of(S::CONFLICT, "idempotency.in_work", "The request is in work already", self)
            }
            Self::NotKept => {
                of(S::BAD_REQUEST, "idempotency.not_kept", "No answers are kept", self)
            }
            Self::Panicked | Self::Unwritten => {
                of(S::INTERNAL_SERVER_ERROR, "internal", INTERNAL, &INTERNAL_DETAIL)
            }
            Self::Engine(error) => engine_problem(error),
            Self::Auth(error) => auth_problem(*error),
            Self::Unauthenticated => {
                of(S::UNAUTHORIZED, "admin.unauthenticated", "A token is wanted", self)
            }
            Self::Json { .. } => {
                of(S::BAD_REQUEST, "admin.body", "The body is not as documented", self)
            }
            Self::Name => of(S::BAD_REQUEST, "admin.name", "The path is not as documented", self),
            Self::Query { .. } => {
                of(S::BAD_REQUEST, "admin.query", "The query is not as documented", self)
            }
        }
    }
}

/// What a person at the command line would be told of a list of fields.
#[must_use]
pub(crate) fn problem_of_form(error: &FormError) -> Problem {
    form_problem(error)
}

impl IntoResponse for ApiError {
    /// A response that carries its [`Problem`]; the outermost middleware writes it out, for only
    /// that one knows the request's id.
    fn into_response(self) -> Response {
        let problem = self.problem();
        let mut response = problem.status.into_response();
        if let Self::Auth(AuthError::Rate { after }) = self {
            response.headers_mut().insert(RETRY_AFTER, seconds_until(after));
        } else if problem.status == StatusCode::TOO_MANY_REQUESTS
            || problem.code == "connection.no_room"
        {
            // A place is free as soon as one document is read.
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if problem.code == "body.content_encoding" {
            // RFC 9110, 15.5.16: what would have been taken.
            response.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if problem.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge(&problem));
        }
        response.extensions_mut().insert(problem);
        response
    }
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: &dyn ToString,
    ) -> Self {
        // Whatever it quotes, it stays on its line.
        let detail = plain_text(&detail.to_string());
        let (plugin, rules_code, cause) = (None, None, None);
        Self { status, code, title, detail, plugin, rules_code, candidates: Vec::new(), cause }
    }

    /// Something failed inside: the client learns that, the log learns what.
    fn internal(code: &'static str, title: &'static str, cause: &dyn std::error::Error) -> Self {
        let mut problem = Self::new(S500, code, title, &INTERNAL_DETAIL);
        problem.cause = Some(with_causes(cause));
        problem
    }

    pub(super) fn open_inference_body<'a>(
        &'a self,
        request_id: &'a str,
    ) -> OpenInferenceErrorBody<'a> {
        let error = format!("{}: {}", self.title, self.detail);
        OpenInferenceErrorBody { error, code: self.code, request_id }
    }

    pub(super) fn body<'a>(&'a self, request_id: &'a str) -> ProblemBody<'a> {
        ProblemBody {
            r#type: format!("urn:dossier:problem:{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            request_id,
            plugin: self.plugin.as_deref(),
            rules_code: self.rules_code.as_deref(),
            candidates: self.candidates.iter().map(CandidateBody::of).collect(),
        }
    }
}

const S500: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
pub(super) const INTERNAL: &str = "Something failed inside";
pub(super) const INTERNAL_DETAIL: &str =
    "the request can be tried again; the request id finds the cause in the log";

/// RFC 6750, 3.1: why a token is refused, where one was sent.
fn challenge(problem: &Problem) -> HeaderValue {
    HeaderValue::from_static(match problem.code {
        "auth.invalid" => "Bearer error=\"invalid_token\"",
        "auth.expired" => "Bearer error=\"invalid_token\", error_description=\"expired\"",
        _ => "Bearer",
    })
}

fn auth_problem(error: AuthError) -> Problem {
    use StatusCode as S;
    let of = |status, code, title| Problem::new(status, code, title, &error);
    match error {
        AuthError::Missing => of(S::UNAUTHORIZED, "auth.missing", "A token is wanted"),
        AuthError::Invalid => of(S::UNAUTHORIZED, "auth.invalid", "The token is not known here"),
        AuthError::Expired => of(S::UNAUTHORIZED, "auth.expired", "The token has expired"),
        AuthError::Unavailable => {
            of(S::SERVICE_UNAVAILABLE, "auth.unavailable", "Tokens can't be checked now")
        }
        AuthError::DocumentType => {
            of(S::FORBIDDEN, "auth.document_type", "The token does not reach this document type")
        }
        AuthError::Rate { .. } => {
            of(S::TOO_MANY_REQUESTS, "tenant.rate", "Too many requests in a minute")
        }
    }
}

fn head_problem(error: HeadError) -> Problem {
    use StatusCode as S;
    let of = |status, code, title| Problem::new(status, code, title, &error);
    match error {
        HeadError::Malformed
        | HeadError::BareLineFeed
        | HeadError::Host { .. }
        | HeadError::Length => {
            of(S::BAD_REQUEST, "request.malformed", "The head of the request is malformed")
        }
        HeadError::TooLong | HeadError::TooManyFields => of(
            S::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "request.head_too_large",
            "The head of the request is too large",
        ),
        HeadError::Timeout => {
            of(S::REQUEST_TIMEOUT, "request.timeout", "The head did not arrive in time")
        }
    }
}

fn json_problem(error: &JsonError) -> Problem {
    let of = |code, title| Problem::new(StatusCode::BAD_REQUEST, code, title, error);
    let title = "The JSON can't be used";
    match error {
        JsonError::Malformed { .. } => of("json.malformed", title),
        JsonError::UnknownKey { name } => Problem {
            detail: plain_text(&format!("the body has an unknown key named `{name}`")),
            ..of("json.unknown_key", title)
        },
        JsonError::MissingKey { .. } => of("json.missing_key", title),
        JsonError::Value { .. } => of("json.value", title),
        JsonError::Base64 { .. } => of("page.base64", "The page is no base64"),
    }
}

fn form_problem(error: &FormError) -> Problem {
    use StatusCode as S;
    let title = "The form can't be used";
    let of = |code| Problem::new(S::BAD_REQUEST, code, title, error);
    match error {
        FormError::ContentType => Problem::new(
            S::UNSUPPORTED_MEDIA_TYPE,
            "body.content_type",
            "The body is neither a form nor JSON",
            error,
        ),
        FormError::ContentEncoding => Problem::new(
            S::UNSUPPORTED_MEDIA_TYPE,
            "body.content_encoding",
            "The body is compressed",
            error,
        ),
        FormError::Malformed => of("form.malformed"),
        FormError::TooManyParts => of("form.too_many_parts"),
        FormError::UnknownPart { name } => Problem {
            detail: format!("the form has an unknown part named `{name}`"),
            ..of("form.unknown_part")
        },
        FormError::RepeatedPart { .. } => of("form.repeated_part"),
        FormError::NotText { .. } => of("form.not_text"),
        FormError::NotAFieldName { text } => {
            Problem { detail: format!("`{text}` is no field name"), ..of("form.field_name") }
        }
    }
}

#[cfg(test)]
mod tests;
