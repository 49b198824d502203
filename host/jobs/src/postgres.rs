//! The store for many hosts: a PostgreSQL server, which all of them ask.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use deadpool_postgres::Transaction;
use dossier_document::Tenant;
use dossier_postgres::{Connections, OfPostgres, PostgresError, PostgresSettings};

use crate::store::{
    Answer, Claim, Claimed, Completed, JobStore, Lag, NewJob, Outcome, Reaped, Release, StoreError,
    Stored, Submitted, TenantLimits, Told,
};
use crate::{Job, JobId, WrappedKey};

mod rows;
mod schema;

mod erase;
mod steps;
mod submit;
mod webhooks;

/// What a transaction does.
type Work<'t, T> = dossier_postgres::Work<'t, T, StoreError>;

/// The schema of its tables.
const SCHEMA: &str = "dossier_jobs";

/// A store in the schema `dossier_jobs` of a database.
pub struct PostgresStore {
    connections: Connections,
    /// The tenant whose document this host began last: the next is another's, where there is one.
    last_tenant: Mutex<String>,
}

impl PostgresStore {
    /// Opens the store of a database, or makes it.
    ///
    /// # Errors
    /// When the server does not answer, or the store has another format.
    pub async fn open(settings: PostgresSettings) -> Result<Self, StoreError> {
        let connections = Connections::new(settings, SCHEMA)?;
        connections.write(&(), |to, ()| Box::pin(schema::prepare(to))).await?;
        Ok(Self { connections, last_tenant: Mutex::default() })
    }

    fn write<A: Send + Sync + 'static, T: Send + 'static>(
        &self,
        arguments: A,
        work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T>,
    ) -> Answer<'_, T> {
        Box::pin(async move { self.connections.write(&arguments, work).await })
    }

    fn read<A: Send + Sync + 'static, T: Send + 'static>(
        &self,
        arguments: A,
        work: for<'t> fn(&'t Transaction<'t>, &'t A) -> Work<'t, T>,
    ) -> Answer<'_, T> {
        Box::pin(async move { self.connections.read(&arguments, work).await })
    }

    /// No step that holds it can panic half-way.
    fn last_tenant(&self) -> MutexGuard<'_, String> {
        self.last_tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JobStore for PostgresStore {
    fn witness(&self, witness: WrappedKey) -> Answer<'_, WrappedKey> {
        self.write(witness, |to, witness| Box::pin(schema::witness(to, witness)))
    }

    fn tenant_key(&self, tenant: Tenant) -> Answer<'_, Option<WrappedKey>> {
        self.read(tenant, |of, tenant| Box::pin(steps::tenant_key(of, tenant)))
    }

    fn keep_tenant_key(&self, tenant: Tenant, key: WrappedKey) -> Answer<'_, WrappedKey> {
        self.write((tenant, key), |to, (tenant, key)| {
            Box::pin(steps::keep_tenant_key(to, tenant, key))
        })
    }

    fn submit(&self, job: NewJob, limits: TenantLimits) -> Answer<'_, Submitted> {
        self.write((job, limits), |to, (job, limits)| Box::pin(submit::submit(to, job, *limits)))
    }

    fn job(&self, tenant: Tenant, id: JobId) -> Answer<'_, Option<Job>> {
        self.read((tenant, id), |of, (tenant, id)| Box::pin(steps::job_of(of, tenant, *id)))
    }

    fn results(&self, tenant: Tenant, id: JobId) -> Answer<'_, Option<Stored>> {
        self.read((tenant, id), |of, (tenant, id)| Box::pin(steps::results(of, tenant, *id)))
    }

    fn list(&self, tenant: Tenant, before: Option<u64>, limit: usize) -> Answer<'_, Vec<Job>> {
        self.read((tenant, before, limit), |of, (tenant, before, limit)| {
            Box::pin(steps::list(of, tenant, *before, *limit))
        })
    }

    fn claim(&self, now_ms: u64, until_ms: u64) -> Answer<'_, Option<Claimed>> {
        Box::pin(async move {
            let arguments = (self.last_tenant().clone(), now_ms, until_ms);
            let claimed = self.connections.write(&arguments, |to, (last, now_ms, until_ms)| {
                Box::pin(steps::claim(to, last, *now_ms, *until_ms))
            });
            let claimed = claimed.await?;
            if let Some(claimed) = &claimed {
                claimed.job.tenant.as_str().clone_into(&mut self.last_tenant());
            }
            Ok(claimed)
        })
    }

    fn is_held(&self, claim: Claim) -> Answer<'_, bool> {
        self.read(claim, |of, claim| Box::pin(steps::is_held(of, *claim)))
    }

    fn renew(&self, claim: Claim, until_ms: u64) -> Answer<'_, bool> {
        self.write((claim, until_ms), |to, (claim, until_ms)| {
            Box::pin(steps::renew(to, *claim, *until_ms))
        })
    }

    fn release(&self, claim: Claim, release: Release, due_ms: u64) -> Answer<'_, bool> {
        self.write((claim, release, due_ms), |to, (claim, release, due_ms)| {
            Box::pin(steps::release(to, *claim, *release, *due_ms))
        })
    }

    fn complete(
        &self,
        claim: Claim,
        outcome: Outcome,
        result: Vec<u8>,
        now_ms: u64,
    ) -> Answer<'_, Completed> {
        self.write((claim, outcome, result, now_ms), |to, (claim, outcome, result, now_ms)| {
            Box::pin(steps::complete(to, *claim, *outcome, result, *now_ms))
        })
    }

    fn cancel(&self, tenant: Tenant, id: JobId, now_ms: u64) -> Answer<'_, Option<Job>> {
        self.write((tenant, id, now_ms), |to, (tenant, id, now_ms)| {
            Box::pin(erase::cancel(to, tenant, *id, *now_ms))
        })
    }

    fn erase(&self, tenant: Tenant, id: JobId) -> Answer<'_, bool> {
        self.write((tenant, id), |to, (tenant, id)| Box::pin(erase::erase(to, tenant, *id)))
    }

    fn erase_subject(&self, tenant: Tenant, subject: String) -> Answer<'_, u64> {
        self.write((tenant, subject), |to, (tenant, subject)| {
            Box::pin(erase::erase_subject(to, tenant, subject))
        })
    }

    fn erase_tenant(&self, tenant: Tenant) -> Answer<'_, u64> {
        self.write(tenant, |to, tenant| Box::pin(erase::erase_tenant(to, tenant)))
    }

    fn reap(&self, now_ms: u64, most_attempts: u32) -> Answer<'_, Reaped> {
        self.write((now_ms, most_attempts), |to, (now_ms, most_attempts)| {
            Box::pin(erase::reap(to, *now_ms, *most_attempts))
        })
    }

    fn claim_delivery(&self, now_ms: u64, until_ms: u64) -> Answer<'_, Option<(Job, WrappedKey)>> {
        self.write((now_ms, until_ms), |to, (now_ms, until_ms)| {
            Box::pin(webhooks::claim(to, *now_ms, *until_ms))
        })
    }

    fn settle_delivery(&self, number: u64, attempt: u32, told: Told) -> Answer<'_, bool> {
        self.write((number, attempt, told), |to, (number, attempt, told)| {
            Box::pin(webhooks::settle(to, *number, *attempt, *told))
        })
    }

    fn redeliver(&self, tenant: Tenant, id: JobId, now_ms: u64) -> Answer<'_, Option<Job>> {
        self.write((tenant, id, now_ms), |to, (tenant, id, now_ms)| {
            Box::pin(webhooks::again(to, tenant, *id, *now_ms))
        })
    }

    fn lag(&self, now_ms: u64) -> Answer<'_, Lag> {
        self.read(now_ms, |of, now_ms| Box::pin(steps::lag(of, *now_ms)))
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl From<PostgresError> for StoreError {
    fn from(error: PostgresError) -> Self {
        Self::Unavailable { source: error.into() }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        PostgresError::from(error).into()
    }
}

impl OfPostgres for StoreError {
    fn of_postgres(&self) -> Option<&PostgresError> {
        let Self::Unavailable { source } = self else { return None };
        source.downcast_ref::<PostgresError>()
    }
}
