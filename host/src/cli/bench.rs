//! `dossier bench`: ratios within one run on the same work.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{BenchPluginsArgs, CommandError, debug, output};
use crate::bench::{adapters, documents};
use crate::config::{ModelArgs, defaults};

mod plugins;

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// What a call of rules costs, and how rules compare with the same compiled natively.
    Plugins(Box<BenchPluginsArgs>),
    /// What any number of adapters costs, against the base alone.
    Adapters(BenchAdaptersArgs),
    /// Documents a second with given adapters, to set beside another program.
    Documents(BenchDocumentsArgs),
}

/// Flags of `dossier bench adapters`.
#[derive(Args, Debug)]
pub struct BenchAdaptersArgs {
    /// The model and the batches.
    #[command(flatten)]
    pub model: BenchModelArgs,
    /// Numbers of adapters in use, ascending.
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,8,32,128,500,2000")]
    pub counts: Vec<usize>,
    /// Ranks of the adapters, taken in turn.
    #[arg(long, value_name = "R", value_delimiter = ',', default_value = "4,8,16,32")]
    pub ranks: Vec<usize>,
    /// Files of adapters that may be in the host's memory, where a quarter fits into the model's.
    #[arg(long, value_name = "BYTES", default_value_t = defaults::ADAPTER_HOST_MEMORY_BYTES)]
    pub host_memory_bytes: usize,
    /// Load an adapter and send it away that often, to see whether memory comes back.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub cycles: u32,
    /// Draw the curve of documents a second against adapters, as SVG.
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
}

/// Flags of `dossier bench documents`.
#[derive(Args, Debug)]
pub struct BenchDocumentsArgs {
    /// The model and the batches.
    #[command(flatten)]
    pub model: BenchModelArgs,
    /// Folder of an adapter; several are taken in turn [default: the base alone].
    #[arg(long, value_name = "DIR")]
    pub adapter: Vec<PathBuf>,
    /// The page of every document [default: noise].
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// Characters of a field.
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub characters: u32,
}

/// The model and the batches.
#[derive(Args, Debug)]
pub struct BenchModelArgs {
    /// Folder of the base.
    #[arg(long, value_name = "DIR", default_value = "adapters/base/dossier-small")]
    pub base: PathBuf,
    /// Where it computes, and in what it is kept.
    #[command(flatten)]
    pub model: ModelArgs,
    /// Documents that wait at once.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub documents: usize,
    /// Documents in one batch at most.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub batch: usize,
    /// Measurements of each kind.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub rounds: usize,
    /// Fields of a document.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub fields: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(command: BenchCommand) -> Result<(), CommandError> {
    match command {
        BenchCommand::Plugins(args) => plugins::run(*args).await,
        BenchCommand::Adapters(args) => bench_adapters(args).await,
        BenchCommand::Documents(args) => bench_documents(args).await,
    }
}

async fn bench_adapters(args: BenchAdaptersArgs) -> Result<(), CommandError> {
    let BenchModelArgs { base, model, documents, batch, rounds, fields, json } = args.model;
    let settings = adapters::Settings {
        base,
        model: model.settings(),
        counts: args.counts,
        ranks: args.ranks,
        documents,
        batch,
        rounds,
        fields,
        host_memory_bytes: args.host_memory_bytes,
        cycles: args.cycles,
        plot: args.plot,
    };
    let report = adapters::run(&settings).await?;
    if json {
        return output::json(&report).map_err(CommandError::Output);
    }
    let row = |name: &str, value: f64| [name.to_owned(), format!("{value:.3}")];
    let mut rows = vec![row("base: documents/s", report.docs_per_s_base)];
    for arm in &report.docs_per_s {
        let name = format!("{} adapters, {:?}: share of base", arm.adapters, arm.popularity);
        rows.push(row(&name, arm.ratio_to_base));
    }
    let quarter = report.ratio_all_to_base_quarter_resident;
    rows.push(row("all, a quarter in memory: share of base", quarter));
    rows.push(row("all, a quarter in memory: hit rate", report.hit_rate_quarter_resident));
    rows.push(row("one document alone: ms", report.latency_ms_alone));
    for latency in &report.latency_ms {
        rows.push(row(&format!("arrivals of cv {}: p50 ms", latency.cv), latency.p50));
        rows.push(row(&format!("arrivals of cv {}: p99 ms", latency.cv), latency.p99));
    }
    rows.push(row("disk to memory: p50 ms", report.load_ms_p50));
    if let Some(memory) = &report.document {
        rows.push(row("one more document that waits: MB", memory.waiting_mb));
        rows.push(row("one more document that is read: MB", memory.in_work_mb));
    }
    if let Some(memory) = &report.cycles {
        let name = format!("{} times loaded and sent away: MB more", memory.cycles);
        rows.push(row(&name, memory.rss_mb_after - memory.rss_mb_before));
    }
    rows.push(row("adapters: share of the base's bytes", {
        report.pool_bytes as f64 / report.base_bytes as f64
    }));
    output::print(&output::table(["measured", "value"], rows.into_iter()))
        .map_err(CommandError::Output)
}

async fn bench_documents(args: BenchDocumentsArgs) -> Result<(), CommandError> {
    let BenchModelArgs { base, model, documents, batch, rounds, fields, json } = args.model;
    let page = args.image.as_deref().map(debug::read_image).transpose()?;
    let settings = documents::Settings {
        base,
        model: model.settings(),
        adapters: args.adapter,
        page,
        documents,
        batch,
        rounds,
        fields,
        characters: args.characters,
    };
    let report = documents::run(&settings).await?;
    if json {
        return output::json(&report).map_err(CommandError::Output);
    }
    let rows = report.docs_per_s.iter().enumerate();
    let rows = rows.map(|(round, speed)| [(round + 1).to_string(), format!("{speed:.2}")]);
    output::print(&output::table(["round", "documents/s"], rows)).map_err(CommandError::Output)
}
