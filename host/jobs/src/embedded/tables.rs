//! The tables, and how a record gets in and out.

use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};

use crate::{DocumentState, Job, StoreError, WrappedKey};

/// The format written here.
const FORMAT: u64 = 1;

pub(super) const META: TableDefinition<'_, &str, &str> = TableDefinition::new("meta");
/// Keys of tenants, wrapped.
pub(super) const TENANTS: TableDefinition<'_, &str, &str> = TableDefinition::new("tenants");
pub(super) const JOBS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("jobs");
/// Numbers of jobs by their ids.
pub(super) const IDS: TableDefinition<'_, u128, u64> = TableDefinition::new("ids");
pub(super) const OF_TENANT: TableDefinition<'_, (&str, u64), ()> =
    TableDefinition::new("of_tenant");
pub(super) const SUBJECTS: TableDefinition<'_, (&str, &str, u64), ()> =
    TableDefinition::new("subjects");
/// Numbers of jobs by what they may be sent again by.
pub(super) const SENT: TableDefinition<'_, (&str, &str), u64> = TableDefinition::new("sent");
/// Documents that wait: by tenant, by when they may be begun, by job and place.
pub(super) const QUEUE: TableDefinition<'_, (&str, u64, u64, u32), ()> =
    TableDefinition::new("queue");
/// Documents that somebody holds, by until when.
pub(super) const LEASES: TableDefinition<'_, (u64, u64, u32), ()> = TableDefinition::new("leases");
pub(super) const EXPIRIES: TableDefinition<'_, (u64, u64), ()> = TableDefinition::new("expiries");
/// Jobs that somebody is to be told of, by when.
pub(super) const DELIVERIES: TableDefinition<'_, (u64, u64), ()> =
    TableDefinition::new("deliveries");
/// Documents, sealed, until they are done with.
pub(super) const INPUTS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("inputs");
/// What came of them, sealed.
pub(super) const RESULTS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("results");
/// Of each tenant, documents that wait or are read, and bytes.
pub(super) const USAGE: TableDefinition<'_, &str, (u64, u64)> = TableDefinition::new("usage");

pub(super) const KEY_WITNESS: &str = "witness";
const KEY_FORMAT: &str = "format";
const KEY_NEXT: &str = "next";

/// Makes every table, so that reading needs no case for its absence.
pub(super) fn prepare(to: &WriteTransaction) -> Result<(), StoreError> {
    {
        let mut meta = to.open_table(META)?;
        let found = meta.get(KEY_FORMAT)?.map(|found| found.value().parse::<u64>().unwrap_or(0));
        match found {
            None => meta.insert(KEY_FORMAT, FORMAT.to_string().as_str())?,
            Some(FORMAT) => None,
            Some(found) => return Err(StoreError::Format { found, known: FORMAT }),
        };
    }
    to.open_table(TENANTS)?;
    to.open_table(JOBS)?;
    to.open_table(IDS)?;
    to.open_table(OF_TENANT)?;
    to.open_table(SUBJECTS)?;
    to.open_table(SENT)?;
    to.open_table(QUEUE)?;
    to.open_table(LEASES)?;
    to.open_table(EXPIRIES)?;
    to.open_table(DELIVERIES)?;
    to.open_table(INPUTS)?;
    to.open_table(RESULTS)?;
    to.open_table(USAGE)?;
    Ok(())
}

/// Keeps a key under a name, unless there is one; answers the one that is there.
pub(super) fn keep(
    to: &WriteTransaction,
    table: TableDefinition<'_, &str, &str>,
    name: &str,
    key: WrappedKey,
) -> Result<WrappedKey, StoreError> {
    let mut table = to.open_table(table)?;
    if let Some(kept) = table.get(name)? {
        return Ok(WrappedKey::from_text(kept.value().to_owned()));
    }
    table.insert(name, key.as_text())?;
    Ok(key)
}

pub(super) fn tenant_key(
    tenants: &impl ReadableTable<&'static str, &'static str>,
    tenant: &str,
) -> Result<Option<WrappedKey>, StoreError> {
    let kept = tenants.get(tenant)?;
    Ok(kept.map(|kept| WrappedKey::from_text(kept.value().to_owned())))
}

/// The number of the next job. No number is given twice, whatever is erased.
pub(super) fn next_number(to: &WriteTransaction) -> Result<u64, StoreError> {
    let mut meta = to.open_table(META)?;
    let last = meta.get(KEY_NEXT)?.map(|last| last.value().parse::<u64>());
    let what = "the number of the last job is none";
    let last = last.transpose().map_err(|_| StoreError::Inconsistent { what })?;
    let next = last.unwrap_or(0) + 1;
    meta.insert(KEY_NEXT, next.to_string().as_str())?;
    Ok(next)
}

pub(super) fn load(
    jobs: &impl ReadableTable<u64, &'static [u8]>,
    number: u64,
) -> Result<Option<Job>, StoreError> {
    let Some(record) = jobs.get(number)? else { return Ok(None) };
    serde_json::from_slice(record.value()).map_err(|source| StoreError::Record { source })
}

pub(super) fn store(jobs: &mut Table<'_, u64, &'static [u8]>, job: &Job) -> Result<(), StoreError> {
    let record = serde_json::to_vec(job).map_err(|source| StoreError::Record { source })?;
    jobs.insert(job.number, record.as_slice())?;
    Ok(())
}

/// Adds to, and takes from, what a tenant has: documents that wait or are read, and bytes.
pub(super) fn charge(
    to: &WriteTransaction,
    tenant: &str,
    waiting: i64,
    bytes: i64,
) -> Result<(u64, u64), StoreError> {
    let mut usage = to.open_table(USAGE)?;
    let (had_waiting, had_bytes) = usage.get(tenant)?.map_or((0, 0), |had| had.value());
    let has = (had_waiting.saturating_add_signed(waiting), had_bytes.saturating_add_signed(bytes));
    if has == (0, 0) {
        usage.remove(tenant)?;
    } else {
        usage.insert(tenant, has)?;
    }
    Ok(has)
}

/// Takes a document out of the index that its state puts it in.
pub(super) fn unindex(to: &WriteTransaction, job: &Job, index: u32) -> Result<(), StoreError> {
    let Some(document) = job.documents.get(index as usize) else { return Ok(()) };
    match document.state {
        DocumentState::Queued => {
            let key = (job.tenant.as_str(), document.due_ms, job.number, index);
            to.open_table(QUEUE)?.remove(key)?;
        }
        DocumentState::Running => {
            to.open_table(LEASES)?.remove((document.due_ms, job.number, index))?;
        }
        DocumentState::Succeeded | DocumentState::Failed | DocumentState::Cancelled => {}
    }
    Ok(())
}

/// Puts a document into the index of its state.
pub(super) fn index(to: &WriteTransaction, job: &Job, index: u32) -> Result<(), StoreError> {
    let Some(document) = job.documents.get(index as usize) else { return Ok(()) };
    match document.state {
        DocumentState::Queued => {
            let key = (job.tenant.as_str(), document.due_ms, job.number, index);
            to.open_table(QUEUE)?.insert(key, ())?;
        }
        DocumentState::Running => {
            to.open_table(LEASES)?.insert((document.due_ms, job.number, index), ())?;
        }
        DocumentState::Succeeded | DocumentState::Failed | DocumentState::Cancelled => {}
    }
    Ok(())
}

/// A count as what is added or taken.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
