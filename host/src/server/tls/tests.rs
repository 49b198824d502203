//! Handshakes with a real client, certificates that change, and clients that can't or won't.

use std::net::SocketAddr;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::super::{RunningServer, bind, listen_with};
use super::*;
use crate::api::App;
use crate::auth::Access;
use crate::auth::token_file::{ClientTokens, TokenEntry, add_certificate};
use crate::outgoing::choose_tls;
use crate::reloaded::Refresh as _;
use crate::testing::{PATIENCE, config, engine};

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, in PEM.
struct Shown {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn vouch(&self, purpose: ExtendedKeyUsagePurpose, until_year: i32) -> Shown {
        let key = KeyPair::generate().expect("a key");
        let names = vec!["127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).expect("parameters");
        params.extended_key_usages = vec![purpose];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until_year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Shown { certificate, key: key.serialize_pem() }
    }

    fn server(&self) -> Shown {
        self.vouch(ExtendedKeyUsagePurpose::ServerAuth, 2100)
    }

    fn client(&self) -> Shown {
        self.vouch(ExtendedKeyUsagePurpose::ClientAuth, 2100)
    }
}

/// The files of a listener.
struct Files {
    folder: TempDir,
    config: TlsConfig,
}

impl Files {
    fn new(shown: &Shown, client_authority: Option<&Authority>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        let client_ca = client_authority.map(|authority| {
            std::fs::write(file("clients.pem"), &authority.pem).expect("written");
            file("clients.pem")
        });
        let (certificate, key) = (file("certificate.pem"), file("key.pem"));
        let config = TlsConfig { certificate, key, client_ca };
        let files = Self { folder, config };
        files.show(shown);
        files
    }

    fn show(&self, shown: &Shown) {
        std::fs::write(&self.config.certificate, &shown.certificate).expect("written");
        std::fs::write(&self.config.key, &shown.key).expect("written");
    }

    fn load(&self) -> Arc<Tls> {
        Arc::new(load(&self.config).expect("a listener's files"))
    }

    fn refusal(&self) -> String {
        load(&self.config).expect_err("not usable").to_string()
    }
}

async fn serve(tls: Arc<Tls>, access: Access, header_timeout: Duration) -> RunningServer {
    let mut config = config();
    config.http.header_timeout = header_timeout;
    let reader = engine(&config).await.reader;
    let app = Arc::new(App::for_whom(reader, config.http, access));
    let socket = bind(config.listen, None).expect("listens");
    listen_with(app, socket, config.http, None, Some(tls))
}

/// A client that trusts one authority, and shows something.
fn client(trusted: &Authority, shows: Option<&Shown>) -> reqwest::Client {
    choose_tls();
    let trusted = reqwest::Certificate::from_pem(trusted.pem.as_bytes()).expect("a certificate");
    let mut client = reqwest::Client::builder().tls_certs_only([trusted]);
    if let Some(Shown { certificate, key }) = shows {
        let identity = format!("{certificate}{key}");
        let identity = reqwest::Identity::from_pem(identity.as_bytes()).expect("an identity");
        client = client.identity(identity);
    }
    client.build().expect("a client")
}

async fn ask(client: &reqwest::Client, address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let answer = client.get(format!("https://{address}{path}")).send();
    let answer = timeout(PATIENCE, answer).await.expect("in time").ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.text().await.expect("a whole answer")))
}

async fn is_answered(client: &reqwest::Client, address: SocketAddr) -> bool {
    matches!(ask(client, address, "/v1/document-types").await, Some((200, _)))
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_answered_and_another_is_not() {
    let authority = Authority::new();
    let files = Files::new(&authority.server(), None);
    let server = serve(files.load(), Access::open(), PATIENCE).await;
    assert!(is_answered(&client(&authority, None), server.address()).await);
    assert!(!is_answered(&client(&Authority::new(), None), server.address()).await);
    server.shutdown().await;
}

#[tokio::test]
async fn who_can_not_shake_hands_reaches_nobody_else() {
    let authority = Authority::new();
    let files = Files::new(&authority.server(), None);
    let server = serve(files.load(), Access::open(), Duration::from_millis(300)).await;
    let connect = || async { TcpStream::connect(server.address()).await.expect("it listens") };
    let rest_of = |mut stream: TcpStream| async move {
        let mut rest = Vec::new();
        // An error is an end as well.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("it is closed");
        rest
    };
    let mut plain = connect().await;
    plain.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("writable");
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(connect().await);
    }
    // On a busy machine a good handshake may take as long as the silent ones are waited for.
    let good = client(&authority, None);
    let answered = async { while !is_answered(&good, server.address()).await {} };
    timeout(PATIENCE, answered).await.expect("it is answered");
    let answer = rest_of(plain).await;
    assert!(!answer.starts_with(b"HTTP"), "nothing is answered in the clear");
    for stream in silent {
        assert!(rest_of(stream).await.is_empty(), "it is closed without a word");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends_its_connection_within_tls_too() {
    let authority = Authority::new();
    let files = Files::new(&authority.server(), None);
    let mut config = config();
    config.http.write_timeout = Duration::from_millis(200);
    let reader = engine(&config).await.reader;
    let tls = Some(files.load());
    let app = Arc::new(App::new(reader, config.http));
    let socket = bind(config.listen, None).expect("listens");
    let server = listen_with(app, socket, config.http, None, tls);

    let mut roots = RootCertStore::empty();
    let trusted = CertificateDer::from_pem_slice(authority.pem.as_bytes()).expect("a certificate");
    roots.add(trusted).expect("trusted");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trusting = rustls::ClientConfig::builder_with_provider(provider);
    let trusting = trusting.with_safe_default_protocol_versions().expect("versions");
    let trusting = trusting.with_root_certificates(roots).with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(trusting));
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let stream = socket.connect(server.address()).await.expect("it listens");
    let name = rustls::pki_types::ServerName::try_from("127.0.0.1").expect("a name");
    let mut stream = connector.connect(name, stream).await.expect("hands are shaken");
    let request = b"GET /v1/document-types HTTP/1.1\r\nhost: test\r\n\r\n".repeat(100);
    let asking = async { while stream.write_all(&request).await.is_ok() {} };
    timeout(PATIENCE, asking).await.expect("it is closed");
    assert!(is_answered(&client(&authority, None), server.address()).await);
    server.shutdown().await;
}

#[tokio::test]
async fn where_clients_are_asked_for_one_only_a_certificate_of_the_authority_gets_in() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let files = Files::new(&authority.server(), Some(&clients));
    let server = serve(files.load(), Access::open(), PATIENCE).await;
    let address = server.address();
    assert!(is_answered(&client(&authority, Some(&clients.client())), address).await);
    assert!(!is_answered(&client(&authority, None), address).await);
    assert!(!is_answered(&client(&authority, Some(&Authority::new().client())), address).await);
    let expired = clients.vouch(ExtendedKeyUsagePurpose::ClientAuth, 2021);
    assert!(!is_answered(&client(&authority, Some(&expired)), address).await);
    server.shutdown().await;
}

#[tokio::test]
async fn a_certificate_names_its_tenant() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let files = Files::new(&authority.server(), Some(&clients));
    let (known, unknown) = (clients.client(), clients.client());
    let [tokens, shown] = ["tokens.json", "known.pem"].map(|name| files.folder.path().join(name));
    std::fs::write(&shown, &known.certificate).expect("written");
    let patterns = vec!["norvaria/*".to_owned()];
    let entry = TokenEntry::new("one".to_owned(), "norvaria".to_owned(), patterns);
    add_certificate(&tokens, entry, &shown).expect("added");
    let tokens = Arc::new(ClientTokens::load(&tokens).expect("a file"));
    let server = serve(files.load(), Access::new(Some(tokens), None), PATIENCE).await;
    let types = "/v1/document-types";
    let answer = ask(&client(&authority, Some(&known)), server.address(), types).await;
    let (status, body) = answer.expect("known");
    assert_eq!(status, 200);
    assert!(body.contains("\"document_types\":[]"), "it reaches none of those served: {body}");
    let answer = ask(&client(&authority, Some(&unknown)), server.address(), types).await;
    let (status, body) = answer.expect("hands are shaken");
    assert!(status == 401 && body.contains("auth.invalid"), "{body}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_certificate_is_replaced_without_a_restart_and_a_bad_one_replaces_nothing() {
    let (first, second) = (Authority::new(), Authority::new());
    let files = Files::new(&first.server(), None);
    let tls = files.load();
    let server = serve(Arc::clone(&tls), Access::open(), PATIENCE).await;
    let address = server.address();
    let of_first = client(&first, None);
    assert!(is_answered(&of_first, address).await);

    // Its connection goes on with what it began with; new ones see what is there.
    files.show(&second.server());
    tls.refresh();
    assert!(is_answered(&of_first, address).await);
    assert!(is_answered(&client(&second, None), address).await);
    assert!(!is_answered(&client(&first, None), address).await);

    let bad = [
        Shown { certificate: "none".to_owned(), ..second.server() },
        Shown { key: first.server().key, ..second.server() },
        second.vouch(ExtendedKeyUsagePurpose::ServerAuth, 2021),
    ];
    for shown in bad {
        files.show(&shown);
        tls.refresh();
        assert!(is_answered(&client(&second, None), address).await);
    }
    server.shutdown().await;
}

#[test]
fn what_a_listener_can_not_show_is_named_at_start() {
    let authority = Authority::new();
    let files = Files::new(&authority.vouch(ExtendedKeyUsagePurpose::ServerAuth, 2021), None);
    let refusal = files.refusal();
    assert!(refusal.contains("certificate.pem: expired on 2021-01-01"), "{refusal}");

    let good = authority.server();
    for (shown, told) in [
        (Shown { certificate: String::new(), key: good.key.clone() }, "certificate.pem: has no"),
        (Shown { certificate: good.certificate.clone(), key: String::new() }, "key.pem: is no"),
        (Shown { key: authority.server().key, ..authority.server() }, "certificate.pem: "),
    ] {
        files.show(&shown);
        let refusal = files.refusal();
        assert!(refusal.contains(told), "{refusal}");
        assert!(!refusal.contains("PRIVATE KEY"), "{refusal}");
    }
    files.show(&good);
    std::fs::remove_file(&files.config.key).expect("removed");
    assert!(files.refusal().contains("key.pem: can't be read"));
}
