//! Jobs as the host has them: sealed on their way into a store, opened on their way out.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use dossier_document::Tenant;
use tokio::sync::Notify;

use crate::store::{
    Claim, Completed, JobStore, Outcome, Release, StoreError, TenantLimits, backoff_ms,
};
use crate::vault::JobKey;
use crate::{
    Client, Document, InvalidDocument, Job, JobId, MasterKey, Submitted, Target, VaultError, Waker,
    WebhookSigner,
};

mod sealing;
use sealing::{place, subject_tag};

mod delivery;
pub use delivery::Delivery;

mod waking;

mod standing;
use standing::Counts;
pub use standing::JobsStanding;

/// How often a submission is tried whose tenant was erased while it was sealed.
const TRIES: usize = 3;

/// Jobs, in a store.
pub struct Jobs {
    store: Arc<dyn JobStore>,
    master: MasterKey,
    settings: JobSettings,
    /// Somebody of this host may have something to do.
    woken: Notify,
    /// Wakes other hosts, where there are any.
    waker: Option<Arc<dyn Waker>>,
    signer: WebhookSigner,
    standing: Counts,
}

/// What an operator sets.
#[derive(Clone, Copy, Debug)]
pub struct JobSettings {
    /// What a tenant may have.
    pub limits: TenantLimits,
    /// How often a document is begun before it is given up.
    pub attempts: u32,
    /// How long whoever reads a document holds it, unless it says that it still does.
    pub lease: Duration,
    /// How long a job and its results are kept, where its client wants no less.
    pub ttl: Duration,
}

/// A job as its client sends it.
#[derive(Debug)]
pub struct Submission {
    /// Whose it is.
    pub tenant: Tenant,
    /// Who sends it.
    pub client: Client,
    /// Whom it is about, as its client calls them.
    pub subject: Option<String>,
    /// How long it is kept, if not as long as the host keeps jobs.
    pub ttl: Option<Duration>,
    /// By what it may be sent again.
    pub idempotency_key: Option<String>,
    /// Who is told once it is done with.
    pub webhook: Option<Target>,
    /// Its documents.
    pub documents: Vec<Document>,
}

/// A document that somebody reads.
#[derive(Debug)]
pub struct Task {
    /// Who holds it.
    pub claim: Claim,
    /// Its job.
    pub job: Job,
    /// The document.
    pub document: Document,
    key: JobKey,
}

/// What came of the documents of a job.
#[derive(Clone)]
pub struct Results {
    /// The job.
    pub job: Job,
    /// Of each document that is done with, its result.
    pub results: Vec<Option<Vec<u8>>>,
}

/// A job can't be kept, read or changed.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something can't be sealed or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What was opened is no document.
    #[error(transparent)]
    Document(#[from] InvalidDocument),
    /// The store was written with another master key.
    #[error("the jobs that are kept were sealed with another key than this")]
    OtherMaster,
    /// What was opened is nobody to tell.
    #[error("what was opened is no webhook")]
    Webhook,
    /// Sealing panicked. Its message is nobody's to see.
    #[error("sealing panicked")]
    Panicked,
}

impl Jobs {
    /// Jobs in a store, sealed under a master key.
    ///
    /// # Errors
    /// When the store does not answer, or was written with another key.
    pub async fn open(
        store: Arc<dyn JobStore>,
        master: MasterKey,
        settings: JobSettings,
    ) -> Result<Self, JobsError> {
        let witness = store.witness(master.witness()?).await?;
        if !master.made(&witness) {
            return Err(JobsError::OtherMaster);
        }
        let (woken, standing) = (Notify::new(), Counts::default());
        let signer = WebhookSigner::from_seed(&master.webhook_seed());
        let signer = signer.ok_or(VaultError::NotAKey)?;
        let jobs = Self { store, master, settings, woken, waker: None, signer, standing };
        jobs.look_at_the_clock().await?;
        Ok(jobs)
    }

    /// Keeps a job, and wakes somebody up who reads it.
    ///
    /// # Errors
    /// When it can't be kept: then nothing of it is.
    pub async fn submit(self: &Arc<Self>, submission: Submission) -> Result<Submitted, JobsError> {
        let submission = Arc::new(submission);
        for _ in 1..TRIES {
            match self.submit_once(&submission).await {
                Err(JobsError::Store(StoreError::OtherKey)) => {}
                done => return done,
            }
        }
        self.submit_once(&submission).await
    }

    async fn submit_once(
        self: &Arc<Self>,
        submission: &Arc<Submission>,
    ) -> Result<Submitted, JobsError> {
        let tenant = submission.tenant.clone();
        let tenant_key = match self.store.tenant_key(tenant.clone()).await? {
            Some(key) => key,
            None => {
                let key = self.master.new_tenant_key(tenant.as_str())?;
                self.store.keep_tenant_key(tenant, key).await?
            }
        };
        let (jobs, submission) = (Arc::clone(self), Arc::clone(submission));
        // Megabytes of pages: more than a runtime's thread has time for.
        let sealing = move || jobs.sealed(&submission, tenant_key);
        let job = tokio::task::spawn_blocking(sealing).await;
        let job = job.map_err(|_| JobsError::Panicked)??;
        let submitted = self.store.submit(job, self.settings.limits).await?;
        match &submitted {
            Submitted::New(job) => self.wake(job.documents.len()),
            Submitted::Again(_) => {}
        }
        Ok(submitted)
    }

    /// A job of a tenant.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn job(&self, tenant: &Tenant, id: JobId) -> Result<Option<Job>, JobsError> {
        Ok(self.store.job(tenant.clone(), id).await?)
    }

    /// What came of the documents of a job.
    ///
    /// # Errors
    /// When the store does not answer, or something does not open.
    pub async fn results(&self, tenant: &Tenant, id: JobId) -> Result<Option<Results>, JobsError> {
        let Some(stored) = self.store.results(tenant.clone(), id).await? else { return Ok(None) };
        let tenant_key = self.master.tenant_key(&stored.tenant_key, tenant.as_str())?;
        let key = tenant_key.job_key(&stored.job.key, &id.to_string())?;
        let open = |(index, result): (u32, Option<Vec<u8>>)| {
            // Of one that did not open, nothing was kept.
            let result = result.filter(|sealed| !sealed.is_empty());
            result.map(|sealed| key.open(sealed, &place(id, index, "result"))).transpose()
        };
        let results = (0..).zip(stored.results).map(open).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Results { job: stored.job, results }))
    }

    /// Jobs of a tenant, the newest first: those before a job, or the newest.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn list(
        &self,
        tenant: &Tenant,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Option<Vec<Job>>, JobsError> {
        let before = match before {
            None => None,
            Some(id) => match self.store.job(tenant.clone(), id).await? {
                Some(job) => Some(job.number),
                None => return Ok(None),
            },
        };
        Ok(Some(self.store.list(tenant.clone(), before, limit).await?))
    }

    /// Cancels what is not done of a job.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn cancel(&self, tenant: &Tenant, id: JobId) -> Result<Option<Job>, JobsError> {
        Ok(self.store.cancel(tenant.clone(), id, now_ms()).await?)
    }

    /// Erases a job; tells whether there was one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn erase(&self, tenant: &Tenant, id: JobId) -> Result<bool, JobsError> {
        Ok(self.store.erase(tenant.clone(), id).await?)
    }

    /// Erases all jobs about a subject; tells how many.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn erase_subject(&self, tenant: &Tenant, subject: &str) -> Result<u64, JobsError> {
        let Some(key) = self.store.tenant_key(tenant.clone()).await? else { return Ok(0) };
        let key = self.master.tenant_key(&key, tenant.as_str())?;
        Ok(self.store.erase_subject(tenant.clone(), subject_tag(&key, subject)).await?)
    }

    /// Erases everything of a tenant, its key too; tells how many jobs.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn erase_tenant(&self, tenant: &Tenant) -> Result<u64, JobsError> {
        Ok(self.store.erase_tenant(tenant.clone()).await?)
    }

    /// Begins a document, if one may be begun. One that does not open is said to have failed.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn claim(&self) -> Result<Option<Task>, JobsError> {
        let now_ms = now_ms();
        let until_ms = now_ms.saturating_add(milliseconds(self.settings.lease));
        let Some(claimed) = self.store.claim(now_ms, until_ms).await? else { return Ok(None) };
        let (job, claim) = (claimed.job, claimed.claim);
        let open = || {
            let tenant_key = self.master.tenant_key(&claimed.tenant_key, job.tenant.as_str())?;
            let key = tenant_key.job_key(&job.key, &job.id.to_string())?;
            let plain = key.open(claimed.input, &place(job.id, claim.index, "pages"))?;
            Ok::<_, JobsError>((Document::from_bytes(Bytes::from(plain))?, key))
        };
        // There may be more: whoever else of this host waits looks, too.
        self.woken.notify_one();
        match open() {
            Ok((document, key)) => Ok(Some(Task { claim, job, document, key })),
            Err(error) => {
                // It opens never, or with the right key: it must not be lost in between.
                let attempts = job.documents[claim.index as usize].attempts;
                if self.may_be_tried_again(attempts) {
                    self.release(claim, attempts, "internal").await?;
                } else {
                    let outcome = Outcome::Failed("internal");
                    self.store.complete(claim, outcome, Vec::new(), now_ms).await?;
                }
                Err(error)
            }
        }
    }

    /// Whether the holder of a document still holds it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn is_held(&self, claim: Claim) -> Result<bool, JobsError> {
        Ok(self.store.is_held(claim).await?)
    }

    /// Holds a document longer; tells whether it is still held.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn renew(&self, claim: Claim) -> Result<bool, JobsError> {
        let until_ms = now_ms().saturating_add(milliseconds(self.settings.lease));
        Ok(self.store.renew(claim, until_ms).await?)
    }

    /// How long whoever reads a document holds it.
    #[must_use]
    pub fn lease(&self) -> Duration {
        self.settings.lease
    }

    /// Whether a document that was begun so often may be begun again.
    #[must_use]
    pub fn may_be_tried_again(&self, attempts: u32) -> bool {
        attempts < self.settings.attempts
    }

    /// Gives a document back that was not tried, to be begun after a while.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn give_back(&self, claim: Claim, after: Duration) -> Result<bool, JobsError> {
        let due_ms = now_ms().saturating_add(milliseconds(after));
        let is_kept = self.store.release(claim, Release::Untried, due_ms).await?;
        // What is given back for later is found by whoever looks then.
        if is_kept && after.is_zero() {
            self.wake_others(1);
        }
        Ok(is_kept)
    }

    /// Lets a document wait that was begun so often and has failed for the reason of this code.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn release(
        &self,
        claim: Claim,
        attempts: u32,
        code: &'static str,
    ) -> Result<bool, JobsError> {
        let due_ms = now_ms().saturating_add(backoff_ms(attempts));
        let is_kept = self.store.release(claim, Release::Failed(code), due_ms).await?;
        self.standing.tried_again.fetch_add(u64::from(is_kept), Ordering::Relaxed);
        Ok(is_kept)
    }

    /// Says what came of a document.
    ///
    /// # Errors
    /// When the store does not answer: then it is not known whether it is said, and may be said again.
    pub async fn complete(
        &self,
        task: &Task,
        outcome: Outcome,
        result: &[u8],
    ) -> Result<Completed, JobsError> {
        let sealed = task.key.seal(result, &place(task.job.id, task.claim.index, "result"))?;
        let completed = self.store.complete(task.claim, outcome, sealed, now_ms()).await?;
        if completed != Completed::Lost {
            let count = match outcome {
                Outcome::Succeeded => &self.standing.succeeded,
                Outcome::Failed(_) => &self.standing.failed,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(completed)
    }

    /// Takes documents from holders whose time is over, erases jobs whose time is, and looks how much waits.
    /// Somebody calls this every second.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn look_at_the_clock(&self) -> Result<(), JobsError> {
        let looked = self.look().await;
        let is_unavailable = u64::from(looked.is_err());
        self.standing.is_unavailable.store(is_unavailable, Ordering::Relaxed);
        looked
    }

    async fn look(&self) -> Result<(), JobsError> {
        let reaped = self.store.reap(now_ms(), self.settings.attempts).await?;
        let Counts { waiting, running, oldest_ms, failed, tried_again, expired, .. } =
            &self.standing;
        tried_again.fetch_add(reaped.requeued, Ordering::Relaxed);
        failed.fetch_add(reaped.given_up, Ordering::Relaxed);
        expired.fetch_add(reaped.expired, Ordering::Relaxed);
        let lag = self.store.lag(now_ms()).await?;
        waiting.store(lag.waiting, Ordering::Relaxed);
        running.store(lag.running, Ordering::Relaxed);
        oldest_ms.store(lag.oldest_ms, Ordering::Relaxed);
        Ok(())
    }

    /// How they stood at the last look at the clock.
    #[must_use]
    pub fn standing(&self) -> JobsStanding {
        self.standing.read()
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    milliseconds(since)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("store", &self.store).finish_non_exhaustive()
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").field("job", &self.job.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
