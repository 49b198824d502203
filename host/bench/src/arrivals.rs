//! Documents that arrive by themselves, and how long each takes: an open loop.

use std::time::{Duration, Instant};

use dossier_document::Digest;
use dossier_inference::InferenceHandle;
use rand::distr::Distribution as _;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rand_distr::{Gamma, Zipf};
use serde::Serialize;
use tokio::task::JoinSet;

use super::{Workload, WorkloadError};

/// How often each adapter is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Popularity {
    /// All alike.
    Uniform,
    /// The n-th 1 / n as often as the first.
    Zipf,
}

/// How long documents took that arrived by themselves.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Latency {
    /// The coefficient of variation of the time between two arrivals: 1 is a Poisson process.
    pub(crate) cv: f64,
    /// Arrivals a second.
    pub(crate) rate: f64,
    /// Half of the documents took no longer, in milliseconds.
    pub(crate) p50: f64,
    /// In milliseconds.
    pub(crate) p95: f64,
    /// In milliseconds.
    pub(crate) p99: f64,
    /// The share of documents within twice the latency of one alone.
    pub(crate) attainment_2x: f64,
    /// The share within five times.
    pub(crate) attainment_5x: f64,
    /// Documents that the full queue refused.
    pub(crate) refused: usize,
}

impl Popularity {
    /// `count` adapters of `digests`, by `seed`.
    pub(super) fn draw(self, digests: &[Digest], count: usize, seed: u64) -> Vec<Option<Digest>> {
        let mut random = StdRng::seed_from_u64(seed);
        let zipf = Zipf::new(digests.len() as f64, 1.0);
        let index = |random: &mut StdRng| match (self, &zipf) {
            (Self::Zipf, Ok(zipf)) => zipf.sample(random) as usize - 1,
            _ => random.random_range(0..digests.len()),
        };
        (0..count).map(|_| digests.get(index(&mut random)).copied()).collect()
    }
}

/// Reads one document for each of `adapters`, arriving `rate` times a second with Gamma distributed
/// gaps of the coefficient of variation `cv` (as S-LoRA's benchmark does).
pub(super) async fn open_loop(
    workload: &Workload,
    inference: &InferenceHandle,
    adapters: &[Option<Digest>],
    (rate, cv): (f64, f64),
    alone: Duration,
) -> Result<Latency, WorkloadError> {
    let shape = 1.0 / (cv * cv);
    let gaps = Gamma::new(shape, 1.0 / (rate * shape)).map_err(|_| WorkloadError::NoAdapters)?;
    let mut random = StdRng::seed_from_u64(17);
    let mut documents = JoinSet::new();
    let mut due = Instant::now();
    for adapter in adapters {
        due += Duration::from_secs_f64(gaps.sample(&mut random));
        tokio::time::sleep_until(due.into()).await;
        let (inference, request) = (inference.clone(), workload.request(*adapter));
        documents.spawn(async move {
            // From the moment it was due: a late start is part of what its client waits.
            inference.read(request).await.map(|_| due.elapsed())
        });
    }
    let mut latencies = Vec::new();
    let mut refused = 0;
    while let Some(document) = documents.join_next().await {
        match document {
            Ok(Ok(latency)) => latencies.push(latency),
            _ => refused += 1,
        }
    }
    latencies.sort();
    let at = |share: f64| {
        let index =
            ((latencies.len() as f64 * share) as usize).min(latencies.len().saturating_sub(1));
        latencies.get(index).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
    };
    let within = |factor: u32| {
        let count = latencies.iter().filter(|latency| **latency <= alone * factor).count();
        count as f64 / adapters.len() as f64
    };
    Ok(Latency {
        cv,
        rate,
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        attainment_2x: within(2),
        attainment_5x: within(5),
        refused,
    })
}

#[cfg(test)]
mod tests;
