//! What can be typed: flags and their environment variables. Nothing is opened or looked up here.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use super::{LogFormat, LogLevel, ModelArgs, PlatformArgs};

/// Flags of `dossier serve`.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeArgs {
    /// TOML file with the same settings, `-` written `_`; flags and environment win over it.
    #[arg(long, env = "DOSSIER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address and port to listen on [default: 127.0.0.1:8080].
    #[arg(long, env = "DOSSIER_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Open connections at most; idle ones give way to further ones [default: 512].
    #[arg(long, env = "DOSSIER_MAX_CONNECTIONS", value_name = "N")]
    pub max_connections: Option<usize>,
    /// Documents in work or waiting at most; one more is answered 429 [default: 32].
    #[arg(long, env = "DOSSIER_MAX_CONCURRENT_REQUESTS", value_name = "N")]
    pub max_concurrent_requests: Option<usize>,
    /// Length of a request body in bytes; a longer one is answered 413 [default: 33554432].
    #[arg(long, env = "DOSSIER_MAX_BODY_BYTES", value_name = "BYTES")]
    pub max_body_bytes: Option<usize>,
    /// Bytes of all request bodies together [default: 268435456].
    #[arg(long, env = "DOSSIER_MAX_ALL_BODIES_BYTES", value_name = "BYTES")]
    pub max_all_bodies_bytes: Option<usize>,
    /// Time for a request's head to arrive, then the connection is closed [default: 10000].
    #[arg(long, env = "DOSSIER_HEADER_TIMEOUT_MS", value_name = "MS")]
    pub header_timeout_ms: Option<u64>,
    /// Time for a request's whole body to arrive, then 408 [default: 30000].
    #[arg(long, env = "DOSSIER_BODY_TIMEOUT_MS", value_name = "MS")]
    pub body_timeout_ms: Option<u64>,
    /// Time from a request's head to its answer, then 504 [default: 60000].
    #[arg(long, env = "DOSSIER_REQUEST_TIMEOUT_MS", value_name = "MS")]
    pub request_timeout_ms: Option<u64>,
    /// Time that an answer may stand still before the connection is closed [default: 10000].
    #[arg(long, env = "DOSSIER_WRITE_TIMEOUT_MS", value_name = "MS")]
    pub write_timeout_ms: Option<u64>,
    /// After SIGTERM, time during which /readyz fails and requests are still taken [default: 0].
    #[arg(long, env = "DOSSIER_DRAIN_DELAY_MS", value_name = "MS")]
    pub drain_delay_ms: Option<u64>,
    /// After that, time for requests in work to finish [default: 25000].
    #[arg(long, env = "DOSSIER_SHUTDOWN_TIMEOUT_MS", value_name = "MS")]
    pub shutdown_timeout_ms: Option<u64>,
    /// Packages that come and go while the host serves.
    #[command(flatten)]
    pub platform: PlatformArgs,
    /// What reads the documents.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// Log lines.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// Flags of everything that reads documents, with or without a server.
#[derive(Args, Clone, Debug, Default)]
pub struct ReaderArgs {
    /// Folder that holds `adapters/` and `plugins/prebuilt/` [default: the current directory].
    #[arg(long, env = "DOSSIER_DATA_ROOT", value_name = "FOLDER")]
    pub data_root: Option<PathBuf>,
    /// Where the model computes, and in what it is kept.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The date the rules take for today [default: the clock's date in UTC].
    #[arg(long, env = "DOSSIER_TODAY", value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,
    /// Pages of one document at most [default: 8].
    #[arg(long, env = "DOSSIER_MAX_PAGES", value_name = "N")]
    pub max_pages: Option<usize>,
    /// Pixels of one page at most; a larger one is answered 413 before it is decoded [default: 40000000].
    #[arg(long, env = "DOSSIER_MAX_PAGE_PIXELS", value_name = "PIXELS")]
    pub max_page_pixels: Option<u64>,
    /// Pixels of all pages of a document at most [default: 80000000].
    #[arg(long, env = "DOSSIER_MAX_DOCUMENT_PIXELS", value_name = "PIXELS")]
    pub max_document_pixels: Option<u64>,
    /// Documents waiting for the model at most; one more is answered 429 [default: 32].
    #[arg(long, env = "DOSSIER_QUEUE_DOCUMENTS", value_name = "N")]
    pub queue_documents: Option<usize>,
    /// Bytes of adapters in memory; the least recently used beyond it are loaded again when needed
    /// [default: 4294967296].
    #[arg(long, env = "DOSSIER_ADAPTER_MEMORY_BYTES", value_name = "BYTES")]
    pub adapter_memory_bytes: Option<usize>,
    /// Bytes of files of adapters in the host's memory, of those that had to be loaded again; 0 for
    /// none [default: 1073741824].
    #[arg(long, env = "DOSSIER_ADAPTER_HOST_MEMORY_BYTES", value_name = "BYTES")]
    pub adapter_host_memory_bytes: Option<usize>,
    /// Documents read in one batch at most [default: 8].
    #[arg(long, env = "DOSSIER_BATCH_DOCUMENTS", value_name = "N")]
    pub batch_documents: Option<usize>,
    /// Pages in one batch at most [default: 16].
    #[arg(long, env = "DOSSIER_BATCH_PAGES", value_name = "N")]
    pub batch_pages: Option<usize>,
    /// Fields in one batch at most [default: 128].
    #[arg(long, env = "DOSSIER_BATCH_ROWS", value_name = "N")]
    pub batch_rows: Option<usize>,
    /// Memory for pages of documents in work, by their headers [default: 1073741824].
    #[arg(long, env = "DOSSIER_PAGE_MEMORY_BYTES", value_name = "BYTES")]
    pub page_memory_bytes: Option<u64>,
    /// Pages decoded at the same time at most [default: 2].
    #[arg(long, env = "DOSSIER_DECODE_THREADS", value_name = "N")]
    pub decode_threads: Option<usize>,
    /// Time that the code of the rules may run in one call [default: 250].
    #[arg(long, env = "DOSSIER_RULES_RUN_MS", value_name = "MS")]
    pub rules_run_ms: Option<u64>,
    /// Wall-clock time of one call into the rules [default: 2000].
    #[arg(long, env = "DOSSIER_RULES_TIMEOUT_MS", value_name = "MS")]
    pub rules_timeout_ms: Option<u64>,
    /// Memory of one call into the rules in bytes [default: 67108864].
    #[arg(long, env = "DOSSIER_RULES_MEMORY_BYTES", value_name = "BYTES")]
    pub rules_memory_bytes: Option<usize>,
}

/// Flags of the log.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct TelemetryArgs {
    /// How log lines look [default: text].
    #[arg(long, env = "DOSSIER_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// How much is logged [default: info; warn outside `serve`].
    #[arg(long, env = "DOSSIER_LOG_LEVEL", value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,
}
