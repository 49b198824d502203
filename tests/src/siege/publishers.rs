//! A publisher who leaves nothing to others.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::guests::{Guest, LOOP};
use super::host::Host;
use super::rules::rules;
use super::wire::{Crowd, PATIENCE, crowd};
use super::{Attack, Figure, Size};
use crate::process::TokenOf;
use crate::{AdminClient, TODAY, TestRoot, rules_package, variant};

const FLOOD: TokenOf<'_> = TokenOf {
    publisher: "flood",
    token: "the token of one who floods",
    reaches: ["flood/*", "flood"],
};
const OTHER: TokenOf<'_> =
    TokenOf { publisher: "other", token: "the token of another", reaches: ["other/*", "other"] };
const FLOOD_TYPE: &str = "flood/paper/1";
const OTHER_TYPE: &str = "other/paper/1";
/// How long another's rollback may take, in seconds.
const ROLLBACK_SECONDS: f64 = 2.0;
/// Between two rollbacks: each is of an activation, of which a publisher may ask for 120 a minute.
const PAUSE: Duration = Duration::from_millis(600);
/// Clients of each kind of what is asked for.
const CLIENTS: usize = 4;
/// More connections than a host takes.
const CONNECTIONS: usize = 600;

pub(super) async fn flood(binary: &Path, size: Size) -> anyhow::Result<Vec<Figure>> {
    let root = TestRoot::with_base()?;
    for (id, name) in [(FLOOD_TYPE, "flood"), (OTHER_TYPE, "other")] {
        root.add_document_type(id, name, &rules(name, id).component())?;
    }
    let host = Host::for_publishers(binary, &root, &[FLOOD, OTHER], &[]).await?;
    let other = package("other", OTHER_TYPE, &rules("other", OTHER_TYPE), 1)?;
    let published = host.admin_client(OTHER.token).publish(&other).await?;
    let candidate = json!({"package": published.package});
    let first = package("flood", FLOOD_TYPE, &rules("flood", FLOOD_TYPE), 0)?;
    let first = host.admin_client(FLOOD.token).publish(&first).await?;
    let _attackers = attackers(host.admin, first.package);
    tokio::time::sleep(Duration::from_secs(1)).await;

    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut tried = 0;
    let mut failed = Vec::new();
    while start.elapsed() < size.lasting || tried < size.documents {
        // Each comes by a connection of its own.
        let client = host.admin_client(OTHER.token);
        let activated = made(client.change("other", "activate", candidate.clone())).await;
        let client = host.admin_client(OTHER.token);
        let asked = Instant::now();
        let is_back = made(client.change("other", "rollback", Value::Null)).await;
        match activated.and(is_back) {
            Ok(()) => slowest = slowest.max(asked.elapsed()),
            Err(reason) => failed.push(reason),
        }
        tried += 1;
        tokio::time::sleep(PAUSE).await;
    }
    let mut what = format!("the slowest of {tried} rollbacks beside another publisher's flood");
    if let Some(reason) = failed.first() {
        slowest = PATIENCE;
        what += &format!("; {} failed, such as: {reason}", failed.len());
    }
    let (attack, seconds) = (Attack::PublisherFlood, slowest.as_secs_f64());
    Ok(vec![Figure::at_most(attack, &what, seconds, ROLLBACK_SECONDS, "s").before("over 20 s")])
}

/// Whether a change was made, or why not.
async fn made<T>(change: impl Future<Output = anyhow::Result<T>>) -> Result<(), String> {
    match timeout(PATIENCE, change).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("{error:#}")),
        Err(_) => Err(format!("no answer in {PATIENCE:?}")),
    }
}

/// Publishes what passes and what loops, changes what serves, asks for everything there is, and holds
/// connections.
fn attackers(admin: SocketAddr, active: String) -> [Crowd; 5] {
    let number = Arc::new(AtomicU32::new(1));
    let good = Arc::new(rules("flood", FLOOD_TYPE));
    let loops = Arc::new(Guest { after: LOOP.to_owned(), ..rules("flood", FLOOD_TYPE) });
    let publishing = |guest: Arc<Guest>| {
        let number = Arc::clone(&number);
        crowd(CLIENTS, move || {
            let number = number.fetch_add(1, Ordering::Relaxed);
            let package = package("flood", FLOOD_TYPE, &guest, number);
            async move {
                let Ok(package) = package else { return };
                // Whatever comes back is not looked at, here and below.
                let _ = client(admin).publish(&package).await;
            }
        })
    };
    let changing = crowd(CLIENTS, move || {
        let body = json!({"package": active});
        async move {
            let client = client(admin);
            let _ = client.change("flood", "activate", body.clone()).await;
            let _ = client.change("flood", "shadow", body).await;
            let _ = client.change("flood", "rollback", Value::Null).await;
        }
    });
    let asking = crowd(CLIENTS, move || async move {
        let client = client(admin);
        for path in ["/v1/packages?limit=1000", "/v1/history?limit=10000"] {
            let _ = client.ask(Method::GET, path, Vec::new()).await;
        }
        let prune = json!({"dry_run": true}).to_string().into_bytes();
        let _ = client.ask(Method::POST, "/v1/prune", prune).await;
    });
    let holding = crowd(CONNECTIONS, move || dribble(admin));
    [publishing(good), publishing(loops), changing, asking, holding]
}

fn client(admin: SocketAddr) -> AdminClient {
    AdminClient::new(admin, FLOOD.token)
}

/// A change whose body comes byte by byte until the connection is cut off.
async fn dribble(admin: SocketAddr) {
    let Ok(mut stream) = TcpStream::connect(admin).await else { return };
    let head = format!(
        "POST /v1/packages/flood/activate HTTP/1.1\r\nhost: siege\r\nauthorization: Bearer {}\r\n\
         content-length: 4000\r\n\r\n",
        FLOOD.token
    );
    let mut bytes = head.into_bytes();
    while stream.write_all(&bytes).await.is_ok() {
        bytes = b" ".to_vec();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A variant of rules, with a fixture that the original passes.
fn package(
    name: &str,
    document_type: &str,
    guest: &Guest,
    number: u32,
) -> anyhow::Result<dossier_store::Package> {
    let fixture = json!({
        "document_type": document_type,
        "today": TODAY,
        "fields": {"surname": "DOE"},
        "expected": {
            "fields": {"surname": null},
            "checks": [{"code": "surname.is_there", "outcome": "passed"}],
        },
    });
    let component = variant(&guest.component(), number);
    rules_package(name, "1.0.0", &[document_type], component, &[fixture]).context("a package")
}
