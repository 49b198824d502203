//! The configuration file: TOML, every key optional, unknown keys refused.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use dossier_model::{AdapterPrecision, DeviceKind, WeightPrecision};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use super::{ConfigError, LogFormat, LogLevel, model, read_to_string};

/// The keys of the configuration file; each means what the flag of that name means.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is documented at the flag of its name in `ServeArgs`")]
pub struct FileConfig {
    pub listen: Option<SocketAddr>,
    pub data_root: Option<PathBuf>,
    #[serde(default, deserialize_with = "model::named")]
    pub device: Option<DeviceKind>,
    #[serde(default, deserialize_with = "model::named")]
    pub weight_precision: Option<WeightPrecision>,
    #[serde(default, deserialize_with = "model::named")]
    pub adapter_precision: Option<AdapterPrecision>,
    #[serde(default, deserialize_with = "date")]
    pub today: Option<Date>,
    pub max_pages: Option<usize>,
    pub max_page_pixels: Option<u64>,
    pub max_document_pixels: Option<u64>,
    pub queue_documents: Option<usize>,
    pub adapter_memory_bytes: Option<usize>,
    pub adapter_host_memory_bytes: Option<usize>,
    pub batch_documents: Option<usize>,
    pub batch_pages: Option<usize>,
    pub batch_rows: Option<usize>,
    pub decode_threads: Option<usize>,
    pub rules_run_ms: Option<u64>,
    pub rules_timeout_ms: Option<u64>,
    pub rules_memory_bytes: Option<usize>,
    pub max_connections: Option<usize>,
    pub max_concurrent_requests: Option<usize>,
    pub max_body_bytes: Option<usize>,
    pub header_timeout_ms: Option<u64>,
    pub body_timeout_ms: Option<u64>,
    pub request_timeout_ms: Option<u64>,
    pub drain_delay_ms: Option<u64>,
    pub shutdown_timeout_ms: Option<u64>,
    pub log_format: Option<LogFormat>,
    pub log_level: Option<LogLevel>,
    pub data_dir: Option<PathBuf>,
    pub admin_listen: Option<SocketAddr>,
    pub dev: Option<bool>,
    pub watch: Option<PathBuf>,
    pub canary_min_calls: Option<u32>,
    pub canary_max_failure_percent: Option<u32>,
    pub compile_memory_bytes: Option<u64>,
    pub compile_timeout_ms: Option<u64>,
    pub package_grace_days: Option<u32>,
    pub prune_at_start: Option<bool>,
    pub publisher_disk_bytes: Option<u64>,
    pub publisher_changes_a_minute: Option<u32>,
    pub publish_timeout_ms: Option<u64>,
    pub older_versions: Option<bool>,
    #[serde(default)]
    pub revoked_packages: Vec<String>,
    #[serde(default)]
    pub tokens: Vec<FileToken>,
    #[serde(default)]
    pub signing_keys: Vec<FileSigningKey>,
}

/// A token of the admin API, by its digest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is documented in README.md, `Publishers`")]
pub struct FileToken {
    pub publisher: String,
    pub sha256: String,
    pub document_types: Vec<String>,
    pub plugins: Vec<String>,
}

/// A key that packages may be signed with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is documented in README.md, `Publishers`")]
pub struct FileSigningKey {
    pub publisher: String,
    pub public_key: String,
    pub document_types: Vec<String>,
    pub plugins: Vec<String>,
}

impl FileConfig {
    /// Reads a file.
    ///
    /// # Errors
    /// When it can't be read, or has an unknown key or a value of the wrong kind.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(&read_to_string(path)?, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|source| ConfigError::Malformed {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}
