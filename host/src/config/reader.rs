//! What reading documents needs, with or without a server.

use std::path::PathBuf;
use std::time::Duration;

use dossier_model::{ModelSettings, PoolSettings};
use jiff::civil::Date;

use super::{
    ConfigError, FileConfig, NOT_ZERO, ReaderArgs, at_least_one, defaults, milliseconds, not_zero,
};

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

    pub(super) fn settle(args: ReaderArgs, file: &FileConfig) -> Self {
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

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
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
