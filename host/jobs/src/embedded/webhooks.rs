//! Who is to be told of a job, and when.

use dossier_document::Tenant;
use redb::{ReadTransaction, ReadableTable as _, WriteTransaction};

use super::erase::job_of;
use super::tables::{DELIVERIES, JOBS, TENANTS, load, store, tenant_key};
use crate::store::Told;
use crate::{Job, JobId, StoreError, Webhook, WebhookState, WrappedKey};

/// Has somebody told of a job that is done with, if there is somebody. The job is not stored.
pub(super) fn arm(to: &WriteTransaction, job: &mut Job, now_ms: u64) -> Result<(), StoreError> {
    let number = job.number;
    let Some(webhook) = &mut job.webhook else { return Ok(()) };
    webhook.state = WebhookState::Due;
    webhook.attempts = 0;
    webhook.due_ms = now_ms;
    to.open_table(DELIVERIES)?.insert((now_ms, number), ())?;
    Ok(())
}

/// Takes a job out of the order of those that somebody is to be told of.
pub(super) fn disarm(to: &WriteTransaction, job: &Job) -> Result<(), StoreError> {
    if let Some(webhook) = &job.webhook {
        to.open_table(DELIVERIES)?.remove((webhook.due_ms, job.number))?;
    }
    Ok(())
}

pub(super) fn is_any_due(of: &ReadTransaction, now_ms: u64) -> Result<bool, StoreError> {
    let first = of.open_table(DELIVERIES)?.first()?.map(|(key, _)| key.value().0);
    Ok(first.is_some_and(|due_ms| due_ms <= now_ms))
}

pub(super) fn claim(
    to: &WriteTransaction,
    now_ms: u64,
    until_ms: u64,
) -> Result<Option<(Job, WrappedKey)>, StoreError> {
    let first = to.open_table(DELIVERIES)?.first()?.map(|(key, _)| key.value());
    let Some((_, number)) = first.filter(|(due_ms, _)| *due_ms <= now_ms) else { return Ok(None) };
    let missing = |what| StoreError::Inconsistent { what };
    let job = change(to, number, |webhook| {
        webhook.attempts += 1;
        webhook.due_ms = until_ms;
        true
    })?;
    let job = job.ok_or(missing("a job that is to be told of is not there"))?;
    let key = tenant_key(&to.open_table(TENANTS)?, job.tenant.as_str())?;
    Ok(Some((job, key.ok_or(missing("the tenant of a job has no key"))?)))
}

pub(super) fn settle(
    to: &WriteTransaction,
    number: u64,
    attempt: u32,
    told: Told,
) -> Result<bool, StoreError> {
    let settled = change(to, number, |webhook| {
        // Another one tries by now, or it begins anew.
        if webhook.state != WebhookState::Due || webhook.attempts != attempt {
            return false;
        }
        let code = match told {
            Told::Delivered => {
                webhook.state = WebhookState::Delivered;
                None
            }
            Told::Again { code, due_ms } => {
                webhook.due_ms = due_ms;
                Some(code)
            }
            Told::GivenUp(code) => {
                webhook.state = WebhookState::GivenUp;
                Some(code)
            }
        };
        webhook.code = code.map(str::to_owned);
        true
    })?;
    Ok(settled.is_some())
}

/// Changes who is to be told; none where there is nobody, or nothing is changed.
fn change(
    to: &WriteTransaction,
    number: u64,
    change: impl FnOnce(&mut Webhook) -> bool,
) -> Result<Option<Job>, StoreError> {
    let mut jobs = to.open_table(JOBS)?;
    let Some(mut job) = load(&jobs, number)? else { return Ok(None) };
    let before = job.webhook.as_ref().map(|webhook| webhook.due_ms);
    let Some(webhook) = &mut job.webhook else { return Ok(None) };
    if !change(webhook) {
        return Ok(None);
    }
    let after = (webhook.state == WebhookState::Due).then_some(webhook.due_ms);
    let mut deliveries = to.open_table(DELIVERIES)?;
    if let Some(due_ms) = before {
        deliveries.remove((due_ms, number))?;
    }
    if let Some(due_ms) = after {
        deliveries.insert((due_ms, number), ())?;
    }
    store(&mut jobs, &job)?;
    Ok(Some(job))
}

pub(super) fn again(
    to: &WriteTransaction,
    tenant: &Tenant,
    id: JobId,
    now_ms: u64,
) -> Result<Option<Job>, StoreError> {
    let job = job_of(to, tenant, id)?;
    let job = job.filter(|job| job.state().is_final() && job.webhook.is_some());
    let Some(mut job) = job else { return Ok(None) };
    disarm(to, &job)?;
    arm(to, &mut job, now_ms)?;
    store(&mut to.open_table(JOBS)?, &job)?;
    Ok(Some(job))
}
