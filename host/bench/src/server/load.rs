//! Documents that come one after another's answer, and documents that come by themselves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rand_distr::{Distribution as _, Exp};
use serde::Serialize;
use tokio::task::JoinSet;

use super::client::Client;
use super::documents::Document;
use super::host::Host;
use super::{ServerBenchError, micros, rounded};

/// Clients that send their next document once they have the last one's answer: a batch is full, and no tenant
/// is refused, who has a share of the places.
const CLIENTS: usize = 16;
/// Times longer than this are counted as this.
const LONGEST: Duration = Duration::from_secs(3600);

/// The most that a host reads.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Peak {
    /// Clients.
    pub(crate) clients: usize,
    /// Documents a second.
    pub(crate) documents_per_s: f64,
    /// Documents that were read.
    pub(crate) documents: usize,
}

/// What a host does with documents that come by themselves.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Load {
    /// Arrivals as a share of the peak.
    pub(crate) of_peak: f64,
    /// Arrivals a second, at random moments (a Poisson process).
    pub(crate) offered_per_s: f64,
    /// Documents read a second.
    pub(crate) goodput_per_s: f64,
    /// From the moment a document was due to its answer, of those that were read.
    pub(crate) p50_ms: f64,
    /// The same.
    pub(crate) p99_ms: f64,
    /// Documents that were refused for want of room (429).
    pub(crate) refused: usize,
    /// From the first byte of such a document to the refusal.
    pub(crate) refused_p50_ms: f64,
    /// The same.
    pub(crate) refused_p99_ms: f64,
    /// Answers that were anything else.
    pub(crate) failed: usize,
    /// Memory of the host before, in MiB.
    pub(crate) rss_mb_before: f64,
    /// And after.
    pub(crate) rss_mb_after: f64,
}

/// Times in microseconds, with three digits.
pub(super) fn times() -> Result<Histogram<u64>, ServerBenchError> {
    Histogram::new_with_max(micros(LONGEST), 3).map_err(|_| ServerBenchError::TooLong)
}

/// Sends each document twice: adapters are loaded and codecs warm then.
pub(super) async fn warm_up(
    client: &Client,
    documents: &[Document],
) -> Result<(), ServerBenchError> {
    for document in documents.iter().chain(documents) {
        client.extract(document).await?.read()?;
    }
    Ok(())
}

/// What a host reads at most: [`CLIENTS`] clients that never pause.
pub(super) async fn peak(
    client: &Client,
    documents: &[Document],
    load: Duration,
) -> Result<Peak, ServerBenchError> {
    let documents = Arc::new(documents.to_vec());
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for first in 0..CLIENTS {
        let (client, documents) = (client.clone(), Arc::clone(&documents));
        clients.spawn(async move {
            let mut read = 0_usize;
            for document in documents.iter().cycle().skip(first) {
                if begun.elapsed() >= load {
                    break;
                }
                client.extract(document).await?.read()?;
                read += 1;
            }
            Ok::<_, ServerBenchError>(read)
        });
    }
    let mut read = 0;
    while let Some(of_client) = clients.join_next().await {
        read += of_client.map_err(|_| ServerBenchError::Panicked)??;
    }
    let documents_per_s = rounded(read as f64 / begun.elapsed().as_secs_f64());
    Ok(Peak { clients: CLIENTS, documents_per_s, documents: read })
}

/// Sends documents at random moments, `rate` a second, for so long; whether they are answered or not.
pub(super) async fn open_loop(
    client: &Client,
    documents: &[Document],
    (of_peak, rate): (f64, f64),
    load: Duration,
    host: &Host,
) -> Result<Load, ServerBenchError> {
    let rss_mb_before = host.resident_mb()?;
    let arrivals = arrivals(client, documents, rate, load, 23).await?;
    Ok(Load {
        of_peak,
        offered_per_s: rounded(arrivals.offered as f64 / load.as_secs_f64()),
        goodput_per_s: rounded(arrivals.read.len() as f64 / arrivals.lasted.as_secs_f64()),
        p50_ms: rounded(arrivals.read.value_at_quantile(0.5) as f64 / 1e3),
        p99_ms: rounded(arrivals.read.value_at_quantile(0.99) as f64 / 1e3),
        refused: usize::try_from(arrivals.refused.len()).unwrap_or(usize::MAX),
        refused_p50_ms: rounded(arrivals.refused.value_at_quantile(0.5) as f64 / 1e3),
        refused_p99_ms: rounded(arrivals.refused.value_at_quantile(0.99) as f64 / 1e3),
        failed: arrivals.failed,
        rss_mb_before,
        rss_mb_after: host.resident_mb()?,
    })
}

/// What became of documents that came by themselves.
pub(super) struct Arrivals {
    pub(super) offered: usize,
    /// From when each was due, in microseconds.
    pub(super) read: Histogram<u64>,
    /// From when each was sent.
    pub(super) refused: Histogram<u64>,
    pub(super) failed: usize,
    /// From the first to the last answer.
    pub(super) lasted: Duration,
}

/// Sends documents at random moments, `rate` a second, for so long.
pub(super) async fn arrivals(
    client: &Client,
    documents: &[Document],
    rate: f64,
    load: Duration,
    seed: u64,
) -> Result<Arrivals, ServerBenchError> {
    let gaps = Exp::new(rate).map_err(|_| ServerBenchError::TooLong)?;
    let mut random = StdRng::seed_from_u64(seed);
    let begun = Instant::now();
    let mut due = begun;
    let mut answers = JoinSet::new();
    let mut offered = 0;
    loop {
        due += Duration::from_secs_f64(gaps.sample(&mut random));
        if due - begun >= load {
            break;
        }
        tokio::time::sleep_until(due.into()).await;
        let document = &documents[random.random_range(0..documents.len())];
        let (client, document) = (client.clone(), document.clone());
        offered += 1;
        answers.spawn(async move {
            client.extract(&document).await.map(|answer| (answer, due.elapsed()))
        });
    }
    let mut arrivals =
        Arrivals { offered, read: times()?, refused: times()?, failed: 0, lasted: load };
    while let Some(answer) = answers.join_next().await {
        match answer.map_err(|_| ServerBenchError::Panicked)? {
            Ok((answer, since_due)) if answer.status == 200 => {
                arrivals.read.saturating_record(micros(since_due));
            }
            Ok((answer, _)) if answer.status == 429 => {
                arrivals.refused.saturating_record(micros(answer.took));
            }
            _ => arrivals.failed += 1,
        }
    }
    arrivals.lasted = begun.elapsed();
    Ok(arrivals)
}
