//! Names of tenants, at their bounds and beyond.

use super::*;

#[test]
fn a_name_is_short_and_plain() {
    for name in ["utopia", "A-1_b.c@d", &"t".repeat(Tenant::MAX_BYTES)] {
        let tenant = name.parse::<Tenant>().expect("a name");
        assert_eq!(tenant.to_string(), name);
        assert!(!tenant.is_anonymous());
    }
    for text in ["", " ", "a b", "a/b", "ä", "a\n", &"t".repeat(Tenant::MAX_BYTES + 1)] {
        assert_eq!(text.parse::<Tenant>(), Err(InvalidTenant), "{text:?}");
    }
}

#[test]
fn nobody_can_be_named_as_the_anonymous() {
    assert!(Tenant::default().is_anonymous());
    assert!(Tenant::anonymous().as_str().parse::<Tenant>().is_err());
}
