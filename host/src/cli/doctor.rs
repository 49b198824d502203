//! `dossier doctor`: whether this machine reads documents, and what would make it better.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use clap::Args;
use dossier_engine::settings::ReaderSettings;
use dossier_engine::{Conditions, Engine, ExtractRequest, ModelChoice, RequestId, TypeChoice};
use jiff::Timestamp;
use serde::Serialize;

use super::run::engine_of_folders;
use super::{CommandError, install_quiet, output};
use crate::config::{ReaderArgs, TelemetryArgs, reader_settings};
use crate::user_cache;

mod machine;

mod tools;

/// Flags of `dossier doctor`.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// What would read the documents.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// Log lines.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// This machine does not read documents as it is.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {looked_at} looks found something that is in the way: see `next` above")]
pub struct Unwell {
    failed: usize,
    looked_at: usize,
}

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Finding {
    /// As it should be.
    Good,
    /// It works, and could be better; or it is needed for some work only.
    Advice,
    /// It is in the way.
    Failed,
}

/// One look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Look {
    what: &'static str,
    finding: Finding,
    found: String,
    /// What to do, where something is to be done.
    next: Option<String>,
}

impl Look {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, finding: Finding::Good, found: found.into(), next: None }
    }

    fn advice(what: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        let (found, next) = (found.into(), Some(next.into()));
        Self { what, finding: Finding::Advice, found, next }
    }

    fn failed(what: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        let (found, next) = (found.into(), Some(next.into()));
        Self { what, finding: Finding::Failed, found, next }
    }
}

/// The answer of `dossier doctor --json`.
#[derive(Serialize)]
struct DoctorBody<'a> {
    version: &'static str,
    healthy: bool,
    looks: &'a [Look],
}

/// Looks at everything that reading needs, and reads a document.
///
/// # Errors
/// When something is in the way.
pub(super) async fn run(args: DoctorArgs) -> Result<(), CommandError> {
    let DoctorArgs { json, reader, telemetry } = args;
    install_quiet(telemetry)?;
    let settings = reader_settings(reader)?;
    let mut looks = machine::looks();
    looks.push(cache());
    looks.push(clock(Timestamp::now()));
    looks.extend([8080, 8081].map(port));
    looks.extend(reading(settings).await);
    looks.extend(tools::looks());

    let failed = looks.iter().filter(|look| look.finding == Finding::Failed).count();
    let body =
        DoctorBody { version: env!("CARGO_PKG_VERSION"), healthy: failed == 0, looks: &looks };
    let printed = if json { output::json(&body) } else { output::print(&text(&looks)) };
    printed.map_err(CommandError::Output)?;
    match failed {
        0 => Ok(()),
        failed => Err(CommandError::Unwell(Unwell { failed, looked_at: looks.len() })),
    }
}

fn text(looks: &[Look]) -> String {
    let row = |look: &Look| {
        let finding = match look.finding {
            Finding::Good => "good",
            Finding::Advice => "advice",
            Finding::Failed => "failed",
        };
        [finding.to_owned(), look.what.to_owned(), look.found.clone()]
    };
    let mut text = output::table(["finding", "look", "found"], looks.iter().map(row));
    for look in looks {
        if let Some(next) = &look.next {
            text += &format!("\n{}: {next}\n", look.what);
        }
    }
    text
}

/// Compiled rules are kept for the next command of the same user.
fn cache() -> Look {
    let what = "cache";
    let next = "set XDG_CACHE_HOME to a folder that can be written: without it every command compiles the \
                rules again";
    let Some(folder) = user_cache::compiled_rules() else {
        return Look::advice(what, "neither XDG_CACHE_HOME nor HOME is set", next);
    };
    let written = std::fs::create_dir_all(&folder).and_then(|()| tempfile::tempfile_in(&folder));
    match written {
        Ok(_) => Look::good(what, folder.display().to_string()),
        Err(error) => Look::advice(what, format!("{}: {error}", folder.display()), next),
    }
}

/// Rules compare dates with today's.
fn clock(now: Timestamp) -> Look {
    // This file was written then.
    let earliest = "2026-12-01T00:00:00Z".parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH);
    let shown = now.strftime("%Y-%m-%d %H:%M UTC").to_string();
    if now < earliest {
        let next =
            "set the clock: rules would take documents for expired, or not, by the wrong date";
        return Look::failed("clock", format!("{shown}, before this program was written"), next);
    }
    Look::good("clock", shown)
}

fn port(port: u16) -> Look {
    let what = if port == 8080 { "port of documents" } else { "port of the admin API" };
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Look::good(what, format!("{port} is free")),
        Err(error) => {
            let key = if port == 8080 { "--listen" } else { "--admin-listen" };
            let next =
                format!("a host runs already, or name another: {key} 127.0.0.1:{}", port + 10);
            Look::advice(what, format!("{port}: {error}"), next)
        }
    }
}

/// Starts what reads documents, and reads one that this program brings.
async fn reading(settings: ReaderSettings) -> Vec<Look> {
    let (begun, locator) = (Instant::now(), settings.locator());
    let device = settings.model.device.to_string();
    let engine = match engine_of_folders(settings, None).await {
        Ok(engine) => engine,
        Err(error) => {
            let next = "make good what it names, or name the folder that has adapters/ and plugins/ with --data-root";
            return vec![Look::failed("model, adapters, rules", error.to_string(), next)];
        }
    };
    let types = engine.reader.snapshot().pin().document_types.len();
    let seconds = begun.elapsed().as_secs_f64();
    let found = format!("{types} document types, ready in {seconds:.1} s, on {device}");
    let mut looks = vec![Look::good("model, adapters, rules", found)];
    looks.push(match locator.exists() {
        true => Look::good("page finder", locator.display().to_string()),
        false => Look::advice(
            "page finder",
            format!("{} is not there", locator.display()),
            "pictures are taken for pages as they are sent: bring adapters/locator to read photographs",
        ),
    });
    looks.push(sample(&engine).await);
    looks
}

/// A document of the program's own, whose number is known.
const SAMPLE: &[u8] = include_bytes!("../../console/samples/norvaria-driving-licence.jpg");
const SAMPLE_TYPE: &str = "norvaria/driving-licence/2019";
const SAMPLE_NUMBER: &str = "TB9668685";

async fn sample(engine: &Engine) -> Look {
    let what = "reading a sample";
    let named = SAMPLE_TYPE.parse().ok();
    let named = named.filter(|id| engine.reader.snapshot().pin().document_types.contains_key(id));
    let Some(document_type) = named else {
        return Look::advice(
            what,
            format!("{SAMPLE_TYPE} is not served here"),
            "try a document of your own: dossier extract FILE",
        );
    };
    let request = ExtractRequest {
        document_type: TypeChoice::Named(document_type),
        pages: vec![SAMPLE.into()],
        fields: None,
        model: ModelChoice::Adapter,
        conditions: Conditions::default(),
        permit: None,
    };
    // The first one warms up.
    let mut took = Duration::ZERO;
    for _ in 0..2 {
        let begun = Instant::now();
        let read =
            dossier_engine::extract(&engine.reader, request.clone(), &RequestId::new()).await;
        let extraction = match read {
            Ok(extraction) => extraction,
            Err(error) => {
                let next = "report it, with what --json prints";
                return Look::failed(what, error.to_string(), next);
            }
        };
        took = begun.elapsed();
        let is_number = |field: &&dossier_engine::pipeline::ExtractedField| {
            field.name.as_str() == "document_number"
        };
        let number = extraction.fields.iter().find(is_number);
        let value = number.and_then(|field| field.value.as_ref());
        if value.map(dossier_document::FieldText::expose) != Some(SAMPLE_NUMBER) {
            let next = "what computes here gives other numbers than it should: report it with what --json \
                        prints, and read nothing in earnest on this machine";
            return Look::failed(what, "the number of the document is read wrong", next);
        }
    }
    let milliseconds = took.as_secs_f64() * 1000.0;
    Look::good(what, format!("as it is printed, in {milliseconds:.0} ms"))
}

#[cfg(test)]
mod tests;
