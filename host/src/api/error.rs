//! Errors at the edge: one enum around everybody's, one match to what the client sees (RFC 9457).

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use dossier_image_decode::DecodeError;
use dossier_inference::{BackendError, InferenceError};
use dossier_plugin::PluginError;
use serde::Serialize;

use super::FormError;
use crate::admission::Overloaded;
use crate::page_decoder::PageError;
use crate::pipeline::ExtractError;
use crate::reload::ReloadError;

mod reload;
use reload::reload_problem;

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No such path.
    #[error("no such route")]
    UnknownRoute,
    /// The path exists, the method does not.
    #[error("the route has no such method")]
    MethodNotAllowed,
    /// The form can't be used.
    #[error(transparent)]
    Form(#[from] FormError),
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
    /// As many requests as are allowed are in work.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The answer was not ready in time.
    #[error("the answer was not ready in time")]
    DeadlineExceeded,
    /// The server drains.
    #[error("the server takes no more requests")]
    NotReady,
    /// The handler panicked. Its message is nobody's to see.
    #[error("the handler panicked")]
    Panicked,
    /// The document can't be read.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// The admin API wants a token, and the request bears none that is known.
    #[error("the request bears no token that is known here")]
    Unauthenticated,
    /// The body of a request to the admin API is not as documented.
    #[error("{detail}")]
    Json {
        /// What and where. The body holds names and digests only.
        detail: String,
    },
    /// The query of a request to the admin API is not as documented.
    #[error("{detail}")]
    Query {
        /// What is wrong.
        detail: String,
    },
    /// A package is refused, or a change is not made.
    #[error(transparent)]
    Reload(#[from] ReloadError),
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
    /// For the log only: what failed inside. It never holds a field value.
    pub cause: Option<String>,
}

/// `application/problem+json`.
#[derive(Serialize)]
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
}

impl ApiError {
    /// The one place where errors become statuses, codes and sentences for clients.
    #[must_use]
    pub fn problem(&self) -> Problem {
        use StatusCode as S;
        let of = Problem::new;
        match self {
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
            Self::Overloaded(_) => {
                of(S::TOO_MANY_REQUESTS, "overloaded", "Too many requests in work", self)
            }
            Self::DeadlineExceeded => {
                of(S::GATEWAY_TIMEOUT, "deadline", "The answer was not ready in time", self)
            }
            Self::NotReady => of(S::SERVICE_UNAVAILABLE, "not_ready", "Not ready", self),
            Self::Panicked => of(S::INTERNAL_SERVER_ERROR, "internal", INTERNAL, &INTERNAL_DETAIL),
            Self::Extract(error) => extract_problem(error),
            Self::Unauthenticated => {
                of(S::UNAUTHORIZED, "admin.unauthenticated", "A token is wanted", self)
            }
            Self::Json { .. } => {
                of(S::BAD_REQUEST, "admin.body", "The body is not as documented", self)
            }
            Self::Query { .. } => {
                of(S::BAD_REQUEST, "admin.query", "The query is not as documented", self)
            }
            Self::Reload(error) => reload_problem(error),
        }
    }
}

/// What a person at the command line would be told of a document that can't be read.
#[must_use]
pub(crate) fn problem_of_document(error: &ExtractError) -> Problem {
    extract_problem(error)
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
        if problem.status == StatusCode::TOO_MANY_REQUESTS {
            // A place is free as soon as one document is read.
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if problem.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
        }
        response.extensions_mut().insert(problem);
        response
    }
}

impl Problem {
    fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: &dyn ToString,
    ) -> Self {
        let detail = detail.to_string();
        Self { status, code, title, detail, plugin: None, rules_code: None, cause: None }
    }

    /// Something failed inside: the client learns that, the log learns what.
    fn internal(code: &'static str, title: &'static str, cause: &dyn std::error::Error) -> Self {
        let mut problem = Self::new(S500, code, title, &INTERNAL_DETAIL);
        let mut chain = cause.to_string();
        let mut source = cause.source();
        while let Some(error) = source {
            chain = format!("{chain}: {error}");
            source = error.source();
        }
        problem.cause = Some(chain);
        problem
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
        }
    }
}

const S500: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
const INTERNAL: &str = "Something failed inside";
const INTERNAL_DETAIL: &str =
    "the request can be tried again; the request id finds the cause in the log";

fn form_problem(error: &FormError) -> Problem {
    use StatusCode as S;
    let title = "The form can't be used";
    let of = |code| Problem::new(S::BAD_REQUEST, code, title, error);
    match error {
        FormError::ContentType => Problem::new(
            S::UNSUPPORTED_MEDIA_TYPE,
            "body.content_type",
            "The body is no multipart form",
            error,
        ),
        FormError::Malformed => of("form.malformed"),
        FormError::TooManyParts => of("form.too_many_parts"),
        FormError::TooManyPages { .. } => Problem {
            status: S::UNPROCESSABLE_ENTITY,
            title: "The document has too many pages",
            ..of("document.too_many_pages")
        },
        FormError::UnknownPart { name } => Problem {
            detail: format!("the form has an unknown part named `{name}`"),
            ..of("form.unknown_part")
        },
        FormError::RepeatedPart { .. } => of("form.repeated_part"),
        FormError::MissingPart { .. } => of("form.missing_part"),
        FormError::NotText { .. } => of("form.not_text"),
        FormError::NotAFieldName { text } => {
            Problem { detail: format!("`{text}` is no field name"), ..of("form.field_name") }
        }
    }
}

fn extract_problem(error: &ExtractError) -> Problem {
    use StatusCode as S;
    let of = |status, code, title| Problem::new(status, code, title, error);
    match error {
        ExtractError::UnknownDocumentType => {
            of(S::NOT_FOUND, "document_type.unknown", "The document type is not known here")
        }
        ExtractError::NoPages => of(S::BAD_REQUEST, "page.missing", "The document has no page"),
        ExtractError::TooManyPages { .. } => {
            let title = "The document has too many pages";
            of(S::UNPROCESSABLE_ENTITY, "document.too_many_pages", title)
        }
        ExtractError::UnknownField(_) => {
            let title = "The document type has no such field";
            of(S::UNPROCESSABLE_ENTITY, "field.unknown", title)
        }
        ExtractError::RepeatedField(_) => {
            of(S::UNPROCESSABLE_ENTITY, "field.repeated", "A field is requested twice")
        }
        ExtractError::Page(page) => page_problem(page),
        ExtractError::Refused { rules, code, message } => Problem {
            detail: message.clone(),
            plugin: Some(rules.clone()),
            rules_code: Some(code.clone()),
            ..of(S::UNPROCESSABLE_ENTITY, "document.refused", "The rules refuse the document")
        },
        ExtractError::Rules { rules, source } => rules_problem(rules, source),
        ExtractError::Inference(inference) => inference_problem(inference),
    }
}

fn page_problem(error: &PageError) -> Problem {
    use StatusCode as S;
    let of = |status, code, title| Problem::new(status, code, title, error);
    let source = match error {
        PageError::Undecodable { source, .. } => source,
        PageError::DocumentTooLarge { .. } => {
            return of(S::PAYLOAD_TOO_LARGE, "document.too_large", "The pages are too large");
        }
        PageError::Panicked => return Problem::internal("internal", INTERNAL, error),
    };
    let unsupported =
        (S::UNSUPPORTED_MEDIA_TYPE, "page.unsupported", "The page is no image read here");
    let (status, code, title) = match source {
        DecodeError::Empty => (S::BAD_REQUEST, "page.empty", "The page is empty"),
        DecodeError::TooManyBytes { .. } | DecodeError::TooLarge { .. } => {
            (S::PAYLOAD_TOO_LARGE, "page.too_large", "The page is too large")
        }
        DecodeError::UnknownFormat => {
            (S::UNSUPPORTED_MEDIA_TYPE, "page.not_an_image", "The page is no image read here")
        }
        DecodeError::UnsupportedFormat { .. } | DecodeError::UnsupportedVariety { .. } => {
            unsupported
        }
        DecodeError::MoreThanOneImage { .. } => {
            (S::BAD_REQUEST, "page.more_than_one_image", "The file holds more than one page")
        }
        DecodeError::Truncated { .. } => {
            (S::BAD_REQUEST, "page.truncated", "The page is cut short")
        }
        // Its own crate may learn of further defects.
        _ => (S::BAD_REQUEST, "page.corrupt", "The page is damaged"),
    };
    of(status, code, title)
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

fn inference_problem(error: &InferenceError) -> Problem {
    use StatusCode as S;
    match error {
        InferenceError::Overloaded => {
            Problem::new(S::TOO_MANY_REQUESTS, "overloaded", "Too many requests in work", error)
        }
        InferenceError::Stopped => {
            Problem::new(S::SERVICE_UNAVAILABLE, "not_ready", "Not ready", error)
        }
        InferenceError::TooLarge { .. } => {
            let title = "The document is too large for one batch";
            Problem::new(S::PAYLOAD_TOO_LARGE, "document.too_large", title, error)
        }
        InferenceError::Backend(BackendError::TooManyLoads) => {
            let title = "Too many documents wait for adapters";
            Problem::new(S::SERVICE_UNAVAILABLE, "adapter.overloaded", title, error)
        }
        InferenceError::Backend(BackendError::AdapterLost { .. }) => {
            let title = "The adapter of the document type can't be loaded";
            let problem = Problem::internal("adapter.unavailable", title, error);
            Problem { status: S::SERVICE_UNAVAILABLE, ..problem }
        }
        InferenceError::Backend(BackendError::OutOfMemory(_)) => {
            let title = "The model has no memory left for the document";
            let problem = Problem::internal("model.out_of_memory", title, error);
            Problem { status: S::SERVICE_UNAVAILABLE, ..problem }
        }
        _ => Problem::internal("model.failed", "The model failed", error),
    }
}

#[cfg(test)]
mod tests;
