//! What strangers may name, and what not.

use super::*;

#[test]
fn addresses_of_no_public_machine_are_told() {
    let private = [
        "0.0.0.0",
        "10.1.2.3",
        "127.0.0.1",
        "127.9.9.9",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "100::1",
        "4000::1",
    ];
    for text in private {
        assert!(!is_public(text.parse().expect("an address")), "{text}");
    }
    let public = [
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860::8888",
        "::ffff:1.1.1.1",
    ];
    for text in public {
        assert!(is_public(text.parse().expect("an address")), "{text}");
    }
}

#[test]
fn what_is_written_is_judged_however_it_is_written() {
    let judged = |url: &str| judge(url, Reach::Public).map(|_| ());
    assert_eq!(judged("https://hooks.example/dossier?x=1"), Ok(()));
    assert_eq!(judged("https://1.1.1.1:8443/"), Ok(()));
    for url in [
        "",
        "hooks.example",
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://",
        "https://user@hooks.example/",
        "https://:p@hooks.example/",
        "https://hooks.example/#x",
        "file:///x",
    ] {
        assert_eq!(judged(url), Err(AddressError::Malformed), "{url}");
    }
    // The same address in the ways that parsers of addresses take.
    for url in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://169.254.169.254/latest/meta-data",
    ] {
        assert_eq!(judged(url), Err(AddressError::NotPublic), "{url}");
    }
    assert!(judge("http://127.0.0.1:9/x", Reach::Everything).is_ok());
    assert!(judge("gopher://127.0.0.1/", Reach::Everything).is_err());
}

#[tokio::test]
async fn a_name_that_resolves_to_this_machine_is_not_gone_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let port = listener.local_addr().expect("an address").port();
    let refused =
        client(Reach::Public).expect("a client").get(format!("https://localhost:{port}/"));
    let error = refused.send().await.expect_err("is not public");
    assert!(dossier_document::with_causes(&error).contains("not public"), "{error:?}");
    let connected = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(connected.is_err(), "nobody has connected");
}
