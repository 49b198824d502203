//! The accept loop over real sockets.

use std::net::Ipv4Addr;

use dossier_inference::{Backend, BackendError, DocumentNumber, ReadOutput, ReadRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;
use crate::config::defaults;
use crate::testing::{PASSPORT, PATIENCE, config, engine, form, held_engine, png, with_backend};

mod drain;

async fn connect(server: &RunningServer) -> TcpStream {
    TcpStream::connect((Ipv4Addr::LOCALHOST, server.address().port())).await.expect("it listens")
}

/// Everything until the server closes the connection.
async fn rest_of(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("the server closes in time")
        .expect("readable");
    String::from_utf8(bytes).expect("text")
}

async fn ask(server: &RunningServer, path: &str) -> String {
    let mut stream = connect(server).await;
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("writable");
    rest_of(stream).await
}

fn passport() -> Vec<u8> {
    let page = png(8, 8);
    let parts = [("name=\"page\"", &page[..]), ("name=\"document_type\"", PASSPORT.as_bytes())];
    let body = form(&parts);
    let head = format!(
        "POST /v1/extract HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {}\r\n\
         content-type: multipart/form-data; boundary=X\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), &body].concat()
}

#[tokio::test]
async fn a_server_answers_on_the_port_it_was_given() {
    let config = config();
    let server =
        listen(engine(&config).await.reader, config.listen, config.http).await.expect("listens");
    assert_ne!(server.address().port(), 0);
    assert!(ask(&server, "/readyz").await.starts_with("HTTP/1.1 200 "));
    let problem = ask(&server, "/nowhere").await;
    assert!(problem.starts_with("HTTP/1.1 404 ") && problem.ends_with('}'), "{problem}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_head_that_does_not_arrive_is_cut_off() {
    let mut config = config();
    config.http.header_timeout = Duration::from_millis(100);
    let server =
        listen(engine(&config).await.reader, config.listen, config.http).await.expect("listens");
    let mut stream = connect(&server).await;
    stream.write_all(b"GET /livez HTTP/1.1\r\nx-slow: ").await.expect("writable");
    let answer = rest_of(stream).await;
    assert!(!answer.contains(" 200 "), "{answer}");
    server.shutdown().await;
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let config = config();
    let server =
        listen(engine(&config).await.reader, config.listen, config.http).await.expect("listens");
    let mut stream = connect(&server).await;
    let headers = (0..=defaults::MAX_HEADERS).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
    let request = format!("GET /livez HTTP/1.1\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.expect("writable");
    assert!(rest_of(stream).await.starts_with("HTTP/1.1 431 "));
    server.shutdown().await;
}

#[tokio::test]
async fn a_connection_that_asks_nothing_gives_way() {
    let mut config = config();
    config.http.connections = 1;
    let server =
        listen(engine(&config).await.reader, config.listen, config.http).await.expect("listens");
    let silent = connect(&server).await;
    let mut dribbling = connect(&server).await;
    dribbling.write_all(b"GET /livez HTTP/1.1\r\nx-slow: ").await.expect("writable");
    assert!(ask(&server, "/v1/document-types").await.starts_with("HTTP/1.1 200 "));
    assert_eq!(rest_of(silent).await, "");
    assert_eq!(rest_of(dribbling).await, "");
    server.shutdown().await;
}

#[tokio::test]
async fn while_all_connections_are_in_work_probes_are_answered_and_nothing_else() {
    let mut config = config();
    config.http.connections = 1;
    let (engine, let_go) = held_engine(&config).await;
    let server = listen(engine.reader, config.listen, config.http).await.expect("listens");
    let mut working = connect(&server).await;
    working.write_all(&passport()).await.expect("writable");
    sleep(Duration::from_millis(200)).await;
    // Whoever stays there gives way to the next probe.
    let idle = connect(&server).await;
    for _ in 0..2 * defaults::PROBE_CONNECTIONS {
        assert!(ask(&server, "/livez").await.starts_with("HTTP/1.1 200 "));
    }
    assert!(ask(&server, "/readyz").await.starts_with("HTTP/1.1 200 "));
    let refused = ask(&server, "/v1/document-types").await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("connection.no_room"));
    assert!(refused.contains("application/problem+json"), "{refused}");
    let_go.send(()).expect("the model waits");
    assert!(rest_of(working).await.starts_with("HTTP/1.1 200 "));
    drop(idle);
    server.shutdown().await;
}

/// Asks on and on and reads nothing; until the server closes.
async fn ask_and_never_read(address: SocketAddr) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(address).await.expect("it listens");
    let request = b"GET /v1/document-types HTTP/1.1\r\nhost: test\r\n\r\n".repeat(100);
    while stream.write_all(&request).await.is_ok() {}
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends_its_connection() {
    let mut config = config();
    config.http.write_timeout = Duration::from_millis(200);
    let server =
        listen(engine(&config).await.reader, config.listen, config.http).await.expect("listens");
    timeout(PATIENCE, ask_and_never_read(server.address())).await.expect("it is closed");
    assert!(ask(&server, "/livez").await.starts_with("HTTP/1.1 200 "));
    server.shutdown().await;
}

#[tokio::test]
async fn the_end_does_not_wait_for_answers_that_nobody_reads() {
    let mut config = config();
    config.http.write_timeout = Duration::from_secs(600);
    config.http.shutdown_timeout = Duration::from_secs(600);
    let server =
        listen(engine(&config).await.reader, config.listen, config.http).await.expect("listens");
    let asking = tokio::spawn(ask_and_never_read(server.address()));
    sleep(Duration::from_millis(500)).await;
    assert!(!asking.is_finished(), "it is open");
    timeout(PATIENCE, server.shutdown()).await.expect("it ends long before its deadline");
    timeout(PATIENCE, asking).await.expect("it is closed").expect("no panic");
}

#[tokio::test]
async fn the_last_answer_of_a_connection_closes_it() {
    let config = config();
    let server =
        listen(engine(&config).await.reader, config.listen, config.http).await.expect("listens");
    let stream = connect(&server).await;
    let (read, mut write) = stream.into_split();
    let request = b"GET /livez HTTP/1.1\r\nhost: test\r\n\r\n";
    let asking = async {
        for _ in 0..2 * defaults::CONNECTION_REQUESTS {
            if write.write_all(request).await.is_err() {
                return;
            }
        }
    };
    let reading = async {
        let mut answers = Vec::new();
        let mut read = read;
        let mut chunk = [0; 4096];
        while let Ok(length) = read.read(&mut chunk).await {
            answers.extend(&chunk[..length]);
            if length == 0 {
                break;
            }
        }
        String::from_utf8(answers).expect("text")
    };
    let ((), answers) =
        timeout(PATIENCE, async { tokio::join!(asking, reading) }).await.expect("closed");
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), defaults::CONNECTION_REQUESTS);
    assert_eq!(answers.matches("connection: close").count(), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn a_head_that_two_readers_may_read_in_two_ways_is_a_problem() {
    let mut config = config();
    config.http.header_timeout = Duration::from_millis(200);
    let server =
        listen(engine(&config).await.reader, config.listen, config.http).await.expect("listens");
    let long = format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(defaults::MAX_HEAD_BYTES));
    for (head, status, code) in [
        ("GET /livez HTTP/1.1\nhost: a\n\n", 400, "request.malformed"),
        ("GET /livez HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400, "request.malformed"),
        ("no request\r\n\r\n", 400, "request.malformed"),
        (&long, 431, "request.head_too_large"),
        ("GET /livez HTTP/1.1\r\nhost: a\r\n", 408, "request.timeout"),
    ] {
        let mut stream = connect(&server).await;
        stream.write_all(head.as_bytes()).await.expect("writable");
        let answer = rest_of(stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {answer}");
        assert!(answer.contains("application/problem+json") && answer.contains(code), "{answer}");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
        let body = serde_json::from_str::<serde_json::Value>(body).expect("JSON");
        assert!(head.contains(body["request_id"].as_str().expect("an id")), "{answer}");
    }
    // The answer to what was asked before stands first.
    let mut stream = connect(&server).await;
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("writable");
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.expect("answered");
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    stream.write_all(b"GET / HTTP/1.1\nhost: a\n\n").await.expect("writable");
    assert!(rest_of(stream).await.contains("\r\n\r\nok\nHTTP/1.1 400 "));
    server.shutdown().await;
}

#[tokio::test]
async fn a_request_in_work_is_answered_before_the_end() {
    let config = config();
    let (engine, mut let_go) = held_engine(&config).await;
    let server = listen(engine.reader, config.listen, config.http).await.expect("listens");
    let mut stream = connect(&server).await;
    stream.write_all(&passport()).await.expect("writable");
    let_go.arrival().await;
    let address = server.address();
    let end = tokio::spawn(server.shutdown());
    let closed = async {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, address.port())).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, closed).await.expect("the listener closes");
    let_go.send(()).expect("the model waits");
    let answer = rest_of(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    end.await.expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_does_not_wait_for_ever() {
    let mut config = config();
    config.http.shutdown_timeout = Duration::from_millis(100);
    let (engine, mut let_go) = held_engine(&config).await;
    let server = listen(engine.reader, config.listen, config.http).await.expect("listens");
    let mut stream = connect(&server).await;
    stream.write_all(&passport()).await.expect("writable");
    let_go.arrival().await;
    // The model itself is not cut off, but nobody waits for it any more.
    let end = tokio::spawn(server.shutdown());
    assert_eq!(rest_of(stream).await, "");
    drop(let_go);
    timeout(PATIENCE, end).await.expect("in time").expect("no panic");
}

/// Reads nothing, and says that what it computes on is lost.
#[derive(Default)]
struct LostBackend(Vec<DocumentNumber>);

impl Backend for LostBackend {
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        self.0.extend(documents.into_iter().map(|(number, _)| number));
    }

    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)> {
        let failed = || Err(BackendError::Compute("an illegal access".into()));
        self.0.drain(..).map(|number| (number, failed())).collect()
    }

    fn is_idle(&self) -> bool {
        self.0.is_empty()
    }

    fn forget(&mut self, document: DocumentNumber) {
        self.0.retain(|number| *number != document);
    }

    fn reset(&mut self) {
        self.0.clear();
    }

    fn probe(&mut self) -> Result<(), BackendLost> {
        Err(BackendLost("the device cuda:0 does not answer any more".to_owned()))
    }
}

#[tokio::test]
async fn a_server_whose_model_is_lost_is_not_ready_and_tells_why() {
    let config = config();
    let engine = with_backend(&config, LostBackend::default()).await;
    let server = listen(engine.reader, config.listen, config.http).await.expect("listens");
    assert!(ask(&server, "/readyz").await.starts_with("HTTP/1.1 200 "));
    assert!(timeout(Duration::from_millis(100), server.model_lost()).await.is_err());
    for _ in 0..2 {
        let mut stream = connect(&server).await;
        stream.write_all(&passport()).await.expect("writable");
        let answer = rest_of(stream).await;
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("not_ready"), "{answer}");
    }
    let lost = timeout(PATIENCE, server.model_lost()).await.expect("it is lost");
    assert_eq!(lost.to_string(), "the device cuda:0 does not answer any more");
    assert!(ask(&server, "/readyz").await.starts_with("HTTP/1.1 503 "));
    assert!(ask(&server, "/livez").await.starts_with("HTTP/1.1 200 "));
    server.shutdown().await;
}
