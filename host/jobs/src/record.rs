//! The record of a job: everything that is known of it but its documents and their results, which are sealed.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use dossier_document::Tenant;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{NoContext, Timestamp, Uuid};

use crate::WrappedKey;

/// A job. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// What its client calls it by.
    pub id: JobId,
    /// Its place in the order in which jobs came.
    pub number: u64,
    /// Whose it is.
    #[serde(with = "tenant_text")]
    pub tenant: Tenant,
    /// Whom it is about, as a tag that nobody without the tenant's key can tell anything from.
    pub subject: Option<String>,
    /// When it came.
    pub created_ms: u64,
    /// When everything of it is erased.
    pub expires_ms: u64,
    /// When the last of its documents was done with.
    pub finished_ms: Option<u64>,
    /// What its documents and results are sealed with, wrapped by the tenant's key.
    pub key: WrappedKey,
    /// Who sent it.
    pub client: Client,
    /// By what its client may send it again.
    pub idempotency: Option<Idempotency>,
    /// Who is told once it is done with.
    pub webhook: Option<Webhook>,
    /// Its documents, in the order they were sent.
    pub documents: Vec<JobDocument>,
}

/// Who is told once a job is done with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// The address and its secret, sealed with the job's key, as text.
    pub target: String,
    /// Whether it was told.
    pub state: WebhookState,
    /// How often that was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due_ms: u64,
    /// Why it was not told last.
    pub code: Option<String>,
}

/// Whether somebody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookState {
    /// There is nothing to tell yet.
    Waiting,
    /// It is to be told.
    Due,
    /// It was.
    Delivered,
    /// It was tried as often as it is.
    GivenUp,
}

/// Who sent a job, as far as whoever reads its documents must know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// The id of its token, for the audit.
    pub token: Option<String>,
    /// How many documents it may have in work at a time.
    pub concurrent_documents: Option<usize>,
}

/// By what a job may be sent again. Both are tags under the tenant's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// Of the key that the client chose.
    pub key: String,
    /// Of everything that was sent.
    pub fingerprint: String,
}

/// A document of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobDocument {
    /// Its type.
    pub document_type: String,
    /// What has become of it.
    pub state: DocumentState,
    /// How often it was begun and not given back.
    pub attempts: u32,
    /// Counts whoever held it: only the last one may say what came of it.
    pub fence: u32,
    /// When it may be begun, while it is queued; until when it is held, while it is running.
    pub due_ms: u64,
    /// Why it was not read, or why it was begun again.
    pub code: Option<String>,
    /// Bytes of its pages, sealed; none once it is done with.
    pub input_bytes: u64,
    /// Bytes of its result, sealed.
    pub result_bytes: u64,
}

/// What has become of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentState {
    /// It waits.
    Queued,
    /// Somebody reads it.
    Running,
    /// It was read.
    Succeeded,
    /// It was refused, or could not be read.
    Failed,
    /// Its client does not want it any more.
    Cancelled,
}

/// What has become of a job: what has become of its documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// None of its documents was begun.
    Queued,
    /// Some were.
    Running,
    /// All were read.
    Succeeded,
    /// All are done with, and one at least was not read.
    Failed,
    /// It was cancelled before all were done with.
    Cancelled,
}

impl Job {
    /// What has become of it.
    #[must_use]
    pub fn state(&self) -> JobState {
        let any = |state| self.documents.iter().any(|document| document.state == state);
        if self.documents.iter().all(|document| document.state.is_final()) {
            return if any(DocumentState::Cancelled) {
                JobState::Cancelled
            } else if any(DocumentState::Failed) {
                JobState::Failed
            } else {
                JobState::Succeeded
            };
        }
        let is_new = |document: &JobDocument| {
            document.state == DocumentState::Queued && document.attempts == 0
        };
        if self.documents.iter().all(is_new) { JobState::Queued } else { JobState::Running }
    }
}

impl DocumentState {
    /// Whether nothing more becomes of it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl WebhookState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Due => "due",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }
}

impl JobState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more becomes of it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// The id of a job: a UUID of version 7.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(Uuid);

/// A text is no id of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id of a job is a UUID, in lower case and with hyphens")]
pub struct InvalidJobId;

impl JobId {
    /// A new id.
    #[must_use]
    pub fn new() -> Self {
        // A clock before 1970 makes ids of 1970: random digits still tell them apart.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let time = Timestamp::from_unix(NoContext, since.as_secs(), since.subsec_nanos());
        Self(Uuid::new_v7(time))
    }

    pub(crate) fn number(self) -> u128 {
        self.0.as_u128()
    }

    pub(crate) fn uuid(self) -> Uuid {
        self.0
    }

    pub(crate) fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }
}

impl Default for JobId {
    fn default() -> Self {
        Self::new()
    }
}

impl FromStr for JobId {
    type Err = InvalidJobId;

    /// One way to write it, so that one job has one name.
    fn from_str(text: &str) -> Result<Self, InvalidJobId> {
        let id = Uuid::try_parse(text).map(Self).map_err(|_| InvalidJobId)?;
        if id.to_string() == text { Ok(id) } else { Err(InvalidJobId) }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidJobId;

    fn try_from(text: String) -> Result<Self, InvalidJobId> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.to_string()
    }
}

/// A tenant as text; the anonymous one is the empty text, which is no name.
mod tenant_text {
    use super::*;

    pub(super) fn serialize<S: Serializer>(tenant: &Tenant, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(tenant.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Tenant, D::Error> {
        let text = String::deserialize(from)?;
        match text.is_empty() {
            true => Ok(Tenant::anonymous()),
            false => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests;
