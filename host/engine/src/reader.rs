//! Everything that reads documents, put together: snapshot, page decoder, model, rules.

use std::io;
use std::sync::Arc;

use dossier_inference::{
    Backend, BackendLost, BatchBudget, InferenceHandle, InferenceSettings, InferenceThread,
};

use crate::page_decoder::PageDecoder;
use crate::page_finder::PageFinder;
use crate::settings::ReaderSettings;
use crate::snapshot::{CurrentSnapshot, Snapshot};
use crate::statistics::{ReaderStatistics, RulesCounters};
use crate::zone_reader::ZoneReader;

/// Everything that reads documents.
#[derive(Debug)]
pub struct Reader {
    settings: ReaderSettings,
    snapshot: Arc<CurrentSnapshot>,
    page_decoder: PageDecoder,
    inference: InferenceHandle,
    rules_counters: RulesCounters,
    zone_reader: Option<ZoneReader>,
    /// Dropped last: it answers what is queued, then joins.
    _thread: InferenceThread,
}

impl Reader {
    /// Puts a reader together around a model that is loaded already.
    ///
    /// # Errors
    /// When the operating system starts no thread.
    pub(crate) fn new(
        settings: ReaderSettings,
        snapshot: Snapshot,
        backend: impl Backend,
        finder: Option<PageFinder>,
        zone_reader: Option<ZoneReader>,
    ) -> io::Result<Self> {
        let budget = BatchBudget {
            max_documents: settings.batch.documents,
            max_pages: settings.batch.pages,
            max_rows: settings.batch.rows,
        };
        let queue_documents = settings.queue_documents;
        let thread =
            InferenceThread::start(backend, InferenceSettings { queue_documents, budget })?;
        Ok(Self {
            snapshot: Arc::new(CurrentSnapshot::new(snapshot)),
            page_decoder: PageDecoder::new(
                settings.decode_threads,
                settings.page_memory_bytes,
                settings.document,
                finder,
            ),
            inference: thread.handle(),
            rules_counters: RulesCounters::default(),
            zone_reader,
            _thread: thread,
            settings,
        })
    }

    /// What is served now.
    #[must_use]
    pub fn snapshot(&self) -> &Arc<CurrentSnapshot> {
        &self.snapshot
    }

    /// Pages of any document at most.
    pub(crate) fn max_pages(&self) -> usize {
        self.settings.document.pages
    }

    /// The date the rules take for today, as ISO 8601.
    pub(crate) fn today(&self) -> String {
        self.settings.today()
    }

    pub(crate) fn page_decoder(&self) -> &PageDecoder {
        &self.page_decoder
    }

    /// What reads machine-readable zones a second time, where the base brings that.
    pub(crate) fn zone_reader(&self) -> Option<&ZoneReader> {
        self.zone_reader.as_ref()
    }

    /// Whether what the model computes on is lost: nothing is read any more.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.inference().is_lost()
    }

    /// Waits until what the model computes on is lost, and tells why; for ever, if it never is.
    pub async fn lost(&self) -> BackendLost {
        self.inference().lost().await
    }

    /// How it stands.
    #[must_use]
    pub fn statistics(&self) -> ReaderStatistics {
        let rules = self.rules_counters.counts();
        ReaderStatistics { inference: self.inference.statistics(), rules }
    }

    pub(crate) fn rules_counters(&self) -> &RulesCounters {
        &self.rules_counters
    }

    pub(crate) fn inference(&self) -> &InferenceHandle {
        &self.inference
    }
}
