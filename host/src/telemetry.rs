//! Log lines. No field value and no pixel is ever in one.
//!
//! Other crates log warnings only, whatever level is set: at lower levels an HTTP or wasm crate may
//! print bytes it carries, and those are personal data here. Metrics come with the operator's work.

use std::io::{self, IsTerminal as _};
use std::panic::PanicHookInfo;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::config::{LogFormat, LogLevel, TelemetryConfig};

/// The crates whose log level is set; the names of targets begin with them.
const OWN_CRATES: [&str; 13] = [
    "dossier",
    "dossier_barcode",
    "dossier_bench",
    "dossier_document",
    "dossier_engine",
    "dossier_image_decode",
    "dossier_plugin",
    "dossier_inference",
    "dossier_jobs",
    "dossier_model",
    "dossier_postgres",
    "dossier_shared",
    "dossier_store",
];

/// Sends log lines to the standard error stream, and makes panics print where they happened only.
///
/// # Errors
/// When a subscriber is installed already.
pub fn install(config: TelemetryConfig) -> Result<(), TryInitError> {
    std::panic::set_hook(Box::new(report_panic));
    let lines = match config.format {
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_writer(io::stderr)
            .boxed(),
        LogFormat::Text => tracing_subscriber::fmt::layer()
            .with_ansi(has_colours(io::stderr().is_terminal()))
            .with_writer(io::stderr)
            .boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter(config.level)));
    subscriber.try_init()
}

/// A file or a pipe gets no escape codes, nor does a terminal whose owner wants none (no-color.org).
fn has_colours(is_terminal: bool) -> bool {
    is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn filter(level: LogLevel) -> Targets {
    let own = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new()
        .with_default(own.min(LevelFilter::WARN))
        .with_targets(OWN_CRATES.map(|name| (name, own)))
}

/// The payload of a panic may quote what was being read, so only its place is told.
fn report_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(place, thread = thread.name().unwrap_or("unnamed"), "panic");
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn other_crates_never_log_below_warnings() {
        let filter = filter(LogLevel::Trace);
        assert!(filter.would_enable("dossier::server", &Level::TRACE));
        for own in OWN_CRATES {
            assert!(filter.would_enable(&format!("{own}::a_module"), &Level::TRACE), "{own}");
        }
        assert!(filter.would_enable("hyper::proto", &Level::WARN));
        assert!(!filter.would_enable("hyper::proto", &Level::INFO));
    }

    /// Whatever of this workspace runs in the host.
    #[test]
    fn every_crate_of_the_host_is_named() {
        let workspace = include_str!("../../Cargo.toml");
        let named = workspace.lines().filter_map(|line| line.split_once(" = { path = \"host"));
        let names = named.map(|(name, _)| name.replace('-', "_")).collect::<Vec<_>>();
        assert!(names.len() > 5, "{names:?}");
        for name in names {
            assert!(OWN_CRATES.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn a_file_gets_no_escape_codes() {
        assert!(!has_colours(false));
    }

    #[test]
    fn off_is_off() {
        let filter = filter(LogLevel::Off);
        assert!(!filter.would_enable("dossier::server", &Level::ERROR));
        assert!(!filter.would_enable("hyper::proto", &Level::ERROR));
    }
}
