//! What can be typed after `dossier-bench`.

use std::path::PathBuf;

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
