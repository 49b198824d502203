//! A job on its way into the store: what is personal in it is sealed, or becomes a tag.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::delivery::WEBHOOK;
use super::{Jobs, JobsError, Submission, milliseconds, now_ms};
use crate::store::NewJob;
use crate::vault::TenantKey;
use crate::{Document, Idempotency, JobId, WrappedKey};

impl Jobs {
    /// The job, with everything of it that is personal sealed under a key of its own.
    pub(super) fn sealed(
        &self,
        submission: &Submission,
        tenant_key: WrappedKey,
    ) -> Result<NewJob, JobsError> {
        let tenant = submission.tenant.clone();
        let opened = self.master.tenant_key(&tenant_key, tenant.as_str())?;
        let id = JobId::new();
        let (job_key, key) = opened.new_job_key(&id.to_string())?;
        let plain = submission.documents.iter().map(Document::to_bytes);
        let plain = plain.collect::<Result<Vec<_>, _>>()?;
        let target = submission.webhook.as_ref().map(serde_json::to_vec).transpose();
        let target = target.map_err(|_| JobsError::Webhook)?;
        let idempotency = submission.idempotency_key.as_ref().map(|key| {
            let subject = submission.subject.as_deref().unwrap_or_default().as_bytes();
            let target = target.as_deref().unwrap_or_default();
            let parts = [subject, target].into_iter().chain(plain.iter().map(Vec::as_slice));
            Idempotency {
                key: opened.tag("idempotency", [key.as_bytes()]),
                fingerprint: opened.tag("request", parts),
            }
        });
        let mut documents = Vec::with_capacity(plain.len());
        for (index, (plain, document)) in (0..).zip(plain.iter().zip(&submission.documents)) {
            let sealed = job_key.seal(plain, &place(id, index, "pages"))?;
            documents.push((document.document_type.as_str().to_owned(), sealed));
        }
        let seal_target = |target: &Vec<u8>| {
            let sealed = job_key.seal(target, &place(id, 0, WEBHOOK))?;
            Ok::<_, JobsError>(STANDARD_NO_PAD.encode(sealed))
        };
        let webhook = target.as_ref().map(seal_target).transpose()?;
        let created_ms = now_ms();
        let ttl = submission.ttl.map_or(self.settings.ttl, |ttl| ttl.min(self.settings.ttl));
        Ok(NewJob {
            id,
            tenant,
            tenant_key,
            key,
            subject: submission.subject.as_deref().map(|subject| subject_tag(&opened, subject)),
            created_ms,
            expires_ms: created_ms.saturating_add(milliseconds(ttl)),
            client: submission.client.clone(),
            idempotency,
            webhook,
            documents,
        })
    }
}

/// Where something of a document belongs.
pub(super) fn place(job: JobId, index: u32, what: &str) -> String {
    format!("{job} {index} {what}")
}

/// What finds the jobs about somebody again.
pub(super) fn subject_tag(key: &TenantKey, subject: &str) -> String {
    key.tag("subject", [subject.as_bytes()])
}
