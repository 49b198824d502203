//! The accept loop over real sockets.

use std::net::Ipv4Addr;

use dossier_inference::{Backend, BackendError, DocumentNumber, ReadOutput, ReadRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::testing::{PASSPORT, PATIENCE, config, engine, form, held_engine, png, with_backend};

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
async fn a_connection_too_many_waits_for_one_to_end() {
    let mut config = config();
    config.http.connections = 1;
    let server =
        listen(engine(&config).await.reader, config.listen, config.http).await.expect("listens");
    let first = connect(&server).await;
    let mut second = connect(&server).await;
    second
        .write_all(b"GET /livez HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
        .await
        .expect("the kernel takes it");
    let mut byte = [0];
    let early = timeout(Duration::from_millis(200), second.read(&mut byte)).await;
    assert!(early.is_err(), "answered while the first connection was open");
    drop(first);
    assert!(rest_of(second).await.starts_with("HTTP/1.1 200 "));
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
