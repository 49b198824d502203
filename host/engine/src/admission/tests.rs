//! Who gets a permit, and who is left one.

use super::*;

fn paper() -> DocumentTypeId {
    "test/paper/1".parse().expect("an identifier")
}

fn card() -> DocumentTypeId {
    "test/card/1".parse().expect("an identifier")
}

fn anybody() -> TenantQuota {
    TenantQuota::default()
}

fn of(tenant: &str) -> TenantQuota {
    TenantQuota { tenant: tenant.parse().expect("a name"), concurrent_documents: None }
}

/// As many permits as a tenant gets, half of them of either type.
fn flood(admission: &Admission, quota: &TenantQuota) -> Vec<Permit> {
    let types = [paper(), card()].into_iter().cycle();
    types.map_while(|id| admission.try_acquire(quota, Some(&id)).ok()).collect()
}

#[test]
fn the_last_permit_is_followed_by_a_refusal_until_one_returns() {
    let admission = Admission::new(2);
    let first = admission.try_acquire(&anybody(), Some(&paper())).expect("two are free");
    let _second = admission.try_acquire(&anybody(), Some(&paper())).expect("one is free");
    assert!(matches!(admission.check(&anybody()), Err(EngineError::Overloaded)));
    assert!(admission.try_acquire(&anybody(), Some(&card())).is_err());
    drop(first);
    assert!(admission.check(&anybody()).is_ok());
    assert!(admission.try_acquire(&anybody(), Some(&paper())).is_ok());
}

#[test]
fn a_permit_returns_with_the_last_who_holds_it() {
    let admission = Admission::new(1);
    let request = admission.try_acquire(&anybody(), Some(&paper())).expect("one is free");
    let shadow = request.clone();
    drop(request);
    let refused = admission.try_acquire(&anybody(), Some(&paper()));
    assert!(refused.is_err(), "the shadow still holds the document");
    drop(shadow);
    assert!(admission.try_acquire(&anybody(), Some(&paper())).is_ok());
}

#[test]
fn no_type_gets_all_permits() {
    let admission = Admission::new(8);
    let permits = std::iter::from_fn(|| admission.try_acquire(&anybody(), Some(&paper())).ok());
    let permits = permits.collect::<Vec<_>>();
    assert_eq!(permits.len(), 6);
    assert!(admission.check(&anybody()).is_ok());
    let others = [(); 2].map(|()| admission.try_acquire(&anybody(), Some(&card())));
    assert!(others.iter().all(Result::is_ok) && admission.check(&anybody()).is_err());
    drop((permits, others));
    assert!(admission.shared.held().of_type.is_empty(), "names are not kept");
    assert!(admission.shared.held().of_tenant.is_empty(), "names are not kept");
}

#[test]
fn a_tenant_that_comes_finds_a_permit_whatever_others_hold() {
    let admission = Admission::new(32);
    let first = flood(&admission, &of("first"));
    assert_eq!(first.len(), 24, "three quarters for one that is alone");
    let second = flood(&admission, &of("second"));
    assert_eq!(second.len(), 6);
    assert!(admission.try_acquire(&of("third"), Some(&card())).is_ok());
    // What the first gives back is shared out anew: it does not come before those who have less.
    drop(first);
    let second_again = flood(&admission, &of("second"));
    assert_eq!(second.len() + second_again.len(), 24);
    assert!(!flood(&admission, &of("first")).is_empty());
}

#[test]
fn a_flood_of_one_type_leaves_another_tenant_some_of_the_type() {
    let admission = Admission::new(32);
    let one_type = |quota: &TenantQuota| {
        let acquired = || admission.try_acquire(quota, Some(&paper())).ok();
        std::iter::from_fn(acquired).collect::<Vec<_>>()
    };
    let flood = one_type(&of("flood"));
    assert_eq!(flood.len(), 18, "three quarters of the three quarters that one type gets");
    assert!(!one_type(&of("other")).is_empty());
    drop(flood);
    assert!(admission.shared.held().of_both.is_empty(), "names are not kept");
}

#[test]
fn a_quota_holds_whatever_is_free_and_is_the_tenants_own() {
    let admission = Admission::new(32);
    let quota = TenantQuota { concurrent_documents: Some(2), ..of("small") };
    let held = flood(&admission, &quota);
    assert_eq!(held.len(), 2);
    let busy = admission.try_acquire(&quota, Some(&paper()));
    assert!(matches!(busy, Err(EngineError::TenantBusy { limit: 2 })));
    assert!(matches!(admission.check(&quota), Err(EngineError::TenantBusy { limit: 2 })));
    assert!(admission.try_acquire(&of("other"), Some(&paper())).is_ok());
    drop(held);
    assert!(admission.try_acquire(&quota, Some(&paper())).is_ok());
}
