//! Who is told of a job, from the store and back.

use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use dossier_document::Tenant;

use super::sealing::place;
use super::{Jobs, JobsError, milliseconds, now_ms};
use crate::store::Told;
use crate::webhook::{Message, Target, wait_after};
use crate::{Job, JobId, WebhookSigner};

/// What a job's webhook is sealed for.
pub(super) const WEBHOOK: &str = "webhook";

/// A job that somebody is to be told of.
#[derive(Debug)]
pub struct Delivery {
    /// The job.
    pub job: Job,
    /// Whom to tell.
    pub target: Target,
    attempt: u32,
}

impl Jobs {
    /// A job that somebody is to be told of, for whoever says so within a time.
    ///
    /// # Errors
    /// When the store does not answer, or what was sealed does not open.
    pub async fn claim_delivery(&self, within: Duration) -> Result<Option<Delivery>, JobsError> {
        let now_ms = now_ms();
        let until_ms = now_ms.saturating_add(milliseconds(within));
        let claimed = self.store.claim_delivery(now_ms, until_ms).await?;
        let Some((job, tenant_key)) = claimed else { return Ok(None) };
        let webhook = job.webhook.as_ref().ok_or(JobsError::Webhook)?;
        let id = job.id.to_string();
        let tenant_key = self.master.tenant_key(&tenant_key, job.tenant.as_str())?;
        let key = tenant_key.job_key(&job.key, &id)?;
        let sealed = STANDARD_NO_PAD.decode(&webhook.target).map_err(|_| JobsError::Webhook)?;
        let target = key.open(sealed, &place(job.id, 0, WEBHOOK))?;
        let target = serde_json::from_slice(&target).map_err(|_| JobsError::Webhook)?;
        let attempt = webhook.attempts;
        Ok(Some(Delivery { job, target, attempt }))
    }

    /// What is told of a job, signed now. The id is the job's: whoever has it twice was told twice.
    #[must_use]
    pub fn message(&self, delivery: &Delivery, body: Vec<u8>) -> Message {
        let id = format!("job_{}", delivery.job.id);
        self.signer.sign(id, now_ms() / 1000, body, delivery.target.secret.as_ref())
    }

    /// What signs.
    #[must_use]
    pub fn signer(&self) -> &WebhookSigner {
        &self.signer
    }

    /// Says that it was told.
    ///
    /// # Errors
    /// When the store does not answer: then it is told again.
    pub async fn delivered(&self, delivery: &Delivery) -> Result<(), JobsError> {
        self.settle(delivery, Told::Delivered).await?;
        self.standing.delivered.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Says that it was not, for the reason of a code, and is to be tried again unless `is_final`, as long as
    /// there are attempts. `chance` is from 0 to 1.
    ///
    /// # Errors
    /// When the store does not answer: then it is tried again.
    pub async fn undelivered(
        &self,
        delivery: &Delivery,
        code: &'static str,
        is_final: bool,
        chance: f64,
    ) -> Result<(), JobsError> {
        let wait = wait_after(delivery.attempt, chance).filter(|_| !is_final);
        let told = match wait {
            Some(wait) => {
                let due_ms = now_ms().saturating_add(milliseconds(wait));
                Told::Again { code, due_ms }
            }
            None => Told::GivenUp(code),
        };
        self.settle(delivery, told).await?;
        let count = match wait {
            Some(_) => &self.standing.undelivered,
            None => &self.standing.given_up,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn settle(&self, delivery: &Delivery, told: Told) -> Result<(), JobsError> {
        self.store.settle_delivery(delivery.job.number, delivery.attempt, told).await?;
        Ok(())
    }

    /// Has whoever is to be told of a job told again; none where there is no such job, it is not done with, or
    /// nobody is to be told.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn redeliver(&self, tenant: &Tenant, id: JobId) -> Result<Option<Job>, JobsError> {
        Ok(self.store.redeliver(tenant.clone(), id, now_ms()).await?)
    }
}
