//! Signatures are those of Standard Webhooks, and what is not taken is told again for days.

use ring::signature::{ED25519, UnparsedPublicKey};

use super::*;

fn secret(bytes: usize) -> Result<WebhookSecret, InvalidSecret> {
    format!("whsec_{}", STANDARD.encode(vec![7; bytes])).try_into()
}

#[test]
fn a_secret_has_its_form_and_is_shown_nowhere() {
    for text in ["", "whsec_", "whsec_!", &STANDARD.encode([7; 32])] {
        assert_eq!(WebhookSecret::try_from(text.to_owned()), Err(InvalidSecret), "{text}");
    }
    assert!(secret(23).is_err() && secret(65).is_err());
    for bytes in [24, 64] {
        let secret = secret(bytes).expect("a secret");
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
        assert_eq!(String::from(secret.clone()).try_into(), Ok(secret));
    }
}

#[test]
fn a_signature_is_as_the_specification_has_it() {
    // The example of the specification's libraries.
    let secret = WebhookSecret::try_from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
    let signer = WebhookSigner::from_seed(&[3; 32]).expect("a key");
    let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", b"{\"test\": 2432232314}");
    let message = signer.sign(id.to_owned(), 1_614_265_330, body.to_vec(), secret.ok().as_ref());
    let (shared, own) = message.signature.split_once(' ').expect("two signatures");
    assert_eq!(shared, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    let own = own.strip_prefix("v1a,").expect("ed25519");
    let key = signer.public_key();
    let key = STANDARD.decode(key.strip_prefix("whpk_").expect("a key")).expect("base64");
    let signed = [id.as_bytes(), b".1614265330.", body].concat();
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(&signed, &STANDARD.decode(own).expect("base64")).expect("is signed");
    let alone = signer.sign(id.to_owned(), 1_614_265_330, body.to_vec(), None);
    assert_eq!(alone.signature, format!("v1a,{own}"));
}

#[test]
fn it_is_told_again_for_three_days_and_never_all_at_once() {
    let waits = (1..).map_while(|attempt| wait_after(attempt, 0.0)).collect::<Vec<_>>();
    assert_eq!(waits.len(), 9);
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(waits.iter().sum::<Duration>() > Duration::from_secs(3 * 24 * HOUR));
    assert_eq!(wait_after(0, 0.5), None);
    assert_eq!(wait_after(1, 1.0), Some(Duration::from_millis(6_250)));
    assert_eq!(wait_after(1, 9.0), Some(Duration::from_millis(6_250)));
}
