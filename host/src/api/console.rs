//! The console: pages for people, at `/` of both listeners. Built by Vite from `host/console`, committed, and
//! part of the program: nothing is read from a disk or fetched from elsewhere.
//!
//! What is served here is the same for everybody, so it wants no token; what the pages ask for wants one
//! wherever it always does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

use super::{ApiError, unknown_method};
use crate::metrics::Listener;

mod samples;
use samples::SAMPLES;

/// Only what this host serves is loaded, run or asked. No script or style stands in a page, no page is framed,
/// and no text becomes markup (`trusted-types`): a value of a document stays a text. A picture that somebody
/// chose is drawn without an address of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// The browser's devices that nothing here asks for. A photograph is taken by the system's own camera.
const NO_DEVICES: &str = "camera=(), microphone=(), geolocation=(), usb=(), payment=()";

/// Names don't tell versions apart, so that each is asked for again, and not sent again.
const ASK_AGAIN: &str = "no-cache";

const PAGE: &str = include_str!("../../console/dist/index.html");
/// What tells the page which listener it is of.
const OF_DOCUMENTS: &str = r#"<meta name="dossier-listener" content="documents" />"#;
const OF_ADMIN: &str = r#"<meta name="dossier-listener" content="admin" />"#;

/// The routes of a listener.
pub(crate) fn console_routes<S: Clone + Send + Sync + 'static>(listener: Listener) -> Router<S> {
    let page = async move |headers: HeaderMap| match listener {
        Listener::Admin => ADMIN_PAGE.answer(&headers),
        Listener::Documents | Listener::Metrics => DOCUMENTS_PAGE.answer(&headers),
    };
    Router::new()
        .route("/", get(page).fallback(unknown_method))
        .route("/console/{file}", get(get_file).fallback(unknown_method))
        .route("/console/samples/{file}", get(get_sample).fallback(unknown_method))
}

type Named = Result<Path<String>, PathRejection>;

async fn get_file(name: Named, headers: HeaderMap) -> Response {
    answer_of(&FILES, name, &headers)
}

async fn get_sample(name: Named, headers: HeaderMap) -> Response {
    answer_of(&SAMPLE_FILES, name, &headers)
}

fn answer_of(files: &BTreeMap<&str, File>, name: Named, headers: &HeaderMap) -> Response {
    let file = name.ok().and_then(|Path(name)| files.get(name.as_str()));
    file.map_or_else(|| ApiError::UnknownRoute.into_response(), |file| file.answer(headers))
}

/// Something that a browser loads.
struct File {
    content_type: &'static str,
    bytes: Bytes,
    etag: HeaderValue,
}

static DOCUMENTS_PAGE: LazyLock<File> =
    LazyLock::new(|| File::page(Bytes::from_static(PAGE.as_bytes())));

static ADMIN_PAGE: LazyLock<File> =
    LazyLock::new(|| File::page(PAGE.replace(OF_DOCUMENTS, OF_ADMIN).into()));

static FILES: LazyLock<BTreeMap<&str, File>> = LazyLock::new(|| {
    let files: [(_, _, &[u8]); 3] = [
        (
            "console.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../console/dist/console/console.js"),
        ),
        (
            "console.css",
            "text/css; charset=utf-8",
            include_bytes!("../../console/dist/console/console.css"),
        ),
        ("icon.svg", "image/svg+xml", include_bytes!("../../console/dist/console/icon.svg")),
    ];
    let files = files.into_iter();
    let files = files.map(|(name, content_type, bytes)| {
        (name, File::new(content_type, Bytes::from_static(bytes)))
    });
    files.collect()
});

static SAMPLE_FILES: LazyLock<BTreeMap<&str, File>> = LazyLock::new(|| {
    let files = SAMPLES.iter();
    files.map(|(name, bytes)| (*name, File::new("image/jpeg", Bytes::from_static(bytes)))).collect()
});

impl File {
    fn new(content_type: &'static str, bytes: Bytes) -> Self {
        let mut etag = String::from("\"");
        for byte in &Sha256::digest(&bytes)[..16] {
            // A text takes whatever is written into it.
            let _ = write!(etag, "{byte:02x}");
        }
        etag.push('"');
        let etag = HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { content_type, bytes, etag }
    }

    fn page(text: Bytes) -> Self {
        Self::new("text/html; charset=utf-8", text)
    }

    /// The file, or that the client has it.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let mut response = match self.is_known(headers) {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => ([(CONTENT_TYPE, self.content_type)], self.bytes.clone()).into_response(),
        };
        let with = response.headers_mut();
        with.insert(ETAG, self.etag.clone());
        for (name, value) in &SAFETY {
            with.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// Whether `If-None-Match` names this version, as RFC 9110 compares it: weakly.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
        tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag)
    }
}

/// What stands in every answer.
static SAFETY: [(HeaderName, &str); 7] = [
    (CACHE_CONTROL, ASK_AGAIN),
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), NO_DEVICES),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

#[cfg(test)]
mod tests;
