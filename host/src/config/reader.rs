//! What reading documents needs, with or without a server.

use std::path::PathBuf;

use dossier_engine::settings::{BatchLimits, DocumentLimits, ReaderSettings, RulesLimits};

use super::{
    ConfigError, FileConfig, NOT_ZERO, ReaderArgs, at_least_one, defaults, milliseconds, not_zero,
};

/// What reads documents without a server: flags over defaults.
///
/// # Errors
/// The first value that makes no sense, by its key.
pub fn reader_settings(args: ReaderArgs) -> Result<ReaderSettings, ConfigError> {
    let settings = settle(args, &FileConfig::default());
    validate(&settings)?;
    Ok(settings)
}

pub(super) fn settle(args: ReaderArgs, file: &FileConfig) -> ReaderSettings {
    ReaderSettings {
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
        page_memory_bytes: args
            .page_memory_bytes
            .or(file.page_memory_bytes)
            .unwrap_or(defaults::PAGE_MEMORY_BYTES),
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

/// A tebibyte.
const MAX_PAGE_MEMORY_BYTES: u64 = 1 << 40;

pub(super) fn validate(settings: &ReaderSettings) -> Result<(), ConfigError> {
    at_least_one("max_pages", settings.document.pages)?;
    at_least_one("queue_documents", settings.queue_documents)?;
    at_least_one("adapter_memory_bytes", settings.adapter_memory_bytes)?;
    at_least_one("batch_documents", settings.batch.documents)?;
    at_least_one("batch_rows", settings.batch.rows)?;
    if settings.batch.pages < settings.document.pages {
        let reason = "must not be less than max_pages";
        return Err(ConfigError::Invalid { key: "batch_pages", reason });
    }
    at_least_one("decode_threads", settings.decode_threads)?;
    if settings.page_memory_bytes == 0 {
        return Err(ConfigError::Invalid { key: "page_memory_bytes", reason: NOT_ZERO });
    }
    if settings.page_memory_bytes > MAX_PAGE_MEMORY_BYTES {
        let reason = "must be at most 1099511627776";
        return Err(ConfigError::Invalid { key: "page_memory_bytes", reason });
    }
    at_least_one("rules_memory_bytes", settings.rules.memory_bytes)?;
    not_zero("rules_run_ms", settings.rules.run_budget)?;
    not_zero("rules_timeout_ms", settings.rules.call_timeout)?;
    if settings.document.page_pixels == 0 {
        return Err(ConfigError::Invalid { key: "max_page_pixels", reason: NOT_ZERO });
    }
    if settings.document.document_pixels < settings.document.page_pixels {
        let reason = "must not be less than max_page_pixels";
        return Err(ConfigError::Invalid { key: "max_document_pixels", reason });
    }
    if !settings.data_root.is_dir() {
        let path = settings.data_root.clone();
        return Err(ConfigError::NoFolder { key: "data_root", path });
    }
    Ok(())
}
