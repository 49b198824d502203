//! No value of a document is in anything written but its answer.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use dossier_tests::{Answer, Client, TODAY, samples_of, shipped_root, shipped_types};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{DOSSIER, PASSPORT};

const AUDIT: &str = "audit.jsonl";

/// Shorter texts, such as a sex or a state, stand in logs by chance.
const TELLING_CHARACTERS: usize = 5;

/// In the store they stand by chance: it holds components of megabytes, and names of states.
const TELLING_IN_THE_STORE: usize = 10;

/// The server as a process that logs all it can, and writes whatever it writes into a folder.
struct Process {
    child: Child,
    address: SocketAddr,
    log: JoinHandle<String>,
    collector: Collector,
    written: TempDir,
}

/// What a process leaves behind.
struct Left {
    log: String,
    audit: String,
    /// What a collector of traces was sent.
    traces: String,
    /// Every other file, as text, whatever it holds.
    store: String,
}

impl Process {
    fn start() -> Self {
        let written = tempfile::tempdir().expect("a folder");
        let collector = Collector::start();
        let mut child = Command::new(DOSSIER)
            .args(["serve", "--listen", "127.0.0.1:0", "--today", TODAY, "--metrics-on-listen"])
            .args(["--log-level", "trace", "--log-format", "json", "--data-root"])
            .arg(shipped_root())
            .args(["--traces-endpoint", &collector.endpoint])
            .arg("--audit-file")
            .arg(written.path().join(AUDIT))
            .arg("--data-dir")
            .arg(written.path().join("store"))
            .env("RUST_BACKTRACE", "full")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stderr = child.stderr.take().expect("is piped");
        let (found, addresses) = sync_channel(1);
        let log = thread::spawn(move || {
            let mut log = Vec::new();
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut chunk) {
                log.extend_from_slice(&chunk[..length]);
                if let Some(address) = listening_address(&log) {
                    // Once is enough; later ones find the place taken.
                    let _ = found.try_send(address);
                }
            }
            String::from_utf8_lossy(&log).into_owned()
        });
        let address = first_address(&addresses, &mut child);
        Self { child, address, log, collector, written }
    }

    /// Ends the server in order and returns all it wrote.
    fn stop(mut self) -> Left {
        // A shell has `kill` built in; not every machine has it as a program.
        let kill = format!("kill -TERM {}", self.child.id());
        let killed = Command::new("sh").args(["-c", &kill]).status().expect("sh runs");
        assert!(killed.success());
        let status = self.child.wait().expect("ends");
        assert!(status.success(), "{status}");
        let mut log = self.log.join().expect("the log is read");
        let mut stdout = self.child.stdout.take().expect("is piped");
        stdout.read_to_string(&mut log).expect("text");
        let folder = self.written.path();
        let audit = std::fs::read_to_string(folder.join(AUDIT)).expect("lines");
        let mut store = String::new();
        add_files(&folder.join("store"), &mut store);
        Left { log, audit, traces: self.collector.taken(), store }
    }
}

/// Takes whatever is posted to it, and keeps it.
struct Collector {
    endpoint: String,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().expect("an address"));
        let taken = Arc::new(Mutex::new(Vec::new()));
        let keeps = Arc::clone(&taken);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (mut connection, keeps) = (connection.expect("a connection"), keeps.clone());
                thread::spawn(move || {
                    let mut chunk = [0; 65_536];
                    while let Ok(length @ 1..) = connection.read(&mut chunk) {
                        keeps.lock().expect("no panic").extend_from_slice(&chunk[..length]);
                        // The JSON of a body ends so, and nothing else in it does.
                        if chunk[..length].ends_with(b"]}]}]}") {
                            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                            connection.write_all(answer).expect("is taken");
                        }
                    }
                });
            }
        });
        Self { endpoint, taken }
    }

    fn taken(&self) -> String {
        String::from_utf8_lossy(&self.taken.lock().expect("no panic")).into_owned()
    }
}

/// Adds the contents of every file of a folder, but for weights and native code, which are what the
/// repository ships or makes.
fn add_files(folder: &Path, contents: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            add_files(&path, contents);
        } else if path.extension().is_none_or(|extension| extension != "safetensors") {
            contents.push_str(&String::from_utf8_lossy(&std::fs::read(&path).expect("a file")));
        }
    }
}

fn first_address(addresses: &Receiver<SocketAddr>, child: &mut Child) -> SocketAddr {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Ok(address) = addresses.recv_timeout(Duration::from_millis(100)) {
            return address;
        }
        if let Some(status) = child.try_wait().expect("a child") {
            panic!("the server ended: {status}");
        }
        assert!(Instant::now() < deadline, "the server does not listen");
    }
}

fn listening_address(log: &[u8]) -> Option<SocketAddr> {
    String::from_utf8_lossy(log)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|line| line["message"] == "listening")
        .and_then(|line| line["address"].as_str()?.parse().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_is_logged_or_comes_back_in_an_error() {
    let process = Process::start();
    let client = Client::new(process.address);
    let mut secrets = Vec::new();
    let mut errors = Vec::new();
    for shipped in shipped_types().expect("manifests") {
        for sample in samples_of(shipped.document_type.as_str()).expect("samples") {
            let answer = client
                .extract(shipped.document_type.as_str(), &sample.pages)
                .await
                .expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.code());
            secrets.extend(sample.truth.iter().map(|(_, value)| value.clone()));
            secrets.extend(values_of(&answer));
            errors.extend(refusals(&client, &sample.pages[0], &sample.truth).await);
        }
    }
    for path in ["/metrics", "/metrics/routing"] {
        let metrics = client.get(path).await.expect("an answer");
        assert!(metrics.text.contains("dossier_ready"), "{}", metrics.text);
        errors.push((path, metrics));
    }
    let Left { log, audit, traces, store } = process.stop();
    assert!(log.contains("answered") && log.contains("stopped"), "the log is not what is read");
    assert!(audit.lines().count() > 30 && audit.contains("accepted"), "{audit}");
    let traced = traces.matches("dossier.verdict").count();
    assert!(traced > 30 && traces.contains("decode"), "{traced} documents are traced");
    assert!(store.contains(PASSPORT), "the store is not what is read");

    let mut secrets = secrets
        .iter()
        .flat_map(|secret| secret.lines())
        .filter(|secret| secret.chars().count() >= TELLING_CHARACTERS)
        .collect::<Vec<_>>();
    secrets.sort_unstable();
    secrets.dedup();
    assert!(secrets.len() > 100, "{} values to look for", secrets.len());
    for secret in secrets {
        let written = [("the log", &log), ("the audit file", &audit), ("a trace", &traces)];
        for (name, text) in written {
            assert!(!text.contains(secret), "{name} has a value of {} bytes", secret.len());
        }
        if secret.chars().count() >= TELLING_IN_THE_STORE {
            assert!(!store.contains(secret), "the store has a value of {} bytes", secret.len());
        }
        for (name, error) in &errors {
            assert!(!error.text.contains(secret), "{name}: {}", error.text);
        }
    }
}

/// Everything the model and the rules made of a document.
fn values_of(answer: &Answer) -> Vec<String> {
    let fields = answer.body["fields"].as_array().expect("fields");
    fields
        .iter()
        .flat_map(|field| [&field["raw"], &field["value"]])
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}

/// Requests that are refused while a real page is in them.
async fn refusals(
    client: &Client,
    page: &[u8],
    truth: &[(String, String)],
) -> Vec<(&'static str, Answer)> {
    let is_name = |name: &str| ["surname", "full_name"].contains(&name);
    let surname = truth.iter().find(|(name, _)| is_name(name)).expect("a name").1.clone();
    let form = || Form::new().text("document_type", PASSPORT);
    // People name files after the holder.
    let named = |bytes: &[u8]| Part::bytes(bytes.to_vec()).file_name(format!("{surname}.png"));
    let half = &page[..page.len() / 2];
    let twice = form().part("page", named(page)).part("page", named(page));
    let mut answers = Vec::new();
    for (name, form) in [
        ("half a page", form().part("page", named(half))),
        ("a page too many", twice),
        ("an unknown field", form().part("page", named(page)).text("fields", "shoe_size")),
        ("a name as the page", form().part("page", named(surname.as_bytes()))),
        ("a name as the type", Form::new().text("document_type", surname.clone())),
    ] {
        let answer = client.post(form).await.expect(name);
        assert!(answer.status >= 400, "{name}: {}", answer.status);
        answers.push((name, answer));
    }
    for (name, json) in [
        ("a name as the list of pages", json!({"document_type": PASSPORT, "pages": surname})),
        ("a name in base64's place", json!({"document_type": PASSPORT, "pages": [surname]})),
        ("a name in a list as the type", json!({"document_type": [surname], "pages": []})),
        ("a name as the type of JSON", json!({"document_type": surname, "pages": []})),
    ] {
        let body = json.to_string().into_bytes();
        let answer = client.post_raw("application/json", body).await.expect(name);
        assert!(answer.status >= 400, "{name}: {}", answer.status);
        answers.push((name, answer));
    }
    answers
}
