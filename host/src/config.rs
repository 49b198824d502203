//! What an operator may set: what was typed ([`ServeArgs`], [`FileConfig`]) becomes one validated
//! [`Config`] before anything is loaded or a port is bound.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use dossier_model::{ModelSettings, PoolSettings};
use jiff::civil::Date;

mod args;
pub use args::{ReaderArgs, ServeArgs, TelemetryArgs};

pub mod defaults;

mod file;
pub use file::{FileConfig, FileSigningKey, FileToken};

mod model;
pub use model::{InvalidDevice, ModelArgs};

mod platform;
pub use platform::{
    AdminConfig, CompileLimits, PlatformArgs, PlatformConfig, Publisher, Token, TrustedKey,
};

/// Everything `dossier serve` runs with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port the server listens on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What reads the documents.
    pub reader: ReaderConfig,
    /// Limits of the HTTP side.
    pub http: HttpLimits,
    /// Packages that come and go while the host serves; without it, the folders are served.
    pub platform: Option<PlatformConfig>,
}

/// What is needed to read documents, with or without a server.
#[derive(Clone, Debug)]
pub struct ReaderConfig {
    /// The folder that holds `adapters/` and `plugins/prebuilt/`.
    pub data_root: PathBuf,
    /// Where the model computes, and in what it is kept.
    pub model: ModelSettings,
    /// The date the rules take for today; without it, the host clock's date in UTC.
    pub today: Option<Date>,
    /// Limits of one document.
    pub document: DocumentLimits,
    /// Documents waiting for the model; one more is refused.
    pub queue_documents: usize,
    /// Bytes of adapters in the model's memory; the least recently used beyond it are loaded again when
    /// they are needed.
    pub adapter_memory_bytes: usize,
    /// Bytes of files of adapters in the host's memory, of those that had to be loaded again.
    pub adapter_host_memory_bytes: usize,
    /// What one batch may hold.
    pub batch: BatchLimits,
    /// Pages decoded at the same time at most, whatever the number of requests.
    pub decode_threads: usize,
    /// Limits of one call into the rules.
    pub rules: RulesLimits,
}

/// Limits of one document.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLimits {
    /// Pages of one document at most.
    pub pages: usize,
    /// Pixels of one page at most, by its header.
    pub page_pixels: u64,
    /// Pixels of all pages of one document at most.
    pub document_pixels: u64,
}

/// What one batch may hold.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Documents.
    pub documents: usize,
    /// Pages: the encoder's memory grows with them.
    pub pages: usize,
    /// Rows, one a field: the decoder's memory grows with them.
    pub rows: usize,
}

/// Limits of one call into the rules.
#[derive(Clone, Copy, Debug)]
pub struct RulesLimits {
    /// Time that the component's code may run in one call.
    pub run_budget: Duration,
    /// Wall-clock time of one call.
    pub call_timeout: Duration,
    /// Memory of one call in bytes.
    pub memory_bytes: usize,
}

/// Limits of the HTTP side.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Open connections at most; further ones wait in the kernel's backlog.
    pub connections: usize,
    /// Documents in work or waiting at most; one more is answered 429.
    pub concurrent_requests: usize,
    /// Length of a request body in bytes.
    pub body_bytes: usize,
    /// Time for a request's head to arrive.
    pub header_timeout: Duration,
    /// Time for a request's whole body to arrive.
    pub body_timeout: Duration,
    /// Time from a request's head to its answer.
    pub request_timeout: Duration,
    /// Time during which `/readyz` already fails and requests are still taken.
    pub drain_delay: Duration,
    /// Time that requests in work have to finish after that.
    pub shutdown_timeout: Duration,
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
            reader: ReaderConfig::settle(args.reader, &file),
            http,
            platform: PlatformConfig::settle(args.platform, &file)?,
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
        not_zero("header_timeout_ms", http.header_timeout)?;
        not_zero("body_timeout_ms", http.body_timeout)?;
        not_zero("request_timeout_ms", http.request_timeout)?;
        not_zero("shutdown_timeout_ms", http.shutdown_timeout)?;
        if http.body_timeout > http.request_timeout {
            let reason = "must not be longer than request_timeout_ms";
            return Err(ConfigError::Invalid { key: "body_timeout_ms", reason });
        }
        self.reader.validate()
    }
}

impl ReaderConfig {
    /// The configuration of a reader without a server: flags over defaults.
    ///
    /// # Errors
    /// The first value that makes no sense, by its key.
    pub fn resolve(args: ReaderArgs) -> Result<Self, ConfigError> {
        let config = Self::settle(args, &FileConfig::default());
        config.validate()?;
        Ok(config)
    }

    fn settle(args: ReaderArgs, file: &FileConfig) -> Self {
        Self {
            data_root: args
                .data_root
                .or_else(|| file.data_root.clone())
                .unwrap_or_else(|| PathBuf::from(defaults::DATA_ROOT)),
            model: args.model.over(file),
            today: args.today.or(file.today),
            document: DocumentLimits {
                pages: args.max_pages.or(file.max_pages).unwrap_or(defaults::MAX_PAGES),
                page_pixels: args
                    .max_page_pixels
                    .or(file.max_page_pixels)
                    .unwrap_or(defaults::MAX_PAGE_PIXELS),
                document_pixels: args
                    .max_document_pixels
                    .or(file.max_document_pixels)
                    .unwrap_or(defaults::MAX_DOCUMENT_PIXELS),
            },
            queue_documents: args
                .queue_documents
                .or(file.queue_documents)
                .unwrap_or(defaults::QUEUE_DOCUMENTS),
            adapter_memory_bytes: args
                .adapter_memory_bytes
                .or(file.adapter_memory_bytes)
                .unwrap_or(defaults::ADAPTER_MEMORY_BYTES),
            adapter_host_memory_bytes: args
                .adapter_host_memory_bytes
                .or(file.adapter_host_memory_bytes)
                .unwrap_or(defaults::ADAPTER_HOST_MEMORY_BYTES),
            batch: BatchLimits {
                documents: args
                    .batch_documents
                    .or(file.batch_documents)
                    .unwrap_or(defaults::BATCH_DOCUMENTS),
                pages: args.batch_pages.or(file.batch_pages).unwrap_or(defaults::BATCH_PAGES),
                rows: args.batch_rows.or(file.batch_rows).unwrap_or(defaults::BATCH_ROWS),
            },
            decode_threads: args
                .decode_threads
                .or(file.decode_threads)
                .unwrap_or(defaults::DECODE_THREADS),
            rules: RulesLimits {
                run_budget: milliseconds(
                    args.rules_run_ms.or(file.rules_run_ms),
                    defaults::RULES_RUN_BUDGET,
                ),
                call_timeout: milliseconds(
                    args.rules_timeout_ms.or(file.rules_timeout_ms),
                    defaults::RULES_TIMEOUT,
                ),
                memory_bytes: args
                    .rules_memory_bytes
                    .or(file.rules_memory_bytes)
                    .unwrap_or(defaults::RULES_MEMORY_BYTES),
            },
        }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        at_least_one("max_pages", self.document.pages)?;
        at_least_one("queue_documents", self.queue_documents)?;
        at_least_one("adapter_memory_bytes", self.adapter_memory_bytes)?;
        at_least_one("batch_documents", self.batch.documents)?;
        at_least_one("batch_rows", self.batch.rows)?;
        if self.batch.pages < self.document.pages {
            let reason = "must not be less than max_pages";
            return Err(ConfigError::Invalid { key: "batch_pages", reason });
        }
        at_least_one("decode_threads", self.decode_threads)?;
        at_least_one("rules_memory_bytes", self.rules.memory_bytes)?;
        not_zero("rules_run_ms", self.rules.run_budget)?;
        not_zero("rules_timeout_ms", self.rules.call_timeout)?;
        if self.document.page_pixels == 0 {
            return Err(ConfigError::Invalid { key: "max_page_pixels", reason: NOT_ZERO });
        }
        if self.document.document_pixels < self.document.page_pixels {
            let reason = "must not be less than max_page_pixels";
            return Err(ConfigError::Invalid { key: "max_document_pixels", reason });
        }
        if !self.data_root.is_dir() {
            let path = self.data_root.clone();
            return Err(ConfigError::NoFolder { key: "data_root", path });
        }
        Ok(())
    }

    /// How the pool of adapters is sized. As many documents may wait for a load as for the model.
    pub(crate) fn adapter_pool(&self) -> PoolSettings {
        PoolSettings {
            memory_bytes: self.adapter_memory_bytes,
            host_memory_bytes: self.adapter_host_memory_bytes,
            max_waiting: self.queue_documents,
        }
    }

    /// The folder of adapters, the base among them.
    #[must_use]
    pub fn adapters(&self) -> PathBuf {
        self.data_root.join("adapters")
    }

    /// The folder of prebuilt rules components.
    #[must_use]
    pub fn prebuilt_rules(&self) -> PathBuf {
        self.data_root.join("plugins").join("prebuilt")
    }

    /// The date the rules take for today, as ISO 8601.
    #[must_use]
    pub fn today(&self) -> String {
        let clock = || jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
        self.today.unwrap_or_else(clock).to_string()
    }
}

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
