//! What a host costs beside the reading that it does, and what becomes of it under more than it can read.
//!
//! The host is a process of its own, as its operators run it. Requests arrive by themselves and are timed from
//! the moment they were due, so that a host which is late is not asked less for it (coordinated omission).

use std::path::PathBuf;
use std::time::Duration;

use dossier::outgoing::plain_client;
use serde::Serialize;

use super::memory::UnknownMemory;

mod client;
use client::Client;

mod documents;
use documents::Document;

mod echo;

mod endurance;
use endurance::Endurance;

mod host;
use host::Host;

mod load;
use load::{Load, Peak};

mod surroundings;
use surroundings::Surroundings;

/// Starts of a host with its packages in place, of which the middle one counts.
const WARM_STARTS: usize = 5;
/// Requests one after the other, of each kind.
const ALONE: usize = 100;
/// Arrivals, as shares of what the host can read.
const SHARES: [f64; 3] = [0.5, 0.9, 2.0];

/// What is measured.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The program `dossier`; its neighbour of this name where none is given.
    pub(crate) program: Option<PathBuf>,
    /// Holds `adapters/` and `plugins/`.
    pub(crate) data_root: PathBuf,
    /// Documents by type: `DIR/<type>/1/page-<n>.png` or `.jpg`.
    pub(crate) documents: PathBuf,
    /// How long each load lasts.
    pub(crate) load: Duration,
    /// How long the last one lasts, while rules are reloaded and jobs come beside; nothing leaves it out.
    pub(crate) endurance: Duration,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// From the start of the program to its being ready, with nothing but folders.
    pub(crate) start_ms_first: f64,
    /// The same with packages and compiled rules in place.
    pub(crate) start_ms_p50: f64,
    /// Document types that it serves.
    pub(crate) document_types: usize,
    /// One request after the other.
    pub(crate) alone: Alone,
    /// What it reads at most.
    pub(crate) peak: Peak,
    /// What it does with arrivals of some rates.
    pub(crate) loads: Vec<Load>,
    /// Documents read of twice as many as it can read, as a share of the peak.
    pub(crate) goodput_at_2x: f64,
    /// What tokens, traces and metrics cost together.
    pub(crate) surroundings: Surroundings,
    /// A long time near its limit.
    pub(crate) endurance: Option<Endurance>,
}

/// One request after the other: what the server adds to the work.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Alone {
    /// Requests of each kind.
    pub(crate) requests: usize,
    /// Bytes of a request's body, in the middle.
    pub(crate) body_bytes_p50: usize,
    /// From the first byte sent to the last one received.
    pub(crate) request_ms_p50: f64,
    /// The same without the stages that the answer tells: decoding, inference, rules.
    pub(crate) overhead_us_p50: f64,
    /// The same.
    pub(crate) overhead_us_p99: f64,
    /// The part of it before and after the document: HTTP, the form, admission, the answer. The rest lies between
    /// stages: turns, other threads, where fields stand.
    pub(crate) around_us_p50: f64,
    /// What a bare hyper server takes for the same body, which it reads, and an answer of the same length.
    pub(crate) bare_us_p50: f64,
}

/// The host can't be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerBenchError {
    /// There is no program.
    #[error("{}: no program there: build it (`cargo build --release`), or name it with --program", .0.display())]
    NoProgram(PathBuf),
    /// There are no documents.
    #[error("{}: no document of a type that is served: DIR/<type>/1/page-1.png", .0.display())]
    NoDocuments(PathBuf),
    /// A file can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The host ended, or is not ready.
    #[error("the host is not ready: {0}")]
    NotReady(String),
    /// The host does not answer.
    #[error("the host does not answer: {0}")]
    Unanswered(#[from] reqwest::Error),
    /// The host refuses what it should take.
    #[error("{what}: {status}: {answer}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// The status.
        status: u16,
        /// What was answered.
        answer: String,
    },
    /// The operating system does not tell how much memory is in use.
    #[error(transparent)]
    NoMemory(#[from] UnknownMemory),
    /// A socket can't be had.
    #[error("no address to listen on: {0}")]
    NoAddress(std::io::Error),
    /// A client panicked.
    #[error("a client panicked")]
    Panicked,
    /// A time is none that can be counted.
    #[error("a time beyond an hour")]
    TooLong,
}

/// Measures.
///
/// # Errors
/// When the host does not start, or refuses what it should take.
pub(crate) async fn run(settings: &Settings) -> Result<Report, ServerBenchError> {
    let program = host::program(settings.program.clone())?;
    let documents = documents::read(&settings.documents, &settings.data_root)?;
    let folder = tempfile::tempdir()
        .map_err(|source| ServerBenchError::File { path: std::env::temp_dir(), source })?;
    let arguments = host::arguments(&settings.data_root, &folder.path().join("store"));
    let mut starts = Vec::with_capacity(1 + WARM_STARTS);
    for _ in 0..=WARM_STARTS {
        starts.push(Host::start(&program, &arguments, folder.path()).await?.start);
    }
    let start_ms_first = milliseconds(starts.remove(0));
    starts.sort_unstable();
    let start_ms_p50 = milliseconds(starts[starts.len() / 2]);

    let host = Host::start(&program, &arguments, folder.path()).await?;
    let client = Client::new(plain_client().build()?, host.address);
    load::warm_up(&client, &documents).await?;
    let alone = alone(&client, &documents).await?;
    let peak = load::peak(&client, &documents, settings.load).await?;
    let mut loads = Vec::with_capacity(SHARES.len());
    for share in SHARES {
        let rate = share * peak.documents_per_s;
        loads
            .push(load::open_loop(&client, &documents, (share, rate), settings.load, &host).await?);
    }
    drop(host);
    let surroundings =
        surroundings::measure(&program, &arguments, folder.path(), &documents, settings.load)
            .await?;
    let endurance = match settings.endurance.is_zero() {
        true => None,
        false => Some(
            endurance::measure(
                &program,
                &settings.data_root,
                &documents,
                &peak,
                settings.endurance,
            )
            .await?,
        ),
    };
    let goodput = loads.last().map_or(0.0, |load| load.goodput_per_s);
    Ok(Report {
        start_ms_first,
        start_ms_p50,
        document_types: documents.len(),
        alone,
        goodput_at_2x: rounded(goodput / peak.documents_per_s),
        peak,
        loads,
        surroundings,
        endurance,
    })
}

async fn alone(client: &Client, documents: &[Document]) -> Result<Alone, ServerBenchError> {
    let (mut whole, mut overhead, mut around) = (load::times()?, load::times()?, load::times()?);
    let mut answer_bytes = 0;
    let in_turn = || documents.iter().cycle().take(ALONE);
    for document in in_turn() {
        let answer = client.extract(document).await?.read()?;
        answer_bytes = answer.bytes;
        whole.saturating_record(micros(answer.took));
        overhead.saturating_record(micros(answer.took.saturating_sub(answer.stages)));
        around.saturating_record(micros(answer.took.saturating_sub(answer.document)));
    }
    let bare = echo::serve(answer_bytes).await?;
    let bare_client = Client::new(plain_client().build()?, bare.address);
    let mut beside = load::times()?;
    for document in in_turn() {
        beside.saturating_record(micros(bare_client.extract(document).await?.took));
    }
    let mut sizes = documents.iter().map(|document| document.body.len()).collect::<Vec<_>>();
    sizes.sort_unstable();
    Ok(Alone {
        requests: ALONE,
        body_bytes_p50: sizes.get(sizes.len() / 2).copied().unwrap_or_default(),
        request_ms_p50: rounded(whole.value_at_quantile(0.5) as f64 / 1e3),
        overhead_us_p50: overhead.value_at_quantile(0.5) as f64,
        overhead_us_p99: overhead.value_at_quantile(0.99) as f64,
        around_us_p50: around.value_at_quantile(0.5) as f64,
        bare_us_p50: beside.value_at_quantile(0.5) as f64,
    })
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn milliseconds(time: Duration) -> f64 {
    rounded(time.as_secs_f64() * 1e3)
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
