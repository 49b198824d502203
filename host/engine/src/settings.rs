//! What the engine is told: plain values, settled and checked by whoever starts it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dossier_document::DocumentTypeId;
use dossier_model::{ModelSettings, PoolSettings};
use dossier_plugin::PluginSettings;
use dossier_store::{
    CanarySettings, PackageDigest, PublicKey, Scope, SharedArtifacts, SharedCatalogue,
};
use jiff::civil::Date;

use crate::probe::CompileProbe;

/// Everything an engine starts with.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// What reads documents.
    pub reader: ReaderSettings,
    /// What may be published, and how.
    pub packages: PackageSettings,
    /// Where packages are kept.
    pub store: StoreSettings,
}

/// What reads documents.
#[derive(Clone, Debug)]
pub struct ReaderSettings {
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
    /// Whether each picture is taken for a page as it was sent; otherwise pages are found in them and laid
    /// flat, where the data root has a locator.
    pub pages_as_sent: bool,
    /// Bytes that the pages of all documents in work take at most, as their headers state them.
    pub page_memory_bytes: u64,
    /// Documents whose pages are decoded or prepared at the same time at most, whatever the number of requests.
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

/// What may be published, and how.
#[derive(Clone, Debug)]
pub struct PackageSettings {
    /// Whose signature counts.
    pub signing_keys: Vec<TrustedKey>,
    /// Whether unsigned packages are taken.
    pub accepts_unsigned: bool,
    /// When a canary stops by itself, where its package does not say otherwise.
    pub canary: CanarySettings,
    /// How components are compiled first; without it, they are compiled in this process only.
    pub probe: Option<CompileProbe>,
    /// What one publisher may ask for.
    pub publisher: PublisherLimits,
    /// Whether a version may be published that is not later than all before it.
    pub older_versions: bool,
    /// Packages that serve nobody any more, whoever signed them.
    pub revoked: BTreeSet<PackageDigest>,
    /// How long a package stays on disk that no kept generation names.
    pub grace: Duration,
    /// Whether such packages are taken away at start.
    pub prune_at_start: bool,
}

/// What one publisher may ask for.
#[derive(Clone, Copy, Debug)]
pub struct PublisherLimits {
    /// Bytes of its packages on disk.
    pub disk_bytes: u64,
    /// Publications and changes in a minute; as many may come at once. Rollbacks are not counted.
    pub changes_a_minute: u32,
    /// Time of one publication, from its turn on: compilation, fixtures and all.
    pub publish_timeout: Duration,
}

impl PublisherLimits {
    /// 16 GiB.
    pub const DISK_BYTES: u64 = 16 << 30;
    /// Two a second.
    pub const CHANGES_A_MINUTE: u32 = 120;
    /// Two minutes.
    pub const PUBLISH_TIMEOUT: Duration = Duration::from_secs(120);
}

impl Default for PublisherLimits {
    fn default() -> Self {
        Self {
            disk_bytes: Self::DISK_BYTES,
            changes_a_minute: Self::CHANGES_A_MINUTE,
            publish_timeout: Self::PUBLISH_TIMEOUT,
        }
    }
}

/// Where packages are kept.
#[derive(Clone, Debug)]
pub enum StoreSettings {
    /// In a folder that outlives the process. What its catalogue says serves; the first start
    /// imports the folders of the data root.
    Kept {
        /// The folder.
        data_dir: PathBuf,
        /// The catalogue that it follows, where other hosts share one.
        shared: Option<SharedSettings>,
    },
    /// In a temporary folder, into which the folders of the data root are imported.
    Temporary {
        /// Where compiled code is kept for the next process; nowhere if it is not set.
        code_dir: Option<PathBuf>,
        /// The one document type to import; all if it is not set.
        only: Option<DocumentTypeId>,
    },
}

/// What many hosts share.
#[derive(Clone, Debug)]
pub struct SharedSettings {
    /// What serves, on every host.
    pub catalogue: Arc<dyn SharedCatalogue>,
    /// The packages that it names.
    pub artifacts: Arc<dyn SharedArtifacts>,
    /// How long a host that can't follow it is wanted; without it, for ever.
    pub most_stale: Option<Duration>,
}

/// A publisher and what it may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The name that the history tells.
    pub name: String,
    /// What it may touch.
    pub scope: Scope,
}

/// A key whose signature counts, for the names and document types of its scope.
#[derive(Clone, Debug)]
pub struct TrustedKey {
    /// Whose it is.
    pub publisher: String,
    /// The key.
    pub public_key: PublicKey,
    /// What it may vouch for.
    pub scope: Scope,
}

/// The folder below a data root of what finds pages in pictures.
#[must_use]
pub fn locator_of(data_root: &Path) -> PathBuf {
    data_root.join("adapters").join("locator")
}

impl ReaderSettings {
    /// How the pool of adapters is sized. As many documents may wait for a load as for the model.
    #[must_use]
    pub fn adapter_pool(&self) -> PoolSettings {
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

    /// The folder of what finds pages in pictures.
    #[must_use]
    pub fn locator(&self) -> PathBuf {
        locator_of(&self.data_root)
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

impl RulesLimits {
    /// The settings of an engine under these limits.
    pub(crate) fn plugin_settings(&self) -> PluginSettings {
        PluginSettings {
            run_budget: self.run_budget,
            call_timeout: self.call_timeout,
            memory_bytes: self.memory_bytes,
            ..PluginSettings::default()
        }
    }
}

impl PackageSettings {
    /// For an engine to which nobody publishes.
    #[must_use]
    pub fn nobody_publishes(canary: CanarySettings) -> Self {
        Self {
            signing_keys: Vec::new(),
            accepts_unsigned: false,
            canary,
            probe: None,
            publisher: PublisherLimits::default(),
            older_versions: false,
            revoked: BTreeSet::new(),
            grace: Duration::MAX,
            prune_at_start: false,
        }
    }
}
