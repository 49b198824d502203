//! What a client asks of jobs, read and bounded.

use std::time::Duration;

use axum::body::Bytes;
use dossier_engine::{Conditions, EngineError};
use dossier_jobs::{Document, JobId, Target, Wanted};
use serde::Deserialize;
use utoipa::ToSchema;

use super::JobError;
use crate::api::affinity::{HeadType, settled};
use crate::api::bodies::HeldBody;
use crate::api::json::{AtMost, DocumentBody, Text, read};
use crate::api::openapi::DocumentJson;
use crate::api::{ApiError, JsonError};
use crate::outgoing::guarded::{Reach, judge};

/// Longest name of a subject in bytes.
const MAX_SUBJECT_BYTES: usize = 128;
/// Longest address of a webhook in bytes.
const MAX_URL_BYTES: usize = 2048;
/// Longest secret of one, as it is written.
const MAX_SECRET_BYTES: usize = 128;
/// Longest time that a client may ask for, in seconds: 30 days, the longest that a host may be set to.
const MAX_TTL_SECONDS: u64 = 30 * 24 * 60 * 60;
/// Jobs of a list, where nobody says how many.
const LISTED: usize = 50;
/// Jobs of a list at most.
const MOST_LISTED: usize = 100;

/// A job as JSON.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its fields are what is described")]
pub(in crate::api) struct JobJson {
    /// The documents.
    #[schema(min_items = 1, max_items = 256)]
    documents: Vec<DocumentJson>,
    /// Whom they are about, as the client calls them, to erase them by later. It is not kept as it is.
    #[schema(min_length = 1, max_length = 128)]
    subject: Option<String>,
    /// How long the job and its results are kept, if not as long as the host keeps them.
    #[schema(minimum = 1, maximum = 2_592_000)]
    ttl_seconds: Option<u64>,
    /// Who is told once it is done with (Standard Webhooks).
    webhook: Option<WebhookJson>,
}

/// Who is told once a job is done with.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its fields are what is described")]
struct WebhookJson {
    /// An address that is told over TLS.
    #[schema(min_length = 1, max_length = 2048)]
    url: String,
    /// `whsec_` and the base64 of 24 to 64 bytes.
    secret: Option<String>,
}

/// What is to be erased: one of the two.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its fields are what is described")]
pub(in crate::api) struct EraseJson {
    /// Whom the jobs are about.
    #[schema(min_length = 1, max_length = 128)]
    subject: Option<String>,
    /// `true` for all jobs of the tenant.
    all: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JobAsked<'a> {
    #[serde(borrow)]
    documents: AtMost<Vec<DocumentBody<'a>>>,
    #[serde(borrow, default)]
    subject: Option<AtMost<Text<'a>>>,
    #[serde(default)]
    ttl_seconds: Option<u64>,
    #[serde(borrow, default)]
    webhook: Option<WebhookAsked<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookAsked<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow, default)]
    secret: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EraseAsked<'a> {
    #[serde(borrow, default)]
    subject: Option<AtMost<Text<'a>>>,
    #[serde(default)]
    all: Option<bool>,
}

/// A job that is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) documents: Vec<Document>,
    pub(super) subject: Option<String>,
    pub(super) ttl: Option<Duration>,
    pub(super) webhook: Option<Target>,
}

/// What is to be erased.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Erase {
    /// All jobs about somebody.
    Subject(String),
    /// Everything of the tenant.
    All,
}

/// What a job may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Documents at most.
    pub(super) most_documents: usize,
    /// Whom its webhook may reach.
    pub(super) reach: Reach,
}

/// Reads a job. Its pages count beside its text until that is gone, and once more for their seals.
///
/// # Errors
/// What can't be used, or when there is no room.
pub(super) fn parse(
    body: Bytes,
    held: &mut HeldBody,
    bounds: Bounds,
    head: Option<HeadType>,
    conditions: Conditions,
) -> Result<Asked, ApiError> {
    let Bounds { most_documents, reach } = bounds;
    let asked = {
        let JobAsked { documents, subject, ttl_seconds, webhook } = read(&body)?;
        let documents = documents.0;
        if documents.is_empty() || documents.len() > most_documents {
            return Err(JobError::Documents { limit: most_documents }.into());
        }
        let subject = subject.map(subject_of).transpose()?;
        let ttl = ttl_seconds.map(ttl_of).transpose()?;
        let webhook = webhook.map(|webhook| target_of(webhook, reach)).transpose()?;
        let Conditions { generation, base, adapter, rules } = conditions;
        let wanted = Wanted { generation, base, adapter, rules };
        let mut asked = Vec::with_capacity(documents.len());
        for document in documents {
            let document = document.asked(held)?;
            if document.pages.is_empty() {
                return Err(EngineError::NoPages.into());
            }
            // Whoever is there to be asked again can leave it out; a job's client is not.
            let missing = || JsonError::MissingKey { name: "document_type".to_owned() };
            let document_type = settled(head.as_ref(), document.document_type, "the body")?;
            let document_type = document_type.ok_or_else(missing)?;
            let (pages, fields) = (document.pages, document.fields);
            asked.push(Document { document_type, pages, fields, wanted });
        }
        Asked { documents: asked, subject, ttl, webhook }
    };
    let pages = asked.documents.iter().flat_map(|document| &document.pages);
    let bytes = pages.map(Bytes::len).sum::<usize>();
    drop(body);
    held.shrinks_to(bytes);
    // As they are written down, and sealed.
    held.also_holds(bytes.saturating_mul(2))?;
    Ok(asked)
}

/// Reads what is to be erased.
///
/// # Errors
/// When it is not one thing.
pub(super) fn parse_erase(body: &[u8]) -> Result<Erase, ApiError> {
    let EraseAsked { subject, all } = read(body)?;
    match (subject, all) {
        (Some(subject), None | Some(false)) => Ok(Erase::Subject(subject_of(subject)?)),
        (None, Some(true)) => Ok(Erase::All),
        (None, None | Some(false)) => {
            Err(JsonError::MissingKey { name: "subject".to_owned() }.into())
        }
        (Some(_), Some(true)) => {
            Err(JobError::Value { key: "all", wanted: "left out where `subject` stands" }.into())
        }
    }
}

fn subject_of(text: AtMost<Text<'_>>) -> Result<String, JobError> {
    let text = text.0.0;
    match (1..=MAX_SUBJECT_BYTES).contains(&text.len()) {
        true => Ok(text.into_owned()),
        false => Err(JobError::Value { key: "subject", wanted: "1 to 128 bytes long" }),
    }
}

fn target_of(webhook: WebhookAsked<'_>, reach: Reach) -> Result<Target, JobError> {
    let url = webhook.url.0;
    let wanted = "an address that begins with https://, without a user or a fragment, of a public machine, \
                  and 2048 bytes long at most";
    if url.len() > MAX_URL_BYTES || judge(&url, reach).is_err() {
        return Err(JobError::Value { key: "webhook.url", wanted });
    }
    let wanted = "`whsec_` and the base64 of 24 to 64 bytes";
    let secret = webhook.secret.map(|secret| {
        let secret = Some(secret.0.into_owned()).filter(|text| text.len() <= MAX_SECRET_BYTES);
        let secret = secret.and_then(|text| text.try_into().ok());
        secret.ok_or(JobError::Value { key: "webhook.secret", wanted })
    });
    Ok(Target { url: url.into_owned(), secret: secret.transpose()? })
}

fn ttl_of(seconds: u64) -> Result<Duration, JobError> {
    match (1..=MAX_TTL_SECONDS).contains(&seconds) {
        true => Ok(Duration::from_secs(seconds)),
        false => Err(JobError::Value { key: "ttl_seconds", wanted: "1 to 2592000" }),
    }
}

/// Which jobs of a list are wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) limit: usize,
    pub(super) before: Option<JobId>,
}

/// Reads the query of a list: `limit=50&before=ID`, each once.
///
/// # Errors
/// When it has anything else.
pub(super) fn page_of(query: &str) -> Result<Page, ApiError> {
    let wrong = || ApiError::Parameters { known: "`limit` from 1 to 100, and `before` with an id" };
    let (mut limit, mut before) = (None, None);
    for pair in query.split('&').filter(|_| !query.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(wrong)?;
        let is_twice = match key {
            "limit" => {
                let digits = value.len() <= 3 && value.bytes().all(|byte| byte.is_ascii_digit());
                let number = value.parse::<usize>().ok().filter(|_| digits);
                let number = number.filter(|number| (1..=MOST_LISTED).contains(number));
                limit.replace(number.ok_or_else(wrong)?).is_some()
            }
            "before" => before.replace(value.parse().map_err(|_| wrong())?).is_some(),
            _ => return Err(wrong()),
        };
        if is_twice {
            return Err(wrong());
        }
    }
    Ok(Page { limit: limit.unwrap_or(LISTED), before })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_asked_for_by_limit_and_id_and_nothing_else() {
        let page = |query: &str| page_of(query).ok().map(|page| (page.limit, page.before));
        let id = JobId::new();
        assert_eq!(page(""), Some((50, None)));
        assert_eq!(page("limit=1"), Some((1, None)));
        assert_eq!(page(&format!("limit=100&before={id}")), Some((100, Some(id))));
        let bad = ["limit=0", "limit=101", "limit=1&limit=2", "limit", "x=1", "before=1", "&"];
        for query in bad.into_iter().chain(["limit=+1", "limit=", "subject=x", "before="]) {
            assert_eq!(page(query), None, "{query}");
        }
    }

    #[test]
    fn what_is_erased_is_one_thing() {
        let erase = |text: &str| parse_erase(text.as_bytes()).ok();
        assert_eq!(erase(r#"{"subject":"a"}"#), Some(Erase::Subject("a".to_owned())));
        assert_eq!(erase(r#"{"all":true}"#), Some(Erase::All));
        let long = "x".repeat(129);
        for text in ["{}", r#"{"all":false}"#, r#"{"subject":""}"#, r#"{"subject":"a","all":true}"#]
        {
            assert_eq!(erase(text), None, "{text}");
        }
        assert_eq!(erase(&format!(r#"{{"subject":"{long}"}}"#)), None);
        assert!(erase(&format!(r#"{{"subject":"{}"}}"#, &long[1..])).is_some());
    }

    #[test]
    fn a_webhook_has_its_bounds() {
        let of = |url: &str, secret: Option<&str>| {
            let secret = secret.map(|text| Text(text.into()));
            target_of(WebhookAsked { url: Text(url.into()), secret }, Reach::Public).is_ok()
        };
        let url = format!("https://hooks.example/{}", "x".repeat(2048 - 22));
        assert!(of(&url, None) && !of(&format!("{url}x"), None));
        assert!(!of("http://hooks.example/", None) && !of("https://169.254.169.254/", None));
        let secret = format!("whsec_{}", "A".repeat(32));
        assert!(of(&url, Some(&secret)) && !of(&url, Some(&secret[1..])));
        assert!(!of(&url, Some(&format!("whsec_{}", "A".repeat(1024)))));
    }

    #[test]
    fn a_time_has_its_bounds() {
        assert!(ttl_of(0).is_err() && ttl_of(2_592_001).is_err());
        assert_eq!(ttl_of(2_592_000).ok(), Some(Duration::from_secs(2_592_000)));
    }
}
