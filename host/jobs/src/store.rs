//! What a store of jobs does, whichever it is. Each call is one transaction: it is done and durable when it
//! answers, or nothing of it is.

use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;

use dossier_document::Tenant;

use crate::{
    Client, DocumentState, Idempotency, Job, JobDocument, JobId, Webhook, WebhookState, WrappedKey,
};

/// What a store answers later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps jobs. Times are milliseconds since 1970, and the caller's: hosts that share a store must agree on
/// the time within a few seconds.
pub trait JobStore: fmt::Debug + Send + Sync + 'static {
    /// Keeps what tells, later, whether the store was written with a master key, unless there is one; answers
    /// the one that is kept.
    fn witness(&self, witness: WrappedKey) -> Answer<'_, WrappedKey>;

    /// The key of a tenant, if it has one.
    fn tenant_key(&self, tenant: Tenant) -> Answer<'_, Option<WrappedKey>>;

    /// Keeps a key of a tenant, unless it has one; answers the one that it has.
    fn keep_tenant_key(&self, tenant: Tenant, key: WrappedKey) -> Answer<'_, WrappedKey>;

    /// Keeps a job whose documents wait.
    fn submit(&self, job: NewJob, limits: TenantLimits) -> Answer<'_, Submitted>;

    /// A job of a tenant.
    fn job(&self, tenant: Tenant, id: JobId) -> Answer<'_, Option<Job>>;

    /// A job of a tenant and the results of its documents, sealed, with the tenant's key.
    fn results(&self, tenant: Tenant, id: JobId) -> Answer<'_, Option<Stored>>;

    /// Jobs of a tenant, the newest first: those before the job of a number, or the newest.
    fn list(&self, tenant: Tenant, before: Option<u64>, limit: usize) -> Answer<'_, Vec<Job>>;

    /// Begins a document that may be begun, for whoever reads it until `until_ms`. Tenants take turns.
    fn claim(&self, now_ms: u64, until_ms: u64) -> Answer<'_, Option<Claimed>>;

    /// Whether the holder of a document still holds it.
    fn is_held(&self, claim: Claim) -> Answer<'_, bool>;

    /// Holds a document longer; tells whether it is still held.
    fn renew(&self, claim: Claim, until_ms: u64) -> Answer<'_, bool>;

    /// Lets a document wait again, until `due_ms`; tells whether it was still held.
    fn release(&self, claim: Claim, release: Release, due_ms: u64) -> Answer<'_, bool>;

    /// Says what came of a document. Said twice by the same holder, it is said once.
    fn complete(
        &self,
        claim: Claim,
        outcome: Outcome,
        result: Vec<u8>,
        now_ms: u64,
    ) -> Answer<'_, Completed>;

    /// Cancels what is not done of a job; answers the job as it is then.
    fn cancel(&self, tenant: Tenant, id: JobId, now_ms: u64) -> Answer<'_, Option<Job>>;

    /// Erases a job with its key; tells whether there was one.
    fn erase(&self, tenant: Tenant, id: JobId) -> Answer<'_, bool>;

    /// Erases all jobs about a subject, by its tag; tells how many.
    fn erase_subject(&self, tenant: Tenant, subject: String) -> Answer<'_, u64>;

    /// Erases everything of a tenant, its key too; tells how many jobs.
    fn erase_tenant(&self, tenant: Tenant) -> Answer<'_, u64>;

    /// Takes documents from holders whose time is over, and erases jobs whose time is.
    fn reap(&self, now_ms: u64, most_attempts: u32) -> Answer<'_, Reaped>;

    /// Begins to tell somebody of a job, for whoever does so until `until_ms`.
    fn claim_delivery(&self, now_ms: u64, until_ms: u64) -> Answer<'_, Option<(Job, WrappedKey)>>;

    /// Says what came of an attempt to tell somebody of the job of a number; tells whether it was heard.
    fn settle_delivery(&self, number: u64, attempt: u32, told: Told) -> Answer<'_, bool>;

    /// Has somebody told again of a job that is done with; none where there is no such job, or nobody to tell.
    fn redeliver(&self, tenant: Tenant, id: JobId, now_ms: u64) -> Answer<'_, Option<Job>>;

    /// How much waits.
    fn lag(&self, now_ms: u64) -> Answer<'_, Lag>;
}

/// A job to be kept. What is personal in it is sealed.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub tenant: Tenant,
    /// The key of the tenant that its own key is wrapped with: where the tenant has another by now, it is
    /// refused with [`StoreError::OtherKey`].
    pub tenant_key: WrappedKey,
    /// Its own key.
    pub key: WrappedKey,
    /// The tag of whom it is about.
    pub subject: Option<String>,
    /// When it came.
    pub created_ms: u64,
    /// When everything of it is erased.
    pub expires_ms: u64,
    /// Who sent it.
    pub client: Client,
    /// By what it may be sent again.
    pub idempotency: Option<Idempotency>,
    /// Who is told once it is done with, sealed.
    pub webhook: Option<String>,
    /// Of each document its type, and the document itself, sealed.
    pub documents: Vec<(String, Vec<u8>)>,
}

impl NewJob {
    /// The job as it is kept under a number.
    pub(crate) fn queued(&self, number: u64) -> Job {
        let queued = |(document_type, input): &(String, Vec<u8>)| JobDocument {
            document_type: document_type.clone(),
            state: DocumentState::Queued,
            attempts: 0,
            fence: 0,
            due_ms: self.created_ms,
            code: None,
            input_bytes: input.len() as u64,
            result_bytes: 0,
        };
        let webhook = |target: &String| Webhook {
            target: target.clone(),
            state: WebhookState::Waiting,
            attempts: 0,
            due_ms: 0,
            code: None,
        };
        Job {
            id: self.id,
            number,
            tenant: self.tenant.clone(),
            subject: self.subject.clone(),
            created_ms: self.created_ms,
            expires_ms: self.expires_ms,
            finished_ms: None,
            key: self.key.clone(),
            client: self.client.clone(),
            idempotency: self.idempotency.clone(),
            webhook: self.webhook.as_ref().map(webhook),
            documents: self.documents.iter().map(queued).collect(),
        }
    }

    /// Bytes of its documents.
    pub(crate) fn input_bytes(&self) -> u64 {
        self.documents.iter().map(|(_, input)| input.len() as u64).sum()
    }
}

/// What one tenant may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantLimits {
    /// Documents that wait or are read.
    pub waiting: u64,
    /// Bytes of documents and results.
    pub bytes: u64,
}

impl TenantLimits {
    /// Refuses what is more than a tenant may have.
    pub(crate) fn check(self, waiting: u64, bytes: u64) -> Result<(), StoreError> {
        if waiting > self.waiting {
            return Err(StoreError::TooMany { limit: self.waiting });
        }
        if bytes > self.bytes {
            return Err(StoreError::NoRoom { limit: self.bytes });
        }
        Ok(())
    }
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It is kept.
    New(Job),
    /// It was sent before, and is this job.
    Again(Job),
}

/// A job with the results of its documents, sealed.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The job.
    pub job: Job,
    /// The key that its own key is wrapped with.
    pub tenant_key: WrappedKey,
    /// Of each document that is done with, its result.
    pub results: Vec<Option<Vec<u8>>>,
}

/// Who holds a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The number of the job.
    pub number: u64,
    /// The place of the document in it.
    pub index: u32,
    /// Which of those who held it this is.
    pub fence: u32,
}

/// A document that was begun.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Who holds it.
    pub claim: Claim,
    /// Its job.
    pub job: Job,
    /// The key that the job's is wrapped with.
    pub tenant_key: WrappedKey,
    /// The document, sealed.
    pub input: Vec<u8>,
}

/// How a document is let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Nothing was tried.
    Untried,
    /// It was tried, and failed for the reason of this code.
    Failed(&'static str),
}

/// What came of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was read.
    Succeeded,
    /// It was not, for the reason of this code.
    Failed(&'static str),
}

/// What came of an attempt to tell somebody of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was heard.
    Delivered,
    /// It was not, for the reason of this code, and is tried again.
    Again {
        /// Why.
        code: &'static str,
        /// When.
        due_ms: u64,
    },
    /// It was not, for the reason of this code, and is not tried again.
    GivenUp(&'static str),
}

/// What became of what a holder says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completed {
    /// It is kept; whether the job is done with that.
    Kept {
        /// Whether it was the last of its job.
        is_last: bool,
    },
    /// Somebody else holds the document, or nobody wants it any more.
    Lost,
}

/// What a look at the clock came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Documents that wait again.
    pub requeued: u64,
    /// Documents that were begun too often.
    pub given_up: u64,
    /// Jobs that were erased.
    pub expired: u64,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// Documents that wait.
    pub waiting: u64,
    /// Documents that are read.
    pub running: u64,
    /// Since when the longest of them may be begun, in milliseconds.
    pub oldest_ms: u64,
}

/// The store can't do what it is asked. No text of it holds anything of a document.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refuses: no space, no connection, nothing that the caller did.
    #[error("the store of jobs can't be reached or written: {source}")]
    Unavailable {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process has it open.
    #[error("{}: another process has it open", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// It was written by another version of the program.
    #[error("the store of jobs has format {found}, this program reads format {known}")]
    Format {
        /// The format found.
        found: u64,
        /// The format that is read.
        known: u64,
    },
    /// A record is not understood.
    #[error("a record of a job is not understood: {source}")]
    Record {
        /// What and where; no record holds anything of a document.
        source: serde_json::Error,
    },
    /// Two records contradict each other.
    #[error("the store of jobs contradicts itself: {what}")]
    Inconsistent {
        /// What is missing or twice.
        what: &'static str,
    },
    /// The tenant's key is another by now.
    #[error("the tenant's key is another by now")]
    OtherKey,
    /// The idempotency key is that of another job.
    #[error("the idempotency key was sent with another job")]
    OtherRequest,
    /// The tenant has as many documents waiting as it may.
    #[error("the tenant may have {limit} documents waiting")]
    TooMany {
        /// How many that are.
        limit: u64,
    },
    /// The tenant has as many bytes as it may.
    #[error("the tenant may have {limit} bytes of documents and results")]
    NoRoom {
        /// How many that are.
        limit: u64,
    },
}

impl StoreError {
    /// Whether it may go well another time.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// How long a document waits that has failed, by how often it was begun: two seconds, then four times as long
/// each time, five minutes at most.
pub(crate) fn backoff_ms(attempts: u32) -> u64 {
    (2_000_u64 << (2 * attempts.saturating_sub(1).min(4))).min(300_000)
}

/// How long a document waits whose holder was silent: a host that was killed is back in a moment.
pub(crate) fn silent_backoff_ms(attempts: u32) -> u64 {
    u64::from(attempts).saturating_mul(1_000).min(60_000)
}

/// What a document's code is that was begun as often as it may be, and never answered.
pub(crate) const GIVEN_UP: &str = "job.given_up";
