//! What a file of tokens may hold, and what it gives.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::*;

fn path() -> &'static Path {
    Path::new("tokens.json")
}

fn digest_of(token: &str) -> String {
    bearer::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn entry() -> Value {
    json!({
        "id": "utopia-1", "tenant": "utopia", "sha256": digest_of("secret"),
        "document_types": ["utopia/*"],
    })
}

fn with(key: &str, value: Value) -> Value {
    let mut entry = entry();
    entry[key] = value;
    entry
}

fn tokens(entries: Vec<Value>) -> Result<ClientTokens, FileError> {
    let text = json!({ "tokens": entries }).to_string();
    ClientTokens::of(&TokenFile::parse(text.as_bytes(), path())?, path())
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

fn bearing(token: &str) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).expect("a value");
    HeaderMap::from_iter([(AUTHORIZATION, value)])
}

#[test]
fn a_token_gives_its_tenant_document_types_and_rates() {
    let mut entry = with("requests_a_minute", json!(60));
    entry["concurrent_documents"] = json!(4);
    let tokens = tokens(vec![entry]).expect("a file");
    let caller =
        tokens.caller(bearer::borne(&bearing("secret")), None, Timestamp::now()).expect("known");
    assert_eq!(caller.tenant().as_str(), "utopia");
    assert_eq!(caller.requests_a_minute, Some(60));
    assert_eq!(caller.quota().concurrent_documents, Some(4));
    let id = |text: &str| text.parse().expect("a document type");
    assert!(caller.check(&id("utopia/passport/2024")).is_ok());
    for beyond in ["norvaria/id-card/2024", "utopia2/passport/2024"] {
        assert_eq!(caller.check(&id(beyond)), Err(AuthError::DocumentType), "{beyond}");
    }
}

#[test]
fn whoever_bears_no_token_of_the_file_is_refused_by_name() {
    let now = Timestamp::now();
    let tokens = tokens(vec![entry()]).expect("a file");
    let who = |headers: &HeaderMap| tokens.caller(bearer::borne(headers), None, now).map(|_| ());
    assert_eq!(who(&HeaderMap::new()), Err(AuthError::Missing));
    assert_eq!(who(&bearing("other")), Err(AuthError::Invalid));
    assert_eq!(who(&bearing(&digest_of("secret"))), Err(AuthError::Invalid));
    let mut twice = bearing("secret");
    twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer secret"));
    assert_eq!(who(&twice), Err(AuthError::Invalid));
    let basic = HeaderValue::from_static("Basic c2VjcmV0");
    assert_eq!(who(&HeaderMap::from_iter([(AUTHORIZATION, basic)])), Err(AuthError::Invalid));
}

#[test]
fn a_token_ends_with_its_time_and_another_of_the_tenant_follows() {
    let mut next = with("id", json!("utopia-2"));
    next["sha256"] = digest_of("next").into();
    let first = with("expires", json!("2026-12-01T01:00:00+01:00"));
    let tokens = tokens(vec![first, next]).expect("a file");
    let who = |token, now| tokens.caller(bearer::borne(&bearing(token)), None, at(now)).map(|_| ());
    assert_eq!(who("secret", "2026-11-30T23:59:59Z"), Ok(()));
    assert_eq!(who("secret", "2026-12-01T00:00:00Z"), Err(AuthError::Expired));
    assert_eq!(who("next", "2026-12-01T00:00:00Z"), Ok(()));
}

#[test]
fn what_makes_no_sense_is_refused_and_names_its_place_alone() {
    let refused = |entries: Vec<Value>, place: &str| {
        let error = tokens(entries).expect_err(place).to_string();
        assert!(error.contains(place) && error.starts_with("tokens.json: "), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    };
    for (key, value) in [
        ("id", json!("")),
        ("id", json!("a b")),
        ("tenant", json!("t".repeat(65))),
        ("sha256", json!("abc")),
        ("sha256", json!(digest_of("x").to_uppercase())),
        ("certificate_sha256", json!("")),
        ("expires", json!("tomorrow")),
        ("expires", json!("2026-12-01")),
        ("expires", json!("2026-12-01T00:00:00")),
        ("expires", json!(format!("2026-12-01T00:00:00Z{}", " ".repeat(64)))),
        ("document_types", json!([])),
        ("document_types", json!(["utopia*"])),
        ("document_types", json!(vec!["a/b"; MOST_PATTERNS + 1])),
        ("requests_a_minute", json!(0)),
        ("requests_a_minute", json!(MOST_REQUESTS_A_MINUTE + 1)),
        ("concurrent_documents", json!(0)),
        ("concurrent_documents", json!(MOST_CONCURRENT_DOCUMENTS + 1)),
    ] {
        let place = if key == "certificate_sha256" { "sha256" } else { key };
        refused(vec![with(key, value)], &format!("tokens: entry 1: {place}: "));
    }
    for (key, value) in [
        ("token", json!("s3cret")),
        ("id", json!(["s3cret"])),
        ("requests_a_minute", json!("s3cret")),
    ] {
        refused(vec![with(key, value)], "line 1, column ");
    }
    refused(vec![entry(), entry()], "tokens: entry 2: id stands twice");
    refused(vec![entry(), with("id", json!("other"))], "tokens: entry 2: sha256 stands twice");
    let many = |number: usize| {
        let of = |index: usize| {
            json!({
                "id": format!("t{index}"), "tenant": "t", "sha256": digest_of(&index.to_string()),
                "document_types": ["*"],
            })
        };
        (0..number).map(of).collect::<Vec<_>>()
    };
    assert!(tokens(many(MOST_TOKENS)).is_ok());
    refused(many(MOST_TOKENS + 1), "more than 1000 tokens");
    for text in ["", "{}", "[]", "{\"tokens\": [}", "{\"tokens\": [], \"more\": 1}"] {
        assert!(TokenFile::parse(text.as_bytes(), path()).is_err(), "{text}");
    }
}

#[test]
fn a_token_is_given_out_once_and_gone_when_it_is_revoked() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokens.json");
    let new = |id: &str| TokenEntry::new(id.to_owned(), "utopia".to_owned(), vec!["*".to_owned()]);
    let first = add(&file, new("first")).expect("added");
    let second = add(&file, new("second")).expect("added");
    assert_ne!(first.expose(), second.expose());
    assert_eq!(first.expose().len(), "dossier_".len() + 64);

    let text = std::fs::read_to_string(&file).expect("the file");
    assert!(!text.contains(first.expose()) && !format!("{first:?}").contains("dossier_"));
    let tokens = ClientTokens::load(&file).expect("a file");
    let knows = |secret: &Secret| {
        tokens
            .current()
            .caller(bearer::borne(&bearing(secret.expose())), None, Timestamp::now())
            .is_ok()
    };
    assert!(knows(&first) && knows(&second));

    revoke(&file, "first").expect("it is there");
    crate::reloaded::Refresh::refresh(&tokens);
    assert!(!knows(&first) && knows(&second));
    assert_eq!(list(&file).expect("a file").len(), 1);
    assert!(revoke(&file, "first").is_err(), "it is gone");
    assert!(add(&file, new("second")).is_err(), "the id is taken");
    assert!(add(&file, new("no id")).is_err());
    assert_eq!(list(&file).expect("a file").len(), 1, "what is refused changes nothing");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn the_file_keeps_its_readers_and_one_command_changes_it_at_a_time() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokens.json");
    let new = |id: &str| TokenEntry::new(id.to_owned(), "utopia".to_owned(), vec!["*".to_owned()]);
    let mode = || std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777;
    add(&file, new("first")).expect("added");
    assert_eq!(mode(), 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("set");
    add(&file, new("second")).expect("added");
    assert_eq!(mode(), 0o640);

    std::fs::write(folder.path().join("tokens.json.new"), "").expect("written");
    let refused = add(&file, new("third")).expect_err("another is at work").to_string();
    assert!(refused.contains("tokens.json.new: another command"), "{refused}");
    assert!(folder.path().join("tokens.json.new").exists(), "it is the other's");
}

#[test]
fn a_client_is_known_by_its_certificate_where_it_bears_no_token() {
    let mut of_certificate = with("id", json!("utopia-2"));
    of_certificate.as_object_mut().expect("an object").remove("sha256");
    of_certificate["certificate_sha256"] = digest_of("a certificate").into();
    of_certificate["tenant"] = "by-certificate".into();
    let tokens = tokens(vec![entry(), of_certificate]).expect("a file");
    let shown = |text| Some(Fingerprint(bearer::digest(text)));
    let who = |headers: &HeaderMap, certificate| {
        let caller = tokens.caller(bearer::borne(headers), certificate, Timestamp::now())?;
        Ok::<_, AuthError>(caller.tenant().to_string())
    };
    let none = HeaderMap::new();
    assert_eq!(who(&none, shown("a certificate")).as_deref(), Ok("by-certificate"));
    assert_eq!(who(&bearing("secret"), shown("a certificate")).as_deref(), Ok("utopia"));
    assert_eq!(who(&none, shown("another")), Err(AuthError::Invalid));
    // Neither is taken for the other.
    assert_eq!(who(&none, shown("secret")), Err(AuthError::Invalid));
    assert_eq!(who(&bearing("a certificate"), None), Err(AuthError::Invalid));
}
