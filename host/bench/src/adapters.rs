//! What any number of adapters costs, against the base alone.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dossier_document::Digest;
use dossier_inference::{InferenceError, InferenceHandle, InferenceThread, Residency as _};
use dossier_model::{AdapterPool, Base, ModelSettings, PoolSettings, debug};
use serde::Serialize;

use super::arrivals::{Latency, Popularity, open_loop};
use super::memory::resident_mb;
use super::workload::{inference, median};
use super::{Workload, WorkloadError, plot};

mod footprint;
pub(crate) use footprint::Footprint;

/// What is measured.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The folder of the base.
    pub(crate) base: PathBuf,
    /// Where it computes, and in what it is kept.
    pub(crate) model: ModelSettings,
    /// Numbers of adapters in use, ascending; the last is how many there are.
    pub(crate) counts: Vec<usize>,
    /// Ranks, taken in turn.
    pub(crate) ranks: Vec<usize>,
    /// Documents in one measurement, all waiting at once.
    pub(crate) documents: usize,
    /// Documents in one batch at most.
    pub(crate) batch: usize,
    /// Measurements of each kind; they take turns, and the median counts.
    pub(crate) rounds: usize,
    /// Fields of a document, 24 characters each.
    pub(crate) fields: usize,
    /// Bytes of files of adapters that may be in the host's memory.
    pub(crate) host_memory_bytes: usize,
    /// How often an adapter is loaded and sent away, to see whether memory comes back.
    pub(crate) cycles: u32,
    /// Where the curve goes, as SVG.
    pub(crate) plot: Option<PathBuf>,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// Adapters, all of them in memory unless said otherwise.
    pub(crate) adapters: usize,
    /// Their ranks, taken in turn.
    pub(crate) ranks: Vec<usize>,
    /// Documents in one measurement.
    pub(crate) documents: usize,
    /// Documents in one batch at most.
    pub(crate) batch: usize,
    /// Documents a second by the base alone.
    pub(crate) docs_per_s_base: f64,
    /// Documents a second by number and popularity of adapters.
    pub(crate) docs_per_s: Vec<Throughput>,
    /// With all adapters in use, uniformly.
    pub(crate) ratio_all_to_base: f64,
    /// The same, with room for a quarter of them, and for one at least.
    pub(crate) ratio_all_to_base_quarter_resident: f64,
    /// The share of documents that found their adapter in memory then.
    pub(crate) hit_rate_quarter_resident: f64,
    /// One document alone, the base with an adapter, in milliseconds.
    pub(crate) latency_ms_alone: f64,
    /// Documents that arrive by themselves at 60 % of what can be read, adapters asked for by Zipf,
    /// with room for a quarter of them; in milliseconds.
    pub(crate) latency_ms: Vec<Latency>,
    /// From disk to memory, in milliseconds.
    pub(crate) load_ms_p50: f64,
    /// From disk to memory, in milliseconds.
    pub(crate) load_ms_p99: f64,
    /// The median load of one that was sent away; there is none where there is but one.
    pub(crate) load_again_ms: Option<LoadAgain>,
    /// Memory of all adapters.
    pub(crate) pool_bytes: usize,
    /// Memory of the base's weights, as they are kept.
    pub(crate) base_bytes: usize,
    /// Memory of one more document; none where the operating system does not tell.
    pub(crate) document: Option<Footprint>,
    /// Whether memory comes back; without it, that was not measured.
    pub(crate) cycles: Option<Cycles>,
}

/// Documents a second with a number of adapters in use.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Throughput {
    /// Adapters in use.
    pub(crate) adapters: usize,
    /// How they are asked for.
    pub(crate) popularity: Popularity,
    /// Documents a second.
    pub(crate) docs_per_s: f64,
    /// The share of the base alone, in the same round.
    pub(crate) ratio_to_base: f64,
}

/// Memory of the process around loading an adapter and sending it away, again and again.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Cycles {
    /// How often.
    pub(crate) cycles: u32,
    /// After a hundred of them that do not count.
    pub(crate) rss_mb_before: f64,
    /// After all of them.
    pub(crate) rss_mb_after: f64,
}

/// How long a document waits for an adapter that was sent away, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct LoadAgain {
    /// Read from disk and hashed.
    pub(crate) from_disk: f64,
    /// Made of files in the host's memory.
    pub(crate) from_host: f64,
}

/// Writes the adapters into a folder of its own, measures, and takes the folder away.
///
/// # Errors
/// When the base does not load, or a document is not read.
pub(crate) async fn run(settings: &Settings) -> Result<Report, WorkloadError> {
    let workload = Workload::new(settings.fields, CHARACTERS)?;
    let waiting_mb = known(footprint::waiting_mb(&workload, settings.documents))?;
    let base = Base::load_as(&settings.base, settings.model)?;
    let in_work_mb = known(footprint::in_work_mb(&base, &workload, settings.batch).await)?;
    let document = waiting_mb
        .zip(in_work_mb)
        .map(|(waiting_mb, in_work_mb)| Footprint { waiting_mb, in_work_mb });
    let folder = tempfile::tempdir()?;
    let rig = Rig::new(&base, settings, folder.path())?;

    let arms = arms(&settings.counts);
    let mut base_speed = Vec::new();
    let mut speed = vec![Vec::new(); arms.len()];
    let mut ratio = vec![Vec::new(); arms.len()];
    let mut quarter_ratio = Vec::new();
    for round in 0..settings.rounds as u64 {
        let alone = vec![None; settings.documents];
        let base = rig.speed(&workload, &rig.all.handle(), &alone).await?;
        base_speed.push(base);
        for (index, (adapters, popularity)) in arms.iter().enumerate() {
            let drawn = popularity.draw(&rig.digests[..*adapters], settings.documents, round);
            let found = rig.speed(&workload, &rig.all.handle(), &drawn).await?;
            speed[index].push(found);
            ratio[index].push(found / base);
        }
        let drawn = Popularity::Uniform.draw(&rig.digests, settings.documents, round + 1000);
        let found = rig.speed(&workload, &rig.quarter.handle(), &drawn).await?;
        quarter_ratio.push(found / base);
    }
    let statistics = rig.quarter_pool.statistics();
    let docs_per_s = arms.into_iter().zip(speed.into_iter().zip(ratio));
    let docs_per_s = docs_per_s
        .map(|((adapters, popularity), (speed, ratio))| Throughput {
            adapters,
            popularity,
            docs_per_s: median(speed),
            ratio_to_base: median(ratio),
        })
        .collect::<Vec<_>>();
    let uniform = docs_per_s.iter().filter(|arm| arm.popularity == Popularity::Uniform);
    let curve = uniform.map(|arm| (arm.adapters, arm.ratio_to_base)).collect::<Vec<_>>();
    if let Some(path) = &settings.plot {
        plot::scale_curve(path, &curve)?;
    }

    let alone = rig.alone(&workload).await?;
    let rate = 0.6 * docs_per_s.last().map_or(1.0, |arm| arm.docs_per_s);
    let mut latency_ms = Vec::new();
    for cv in [1.0, 4.0] {
        let drawn = Popularity::Zipf.draw(&rig.digests, 2 * settings.documents, 5);
        let handle = rig.quarter.handle();
        latency_ms.push(open_loop(&workload, &handle, &drawn, (rate, cv), alone).await?);
    }
    let cycles = match settings.cycles {
        0 => None,
        cycles => Some(load_and_send_away(&base, &folder.path().join("0"), cycles)?),
    };
    let folders = ["0", "1"].map(|name| folder.path().join(name));
    let load_again_ms = match rig.digests.len() {
        1 => None,
        _ => Some(LoadAgain {
            from_disk: load_again_ms(&base, &folders, 0).await?,
            from_host: load_again_ms(&base, &folders, usize::MAX).await?,
        }),
    };
    let mut load_ms = rig.load_ms.clone();
    load_ms.sort_by(f64::total_cmp);
    Ok(Report {
        adapters: rig.digests.len(),
        ranks: settings.ranks.clone(),
        documents: settings.documents,
        batch: settings.batch,
        docs_per_s_base: median(base_speed),
        ratio_all_to_base: curve.last().map_or(f64::NAN, |(_, ratio)| *ratio),
        docs_per_s,
        ratio_all_to_base_quarter_resident: median(quarter_ratio),
        hit_rate_quarter_resident: statistics.hits as f64
            / (statistics.hits + statistics.misses).max(1) as f64,
        latency_ms_alone: alone.as_secs_f64() * 1e3,
        latency_ms,
        load_ms_p50: load_ms[load_ms.len() / 2],
        load_ms_p99: load_ms[load_ms.len() * 99 / 100],
        load_again_ms,
        pool_bytes: rig.all_pool.statistics().resident_bytes,
        base_bytes: base.bytes(),
        document,
        cycles,
    })
}

/// What was measured; nothing where the operating system does not tell.
fn known(measured: Result<f64, WorkloadError>) -> Result<Option<f64>, WorkloadError> {
    match measured {
        Err(WorkloadError::Memory(_)) => Ok(None),
        measured => measured.map(Some),
    }
}

/// Loads one adapter and sends it away, again and again, and looks at the process's memory.
fn load_and_send_away(base: &Base, folder: &Path, cycles: u32) -> Result<Cycles, WorkloadError> {
    let pool = AdapterPool::new(base, PoolSettings::default())?;
    let cycle = || Ok::<_, WorkloadError>(pool.remove(&pool.add(folder)?));
    // What the allocator keeps after the first ones is no leak.
    for _ in 0..cycles.min(100) {
        cycle()?;
    }
    let rss_mb_before = resident_mb()?;
    for _ in 0..cycles {
        cycle()?;
    }
    Ok(Cycles { cycles, rss_mb_before, rss_mb_after: resident_mb()? })
}

/// Two adapters take turns in a pool with room for one.
async fn load_again_ms(
    base: &Base,
    folders: &[PathBuf; 2],
    host_memory_bytes: usize,
) -> Result<f64, WorkloadError> {
    let mut memory_bytes = 0;
    for folder in folders {
        memory_bytes = memory_bytes.max(base.load_adapter(folder)?.1.bytes());
    }
    let pool =
        AdapterPool::new(base, PoolSettings { memory_bytes, host_memory_bytes, max_waiting: 1 })?;
    let adapters = [pool.add(&folders[0])?, pool.add(&folders[1])?];
    let mut waited = Vec::new();
    for turn in 0..LOADS_AGAIN {
        let started = Instant::now();
        drop(pool.lease(adapters[(turn + 1) % 2]).await.map_err(InferenceError::from)?);
        waited.push(started.elapsed().as_secs_f64() * 1e3);
    }
    // The first time each of them comes from disk.
    Ok(median(waited.split_off(2)))
}

const LOADS_AGAIN: usize = 42;

/// Characters of a field.
const CHARACTERS: u32 = 24;

fn arms(counts: &[usize]) -> Vec<(usize, Popularity)> {
    let both = [Popularity::Uniform, Popularity::Zipf];
    counts.iter().flat_map(|count| both.map(|popularity| (*count, popularity))).collect()
}

/// Two pools of the same adapters: one holds all of them, the other a quarter.
struct Rig {
    digests: Vec<Digest>,
    load_ms: Vec<f64>,
    all_pool: AdapterPool,
    all: InferenceThread,
    quarter_pool: AdapterPool,
    quarter: InferenceThread,
}

impl Rig {
    fn new(base: &Base, settings: &Settings, folder: &Path) -> Result<Self, WorkloadError> {
        let count = settings.counts.last().copied().unwrap_or_default();
        if count == 0 || settings.ranks.is_empty() {
            return Err(WorkloadError::NoAdapters);
        }
        let max_waiting = 2 * settings.documents;
        let pool = |memory_bytes| {
            let host_memory_bytes = settings.host_memory_bytes;
            AdapterPool::new(base, PoolSettings { memory_bytes, host_memory_bytes, max_waiting })
        };
        let all_pool = pool(usize::MAX)?;
        let (mut digests, mut load_ms, mut largest_bytes) = (Vec::new(), Vec::new(), 0);
        let folders = (0..count).map(|index| folder.join(index.to_string())).collect::<Vec<_>>();
        for (index, folder) in folders.iter().enumerate() {
            let rank = settings.ranks[index % settings.ranks.len()];
            debug::write_random_adapter(base, folder, rank, index as u64)?;
            let before_bytes = all_pool.statistics().resident_bytes;
            let started = Instant::now();
            digests.push(all_pool.add(folder)?);
            load_ms.push(started.elapsed().as_secs_f64() * 1e3);
            largest_bytes = largest_bytes.max(all_pool.statistics().resident_bytes - before_bytes);
        }
        let quarter_bytes = all_pool.statistics().resident_bytes / 4;
        let quarter_pool = pool(quarter_bytes.max(largest_bytes))?;
        for folder in &folders {
            quarter_pool.add(folder)?;
        }
        let thread = |pool| inference(base, pool, max_waiting, settings.batch);
        let (all, quarter) = (thread(&all_pool)?, thread(&quarter_pool)?);
        Ok(Self { digests, load_ms, all_pool, all, quarter_pool, quarter })
    }

    /// Documents a second.
    async fn speed(
        &self,
        workload: &Workload,
        inference: &InferenceHandle,
        adapters: &[Option<Digest>],
    ) -> Result<f64, WorkloadError> {
        let took = workload.read_all(inference, adapters).await?;
        Ok(adapters.len() as f64 / took.as_secs_f64())
    }

    /// One document with nobody beside it; the median of ten.
    async fn alone(&self, workload: &Workload) -> Result<Duration, WorkloadError> {
        let mut seconds = Vec::new();
        for adapter in self.digests.iter().cycle().take(10) {
            let one = [Some(*adapter)];
            seconds.push(workload.read_all(&self.all.handle(), &one).await?.as_secs_f64());
        }
        Ok(Duration::from_secs_f64(median(seconds)))
    }
}

#[cfg(test)]
mod tests;
