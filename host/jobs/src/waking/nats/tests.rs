//! What settings come to, and that nothing shows a password; hints without a broker.

use super::*;

const PASSWORD: &str = "r0sebud";

#[test]
fn an_address_is_of_nats_and_a_name_is_short() {
    for urls in ["nats://a.example", "nats://a.example:4222, nats://u:p@b.example"] {
        let settings = NatsSettings::new(urls, None, "DOSSIER_JOBS").expect("settings");
        assert!(settings.tls.is_none());
    }
    for urls in ["", "a.example", "http://a.example", "nats://a.example,", "ws://a.example"] {
        let refused = NatsSettings::new(urls, None, "DOSSIER_JOBS");
        assert!(matches!(refused, Err(InvalidNats::Address)), "{urls}: {refused:?}");
    }
    for name in ["", "a.b", "a b", "*", ">", &"a".repeat(33)] {
        let refused = NatsSettings::new("nats://a.example", None, name);
        assert!(matches!(refused, Err(InvalidNats::Name)), "{name}: {refused:?}");
    }
    let refused = NatsSettings::new("tls://a.example", Some(b""), "DOSSIER_JOBS");
    let none = InvalidNats::Authorities(InvalidAuthorities::None);
    assert_eq!(refused.expect_err("nobody is trusted"), none);
}

#[test]
fn no_text_has_the_password() {
    let url = format!("nats://u:{PASSWORD}@a.example");
    let settings = NatsSettings::new(&url, None, "DOSSIER_JOBS").expect("settings");
    let shown = format!("{settings:?}");
    assert!(shown.contains("a.example") && !shown.contains(PASSWORD), "{shown}");
    for url in [format!("mysql://u:{PASSWORD}@a.example"), format!("nats://u:{PASSWORD}@")] {
        let Err(error) = NatsSettings::new(&url, None, "DOSSIER_JOBS") else {
            panic!("{url} is understood")
        };
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
}

#[tokio::test]
async fn without_a_broker_hints_are_counted_and_nobody_waits() {
    // Port 1 has no broker; it is reserved.
    let settings = NatsSettings::new("nats://127.0.0.1:1", None, "DOSSIER_JOBS");
    let waker = NatsWaker::start(settings.expect("settings")).await.expect("starts");
    let told = 2 * UNSENT;
    for _ in 0..told {
        waker.tell(1_000);
    }
    while waker.standing().untold == 0 {
        tokio::task::yield_now().await;
    }
    let standing = waker.standing();
    assert_eq!((standing.is_connected, standing.told, standing.heard), (false, 0, 0));
}
