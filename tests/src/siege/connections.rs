//! What is done with connections, before any document is looked at.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::documents::share_read;
use super::host::Host;
use super::wire::{Crowd, connect, crowd, exchange, probe};
use super::{Attack, Figure, Size};

/// How long a probe may take to be answered, in seconds.
const PROBE_SECONDS: f64 = 1.0;
/// The share of good documents that are read meanwhile.
const SHARE: f64 = 0.5;
/// More connections than a host takes.
const CONNECTIONS: usize = 600;

pub(super) async fn slow_bodies(binary: &Path, size: Size) -> anyhow::Result<Vec<Figure>> {
    let (host, _root) = Host::of_passports(binary, &[]).await?;
    let address = host.address;
    let _attackers = crowd(size.crowd, move || dribble(address));
    sleep(Duration::from_secs(1)).await;
    let share = share_read(&host, size.lasting).await?;
    let what = format!("good documents read beside {} bodies that dribble", size.crowd);
    let figure = Figure::at_least(Attack::SlowBodies, &what, share, SHARE, "of all");
    Ok(vec![figure.before("0")])
}

/// A body that comes byte by byte until it is cut off.
async fn dribble(address: SocketAddr) {
    let Ok(mut stream) = TcpStream::connect(address).await else { return };
    let head = "POST /v1/extract HTTP/1.1\r\nhost: siege\r\ncontent-length: 30000\r\n\
                content-type: multipart/form-data; boundary=X\r\n\r\n--X\r\n";
    if stream.write_all(head.as_bytes()).await.is_err() {
        return;
    }
    let mut byte = [0];
    loop {
        // An answer before the body is sent ends it, and so does the end of the connection.
        let answered = timeout(Duration::from_millis(200), stream.read(&mut byte)).await;
        if answered.is_ok() || stream.write_all(b"-").await.is_err() {
            return;
        }
    }
}

pub(super) async fn idle(binary: &Path, size: Size) -> anyhow::Result<Vec<Figure>> {
    let (host, _root) = Host::of_passports(binary, &[]).await?;
    let mut figures = Vec::new();
    {
        let _attackers = silent(host.address);
        sleep(Duration::from_secs(1)).await;
        let seconds = probe(host.address, "/livez").await;
        let what = "a probe beside 600 idle connections";
        let figure = Figure::at_most(Attack::IdleConnections, what, seconds, PROBE_SECONDS, "s");
        figures.push(figure.before("9.0 s"));
        let share = share_read(&host, size.lasting).await?;
        let what = "good documents read beside 600 idle connections";
        figures.push(Figure::at_least(Attack::IdleConnections, what, share, SHARE, "of all"));
    }
    let _attackers = silent(host.admin);
    sleep(Duration::from_secs(1)).await;
    let seconds = probe(host.admin, "/livez").await;
    let what = "a probe of the admin listener beside 600 idle connections";
    let figure = Figure::at_most(Attack::IdleConnections, what, seconds, PROBE_SECONDS, "s");
    figures.push(figure.before("8.9 s, refused"));
    Ok(figures)
}

/// Connections that never say anything.
fn silent(address: SocketAddr) -> Crowd {
    crowd(CONNECTIONS, move || async move {
        let Ok(mut stream) = TcpStream::connect(address).await else { return };
        // Until the other side closes.
        let _ = stream.read(&mut [0]).await;
    })
}

pub(super) async fn unread_answers(binary: &Path, size: Size) -> anyhow::Result<Vec<Figure>> {
    const SHUTDOWN_SECONDS: f64 = 5.0;
    let attack = Attack::UnreadAnswers;
    let arguments = ["--shutdown-timeout-ms", "5000"];
    let (host, _root) = Host::of_passports(binary, &arguments).await?;
    let mut figures = Vec::new();
    let attackers = unread(host.address, "/v1/document-types");
    sleep(Duration::from_secs(2)).await;
    let seconds = probe(host.address, "/livez").await;
    let what = "a probe beside 600 connections whose answers nobody reads";
    let figure = Figure::at_most(attack, what, seconds, PROBE_SECONDS, "s");
    figures.push(figure.before("over 20 s"));
    let share = share_read(&host, size.lasting).await?;
    let what = "good documents read beside 600 connections whose answers nobody reads";
    figures.push(Figure::at_least(attack, what, share, SHARE, "of all").before("0"));
    let others = unread(host.admin, "/v1/packages");
    sleep(Duration::from_secs(1)).await;
    let seconds = probe(host.admin, "/livez").await;
    let what = "a probe of the admin listener beside 600 such connections without a token";
    let figure = Figure::at_most(attack, what, seconds, PROBE_SECONDS, "s");
    figures.push(figure.before("over 20 s"));
    let ended = host.end(Duration::from_secs(60)).await?.as_secs_f64();
    drop((attackers, others));
    let what = "from SIGTERM to the end, of a shutdown timeout of 5 s";
    figures.push(Figure::at_most(attack, what, ended, SHUTDOWN_SECONDS, "s").before("10.6 s"));
    Ok(figures)
}

/// Connections that ask on and on, and read nothing.
fn unread(address: SocketAddr, path: &'static str) -> Crowd {
    let requests = format!("GET {path} HTTP/1.1\r\nhost: siege\r\n\r\n").repeat(2000);
    crowd(CONNECTIONS, move || {
        let requests = requests.clone();
        async move {
            let Ok(mut stream) = connect(address).await else { return };
            while stream.write_all(requests.as_bytes()).await.is_ok() {}
        }
    })
}

pub(super) async fn ambiguous_heads(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let (host, _root) = Host::of_passports(binary, &[]).await?;
    let long = format!("GET /livez HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(40_000));
    let many = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
    let many = format!("GET /livez HTTP/1.1\r\nhost: a\r\n{many}\r\n");
    let heads = [
        "GET /livez HTTP/1.1\nhost: a\n\n",
        "GET /livez HTTP/1.1\r\nhost: a\nx: b\r\n\r\n",
        "GET /livez HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET /livez HTTP/1.1\r\nx: b\r\n\r\n",
        "POST /v1/extract HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n1",
        "POST /v1/extract HTTP/1.1\r\nhost: a\r\ncontent-length: 1, 1\r\n\r\n1",
        "POST /v1/extract HTTP/1.1\r\nhost: a\r\ncontent-length: +1\r\n\r\n1",
        "POST /v1/extract HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/extract HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/extract HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /livez HTTP/1.1\r\nhost : a\r\n\r\n",
        "GET /livez HTTP/1.1\r\nhost: a\r\n folded\r\n\r\n",
        "no request at all\r\n\r\n",
        &long,
        &many,
    ];
    let mut refused = 0;
    for head in heads {
        let answer = exchange(host.address, head.as_bytes()).await;
        let is_refused = answer.starts_with("HTTP/1.1 4");
        let is_problem =
            answer.contains("application/problem+json") && answer.contains("\"code\":");
        refused += usize::from(is_refused && is_problem);
    }
    let share = refused as f64 / heads.len() as f64;
    let what = format!("of {} ambiguous heads, those refused with a problem", heads.len());
    let figure = Figure::at_least(Attack::AmbiguousHeads, &what, share, 1.0, "of all");
    Ok(vec![figure.before("0.2")])
}
