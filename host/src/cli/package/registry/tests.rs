//! References that are understood, and those that are not.

use super::*;

#[test]
fn a_reference_names_its_registry_and_a_version() {
    for (text, whole) in [
        ("oci://localhost:5000/utopia/rules:1.0.0", "localhost:5000/utopia/rules:1.0.0"),
        ("registry.example/rules:1", "registry.example/rules:1"),
    ] {
        assert_eq!(parse(text).expect(text).whole(), whole);
    }
    let pinned = format!("registry.example/rules@sha256:{}", "a".repeat(64));
    assert!(parse(&pinned).expect("a digest").digest().is_some());
    for (text, expected) in [
        ("utopia/rules:1.0.0", "no registry"),
        ("rules", "no registry"),
        ("", "no registry"),
        ("registry.example/utopia/rules", "neither tag nor digest"),
        ("registry.example/Rules:1", "reference"),
        ("registry.example/rules@sha256:abc", "reference"),
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[tokio::test]
async fn more_bytes_than_announced_are_not_taken() {
    use tokio::io::AsyncWriteExt as _;
    let mut body = Body { bytes: Vec::new(), limit_bytes: 4 };
    body.write_all(b"abc").await.expect("fits");
    body.write_all(b"de").await.expect_err("does not");
    assert_eq!(body.bytes, b"abc");
}

#[test]
fn a_user_without_a_password_is_refused() {
    let args = RegistryArgs { registry_user: Some("me".to_owned()), ..RegistryArgs::default() };
    let missing =
        RegistryArgs { registry_password_file: Some("nowhere/password".into()), ..args.clone() };
    assert!(matches!(missing.auth(), Err(RegistryError::PasswordFile { .. })));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, "secret\n").expect("written");
    let args = RegistryArgs { registry_password_file: Some(file), ..args };
    let auth = args.auth().expect("a password");
    assert_eq!(auth, RegistryAuth::Basic("me".to_owned(), "secret".to_owned()));
}
