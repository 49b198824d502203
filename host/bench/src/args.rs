//! What can be typed after `dossier-bench`.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand};
use dossier::config::{ModelArgs, ReaderArgs, ReadingArgs, TelemetryArgs};

/// Measures dossier: ratios within one run of one machine.
#[derive(Debug, Parser)]
#[command(name = "dossier-bench", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to measure.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What a call of rules costs, and how rules compare with the same compiled natively.
    Plugins(Box<BenchPluginsArgs>),
    /// What any number of adapters costs, against the base alone.
    Adapters(BenchAdaptersArgs),
    /// Documents a second with given adapters, to set beside another program.
    Documents(BenchDocumentsArgs),
    /// What it takes to find out what kind of document a page is, of any number of kinds.
    Types(BenchTypesArgs),
    /// What a host costs beside the reading, and what becomes of it under more than it can read.
    Server(BenchServerArgs),
    /// How many hosts some traffic takes, by costs that were measured.
    Capacity(CapacityArgs),
    /// Compile a component under limits, as the host that is measured does before it publishes one.
    #[command(hide = true)]
    Compile(CompileArgs),
}

/// Flags of `dossier-bench plugins`.
#[derive(Args, Debug)]
pub(crate) struct BenchPluginsArgs {
    /// How often each thing is measured.
    #[arg(long, value_name = "N", default_value_t = 4000)]
    pub(crate) calls: u32,
    /// Reloads while documents are read; 0 leaves them out.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) reloads: u32,
    /// Rules that are reloaded in turn.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) plugins: u32,
    /// Clients that read documents all the while.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) clients: u32,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Limits and place of the rules.
    #[command(flatten)]
    pub(crate) reader: ReaderArgs,
    /// Log lines.
    #[command(flatten)]
    pub(crate) telemetry: TelemetryArgs,
}

/// Flags of `dossier-bench types`.
#[derive(Args, Debug)]
pub(crate) struct BenchTypesArgs {
    /// The base, a folder.
    #[arg(long, value_name = "DIR", default_value = "adapters/base/dossier-small")]
    pub(crate) base: PathBuf,
    /// Document types, each with a prototype that points anywhere.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    pub(crate) types: usize,
    /// How often each thing is measured.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) rounds: u32,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the model computes, and in what.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

/// Flags of `dossier-bench server`.
#[derive(Args, Debug)]
pub(crate) struct BenchServerArgs {
    /// The program that is measured [default: `dossier` beside this one].
    #[arg(long, value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
    /// Holds `adapters/` and `plugins/`.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) data_root: PathBuf,
    /// Documents by type: `DIR/<type>/1/page-1.png` or `.jpg`.
    #[arg(long, value_name = "DIR", default_value = "tests/fixtures/documents")]
    pub(crate) documents: PathBuf,
    /// How long each load lasts: 1 to 3600.
    #[arg(long, value_name = "S", default_value_t = 20, value_parser = RangedU64ValueParser::<u64>::new().range(1..=3600))]
    pub(crate) seconds: u64,
    /// How long a load near the limit lasts, with reloads and jobs beside; 0 leaves it out, 36000 at most.
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = RangedU64ValueParser::<u64>::new().range(0..=36_000))]
    pub(crate) endurance_seconds: u64,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `dossier-bench capacity`.
#[derive(Args, Debug)]
pub(crate) struct CapacityArgs {
    /// What `dossier-bench adapters --json` measured of a host, with adapters as many as its pool had.
    #[arg(long, value_name = "FILE", default_value = "adapters/bench/adapters_2000.json")]
    pub(crate) measurements: PathBuf,
    /// Documents a second, of all hosts together: 0.01 to 1000000.
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "10,30,100,300", value_parser = within::<1, 100_000_000>)]
    pub(crate) documents_per_s: Vec<f64>,
    /// Document types: 1 to 100000.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    pub(crate) types: usize,
    /// How unevenly types are asked for: the n-th as often as n to the power of minus this. 0.01 to 5.
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = within::<1, 500>)]
    pub(crate) skew: f64,
    /// Time within which 99 of 100 documents are answered while a host is lost, or every type gets a new version.
    #[arg(long, value_name = "MS", default_value_t = 2_000.0, value_parser = within::<100, 360_000_000>)]
    pub(crate) p99_ms: f64,
    /// Of all adapters, the share that fits into a host's memory: 0.01 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.25, value_parser = within::<1, 100>)]
    pub(crate) resident: f64,
    /// Types a second that get a new version in a rollout.
    #[arg(long, value_name = "N", default_value_t = 2.0, value_parser = within::<1, 100_000>)]
    pub(crate) rollout_per_s: f64,
    /// Length of each scenario in seconds of the virtual clock.
    #[arg(long, value_name = "S", default_value_t = 600.0, value_parser = within::<1_000, 8_640_000>)]
    pub(crate) seconds: f64,
    /// Models of a host, were each type to have one of its own.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    pub(crate) models_a_host: usize,
    /// Hosts at most.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = RangedU64ValueParser::<usize>::new().range(1..=4_096))]
    pub(crate) most_hosts: usize,
    /// What a host costs in a month, in dollars.
    #[arg(long, value_name = "USD", value_parser = within::<1, 100_000_000>)]
    pub(crate) host_usd: Option<f64>,
    /// Draw the latency of the last traffic against the number of hosts, as SVG.
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A number between so many hundredths and so many.
fn within<const LEAST: u64, const MOST: u64>(text: &str) -> Result<f64, String> {
    let (least, most) = (LEAST as f64 / 100.0, MOST as f64 / 100.0);
    match text.parse::<f64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("a number from {least} to {most}")),
    }
}

/// Flags of `dossier-bench compile`.
#[derive(Args, Debug)]
pub(crate) struct CompileArgs {
    /// The component.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Address space of this process in bytes.
    #[arg(long, value_name = "BYTES")]
    pub(crate) memory_bytes: u64,
    /// Processor time of this process in seconds.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) cpu_seconds: u64,
}

/// Flags of `dossier-bench adapters`.
#[derive(Args, Debug)]
pub(crate) struct BenchAdaptersArgs {
    /// The model and the batches.
    #[command(flatten)]
    pub(crate) model: BenchModelArgs,
    /// Numbers of adapters in use, ascending.
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,8,32,128,500,2000")]
    pub(crate) counts: Vec<usize>,
    /// Ranks of the adapters, taken in turn.
    #[arg(long, value_name = "R", value_delimiter = ',', default_value = "4,8,16,32")]
    pub(crate) ranks: Vec<usize>,
    /// Files of adapters that may be in the host's memory, where a quarter fits into the model's.
    #[arg(long, value_name = "BYTES", default_value_t = ReadingArgs::default().adapter_host_memory_bytes())]
    pub(crate) host_memory_bytes: usize,
    /// Load an adapter and send it away that often, to see whether memory comes back.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) cycles: u32,
    /// Draw the curve of documents a second against adapters, as SVG.
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
}

/// Flags of `dossier-bench documents`.
#[derive(Args, Debug)]
pub(crate) struct BenchDocumentsArgs {
    /// The model and the batches.
    #[command(flatten)]
    pub(crate) model: BenchModelArgs,
    /// Folder of an adapter; several are taken in turn [default: the base alone].
    #[arg(long, value_name = "DIR")]
    pub(crate) adapter: Vec<PathBuf>,
    /// The page of every document [default: noise].
    #[arg(long, value_name = "FILE")]
    pub(crate) image: Option<PathBuf>,
    /// Characters of a field.
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub(crate) characters: u32,
}

/// The model and the batches.
#[derive(Args, Debug)]
pub(crate) struct BenchModelArgs {
    /// Folder of the base.
    #[arg(long, value_name = "DIR", default_value = "adapters/base/dossier-small")]
    pub(crate) base: PathBuf,
    /// Where it computes, and in what it is kept.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Documents that wait at once.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) documents: usize,
    /// Documents in one batch at most.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) batch: usize,
    /// Measurements of each kind.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) rounds: usize,
    /// Fields of a document.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) fields: usize,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
