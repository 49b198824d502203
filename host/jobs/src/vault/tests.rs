//! What is sealed opens with its own key, for its own place, unchanged, and in no other case.

use super::*;

fn master(digit: char) -> MasterKey {
    MasterKey::from_text(&digit.to_string().repeat(64)).expect("a key")
}

#[test]
fn a_key_is_sixty_four_digits() {
    for text in ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"é".repeat(32)] {
        assert_eq!(MasterKey::from_text(text).err(), Some(VaultError::NotAKey), "{text}");
    }
    assert!(MasterKey::from_text(&format!("{}\n", "aF".repeat(32))).is_ok());
    assert!(!format!("{:?}", master('1')).contains('1'));
}

#[test]
fn keys_open_what_they_wrapped_and_nothing_else() {
    let (one, other) = (master('1'), master('2'));
    let wrapped = one.new_tenant_key("utopia").expect("a key");
    let tenant = one.tenant_key(&wrapped, "utopia").expect("its own");
    assert_eq!(one.tenant_key(&wrapped, "norvaria").err(), Some(VaultError::Closed));
    assert_eq!(other.tenant_key(&wrapped, "utopia").err(), Some(VaultError::Closed));
    let (key, kept) = tenant.new_job_key("a").expect("a key");
    assert_eq!(tenant.job_key(&kept, "b").err(), Some(VaultError::Closed));
    let sealed = key.seal(b"ERIKSSON", "a 0 pages").expect("sealed");
    assert!(!sealed.windows(8).any(|window| window == b"ERIKSSON"));
    let again = tenant.job_key(&kept, "a").expect("its own");
    assert_eq!(again.open(sealed.clone(), "a 0 pages").expect("opens"), b"ERIKSSON");
    assert_eq!(again.open(sealed.clone(), "a 1 pages"), Err(VaultError::Closed));
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(again.open(changed, "a 0 pages"), Err(VaultError::Closed), "{at}");
    }
    for length in 0..sealed.len() {
        let cut = sealed[..length].to_vec();
        assert_eq!(again.open(cut, "a 0 pages"), Err(VaultError::Closed), "{length}");
    }
}

#[test]
fn a_store_knows_the_key_it_was_written_with() {
    let witness = master('1').witness().expect("made");
    assert!(master('1').made(&witness));
    assert!(!master('2').made(&witness));
    assert!(!master('1').made(&WrappedKey::from_text("nonsense".to_owned())));
}

#[test]
fn tags_are_the_same_for_the_same_and_differ_otherwise() {
    let master = master('1');
    let key = |tenant: &str| {
        let wrapped = master.new_tenant_key(tenant).expect("a key");
        master.tenant_key(&wrapped, tenant).expect("its own")
    };
    let (utopia, norvaria) = (key("utopia"), key("norvaria"));
    let tag = |key: &TenantKey, kind: &str, parts: &[&[u8]]| key.tag(kind, parts.iter().copied());
    assert_eq!(tag(&utopia, "subject", &[b"a"]), tag(&utopia, "subject", &[b"a"]));
    let others = [
        tag(&utopia, "subject", &[b"b"]),
        tag(&utopia, "request", &[b"a"]),
        tag(&norvaria, "subject", &[b"a"]),
        tag(&utopia, "subject", &[b"", b"a"]),
        tag(&utopia, "subject", &[b"a", b""]),
    ];
    for other in others {
        assert_ne!(other, tag(&utopia, "subject", &[b"a"]));
    }
}
