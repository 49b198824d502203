//! One tenant's flood, and another tenant beside it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use dossier::auth::token_file::{TokenEntry, add};

use super::documents::{is_read, passport};
use super::host::{Host, PASSPORT};
use super::wire::{PATIENCE, crowd};
use super::{Attack, Figure, Size};
use crate::Client;

/// Documents that the flood has on the way: more than are admitted, and many more than are read at a time.
const FLOOD: usize = 48;
/// Beside a flood a tenant's slow documents take at most this many times of what they take alone. Half of
/// a machine is twice by itself, and alone a document has both cores: 2.4 to 3.3 was seen on two of them,
/// so that 2 is wanted and not reached.
const RATIO: f64 = 5.0;
/// Documents for each that other attacks send: a tail is looked at here, not a median.
const TIMES_AS_MANY: usize = 7;
/// The share of documents that are no slower than the one that counts.
const TAIL: f64 = 0.95;

/// What a tenant's documents take beside another's flood, of what they take alone.
pub(super) async fn flood(binary: &Path, size: Size) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("tokens.json");
    let token = |name: &str| {
        let entry = TokenEntry::new(name.to_owned(), name.to_owned(), vec!["*".to_owned()]);
        add(&file, entry).map(|secret| secret.expose().to_owned())
    };
    let (flooding, other) = (token("flooding")?, token("other")?);
    let tokens_file = file.to_str().context("a path in UTF-8")?;
    let (host, _root) = Host::of_passports(binary, &["--tokens-file", tokens_file]).await?;
    let client = host.client().bearing(&other);
    let documents = size.documents * TIMES_AS_MANY;
    // The first document waits for the adapter.
    ensure!(is_read(&client, &passport()?).await, "an ordinary document is not read");
    let alone = slow_time(&client, documents).await?;
    let beside = {
        let flooding = host.client().bearing(&flooding);
        let page = passport()?;
        let _flood = crowd(FLOOD, move || send(flooding.clone(), page.clone()));
        tokio::time::sleep(Duration::from_secs(1)).await;
        slow_time(&client, documents).await?
    };
    let ratio = beside.as_secs_f64() / alone.as_secs_f64();
    let what = "a slow document of a tenant beside another's flood, of what a slow one takes alone";
    Ok(vec![Figure::at_most(Attack::TenantFlood, what, ratio, RATIO, "times")])
}

/// Sends a document, as a tenant does that has many, and waits where it is told to.
async fn send(client: Client, page: Vec<u8>) {
    let answer = client.extract(PASSPORT, &[page]).await;
    if let Some(seconds) = answer.ok().and_then(|answer| answer.retry_after) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}

/// How long a slow one of some documents takes, that are sent one after the other.
async fn slow_time(client: &Client, documents: usize) -> anyhow::Result<Duration> {
    let page = passport()?;
    let mut times = Vec::with_capacity(documents);
    for _ in 0..documents {
        let start = Instant::now();
        let read = is_read(client, &page).await;
        times.push(if read { start.elapsed() } else { PATIENCE * 3 });
    }
    times.sort();
    let slow = (documents as f64 * TAIL) as usize;
    times.get(slow.min(documents - 1)).copied().context("at least one document")
}
