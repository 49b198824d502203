//! Tokens of a provider that is a real HTTP server here, and tokens of nobody.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use dossier_document::DocumentTypeId;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::json;

use super::source::{Pauses, Remote};
use super::*;

const ISSUER: &str = "https://provider.example";
const AUDIENCE: &str = "dossier";
const HOUR: Duration = Duration::from_secs(3600);

enum Signer {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Signer {
    /// A key that was made for these tests; ring makes none of this kind.
    fn rsa() -> Self {
        let key = RsaKeyPair::from_pkcs8(include_bytes!("test_rsa_key.der")).expect("a key");
        Self::Rsa(Box::new(key))
    }

    fn ec() -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        Self::Ec(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key"))
    }

    fn ed() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self::Ed(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key"))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("signed");
                signature
            }
            Self::Ec(key) => key.sign(&random, message).expect("signed").as_ref().to_vec(),
            Self::Ed(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    fn public(&self, id: &str) -> Value {
        match self {
            Self::Rsa(key) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
                let (n, e) = (base64url(&public.n), base64url(&public.e));
                json!({"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256", "n": n, "e": e})
            }
            Self::Ec(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                let (x, y) = (base64url(x), base64url(y));
                json!({"kty": "EC", "crv": "P-256", "kid": id, "x": x, "y": y})
            }
            Self::Ed(key) => {
                let x = base64url(key.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": x})
            }
        }
    }

    fn token(&self, id: &str, claims: &Value) -> String {
        self.token_with(&json!({"typ": "JWT", "alg": self.algorithm(), "kid": id}), claims)
    }

    fn token_with(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = base64url(&self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = (0..3)
            .fold(0_u32, |group, at| group << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for digit in 0..=chunk.len() {
            text.push(char::from(DIGITS[(group >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    text
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "clerk", "exp": now() + 600,
        "tenant": "utopia", "document_types": ["utopia/*"],
    })
}

fn with(key: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[key] = value;
    claims
}

fn without(key: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().expect("an object").remove(key);
    claims
}

/// A provider that publishes what the test says, and counts who asks.
struct Provider {
    address: SocketAddr,
    published: Arc<Mutex<Option<Value>>>,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    async fn start(keys: Vec<Value>) -> Self {
        let published = Arc::new(Mutex::new(Some(json!({ "keys": keys }))));
        let asked = Arc::new(AtomicUsize::new(0));
        let (answers, counted) = (Arc::clone(&published), Arc::clone(&asked));
        let answer = async move || {
            counted.fetch_add(1, Ordering::SeqCst);
            match answers.lock().expect("no panic").clone() {
                Some(keys) => (StatusCode::OK, keys.to_string()),
                None => (StatusCode::BAD_GATEWAY, String::new()),
            }
        };
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/keys", get(answer));
        #[expect(clippy::disallowed_methods, reason = "its only client is the code under test")]
        let serving = axum::serve(listener, router);
        tokio::spawn(serving.into_future());
        Self { address, published, asked }
    }

    fn publishes(&self, keys: Option<Vec<Value>>) {
        let set = keys.map(|keys| json!({ "keys": keys }));
        *self.published.lock().expect("no panic") = set;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn config(&self) -> JwtConfig {
        config(format!("http://{}/keys", self.address))
    }

    /// A verifier that asks again at once for the sake of a key that it does not know, or after `least`.
    async fn verifier(&self, least: Duration, max_age: Duration) -> JwtVerifier {
        let config = self.config();
        let pauses = Pauses { refresh: HOUR, least };
        let algorithms = config.algorithms.clone();
        let keys = Remote::open(&config.keys, algorithms, pauses, max_age).await;
        JwtVerifier::new(&config, KeySource::Address(keys.expect("keys")))
    }
}

fn config(keys: String) -> JwtConfig {
    JwtConfig {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys,
        algorithms: vec![Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA],
        tenant_claim: "tenant".to_owned(),
        document_types_claim: "document_types".to_owned(),
        refresh: HOUR,
        keys_max_age: HOUR,
    }
}

#[tokio::test]
async fn a_token_of_each_algorithm_gives_its_tenant_and_document_types() {
    let signers = [Signer::rsa(), Signer::ec(), Signer::ed()];
    let keys = signers.iter().enumerate().map(|(index, key)| key.public(&index.to_string()));
    let provider = Provider::start(keys.collect()).await;
    let verifier = provider.verifier(HOUR, HOUR).await;
    let id = |text: &str| text.parse::<DocumentTypeId>().expect("an identifier");
    for (index, signer) in signers.iter().enumerate() {
        let token = signer.token(&index.to_string(), &claims());
        let caller = verifier.caller(&token).await.expect("a good token");
        assert_eq!(caller.tenant().as_str(), "utopia");
        assert!(caller.reaches(&id("utopia/passport/2024")));
        assert!(!caller.reaches(&id("norvaria/id-card/2024")));
    }
    let scopes = with("document_types", json!("utopia/* norvaria/id-card/2024"));
    let audiences = with("aud", json!(["other", AUDIENCE]));
    let just_over = with("exp", json!(now() - LEEWAY_SECONDS / 2));
    let caller = verifier.caller(&signers[2].token("2", &scopes)).await.expect("a good token");
    assert!(caller.reaches(&id("norvaria/id-card/2024")));
    for claims in [audiences, just_over] {
        assert!(verifier.caller(&signers[2].token("2", &claims)).await.is_ok(), "{claims}");
    }
    assert_eq!(provider.asked(), 1, "keys are kept");
}

#[tokio::test]
async fn what_is_not_signed_for_this_host_now_is_refused() {
    let (signer, stranger) = (Signer::ed(), Signer::ed());
    let provider = Provider::start(vec![signer.public("one")]).await;
    let verifier = provider.verifier(HOUR, HOUR).await;
    for (claims, refused) in [
        (with("exp", json!(now() - 60)), AuthError::Expired),
        (with("exp", json!("2100")), AuthError::Invalid),
        (with("nbf", json!(now() + 600)), AuthError::Invalid),
        (with("nbf", json!("1")), AuthError::Invalid),
        (with("iss", json!("https://other.example")), AuthError::Invalid),
        (with("iss", json!([ISSUER, "https://other.example"])), AuthError::Invalid),
        (with("aud", json!("other")), AuthError::Invalid),
        (with("aud", json!([])), AuthError::Invalid),
        (with("tenant", json!("not a name")), AuthError::Invalid),
        (with("tenant", json!(7)), AuthError::Invalid),
        (with("document_types", json!(["utopia*"])), AuthError::Invalid),
        (with("document_types", json!([7])), AuthError::Invalid),
        (with("document_types", json!(vec!["a/b"; MOST_PATTERNS + 1])), AuthError::Invalid),
        (without("exp"), AuthError::Invalid),
        (without("iss"), AuthError::Invalid),
        (without("aud"), AuthError::Invalid),
        (without("sub"), AuthError::Invalid),
        (without("tenant"), AuthError::Invalid),
        (without("document_types"), AuthError::Invalid),
    ] {
        let token = signer.token("one", &claims);
        assert_eq!(verifier.caller(&token).await, Err(refused), "{claims}");
    }

    let good = signer.token("one", &claims());
    assert!(verifier.caller(&good).await.is_ok());
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let header = |header: Value| signer.token_with(&header, &claims());
    let long = with("tenant", json!("t".repeat(MOST_BYTES)));
    for token in [
        stranger.token("one", &claims()),
        format!("{message}."),
        format!("{}.{signature}", message.replacen('.', ".e30", 1)),
        header(json!({"alg": "none", "kid": "one"})),
        header(json!({"alg": "HS256", "kid": "one"})),
        header(json!({"alg": "RS256", "kid": "one"})),
        header(json!({"alg": "EdDSA", "kid": "one", "crit": ["exp"]})),
        header(json!({"kid": "one"})),
        signer.token("one", &long),
        "..".to_owned(),
        "a.b.c".to_owned(),
    ] {
        assert_eq!(verifier.caller(&token).await, Err(AuthError::Invalid), "{token}");
    }
    assert_eq!(provider.asked(), 1, "nobody makes the host ask for these");
}

#[tokio::test]
async fn a_rotated_key_is_found_at_once_and_a_made_up_one_is_asked_for_once() {
    let (old, new) = (Signer::ed(), Signer::ec());
    let provider = Provider::start(vec![old.public("old")]).await;
    let verifier = provider.verifier(Duration::ZERO, HOUR).await;
    provider.publishes(Some(vec![old.public("old"), new.public("new")]));
    assert!(verifier.caller(&new.token("new", &claims())).await.is_ok());
    assert!(verifier.caller(&old.token("old", &claims())).await.is_ok());
    assert_eq!(provider.asked(), 2);
    // What is not published any more holds no longer.
    provider.publishes(Some(vec![new.public("new")]));
    let made_up = old.token("made up", &claims());
    assert_eq!(verifier.caller(&made_up).await, Err(AuthError::Invalid));
    let withdrawn = verifier.caller(&old.token("old", &claims())).await;
    assert_eq!(withdrawn, Err(AuthError::Invalid));

    let patient = provider.verifier(HOUR, HOUR).await;
    let before = provider.asked();
    for number in 0..20 {
        let made_up = old.token(&number.to_string(), &claims());
        assert_eq!(patient.caller(&made_up).await, Err(AuthError::Invalid));
    }
    assert_eq!(provider.asked(), before, "it was asked just now");
}

#[tokio::test]
async fn keys_outlive_their_provider_until_they_are_too_old() {
    let signer = Signer::ed();
    let provider = Provider::start(vec![signer.public("one")]).await;
    let verifier = provider.verifier(Duration::ZERO, HOUR).await;
    let impatient = provider.verifier(Duration::ZERO, Duration::ZERO).await;
    provider.publishes(None);
    let token = signer.token("one", &claims());
    assert_eq!(verifier.caller(&signer.token("two", &claims())).await, Err(AuthError::Invalid));
    assert!(verifier.caller(&token).await.is_ok(), "what was had last stays");
    assert_eq!(impatient.caller(&token).await, Err(AuthError::Unavailable));
}

#[tokio::test]
async fn a_source_without_keys_is_named() {
    let provider = Provider::start(Vec::new()).await;
    let refused = KeySource::open(&provider.config()).await.expect_err("no key").to_string();
    assert!(refused.ends_with("the set has no key of a pinned algorithm"), "{refused}");
    provider.publishes(None);
    let refused = KeySource::open(&provider.config()).await.expect_err("no keys").to_string();
    assert!(refused.contains("/keys: it answers 502"), "{refused}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    let of_file = config(file.display().to_string());
    assert!(KeySource::open(&of_file).await.is_err(), "there is no file");
    let signer = Signer::ec();
    let set = json!({"keys": [signer.public("one")]}).to_string();
    std::fs::write(&file, set).expect("written");
    let keys = KeySource::open(&of_file).await.expect("keys");
    let verifier = JwtVerifier::new(&of_file, keys);
    assert!(verifier.caller(&signer.token("one", &claims())).await.is_ok());
    // The only key needs no name.
    let nameless = signer.token_with(&json!({"alg": "ES256"}), &claims());
    assert!(verifier.caller(&nameless).await.is_ok());
}

#[test]
fn a_set_is_bounded_and_what_is_of_no_use_in_it_is_passed_over() {
    let pinned = [Algorithm::EdDSA];
    let parse =
        |keys: Vec<Value>| KeySet::parse(json!({"keys": keys}).to_string().as_bytes(), &pinned);
    let key = |id: &str| Signer::ed().public(id);
    let mut for_secrets = key("enc");
    for_secrets["use"] = "enc".into();
    let mut of_another = key("alg");
    of_another["alg"] = "RS256".into();
    let secret = json!({"kty": "oct", "kid": "oct", "k": "c2VjcmV0"});
    let unknown = json!({"kty": "new", "kid": "new"});
    let mixed =
        vec![for_secrets, of_another, secret, unknown, Signer::ec().public("ec"), key("ed")];
    let set = parse(mixed).expect("one is of use");
    for (id, is_there) in [
        ("ed", true),
        ("enc", false),
        ("alg", false),
        ("oct", false),
        ("new", false),
        ("ec", false),
    ] {
        assert_eq!(set.has(id), is_there, "{id}");
    }
    assert!(set.find(Some("ed"), Algorithm::EdDSA).is_some());
    assert!(set.find(Some("ed"), Algorithm::ES256).is_none());

    assert!(parse((0..100).map(|id| key(&id.to_string())).collect()).is_ok());
    assert!(parse((0..101).map(|id| key(&id.to_string())).collect()).is_err());
    assert!(parse(vec![key("one"), key("one")]).is_err());
    assert!(parse(vec![key(&"k".repeat(257))]).is_err());
    assert!(KeySet::parse(b"[]", &pinned).is_err());
    assert!(KeySet::parse(&vec![b' '; 256 * 1024 + 1], &pinned).is_err());
}
