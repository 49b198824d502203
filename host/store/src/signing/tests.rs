//! Keys, signatures, and everything that must not pass for one.

use proptest::prelude::*;

use super::*;

#[test]
fn rfc_8032_test_2_is_reproduced() {
    // RFC 8032 section 7.1, TEST 2.
    let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    let key = SecretKey::from_seed(from_hex(seed).expect("hex"));
    let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    assert_eq!(key.public_key().to_string(), format!("ed25519:{public}"));
    let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                     085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    assert_eq!(to_hex(&key.sign(&[0x72]).signature), signature);
}

#[test]
fn a_weak_key_is_no_signer() {
    // The neutral element: with it, one signature fits every message.
    let weak = format!("ed25519:01{}", "00".repeat(31));
    let Ok(public_key) = weak.parse::<PublicKey>() else { return };
    let mut signature = [0; 64];
    signature[0] = 1;
    let forged = PackageSignature { public_key, signature };
    assert_eq!(forged.verify(b"anything"), Err(SigningError::Wrong));
}

#[test]
fn keys_come_back_from_their_text_and_never_show_in_debug() {
    let key = SecretKey::generate().expect("random numbers");
    let again = format!("{}\n", key.to_text()).parse::<SecretKey>().expect("a key");
    assert_eq!(again.public_key(), key.public_key());
    let secret = key.to_text();
    let hex = secret.strip_prefix(SECRET_PREFIX).expect("the prefix");
    assert!(!format!("{key:?}").contains(hex));
    assert_ne!(SecretKey::generate().expect("random").public_key(), key.public_key());
    assert!("ed25519-secret:00".parse::<SecretKey>().is_err());
    assert!(key.public_key().to_string().parse::<SecretKey>().is_err());
}

proptest! {
    #[test]
    fn only_the_message_that_was_signed_verifies(
        seed in any::<[u8; 32]>(),
        message in proptest::collection::vec(any::<u8>(), 1..200),
        flip in any::<prop::sample::Index>(),
    ) {
        let key = SecretKey::from_seed(seed);
        let signature = PackageSignature::parse(&key.sign(&message).to_json()).expect("JSON");
        prop_assert_eq!(signature.verify(&message), Ok(key.public_key()));
        let mut other = message.clone();
        other[flip.index(message.len())] ^= 1;
        prop_assert_eq!(signature.verify(&other), Err(SigningError::Wrong));
    }
}
