//! The store for one host: a file, which one process has open (redb).

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use dossier_document::Tenant;
use redb::{ReadTransaction, WriteTransaction};

use crate::store::{
    Answer, Claim, Claimed, Completed, JobStore, Lag, NewJob, Outcome, Reaped, Release, StoreError,
    Stored, Submitted, TenantLimits, Told,
};
use crate::{Job, JobId, WrappedKey};

mod database;
use database::Reopened;

mod tables;

mod erase;
mod steps;
mod webhooks;

/// A store in a folder of its own.
pub struct EmbeddedStore {
    database: Arc<Reopened>,
    /// The tenant whose document was begun last: the next is another's, where there is one.
    last_tenant: Arc<Mutex<String>>,
}

impl EmbeddedStore {
    /// Opens the store of a folder, or makes it. Only the host's user may look into it.
    ///
    /// # Errors
    /// When the folder can't be used, or another process has the store open.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let database = Arc::new(Reopened::open(folder)?);
        Ok(Self { database, last_tenant: Arc::default() })
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'static, T> {
        let database = Arc::clone(&self.database);
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || database.write(work)).await;
            done.map_err(|error| StoreError::Unavailable { source: error.into() })?
        })
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'static, T> {
        let database = Arc::clone(&self.database);
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || database.read(work)).await;
            done.map_err(|error| StoreError::Unavailable { source: error.into() })?
        })
    }
}

impl JobStore for EmbeddedStore {
    fn witness(&self, witness: WrappedKey) -> Answer<'_, WrappedKey> {
        self.write(move |to| tables::keep(to, tables::META, tables::KEY_WITNESS, witness))
    }

    fn tenant_key(&self, tenant: Tenant) -> Answer<'_, Option<WrappedKey>> {
        self.read(move |of| tables::tenant_key(&of.open_table(tables::TENANTS)?, tenant.as_str()))
    }

    fn keep_tenant_key(&self, tenant: Tenant, key: WrappedKey) -> Answer<'_, WrappedKey> {
        self.write(move |to| tables::keep(to, tables::TENANTS, tenant.as_str(), key))
    }

    fn submit(&self, job: NewJob, limits: TenantLimits) -> Answer<'_, Submitted> {
        self.write(move |to| steps::submit(to, job, limits))
    }

    fn job(&self, tenant: Tenant, id: JobId) -> Answer<'_, Option<Job>> {
        self.read(move |of| steps::job(of, &tenant, id))
    }

    fn results(&self, tenant: Tenant, id: JobId) -> Answer<'_, Option<Stored>> {
        self.read(move |of| steps::results(of, &tenant, id))
    }

    fn list(&self, tenant: Tenant, before: Option<u64>, limit: usize) -> Answer<'_, Vec<Job>> {
        self.read(move |of| steps::list(of, &tenant, before, limit))
    }

    fn claim(&self, now_ms: u64, until_ms: u64) -> Answer<'_, Option<Claimed>> {
        let (database, last_tenant) = (Arc::clone(&self.database), Arc::clone(&self.last_tenant));
        Box::pin(async move {
            let claim = move || {
                let last = last_tenant.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // Most looks find nothing, and a look must not wait for the disk.
                let is_there = database.read(|of| steps::next_due(of, &last, now_ms))?.is_some();
                if !is_there {
                    return Ok(None);
                }
                let claimed = database.write(|to| steps::claim(to, &last, now_ms, until_ms))?;
                if let Some(claimed) = &claimed {
                    let tenant = claimed.job.tenant.as_str().to_owned();
                    *last_tenant.lock().unwrap_or_else(PoisonError::into_inner) = tenant;
                }
                Ok(claimed)
            };
            let done = tokio::task::spawn_blocking(claim).await;
            done.map_err(|error| StoreError::Unavailable { source: error.into() })?
        })
    }

    fn is_held(&self, claim: Claim) -> Answer<'_, bool> {
        self.read(move |of| steps::is_held(of, claim))
    }

    fn renew(&self, claim: Claim, until_ms: u64) -> Answer<'_, bool> {
        self.write(move |to| steps::renew(to, claim, until_ms))
    }

    fn release(&self, claim: Claim, release: Release, due_ms: u64) -> Answer<'_, bool> {
        self.write(move |to| steps::release(to, claim, release, due_ms))
    }

    fn complete(
        &self,
        claim: Claim,
        outcome: Outcome,
        result: Vec<u8>,
        now_ms: u64,
    ) -> Answer<'_, Completed> {
        self.write(move |to| steps::complete(to, claim, outcome, &result, now_ms))
    }

    fn cancel(&self, tenant: Tenant, id: JobId, now_ms: u64) -> Answer<'_, Option<Job>> {
        self.write(move |to| erase::cancel(to, &tenant, id, now_ms))
    }

    fn erase(&self, tenant: Tenant, id: JobId) -> Answer<'_, bool> {
        self.write(move |to| erase::erase(to, &tenant, id))
    }

    fn erase_subject(&self, tenant: Tenant, subject: String) -> Answer<'_, u64> {
        self.write(move |to| erase::erase_subject(to, &tenant, &subject))
    }

    fn erase_tenant(&self, tenant: Tenant) -> Answer<'_, u64> {
        self.write(move |to| erase::erase_tenant(to, &tenant))
    }

    fn reap(&self, now_ms: u64, most_attempts: u32) -> Answer<'_, Reaped> {
        let database = Arc::clone(&self.database);
        Box::pin(async move {
            let reap = move || {
                if !database.read(|of| erase::is_anything_over(of, now_ms))? {
                    return Ok(Reaped::default());
                }
                database.write(|to| erase::reap(to, now_ms, most_attempts))
            };
            let done = tokio::task::spawn_blocking(reap).await;
            done.map_err(|error| StoreError::Unavailable { source: error.into() })?
        })
    }

    fn claim_delivery(&self, now_ms: u64, until_ms: u64) -> Answer<'_, Option<(Job, WrappedKey)>> {
        let database = Arc::clone(&self.database);
        Box::pin(async move {
            let claim = move || {
                if !database.read(|of| webhooks::is_any_due(of, now_ms))? {
                    return Ok(None);
                }
                database.write(|to| webhooks::claim(to, now_ms, until_ms))
            };
            let done = tokio::task::spawn_blocking(claim).await;
            done.map_err(|error| StoreError::Unavailable { source: error.into() })?
        })
    }

    fn settle_delivery(&self, number: u64, attempt: u32, told: Told) -> Answer<'_, bool> {
        self.write(move |to| webhooks::settle(to, number, attempt, told))
    }

    fn redeliver(&self, tenant: Tenant, id: JobId, now_ms: u64) -> Answer<'_, Option<Job>> {
        self.write(move |to| webhooks::again(to, &tenant, id, now_ms))
    }

    fn lag(&self, now_ms: u64) -> Answer<'_, Lag> {
        self.read(move |of| steps::lag(of, now_ms))
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
