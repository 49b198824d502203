//! `dossier-bench`: ratios within one run on the same work, never a test.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use dossier::cli::{print, print_json, read_image, table};
use dossier::config::ConfigError;
use dossier_engine::{CompileProbe, compile_under_limits};

mod args;
use args::{
    BenchAdaptersArgs, BenchDocumentsArgs, BenchModelArgs, BenchServerArgs, BenchTypesArgs,
    CapacityArgs, Cli, Command, CompileArgs,
};

mod adapters;

mod arrivals;

mod capacity;

mod documents;

mod memory;

mod plot;

mod plugins;

mod reloads;

mod server;

mod types;

mod workload;
use workload::{Workload, WorkloadError};

/// `EX_CONFIG` of sysexits.h, as `dossier` ends with.
const BAD_CONFIGURATION: u8 = 64;

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("dossier-bench: {error:#}");
            match error.downcast_ref::<ConfigError>() {
                Some(_) => ExitCode::from(BAD_CONFIGURATION),
                None => ExitCode::FAILURE,
            }
        }
    }
}

fn start(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the async runtime does not start")?;
    let measured = async {
        match cli.command {
            Command::Compile(args) => return compile(&args),
            Command::Plugins(args) => Box::pin(plugins::run(*args)).await?,
            Command::Adapters(args) => bench_adapters(args).await?,
            Command::Documents(args) => bench_documents(args).await?,
            Command::Types(args) => bench_types(&args)?,
            Command::Server(args) => bench_server(args).await?,
            Command::Capacity(args) => plan_capacity(&args)?,
        }
        Ok(ExitCode::SUCCESS)
    };
    runtime.block_on(measured)
}

/// The child of the probe of the host that is measured.
fn compile(args: &CompileArgs) -> anyhow::Result<ExitCode> {
    match compile_under_limits(&args.file, args.memory_bytes, args.cpu_seconds)? {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("{error}");
            Ok(ExitCode::from(CompileProbe::REFUSED))
        }
    }
}

async fn bench_adapters(args: BenchAdaptersArgs) -> anyhow::Result<()> {
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
        return Ok(print_json(&report)?);
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
    Ok(print(&table(["measured", "value"], rows.into_iter()))?)
}

async fn bench_server(args: BenchServerArgs) -> anyhow::Result<()> {
    let report = server::run(&server::Settings {
        program: args.program,
        data_root: args.data_root,
        documents: args.documents,
        load: Duration::from_secs(args.seconds),
        endurance: Duration::from_secs(args.endurance_seconds),
    })
    .await?;
    if args.json {
        return Ok(print_json(&report)?);
    }
    let row = |name: &str, value: f64| [name.to_owned(), format!("{value:.3}")];
    let mut rows = vec![
        row("start with folders alone: ms", report.start_ms_first),
        row("start with packages and compiled rules: p50 ms", report.start_ms_p50),
        row("one request alone: p50 ms", report.alone.request_ms_p50),
        row("the same without decoding, inference, rules: p50 us", report.alone.overhead_us_p50),
        row("of this, around the document: p50 us", report.alone.around_us_p50),
        row("the same to a bare hyper server: p50 us", report.alone.bare_us_p50),
        row("peak: documents/s", report.peak.documents_per_s),
    ];
    for load in &report.loads {
        let of = |what: &str| format!("{} of the peak: {what}", load.of_peak);
        rows.push(row(&of("documents read/s"), load.goodput_per_s));
        rows.push(row(&of("p99 ms"), load.p99_ms));
        rows.push(row(&of("refused"), load.refused as f64));
        rows.push(row(&of("refusals: p99 ms"), load.refused_p99_ms));
        rows.push(row(&of("failed"), load.failed as f64));
        rows.push(row(&of("memory: MiB"), load.rss_mb_after));
    }
    let left = report.surroundings.share_left;
    rows.push(row("with tokens, traces, metrics: share of the peak", left));
    if let Some(endurance) = &report.endurance {
        rows.push(row("endurance: documents read", endurance.read as f64));
        rows.push(row("endurance: refused", endurance.refused as f64));
        let failed = endurance.failed + endurance.reloads_failed + endurance.jobs_failed;
        rows.push(row("endurance: documents, reloads, jobs that failed", failed as f64));
        rows.push(row("endurance: memory, growth", endurance.rss_growth));
    }
    Ok(print(&table(["measured", "value"], rows.into_iter()))?)
}

fn bench_types(args: &BenchTypesArgs) -> anyhow::Result<()> {
    let report = types::run(&args.base, args.model.settings(), args.types, args.rounds)?;
    if args.json {
        return Ok(print_json(&report)?);
    }
    let row = |name: &str, value: f64| [name.to_owned(), format!("{value:.4}")];
    let rows = [
        row("embedding a page: ms", report.embed_ms),
        row("comparing it with all types: ms", report.identify_ms),
        row("comparing: share of embedding", report.identify_to_embed),
        row("likeness to the nearest of them", report.nearest),
    ];
    Ok(print(&table(["measured", "value"], rows.into_iter()))?)
}

fn plan_capacity(args: &CapacityArgs) -> anyhow::Result<()> {
    let wanted = capacity::Wanted {
        types: args.types,
        skew: args.skew,
        p99_ms: args.p99_ms,
        resident: args.resident,
        rollout_per_s: args.rollout_per_s,
        seconds: args.seconds,
        models_a_host: args.models_a_host,
        most_hosts: args.most_hosts,
        host_usd: args.host_usd,
    };
    let costs = capacity::Costs::read(&args.measurements)?;
    let report = capacity::run(costs, &wanted, &args.documents_per_s, args.plot.as_deref())?;
    match args.json {
        true => Ok(print_json(&report)?),
        false => Ok(print(&report.text())?),
    }
}

async fn bench_documents(args: BenchDocumentsArgs) -> anyhow::Result<()> {
    let BenchModelArgs { base, model, documents, batch, rounds, fields, json } = args.model;
    let page = args.image.as_deref().map(read_image).transpose()?;
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
        return Ok(print_json(&report)?);
    }
    let rows = report.docs_per_s.iter().enumerate();
    let rows = rows.map(|(round, speed)| [(round + 1).to_string(), format!("{speed:.2}")]);
    Ok(print(&table(["round", "documents/s"], rows))?)
}
