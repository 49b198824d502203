//! `dossier plugin bench`: rules measured on their fixtures.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::fixture::FixtureFile;
use super::source::{Located, locate};
use super::{CommandError, PluginCommandError, author_engine, output};
use crate::cli::PluginBenchArgs;
use crate::cli::run::install_quiet;
use crate::config::reader_settings;
use dossier_engine::rules::open_rules;

/// Times of one thing, many times over.
#[derive(Clone, Debug, Default)]
pub struct Micros(Vec<f64>);

impl Micros {
    /// One more time.
    pub fn push(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1e6);
    }

    /// The time that so many percent of the calls were done in, in microseconds with one decimal.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut times = self.0.clone();
        times.sort_by(f64::total_cmp);
        let rank = (times.len() * percent).div_ceil(100).max(1) - 1;
        times.get(rank).map_or(0.0, |time| (time * 10.0).round() / 10.0)
    }
}

#[derive(Serialize)]
struct BenchBody {
    plugin: String,
    component_bytes: usize,
    compile_ms: f64,
    instantiate_us_p50: f64,
    instantiate_us_p99: f64,
    fixtures: Vec<FixtureBody>,
}

#[derive(Serialize)]
struct FixtureBody {
    fixture: String,
    before_us_p50: f64,
    before_us_p99: f64,
    after_us_p50: f64,
    after_us_p99: f64,
    memory_kib: usize,
}

/// `dossier plugin bench`.
pub(in crate::cli) async fn bench(args: PluginBenchArgs) -> Result<(), CommandError> {
    install_quiet(args.telemetry)?;
    let config = reader_settings(args.reader)?;
    let Located { name, component, fixtures } = locate(&config.data_root, &args.plugin)?;
    let folder =
        args.fixtures.or(fixtures).ok_or(PluginCommandError::NoFixtures { folder: None })?;
    let fixtures = FixtureFile::all(&folder)?;
    let engine = author_engine(&config.rules)?;
    let start = Instant::now();
    let rules = open_rules(&engine, &name, &component).await?;
    let compile_ms = (start.elapsed().as_secs_f64() * 1e4).round() / 10.0;
    let mut instantiate = Micros::default();
    for _ in 0..args.calls {
        instantiate.push(rules.instantiate().await.map_err(PluginCommandError::Rules)?);
    }
    let mut bodies = Vec::new();
    for fixture in &fixtures {
        let (mut before, mut after, mut memory_bytes) = (Micros::default(), Micros::default(), 0);
        for _ in 0..args.calls {
            let outcome = fixture.run(&rules).await.map_err(PluginCommandError::Rules)?;
            before.push(outcome.before.time);
            after.push(outcome.after.time);
            memory_bytes = outcome.after.memory_bytes.max(memory_bytes);
        }
        bodies.push(FixtureBody {
            fixture: fixture.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            before_us_p50: before.percentile(50),
            before_us_p99: before.percentile(99),
            after_us_p50: after.percentile(50),
            after_us_p99: after.percentile(99),
            memory_kib: memory_bytes / 1024,
        });
    }
    let body = BenchBody {
        plugin: name,
        component_bytes: std::fs::metadata(&component).map_or(0, |file| file.len() as usize),
        compile_ms,
        instantiate_us_p50: instantiate.percentile(50),
        instantiate_us_p99: instantiate.percentile(99),
        fixtures: bodies,
    };
    if args.json {
        return output::json(&body).map_err(CommandError::Output);
    }
    output::print(&text(&body)).map_err(CommandError::Output)
}

fn text(body: &BenchBody) -> String {
    let rows = body.fixtures.iter().map(|fixture| {
        [
            fixture.fixture.clone(),
            fixture.before_us_p50.to_string(),
            fixture.before_us_p99.to_string(),
            fixture.after_us_p50.to_string(),
            fixture.after_us_p99.to_string(),
            fixture.memory_kib.to_string(),
        ]
    });
    let header = ["fixture", "before us p50", "p99", "after us p50", "p99", "memory KiB"];
    format!(
        "compiled in {} ms; fresh instance {} us p50, {} us p99\n\n{}",
        body.compile_ms,
        body.instantiate_us_p50,
        body.instantiate_us_p99,
        output::table(header, rows)
    )
}
