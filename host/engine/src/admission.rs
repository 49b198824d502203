//! Fail fast: a document that can't be worked on now is refused now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dossier_document::{DocumentTypeId, Tenant};

use crate::error::EngineError;

mod release_rate;
use release_rate::ReleaseRate;

/// Of what is free, one tenant may hold so many times as much: three quarters of all where it is alone,
/// and less the more others hold. So there is always something left for a tenant that comes.
const TIMES_THE_FREE: usize = 3;

/// Hands out a bounded number of permits. A permit bounds memory: whoever holds one may hold decoded pages
/// and stand in the queue.
///
/// No document type gets all of them: one whose rules sleep holds its share, and the rest is left to the
/// others. No tenant gets all of them either, but for the anonymous one, beside whom there is none.
#[derive(Clone, Debug)]
pub struct Admission {
    shared: Arc<Shared>,
}

/// A tenant, and what it may hold.
#[derive(Clone, Debug, Default)]
pub struct TenantQuota {
    /// The tenant.
    pub tenant: Tenant,
    /// Documents of it in work or waiting at most; without it, its share of all.
    pub concurrent_documents: Option<usize>,
}

#[derive(Debug)]
struct Shared {
    documents: usize,
    /// Documents of one type.
    share: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    documents: usize,
    /// Of each type that has any.
    of_type: BTreeMap<Option<DocumentTypeId>, usize>,
    /// Of each tenant that has any.
    of_tenant: BTreeMap<Tenant, usize>,
    /// Of one type and one tenant.
    of_both: BTreeMap<(Tenant, Option<DocumentTypeId>), usize>,
    releases: ReleaseRate,
}

/// The right to hold one document. Clones are the same right: it is given back when the last of them
/// is dropped, so that a shadow that still reads the document counts as the request did.
#[derive(Clone, Debug)]
pub struct Permit {
    place: Arc<HeldPlace>,
}

#[derive(Debug)]
struct HeldPlace {
    shared: Arc<Shared>,
    document_type: Option<DocumentTypeId>,
    tenant: Tenant,
}

impl Admission {
    /// Admits `concurrent_documents` at a time, three quarters of them of one type at most.
    #[must_use]
    pub fn new(concurrent_documents: usize) -> Self {
        let documents = concurrent_documents;
        let share = documents - documents / 4;
        Self { shared: Arc::new(Shared { documents, share, held: Mutex::default() }) }
    }

    /// Refuses where no document of the tenant would be admitted now, whatever its type.
    ///
    /// # Errors
    /// As [`Admission::try_acquire`], but for the type.
    pub fn check(&self, quota: &TenantQuota) -> Result<(), EngineError> {
        self.shared.check(&self.shared.held(), quota)
    }

    /// Documents that hold a permit now, and those that may.
    #[must_use]
    pub fn in_use(&self) -> (usize, usize) {
        (self.shared.held().documents, self.shared.documents)
    }

    /// A permit, or the refusal at once: nobody waits here. Documents whose type nobody named count as of one.
    ///
    /// # Errors
    /// [`EngineError::TenantBusy`] when the tenant holds as many as it may,
    /// [`EngineError::Overloaded`] when all permits are out, or those of this type, or those that are left
    /// to this tenant.
    pub fn try_acquire(
        &self,
        quota: &TenantQuota,
        document_type: Option<&DocumentTypeId>,
    ) -> Result<Permit, EngineError> {
        let mut held = self.shared.held();
        self.shared.check(&held, quota)?;
        let document_type = document_type.cloned();
        let of_type = held.of_type.get(&document_type).copied().unwrap_or(0);
        let tenant = quota.tenant.clone();
        let both = (tenant.clone(), document_type.clone());
        let of_both = held.of_both.get(&both).copied().unwrap_or(0);
        // A type is shared out as all is: one tenant's flood of it leaves some to another's.
        let free_of_type = self.shared.share.saturating_sub(of_type);
        let is_beyond_share = of_both >= free_of_type.saturating_mul(TIMES_THE_FREE);
        if free_of_type == 0 || (!tenant.is_anonymous() && is_beyond_share) {
            return Err(EngineError::Overloaded);
        }
        *held.of_both.entry(both).or_default() += 1;
        held.documents += 1;
        held.of_type.insert(document_type.clone(), of_type + 1);
        *held.of_tenant.entry(tenant.clone()).or_default() += 1;
        let shared = Arc::clone(&self.shared);
        Ok(Permit { place: Arc::new(HeldPlace { shared, document_type, tenant }) })
    }

    /// How long it takes, by what was seen of late, until a permit is given back: what somebody who was
    /// refused may as well wait. None where nothing was given back yet.
    #[must_use]
    pub fn until_the_next_release(&self) -> Option<Duration> {
        self.shared.held().releases.until_the_next(Instant::now())
    }
}

impl Permit {
    /// Whose document it is.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.place.tenant
    }

    /// Whose a document is that may have no permit.
    pub(crate) fn tenant_of(permit: Option<&Self>) -> Tenant {
        permit.map_or_else(Tenant::anonymous, |permit| permit.tenant().clone())
    }
}

impl Shared {
    /// No step under the lock can panic half-way.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, held: &Held, quota: &TenantQuota) -> Result<(), EngineError> {
        let of_tenant = held.of_tenant.get(&quota.tenant).copied().unwrap_or(0);
        if let Some(limit) = quota.concurrent_documents.filter(|limit| of_tenant >= *limit) {
            return Err(EngineError::TenantBusy { limit });
        }
        let free = self.documents.saturating_sub(held.documents);
        let is_beyond_share = of_tenant >= free.saturating_mul(TIMES_THE_FREE);
        if free == 0 || (!quota.tenant.is_anonymous() && is_beyond_share) {
            return Err(EngineError::Overloaded);
        }
        Ok(())
    }
}

impl Drop for HeldPlace {
    fn drop(&mut self) {
        let mut held = self.shared.held();
        held.documents -= 1;
        // Clients choose the names, so none is kept that nobody holds.
        take_one(&mut held.of_type, &self.document_type);
        take_one(&mut held.of_tenant, &self.tenant);
        take_one(&mut held.of_both, &(self.tenant.clone(), self.document_type.clone()));
        held.releases.one_is_back(Instant::now());
    }
}

fn take_one<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    match counts.get_mut(key) {
        Some(count) if *count > 1 => *count -= 1,
        _ => {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
