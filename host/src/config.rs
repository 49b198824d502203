//! What an operator may set: what was typed ([`ServeArgs`], [`FileConfig`]) becomes one validated
//! [`Config`] before anything is loaded or a port is bound.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use dossier_engine::settings::ReaderSettings;

mod args;
pub use args::{ReaderArgs, ServeArgs, TelemetryArgs};

pub mod defaults;

mod file;
pub use file::{FileConfig, FileSigningKey, FileToken};

mod model;
pub use model::ModelArgs;

mod platform;
pub use platform::{
    AdminConfig, CompileLimits, PlatformArgs, PlatformConfig, Token, nobody_publishes,
};

mod reader;
pub use reader::reader_settings;

/// Everything `dossier serve` runs with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port the server listens on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What reads the documents.
    pub reader: ReaderSettings,
    /// Limits of the HTTP side.
    pub http: HttpLimits,
    /// Packages that come and go while the host serves; without it, the folders are served.
    pub platform: Option<PlatformConfig>,
    /// Where compiled code is kept for the next process, if there is no data directory. Nothing that
    /// is typed says so: it follows from who starts the host.
    pub code_dir: Option<PathBuf>,
}

/// Limits of the HTTP side.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Open connections at most. One that does nothing gives way to a further one; while all are in work,
    /// further ones may ask for probes only.
    pub connections: usize,
    /// Documents in work or waiting at most; one more is answered 429.
    pub concurrent_requests: usize,
    /// Length of a request body in bytes.
    pub body_bytes: usize,
    /// Bytes of all request bodies together, those that arrive and those of documents in work.
    pub all_bodies_bytes: usize,
    /// Time for a request's head to arrive.
    pub header_timeout: Duration,
    /// Time for a request's whole body to arrive.
    pub body_timeout: Duration,
    /// Time from a request's head to its answer.
    pub request_timeout: Duration,
    /// Time that an answer may stand still because its client takes nothing of it.
    pub write_timeout: Duration,
    /// Time during which `/readyz` already fails and requests are still taken.
    pub drain_delay: Duration,
    /// Time that requests in work have to finish after that.
    pub shutdown_timeout: Duration,
}

impl HttpLimits {
    /// Time after which a connection is closed, whatever it does: one that grows old is told with its next
    /// answer, and this is how long that may take.
    #[must_use]
    pub fn longest_connection(&self) -> Duration {
        let request = self.header_timeout.saturating_add(self.request_timeout);
        let answer = request.saturating_add(self.write_timeout);
        defaults::CONNECTION_LIFE.saturating_add(answer)
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    #[default]
    Text,
}

/// How much is logged of dossier's own crates; the others log warnings only, whatever is set here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What needs somebody to look.
    Error,
    /// What may.
    Warn,
    /// Requests, start and stop.
    #[default]
    Info,
    /// The steps of a request.
    Debug,
    /// Everything.
    Trace,
}

/// Where and how log lines are written; they go to the standard error stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TelemetryConfig {
    /// How the lines look.
    pub format: LogFormat,
    /// How much is logged.
    pub level: LogLevel,
}

/// The configuration can't be used; the process ends with code 64.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The configuration file can't be read.
    #[error("{}: can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The configuration file has an unknown key or a value of the wrong kind.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What and where.
        source: Box<toml::de::Error>,
    },
    /// A value is outside what makes sense.
    #[error("{key}: {reason}")]
    Invalid {
        /// The key, as the file names it.
        key: &'static str,
        /// What is wrong with its value.
        reason: &'static str,
    },
    /// An entry of a list makes no sense.
    #[error("{list}: entry {}: {key}: {reason}", index + 1)]
    Entry {
        /// The list, as the file names it.
        list: &'static str,
        /// Its position, counted from 0.
        index: usize,
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// A folder does not exist.
    #[error("{key}: there is no folder {}", path.display())]
    NoFolder {
        /// The key, as the file names it.
        key: &'static str,
        /// The folder.
        path: PathBuf,
    },
}

impl Config {
    /// Settles what was typed: a flag (or its environment variable) wins over the file, the file
    /// over the default.
    ///
    /// # Errors
    /// When the file can't be read, has an unknown key, or a value makes no sense; the error names it.
    pub fn resolve(args: ServeArgs) -> Result<(Self, TelemetryConfig), ConfigError> {
        let file =
            args.config.as_deref().map_or_else(|| Ok(FileConfig::default()), FileConfig::read)?;
        let telemetry = TelemetryConfig {
            format: args.telemetry.log_format.or(file.log_format).unwrap_or_default(),
            level: args.telemetry.log_level.or(file.log_level).unwrap_or_default(),
        };
        let http = HttpLimits {
            connections: args
                .max_connections
                .or(file.max_connections)
                .unwrap_or(defaults::MAX_CONNECTIONS),
            concurrent_requests: args
                .max_concurrent_requests
                .or(file.max_concurrent_requests)
                .unwrap_or(defaults::MAX_CONCURRENT_REQUESTS),
            body_bytes: args
                .max_body_bytes
                .or(file.max_body_bytes)
                .unwrap_or(defaults::MAX_BODY_BYTES),
            all_bodies_bytes: args
                .max_all_bodies_bytes
                .or(file.max_all_bodies_bytes)
                .unwrap_or(defaults::MAX_ALL_BODIES_BYTES),
            header_timeout: milliseconds(
                args.header_timeout_ms.or(file.header_timeout_ms),
                defaults::HEADER_TIMEOUT,
            ),
            body_timeout: milliseconds(
                args.body_timeout_ms.or(file.body_timeout_ms),
                defaults::BODY_TIMEOUT,
            ),
            request_timeout: milliseconds(
                args.request_timeout_ms.or(file.request_timeout_ms),
                defaults::REQUEST_TIMEOUT,
            ),
            write_timeout: milliseconds(
                args.write_timeout_ms.or(file.write_timeout_ms),
                defaults::WRITE_TIMEOUT,
            ),
            drain_delay: milliseconds(
                args.drain_delay_ms.or(file.drain_delay_ms),
                defaults::DRAIN_DELAY,
            ),
            shutdown_timeout: milliseconds(
                args.shutdown_timeout_ms.or(file.shutdown_timeout_ms),
                defaults::SHUTDOWN_TIMEOUT,
            ),
        };
        let config = Self {
            listen: args.listen.or(file.listen).unwrap_or(defaults::LISTEN),
            reader: reader::settle(args.reader, &file),
            http,
            platform: PlatformConfig::settle(args.platform, &file)?,
            code_dir: None,
        };
        config.validate()?;
        Ok((config, telemetry))
    }

    /// Checks every value.
    ///
    /// # Errors
    /// The first value that makes no sense, by its key.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let http = &self.http;
        at_least_one("max_connections", http.connections)?;
        at_least_one("max_concurrent_requests", http.concurrent_requests)?;
        at_least_one("max_body_bytes", http.body_bytes)?;
        if http.all_bodies_bytes < http.body_bytes {
            let reason = "must not be less than max_body_bytes";
            return Err(ConfigError::Invalid { key: "max_all_bodies_bytes", reason });
        }
        if http.all_bodies_bytes > MAX_MEMORY_BYTES {
            let reason = "must be at most 1099511627776";
            return Err(ConfigError::Invalid { key: "max_all_bodies_bytes", reason });
        }
        not_zero("header_timeout_ms", http.header_timeout)?;
        not_zero("body_timeout_ms", http.body_timeout)?;
        not_zero("request_timeout_ms", http.request_timeout)?;
        not_zero("shutdown_timeout_ms", http.shutdown_timeout)?;
        not_zero("write_timeout_ms", http.write_timeout)?;
        if http.write_timeout > MAX_WRITE_TIMEOUT {
            let reason = "must be at most 600000";
            return Err(ConfigError::Invalid { key: "write_timeout_ms", reason });
        }
        if http.body_timeout > http.request_timeout {
            let reason = "must not be longer than request_timeout_ms";
            return Err(ConfigError::Invalid { key: "body_timeout_ms", reason });
        }
        reader::validate(&self.reader)
    }
}

/// A tebibyte.
const MAX_MEMORY_BYTES: usize = 1 << 40;
/// Ten minutes.
const MAX_WRITE_TIMEOUT: Duration = Duration::from_secs(600);

const NOT_ZERO: &str = "must be at least 1";

fn at_least_one(key: &'static str, value: usize) -> Result<(), ConfigError> {
    if value == 0 { Err(ConfigError::Invalid { key, reason: NOT_ZERO }) } else { Ok(()) }
}

fn not_zero(key: &'static str, value: Duration) -> Result<(), ConfigError> {
    if value.is_zero() { Err(ConfigError::Invalid { key, reason: NOT_ZERO }) } else { Ok(()) }
}

fn milliseconds(given: Option<u64>, default: Duration) -> Duration {
    given.map_or(default, Duration::from_millis)
}

fn read_to_string(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
