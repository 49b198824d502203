//! What reading documents needs, with or without a server.

use std::time::Duration;

use dossier_engine::settings::{BatchLimits, DocumentLimits, ReaderSettings, RulesLimits};
use dossier_model::ModelSettings;

use super::{ConfigError, ModelArgs, ReaderArgs};

/// What reads documents without a server: flags over defaults.
///
/// # Errors
/// The first value that does not go with another, by its key.
pub fn reader_settings(args: ReaderArgs) -> Result<ReaderSettings, ConfigError> {
    let settings = settle(&args);
    validate(&settings)?;
    Ok(settings)
}

impl ModelArgs {
    /// What is set, over the defaults.
    #[must_use]
    pub fn settings(&self) -> ModelSettings {
        ModelSettings {
            device: self.device(),
            weights: self.weight_precision(),
            adapters: self.adapter_precision(),
        }
    }
}

pub(super) fn settle(args: &ReaderArgs) -> ReaderSettings {
    let ReaderArgs { root, model, reading } = args;
    ReaderSettings {
        data_root: root.data_root(),
        model: model.settings(),
        today: reading.today(),
        document: DocumentLimits {
            pages: reading.max_pages(),
            page_pixels: reading.max_page_pixels(),
            document_pixels: reading.max_document_pixels(),
        },
        queue_documents: reading.queue_documents(),
        adapter_memory_bytes: reading.adapter_memory_bytes(),
        adapter_host_memory_bytes: reading.adapter_host_memory_bytes(),
        batch: BatchLimits {
            documents: reading.batch_documents(),
            pages: reading.batch_pages(),
            rows: reading.batch_rows(),
        },
        page_memory_bytes: reading.page_memory_bytes(),
        decode_threads: reading.decode_threads(),
        pages_as_sent: reading.pages_as_sent(),
        rules: RulesLimits {
            run_budget: Duration::from_millis(reading.rules_run_ms()),
            call_timeout: Duration::from_millis(reading.rules_timeout_ms()),
            memory_bytes: reading.rules_memory_bytes(),
        },
    }
}

/// What no key can tell by itself; bounds are held where a value is read.
pub(super) fn validate(settings: &ReaderSettings) -> Result<(), ConfigError> {
    if settings.batch.pages < settings.document.pages {
        let reason = "must not be less than max_pages";
        return Err(ConfigError::Invalid { key: "batch_pages", reason });
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
