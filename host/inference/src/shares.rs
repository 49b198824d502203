//! Who may join beside whom, so that what is read of one tenant does not slow another's down for long.
//!
//! What is read beside a document takes time from it: each page that joins is encoded while all others
//! stand still, and on a CPU each row makes every step longer. So a tenant gets no further ahead of another
//! whose document is being read: it joins where it has less in work than the other, or where the other may
//! grow as well.

use std::collections::BTreeMap;

use dossier_document::Tenant;

/// Of all documents that may be read, the share that any tenant may have in work whatever others have: a
/// large batch, which only an accelerator has, is not left empty for the sake of one document.
const FREE_SHARE: usize = 8;

/// What each tenant has in work.
#[derive(Debug)]
pub(crate) struct Shares {
    free_documents: usize,
    of_tenant: BTreeMap<Tenant, Share>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    documents: usize,
    cost: u64,
}

impl Shares {
    pub(crate) fn new(max_documents: usize) -> Self {
        Self { free_documents: (max_documents / FREE_SHARE).max(1), of_tenant: BTreeMap::new() }
    }

    /// Whether a document of this cost may join. `waits` tells of a tenant whether it has more to join.
    pub(crate) fn may_join(
        &self,
        tenant: &Tenant,
        cost: u64,
        waits: &dyn Fn(&Tenant) -> bool,
    ) -> bool {
        let own = self.of_tenant.get(tenant).copied().unwrap_or_default();
        if own.documents < self.free_documents {
            return true;
        }
        let mut others = self.of_tenant.iter().filter(|(other, _)| *other != tenant);
        others.all(|(other, share)| match waits(other) {
            true => own.cost <= share.cost,
            false => own.cost.saturating_add(cost) <= share.cost,
        })
    }

    pub(crate) fn add(&mut self, tenant: &Tenant, cost: u64) {
        let share = self.of_tenant.entry(tenant.clone()).or_default();
        share.documents += 1;
        share.cost = share.cost.saturating_add(cost);
    }

    pub(crate) fn take(&mut self, tenant: &Tenant, cost: u64) {
        if let Some(share) = self.of_tenant.get_mut(tenant) {
            share.documents = share.documents.saturating_sub(1);
            share.cost = share.cost.saturating_sub(cost);
            if share.documents == 0 {
                self.of_tenant.remove(tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: fn(&Tenant) -> bool = |_| false;
    const EVERYBODY: fn(&Tenant) -> bool = |_| true;

    fn tenant(name: &str) -> Tenant {
        name.parse().expect("a name")
    }

    #[test]
    fn one_that_is_alone_takes_all_and_one_that_comes_is_let_in() {
        let mut shares = Shares::new(8);
        let (flood, other) = (tenant("flood"), tenant("other"));
        for _ in 0..8 {
            assert!(shares.may_join(&flood, 10, &EVERYBODY));
            shares.add(&flood, 10);
        }
        assert!(shares.may_join(&other, 10, &NOBODY));
        shares.add(&other, 10);
        // No further one of the flood, until it has no more than the other.
        for _ in 0..8 {
            assert!(!shares.may_join(&flood, 10, &NOBODY));
            shares.take(&flood, 10);
        }
        assert!(shares.may_join(&flood, 10, &NOBODY));
        shares.add(&flood, 10);
        assert!(!shares.may_join(&flood, 10, &NOBODY));
        shares.take(&other, 10);
        assert!(shares.may_join(&flood, 10, &NOBODY), "it is alone again");
        assert_eq!(shares.of_tenant.len(), 1, "nobody is remembered");
    }

    #[test]
    fn where_both_have_more_both_grow() {
        let mut shares = Shares::new(8);
        let tenants = [tenant("one"), tenant("two")];
        for round in 0..4 {
            for tenant in &tenants {
                assert!(shares.may_join(tenant, 10, &EVERYBODY), "{round}");
                shares.add(tenant, 10);
            }
        }
    }

    #[test]
    fn a_large_batch_has_room_for_some_of_everybody() {
        let mut shares = Shares::new(64);
        let (flood, other) = (tenant("flood"), tenant("other"));
        shares.add(&other, 10);
        let joined = (0..64).take_while(|_| {
            let joins = shares.may_join(&flood, 10, &NOBODY);
            if joins {
                shares.add(&flood, 10);
            }
            joins
        });
        assert_eq!(joined.count(), 8);
    }
}
