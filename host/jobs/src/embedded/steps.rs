//! What happens to a job on its way: each function is one transaction's work.

use std::ops::Bound;

use dossier_document::Tenant;
use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata as _, WriteTransaction};

use super::tables::{
    EXPIRIES, IDS, INPUTS, JOBS, LEASES, OF_TENANT, QUEUE, RESULTS, SENT, SUBJECTS, TENANTS,
    charge, index, load, next_number, signed, store, tenant_key, unindex,
};
use super::webhooks::arm;
use crate::store::{
    Claim, Claimed, Completed, Lag, NewJob, Outcome, Release, Stored, Submitted, TenantLimits,
};
use crate::{DocumentState, Job, JobDocument, JobId, StoreError};

pub(super) fn submit(
    to: &WriteTransaction,
    new: NewJob,
    limits: TenantLimits,
) -> Result<Submitted, StoreError> {
    let tenant = new.tenant.as_str();
    if tenant_key(&to.open_table(TENANTS)?, tenant)?.as_ref() != Some(&new.tenant_key) {
        return Err(StoreError::OtherKey);
    }
    if let Some(idempotency) = &new.idempotency {
        let key = (tenant, idempotency.key.as_str());
        let sent = to.open_table(SENT)?.get(key)?.map(|number| number.value());
        if let Some(number) = sent {
            let what = "a job that was sent before is gone";
            let before = load(&to.open_table(JOBS)?, number)?;
            let before = before.ok_or(StoreError::Inconsistent { what })?;
            return if before.idempotency.as_ref() == Some(idempotency) {
                Ok(Submitted::Again(before))
            } else {
                Err(StoreError::OtherRequest)
            };
        }
    }
    let number = next_number(to)?;
    let job = new.queued(number);
    let (documents, bytes) = (signed(job.documents.len() as u64), signed(new.input_bytes()));
    let (waiting, bytes) = charge(to, tenant, documents, bytes)?;
    limits.check(waiting, bytes)?;
    let mut inputs = to.open_table(INPUTS)?;
    for (place, (_, input)) in (0..).zip(&new.documents) {
        inputs.insert((number, place), input.as_slice())?;
        index(to, &job, place)?;
    }
    store(&mut to.open_table(JOBS)?, &job)?;
    to.open_table(IDS)?.insert(job.id.number(), number)?;
    to.open_table(OF_TENANT)?.insert((tenant, number), ())?;
    to.open_table(EXPIRIES)?.insert((job.expires_ms, number), ())?;
    if let Some(subject) = &job.subject {
        to.open_table(SUBJECTS)?.insert((tenant, subject.as_str(), number), ())?;
    }
    if let Some(idempotency) = &job.idempotency {
        to.open_table(SENT)?.insert((tenant, idempotency.key.as_str()), number)?;
    }
    Ok(Submitted::New(job))
}

pub(super) fn job(
    of: &ReadTransaction,
    tenant: &Tenant,
    id: JobId,
) -> Result<Option<Job>, StoreError> {
    let number = of.open_table(IDS)?.get(id.number())?.map(|number| number.value());
    let Some(number) = number else { return Ok(None) };
    let job = load(&of.open_table(JOBS)?, number)?;
    Ok(job.filter(|job| job.tenant == *tenant))
}

pub(super) fn results(
    of: &ReadTransaction,
    tenant: &Tenant,
    id: JobId,
) -> Result<Option<Stored>, StoreError> {
    let Some(job) = job(of, tenant, id)? else { return Ok(None) };
    let table = of.open_table(RESULTS)?;
    let mut results = Vec::with_capacity(job.documents.len());
    for (place, _) in (0_u32..).zip(&job.documents) {
        results.push(table.get((job.number, place))?.map(|result| result.value().to_vec()));
    }
    let what = "the tenant of a job has no key";
    let tenant_key = tenant_key(&of.open_table(TENANTS)?, tenant.as_str())?;
    let tenant_key = tenant_key.ok_or(StoreError::Inconsistent { what })?;
    Ok(Some(Stored { job, tenant_key, results }))
}

pub(super) fn list(
    of: &ReadTransaction,
    tenant: &Tenant,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Job>, StoreError> {
    let (table, jobs) = (of.open_table(OF_TENANT)?, of.open_table(JOBS)?);
    let tenant = tenant.as_str();
    let range = table.range((tenant, 0)..(tenant, before.unwrap_or(u64::MAX)))?;
    let mut found = Vec::new();
    for entry in range.rev().take(limit) {
        let number = entry?.0.value().1;
        let what = "a tenant has a job that is not there";
        found.push(load(&jobs, number)?.ok_or(StoreError::Inconsistent { what })?);
    }
    Ok(found)
}

/// A document that may be begun: its tenant, since when, its job, and its place there.
type Due = (String, u64, u64, u32);

/// The document to be begun next: of the tenants behind the one that had a turn last, in a circle, the first
/// that has one; of its documents the one that waits the longest.
fn next_in(
    queue: &impl ReadableTable<(&'static str, u64, u64, u32), ()>,
    last: &str,
    now_ms: u64,
) -> Result<Option<Due>, StoreError> {
    let mut behind = Some(last.to_owned());
    let mut has_turned = false;
    loop {
        let first = match &behind {
            Some(tenant) => {
                let end = (tenant.as_str(), u64::MAX, u64::MAX, u32::MAX);
                queue.range((Bound::Excluded(end), Bound::Unbounded))?.next()
            }
            None => queue.range(("", 0, 0, 0)..)?.next(),
        };
        let Some((key, _)) = first.transpose()? else {
            if has_turned || behind.is_none() {
                return Ok(None);
            }
            (behind, has_turned) = (None, true);
            continue;
        };
        let (tenant, due_ms, number, place) = key.value();
        if due_ms <= now_ms {
            return Ok(Some((tenant.to_owned(), due_ms, number, place)));
        }
        if has_turned && tenant >= last {
            return Ok(None);
        }
        behind = Some(tenant.to_owned());
    }
}

pub(super) fn next_due(
    of: &ReadTransaction,
    last: &str,
    now_ms: u64,
) -> Result<Option<Due>, StoreError> {
    next_in(&of.open_table(QUEUE)?, last, now_ms)
}

pub(super) fn claim(
    to: &WriteTransaction,
    last: &str,
    now_ms: u64,
    until_ms: u64,
) -> Result<Option<Claimed>, StoreError> {
    let due = next_in(&to.open_table(QUEUE)?, last, now_ms)?;
    let Some((_, _, number, place)) = due else { return Ok(None) };
    let missing = |what| StoreError::Inconsistent { what };
    let mut jobs = to.open_table(JOBS)?;
    let mut job = load(&jobs, number)?.ok_or(missing("a job that waits is not there"))?;
    unindex(to, &job, place)?;
    let document = job.documents.get_mut(place as usize);
    let document = document.ok_or(missing("a document that waits is not there"))?;
    document.state = DocumentState::Running;
    document.attempts += 1;
    document.fence += 1;
    document.due_ms = until_ms;
    let claim = Claim { number, index: place, fence: document.fence };
    index(to, &job, place)?;
    store(&mut jobs, &job)?;
    let input = to.open_table(INPUTS)?.get((number, place))?.map(|input| input.value().to_vec());
    let input = input.ok_or(missing("the pages of a document that waits are not there"))?;
    let tenant_key = tenant_key(&to.open_table(TENANTS)?, job.tenant.as_str())?;
    let tenant_key = tenant_key.ok_or(missing("the tenant of a job has no key"))?;
    Ok(Some(Claimed { claim, job, tenant_key, input }))
}

/// The document of a claim, where whoever has the claim holds it.
fn held(job: Option<&mut Job>, claim: Claim) -> Option<&mut JobDocument> {
    let document = job?.documents.get_mut(claim.index as usize)?;
    let is_held = document.state == DocumentState::Running && document.fence == claim.fence;
    is_held.then_some(document)
}

pub(super) fn is_held(of: &ReadTransaction, claim: Claim) -> Result<bool, StoreError> {
    let mut job = load(&of.open_table(JOBS)?, claim.number)?;
    Ok(held(job.as_mut(), claim).is_some())
}

/// Changes a document that is held; false where it is not.
fn change(
    to: &WriteTransaction,
    claim: Claim,
    change: impl FnOnce(&mut JobDocument),
) -> Result<Option<Job>, StoreError> {
    let mut jobs = to.open_table(JOBS)?;
    let Some(mut job) = load(&jobs, claim.number)? else { return Ok(None) };
    if held(Some(&mut job), claim).is_none() {
        return Ok(None);
    }
    unindex(to, &job, claim.index)?;
    if let Some(document) = held(Some(&mut job), claim) {
        change(document);
    }
    index(to, &job, claim.index)?;
    store(&mut jobs, &job)?;
    Ok(Some(job))
}

pub(super) fn renew(
    to: &WriteTransaction,
    claim: Claim,
    until_ms: u64,
) -> Result<bool, StoreError> {
    Ok(change(to, claim, |document| document.due_ms = until_ms)?.is_some())
}

pub(super) fn release(
    to: &WriteTransaction,
    claim: Claim,
    release: Release,
    due_ms: u64,
) -> Result<bool, StoreError> {
    let released = change(to, claim, |document| {
        document.state = DocumentState::Queued;
        document.due_ms = due_ms;
        match release {
            Release::Untried => document.attempts = document.attempts.saturating_sub(1),
            Release::Failed(code) => document.code = Some(code.to_owned()),
        }
    })?;
    Ok(released.is_some())
}

pub(super) fn complete(
    to: &WriteTransaction,
    claim: Claim,
    outcome: Outcome,
    result: &[u8],
    now_ms: u64,
) -> Result<Completed, StoreError> {
    let mut jobs = to.open_table(JOBS)?;
    let Some(mut job) = load(&jobs, claim.number)? else { return Ok(Completed::Lost) };
    // Said before, and the answer to it lost.
    let said = job.documents.get(claim.index as usize);
    let is_said = |document: &JobDocument| {
        document.fence == claim.fence
            && matches!(document.state, DocumentState::Succeeded | DocumentState::Failed)
    };
    if said.is_some_and(is_said) {
        return Ok(Completed::Kept { is_last: job.state().is_final() });
    }
    if held(Some(&mut job), claim).is_none() {
        return Ok(Completed::Lost);
    }
    unindex(to, &job, claim.index)?;
    let result_bytes = result.len() as u64;
    let Some(document) = held(Some(&mut job), claim) else { return Ok(Completed::Lost) };
    finish(document, outcome);
    let input_bytes = std::mem::take(&mut document.input_bytes);
    document.result_bytes = result_bytes;
    let is_last = job.state().is_final();
    if is_last {
        job.finished_ms = Some(now_ms);
        arm(to, &mut job, now_ms)?;
    }
    let key = (claim.number, claim.index);
    to.open_table(INPUTS)?.remove(key)?;
    to.open_table(RESULTS)?.insert(key, result)?;
    charge(to, job.tenant.as_str(), -1, signed(result_bytes) - signed(input_bytes))?;
    store(&mut jobs, &job)?;
    Ok(Completed::Kept { is_last })
}

fn finish(document: &mut JobDocument, outcome: Outcome) {
    (document.state, document.code) = match outcome {
        Outcome::Succeeded => (DocumentState::Succeeded, None),
        Outcome::Failed(code) => (DocumentState::Failed, Some(code.to_owned())),
    };
}

pub(super) fn lag(of: &ReadTransaction, now_ms: u64) -> Result<Lag, StoreError> {
    let queue = of.open_table(QUEUE)?;
    let mut oldest_ms = 0;
    // The first of each tenant.
    let mut first = queue.range(("", 0, 0, 0)..)?.next().transpose()?;
    while let Some((key, _)) = first {
        let (tenant, due_ms, ..) = key.value();
        oldest_ms = oldest_ms.max(now_ms.saturating_sub(due_ms));
        let end = (tenant, u64::MAX, u64::MAX, u32::MAX);
        first = queue.range((Bound::Excluded(end), Bound::Unbounded))?.next().transpose()?;
    }
    Ok(Lag { waiting: queue.len()?, running: of.open_table(LEASES)?.len()?, oldest_ms })
}
