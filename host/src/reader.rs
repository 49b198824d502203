//! Everything that reads documents, put together: catalogue, page decoder, model, rules.

use std::io;
use std::sync::Arc;

use dossier_inference::{
    Backend, BatchBudget, InferenceHandle, InferenceSettings, InferenceThread,
};

use crate::catalog::{Catalog, Snapshots};
use crate::config::ReaderConfig;
use crate::page_decoder::PageDecoder;

mod model;
pub(crate) use model::load_base;

mod load;
pub use load::StartError;
pub(crate) use load::{author_engine, keeping_engine, only_base, open_rules, rules_file};

/// Everything that reads documents. The server holds one, and so does `dossier extract`.
#[derive(Debug)]
pub struct Reader {
    config: ReaderConfig,
    catalog: Arc<Snapshots>,
    page_decoder: PageDecoder,
    inference: InferenceHandle,
    /// Dropped last: it answers what is queued, then joins.
    _thread: InferenceThread,
}

impl Reader {
    /// Loads base, adapters and rules of every document type below the data root.
    ///
    /// # Errors
    /// The first artifact that can't be served, by its file.
    pub async fn load(config: ReaderConfig) -> Result<Self, StartError> {
        let (catalog, backend) = load::load(&config).await?;
        Self::with_backend(config, catalog, backend).map_err(StartError::Thread)
    }

    /// Puts a reader together around a model that is loaded already.
    ///
    /// # Errors
    /// When the operating system starts no thread.
    pub fn with_backend(
        config: ReaderConfig,
        catalog: Catalog,
        backend: impl Backend,
    ) -> io::Result<Self> {
        let budget = BatchBudget {
            max_documents: config.batch.documents,
            max_pages: config.batch.pages,
            max_rows: config.batch.rows,
        };
        let settings = InferenceSettings { queue_documents: config.queue_documents, budget };
        let thread = InferenceThread::start(backend, settings)?;
        Ok(Self {
            catalog: Arc::new(Snapshots::new(catalog)),
            page_decoder: PageDecoder::new(config.decode_threads, config.document),
            inference: thread.handle(),
            _thread: thread,
            config,
        })
    }

    /// The document types served.
    #[must_use]
    pub fn catalog(&self) -> &Snapshots {
        &self.catalog
    }

    /// The same, for the one who swaps them.
    pub(crate) fn snapshots(&self) -> Arc<Snapshots> {
        Arc::clone(&self.catalog)
    }

    /// Pages of any document at most.
    #[must_use]
    pub fn max_pages(&self) -> usize {
        self.config.document.pages
    }

    /// The date the rules take for today, as ISO 8601.
    #[must_use]
    pub fn today(&self) -> String {
        self.config.today()
    }

    pub(crate) fn page_decoder(&self) -> &PageDecoder {
        &self.page_decoder
    }

    pub(crate) fn inference(&self) -> &InferenceHandle {
        &self.inference
    }
}
