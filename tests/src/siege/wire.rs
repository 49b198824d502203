//! Connections as no client library makes them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long anything is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// Between two attempts to connect that are refused.
const PAUSE: Duration = Duration::from_millis(2);

/// Tasks that end when this is dropped.
pub(super) type Crowd = JoinSet<()>;

/// Lets `attackers` do the same, each again and again.
pub(super) fn crowd<F: Future<Output = ()> + Send>(
    attackers: usize,
    attack: impl Fn() -> F + Clone + Send + 'static,
) -> Crowd {
    let mut crowd = JoinSet::new();
    for _ in 0..attackers {
        let attack = attack.clone();
        crowd.spawn(async move {
            loop {
                attack().await;
                tokio::time::sleep(PAUSE).await;
            }
        });
    }
    crowd
}

/// A connection whose own side takes next to nothing into its buffer.
pub(super) async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    socket.connect(address).await
}

/// Sends bytes and takes what comes back until the other side closes or falls silent.
pub(super) async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let whole = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(bytes).await?;
        let mut answer = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let read = timeout(Duration::from_secs(2), stream.read(&mut chunk)).await;
            match read {
                Ok(Ok(read)) if read > 0 => answer.extend(&chunk[..read]),
                _ => return std::io::Result::Ok(answer),
            }
        }
    };
    let answer = timeout(PATIENCE, whole).await.ok().and_then(Result::ok).unwrap_or_default();
    String::from_utf8_lossy(&answer).into_owned()
}

/// How long a probe takes to be answered by a new connection, in seconds; [`PATIENCE`] if it is not. The
/// median of five.
pub(super) async fn probe(address: SocketAddr, path: &str) -> f64 {
    let mut times = Vec::new();
    for _ in 0..5 {
        times.push(probe_once(address, path).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

async fn probe_once(address: SocketAddr, path: &str) -> Duration {
    let start = Instant::now();
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: siege\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut line = [0; 12];
        stream.read_exact(&mut line).await?;
        std::io::Result::Ok(line)
    };
    match timeout(PATIENCE, asked).await {
        Ok(Ok(line)) if line == *b"HTTP/1.1 200" => start.elapsed(),
        _ => PATIENCE,
    }
}
