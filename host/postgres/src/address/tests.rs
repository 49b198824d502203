//! What a URL comes to, and that nothing shows it.

use super::*;

const PASSWORD: &str = "r0sebud";

fn settings(url: &str) -> Result<PostgresSettings, InvalidPostgres> {
    PostgresSettings::new(url, None, 4)
}

#[test]
fn over_the_network_it_is_encrypted_unless_the_url_says_otherwise() {
    let is_encrypted = |url: &str| {
        let certificate = authority();
        let settings = PostgresSettings::new(url, Some(&certificate), 4).expect("settings");
        assert_eq!(settings.server.get_ssl_mode() == SslMode::Require, settings.tls.is_some());
        assert!(settings.tls.is_some() || settings.server.get_ssl_mode() == SslMode::Disable);
        settings.tls.is_some()
    };
    assert!(is_encrypted("postgres://u@db.example/jobs"));
    assert!(is_encrypted("postgresql://u@db.example/jobs?sslmode=require"));
    assert!(is_encrypted("postgres://u@db.example/jobs?connect_timeout=3&sslmode=verify-full"));
    assert!(!is_encrypted("postgres://u@db.example/jobs?sslmode=disable"));
    assert!(!is_encrypted("postgres://u@%2Frun%2Fpostgresql/jobs"));
}

#[test]
fn what_would_be_dropped_silently_is_refused() {
    for mode in ["prefer", "allow", "verify-ca", "", "Require", "disable&sslmode=require"] {
        let refused = settings(&format!("postgres://u:{PASSWORD}@db.example/jobs?sslmode={mode}"));
        assert!(matches!(refused, Err(InvalidPostgres::SslMode)), "{mode}: {refused:?}");
    }
    let refused = settings("postgres://u@%2Frun%2Fpostgresql/jobs?sslmode=require");
    assert!(matches!(refused, Err(InvalidPostgres::SslMode)), "{refused:?}");
    let refused = PostgresSettings::new("postgres://u@db.example/jobs", Some(b""), 4);
    assert!(
        matches!(refused, Err(InvalidPostgres::Authorities(InvalidAuthorities::None))),
        "{refused:?}"
    );
    let refused = PostgresSettings::new("postgres://u@db.example/jobs", None, 0);
    assert!(matches!(refused, Err(InvalidPostgres::NoConnection)), "{refused:?}");
}

#[test]
fn no_text_has_the_password() {
    let good = [
        format!("postgres://u:{PASSWORD}@db.example/jobs?sslmode=disable"),
        format!("postgres://u:x?{PASSWORD}@db.example/jobs?sslmode=disable"),
        format!("postgres://u:x/{PASSWORD}=y@db.example/jobs?sslmode=disable"),
    ];
    for url in good {
        let settings = settings(&url).expect("settings");
        assert!(settings.tls.is_none(), "{settings:?}");
        let password = settings.server.get_password().expect("a password");
        assert!(String::from_utf8_lossy(password).contains(PASSWORD));
        let shown = format!("{settings:?}");
        assert!(shown.contains("db.example") && !shown.contains(PASSWORD), "{shown}");
    }
    let bad = [
        format!("mysql://u:{PASSWORD}@db.example/jobs"),
        format!("host=db.example password={PASSWORD}"),
        format!("postgres://u:x@{PASSWORD}@db.example/jobs"),
        format!("postgres://u:x@db.example/jobs?{PASSWORD}"),
        format!("postgres://u:x@db.example/jobs?{PASSWORD}=y"),
        format!("postgres://u:x@db.example/jobs?sslmode=disable&port={PASSWORD}"),
        format!("postgres://u:%zz{PASSWORD}@db.example:port/jobs"),
        format!("postgres://u:{PASSWORD}@/jobs"),
    ];
    for url in bad {
        let Err(error) = settings(&url) else { panic!("{url} is understood") };
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
}

/// A certificate in PEM.
fn authority() -> Vec<u8> {
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["db.example".to_owned()]);
    let certificate = certificate.expect("a name").self_signed(&key).expect("a certificate");
    certificate.pem().into_bytes()
}
