//! Routers look at a host seldom: it goes on answering until they have seen that it is about to end.

use std::time::Instant;

use super::*;

const DELAY: Duration = Duration::from_millis(300);

/// Asks over a connection that is kept, and reads one answer.
async fn ask_on(stream: &mut TcpStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("writable");
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    let whole = async {
        loop {
            let read = stream.read(&mut chunk).await.expect("readable");
            answer.extend_from_slice(&chunk[..read]);
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if read == 0 || length.and_then(|length| length.parse().ok()) == Some(body.len()) {
                return text.into_owned();
            }
        }
    };
    timeout(PATIENCE, whole).await.expect("an answer in time")
}

#[tokio::test]
async fn a_host_that_drains_says_so_first_and_answers_until_the_delay_is_over() {
    let mut config = config();
    config.http.drain_delay = DELAY;
    let server =
        listen(engine(&config).await.reader, config.listen, config.http).await.expect("listens");
    let address = server.address();
    let mut kept = connect(&server).await;
    let before = ask_on(&mut kept, "/readyz").await;
    assert!(before.starts_with("HTTP/1.1 200 ") && !before.contains("connection: close"));

    // However long this takes: nothing but the end of the delay ends it.
    server.drain();
    let connected = async || TcpStream::connect(address).await.expect("it still listens");
    let mut stream = connected().await;
    assert!(ask_on(&mut stream, "/readyz").await.starts_with("HTTP/1.1 503 "));
    // New connections and kept ones are answered, and told not to come back over the same one.
    for mut stream in [kept, connected().await] {
        let answer = ask_on(&mut stream, "/v1/document-types").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    let mut stream = connected().await;
    stream.write_all(&passport()).await.expect("writable");
    assert!(rest_of(stream).await.starts_with("HTTP/1.1 200 "));

    let told = Instant::now();
    timeout(PATIENCE, server.shutdown()).await.expect("ends");
    assert!(told.elapsed() >= DELAY);
    TcpStream::connect(address).await.expect_err("nobody listens");
}
