//! What ends: documents nobody wants, holders whose time is over, jobs that are erased.

use dossier_document::Tenant;
use redb::{ReadTransaction, ReadableTable as _, WriteTransaction};

use super::tables::{
    EXPIRIES, IDS, INPUTS, JOBS, LEASES, OF_TENANT, RESULTS, SENT, SUBJECTS, TENANTS, charge,
    index, load, signed, store, unindex,
};
use super::webhooks::{arm, disarm};
use crate::store::{GIVEN_UP, Reaped, silent_backoff_ms};
use crate::{DocumentState, Job, JobDocument, JobId, StoreError};

/// Most documents and jobs that one look at the clock ends: a transaction that holds others up no longer.
const MOST_AT_A_TIME: usize = 256;

/// A job of a tenant.
pub(super) fn job_of(
    to: &WriteTransaction,
    tenant: &Tenant,
    id: JobId,
) -> Result<Option<Job>, StoreError> {
    let number = to.open_table(IDS)?.get(id.number())?.map(|number| number.value());
    let Some(number) = number else { return Ok(None) };
    let job = load(&to.open_table(JOBS)?, number)?;
    Ok(job.filter(|job| job.tenant == *tenant))
}

pub(super) fn cancel(
    to: &WriteTransaction,
    tenant: &Tenant,
    id: JobId,
    now_ms: u64,
) -> Result<Option<Job>, StoreError> {
    let Some(mut job) = job_of(to, tenant, id)? else { return Ok(None) };
    if job.state().is_final() {
        return Ok(Some(job));
    }
    let open = (0_u32..).zip(&job.documents).filter(|(_, document)| !document.state.is_final());
    let open = open.map(|(place, _)| place).collect::<Vec<_>>();
    for place in open {
        end(to, &mut job, place, |document| document.state = DocumentState::Cancelled)?;
    }
    job.finished_ms = Some(now_ms);
    arm(to, &mut job, now_ms)?;
    store(&mut to.open_table(JOBS)?, &job)?;
    Ok(Some(job))
}

/// Ends a document without a result. The job is not stored.
fn end(
    to: &WriteTransaction,
    job: &mut Job,
    place: u32,
    change: impl FnOnce(&mut JobDocument),
) -> Result<(), StoreError> {
    unindex(to, job, place)?;
    let tenant = job.tenant.clone();
    let number = job.number;
    let Some(document) = job.documents.get_mut(place as usize) else { return Ok(()) };
    change(document);
    let bytes = std::mem::take(&mut document.input_bytes);
    to.open_table(INPUTS)?.remove((number, place))?;
    charge(to, tenant.as_str(), -1, -signed(bytes))?;
    Ok(())
}

pub(super) fn erase(to: &WriteTransaction, tenant: &Tenant, id: JobId) -> Result<bool, StoreError> {
    let Some(job) = job_of(to, tenant, id)? else { return Ok(false) };
    remove(to, &job)?;
    Ok(true)
}

/// Erases a job: its record has the key that all else of it is sealed with.
fn remove(to: &WriteTransaction, job: &Job) -> Result<(), StoreError> {
    let tenant = job.tenant.as_str();
    let (mut open, mut bytes) = (0, 0);
    disarm(to, job)?;
    for (place, document) in (0_u32..).zip(&job.documents) {
        unindex(to, job, place)?;
        to.open_table(INPUTS)?.remove((job.number, place))?;
        to.open_table(RESULTS)?.remove((job.number, place))?;
        open += u64::from(!document.state.is_final());
        bytes += document.input_bytes + document.result_bytes;
    }
    charge(to, tenant, -signed(open), -signed(bytes))?;
    to.open_table(JOBS)?.remove(job.number)?;
    to.open_table(IDS)?.remove(job.id.number())?;
    to.open_table(OF_TENANT)?.remove((tenant, job.number))?;
    to.open_table(EXPIRIES)?.remove((job.expires_ms, job.number))?;
    if let Some(subject) = &job.subject {
        to.open_table(SUBJECTS)?.remove((tenant, subject.as_str(), job.number))?;
    }
    if let Some(idempotency) = &job.idempotency {
        to.open_table(SENT)?.remove((tenant, idempotency.key.as_str()))?;
    }
    Ok(())
}

pub(super) fn erase_subject(
    to: &WriteTransaction,
    tenant: &Tenant,
    subject: &str,
) -> Result<u64, StoreError> {
    let tenant = tenant.as_str();
    let numbers = {
        let table = to.open_table(SUBJECTS)?;
        let range = table.range((tenant, subject, 0)..=(tenant, subject, u64::MAX))?;
        let numbers = range.map(|entry| entry.map(|(key, _)| key.value().2));
        numbers.collect::<Result<Vec<_>, _>>()?
    };
    remove_all(to, &numbers)
}

pub(super) fn erase_tenant(to: &WriteTransaction, tenant: &Tenant) -> Result<u64, StoreError> {
    let tenant = tenant.as_str();
    let numbers = {
        let table = to.open_table(OF_TENANT)?;
        let range = table.range((tenant, 0)..=(tenant, u64::MAX))?;
        let numbers = range.map(|entry| entry.map(|(key, _)| key.value().1));
        numbers.collect::<Result<Vec<_>, _>>()?
    };
    let erased = remove_all(to, &numbers)?;
    to.open_table(TENANTS)?.remove(tenant)?;
    Ok(erased)
}

fn remove_all(to: &WriteTransaction, numbers: &[u64]) -> Result<u64, StoreError> {
    for number in numbers {
        let what = "a job that is to be erased is not there";
        let job = load(&to.open_table(JOBS)?, *number)?;
        remove(to, &job.ok_or(StoreError::Inconsistent { what })?)?;
    }
    Ok(numbers.len() as u64)
}

pub(super) fn is_anything_over(of: &ReadTransaction, now_ms: u64) -> Result<bool, StoreError> {
    let lease = of.open_table(LEASES)?.first()?.map(|(key, _)| key.value().0);
    let expiry = of.open_table(EXPIRIES)?.first()?.map(|(key, _)| key.value().0);
    Ok([lease, expiry].into_iter().flatten().any(|until_ms| until_ms <= now_ms))
}

pub(super) fn reap(
    to: &WriteTransaction,
    now_ms: u64,
    most_attempts: u32,
) -> Result<Reaped, StoreError> {
    let mut reaped = Reaped::default();
    let expired = {
        let table = to.open_table(EXPIRIES)?;
        let range = table.range(..=(now_ms, u64::MAX))?.take(MOST_AT_A_TIME);
        let numbers = range.map(|entry| entry.map(|(key, _)| key.value().1));
        numbers.collect::<Result<Vec<_>, _>>()?
    };
    reaped.expired = remove_all(to, &expired)?;
    let over = {
        let table = to.open_table(LEASES)?;
        let range = table.range(..=(now_ms, u64::MAX, u32::MAX))?.take(MOST_AT_A_TIME);
        let keys = range.map(|entry| entry.map(|(key, _)| key.value()));
        keys.collect::<Result<Vec<_>, _>>()?
    };
    for (_, number, place) in over {
        let what = "a document that is held is not there";
        let missing = || StoreError::Inconsistent { what };
        let mut jobs = to.open_table(JOBS)?;
        let mut job = load(&jobs, number)?.ok_or_else(missing)?;
        let attempts = job.documents.get(place as usize).ok_or_else(missing)?.attempts;
        if attempts >= most_attempts {
            end(to, &mut job, place, |document| {
                document.state = DocumentState::Failed;
                document.code = Some(GIVEN_UP.to_owned());
            })?;
            if job.state().is_final() {
                job.finished_ms = Some(now_ms);
                arm(to, &mut job, now_ms)?;
            }
            reaped.given_up += 1;
        } else {
            unindex(to, &job, place)?;
            if let Some(document) = job.documents.get_mut(place as usize) {
                document.state = DocumentState::Queued;
                document.due_ms = now_ms + silent_backoff_ms(attempts);
            }
            index(to, &job, place)?;
            reaped.requeued += 1;
        }
        store(&mut jobs, &job)?;
    }
    Ok(reaped)
}
