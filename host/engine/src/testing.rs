//! What unit tests share: pages, settings, a data root, and a model that says what is wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use dossier_document::{Digest, FieldName, FieldReading, FieldText};
use dossier_inference::{
    Backend, BackendError, DocumentNumber, ReadOutput, ReadRequest, ReadTimings,
};
use dossier_model::{ModelError, ModelSettings};
use dossier_store::CanarySettings;
use image::{ImageFormat, RgbImage};
use tempfile::TempDir;

use crate::adapters::AdapterLoader;
use crate::model::LoadedModel;
use crate::settings::{
    BatchLimits, DocumentLimits, EngineSettings, PackageSettings, ReaderSettings, RulesLimits,
    StoreSettings,
};

pub(crate) const PASSPORT: &str = "utopia/passport/2024";

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/prebuilt/utopia.wasm");

/// A white PNG.
pub(crate) fn png(width: u32, height: u32) -> Bytes {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let page = RgbImage::from_pixel(width, height, image::Rgb([255; 3]));
    page.write_to(&mut bytes, ImageFormat::Png).expect("memory is never full");
    bytes.into_inner().into()
}

/// A data root with one manifest a document type: `(document type, base, rules)`. There is no base.
pub(crate) fn data_root(types: &[(&str, &str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(root.path().join("adapters")).expect("the folder is made");
    let prebuilt = root.path().join("plugins/prebuilt");
    fs::create_dir_all(&prebuilt).expect("the folder is made");
    fs::copy(RULES, prebuilt.join("utopia.wasm")).expect("the rules are copied");
    fs::write(prebuilt.join("broken.wasm"), "no component").expect("the file is written");
    for (document_type, base, rules) in types {
        let folder = root.path().join("adapters").join(document_type);
        fs::create_dir_all(&folder).expect("the folder is made");
        let manifest = serde_json::json!({
            "document_type": document_type, "title": "", "pages": 1, "base": base, "rules": rules,
        });
        let manifest = manifest.to_string();
        // Each type has weights of its own: equal files are one adapter.
        let files = [
            ("document-type.json", manifest.as_str()),
            ("adapter_config.json", "{}"),
            ("adapter_model.safetensors", *document_type),
        ];
        for (name, content) in files {
            fs::write(folder.join(name), content).expect("the file is written");
        }
    }
    root
}

/// Everything below a data root, in a temporary store, at a fixed date.
pub(crate) fn settings(data_root: &Path) -> EngineSettings {
    let rules = RulesLimits {
        run_budget: Duration::from_secs(1),
        call_timeout: Duration::from_secs(10),
        memory_bytes: 64 << 20,
    };
    let reader = ReaderSettings {
        data_root: data_root.to_owned(),
        model: ModelSettings::default(),
        today: Some(jiff::civil::date(2026, 11, 24)),
        document: DocumentLimits { pages: 4, page_pixels: 1 << 20, document_pixels: 1 << 22 },
        queue_documents: 8,
        adapter_memory_bytes: 1 << 20,
        adapter_host_memory_bytes: 0,
        batch: BatchLimits { documents: 4, pages: 8, rows: 64 },
        page_memory_bytes: 1 << 30,
        decode_threads: 1,
        pages_as_sent: false,
        rules,
    };
    let canary = CanarySettings { min_calls: 5, max_failure_percent: 10 };
    let packages = PackageSettings::nobody_publishes(canary);
    let store = StoreSettings::Temporary { code_dir: None, only: None };
    EngineSettings { reader, packages, store }
}

/// Adapters that are told apart by their weights and fit every base. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct FakeAdapters {
    loaded: Arc<Mutex<BTreeSet<Digest>>>,
    folders: Arc<Mutex<BTreeMap<Digest, PathBuf>>>,
    unknown_fields: BTreeSet<FieldName>,
}

impl FakeAdapters {
    /// A base that has no way to be asked for a field.
    pub(crate) fn without(field: &str) -> Self {
        let field = field.parse().expect("a field name");
        Self { unknown_fields: [field].into(), ..Self::default() }
    }

    /// Where an adapter is read from again.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.values().cloned().collect()
    }

    /// How many are loaded.
    pub(crate) fn count(&self) -> usize {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl AdapterLoader for FakeAdapters {
    fn base(&self) -> Digest {
        Digest::from_sha256([1; 32])
    }

    fn supports_field(&self, field: &FieldName) -> bool {
        !self.unknown_fields.contains(field)
    }

    fn load(&self, folder: &Path) -> Result<Digest, ModelError> {
        use sha2::Digest as _;
        let weights = fs::read(folder.join("adapter_model.safetensors")).unwrap_or_default();
        let digest = Digest::from_sha256(sha2::Sha256::digest(weights).into());
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).insert(digest);
        Ok(digest)
    }

    fn is_loaded(&self, adapter: &Digest) -> bool {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).contains(adapter)
    }

    fn relocate(&self, adapter: &Digest, folder: &Path) {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.insert(*adapter, folder.to_owned());
    }

    fn unload(&self, adapter: &Digest) {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).remove(adapter);
    }
}

/// A model that reads nothing of anything.
#[derive(Debug, Default)]
pub(crate) struct BlindBackend {
    /// While it is set, the model fails at every document.
    fails: Arc<AtomicBool>,
    answers: BTreeMap<DocumentNumber, ReadOutput>,
}

impl Backend for BlindBackend {
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        for (number, request) in documents {
            let readings = request.fields.into_iter().map(|field| FieldReading {
                name: field.name,
                page: field.page,
                raw: FieldText::new(""),
                confidence: 0.0,
                polygon: None,
            });
            let readings = readings.collect();
            let timings = ReadTimings::default();
            self.answers.insert(
                number,
                ReadOutput { readings, embedding: None, timings, batch_documents: 0 },
            );
        }
    }

    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)> {
        let answer = |answer| match self.fails.load(Ordering::Relaxed) {
            true => Err(BackendError::Compute("it fails".into())),
            false => Ok(answer),
        };
        let answers = std::mem::take(&mut self.answers).into_iter();
        answers.map(|(number, read)| (number, answer(read))).collect()
    }

    fn is_idle(&self) -> bool {
        self.answers.is_empty()
    }

    fn forget(&mut self, document: DocumentNumber) {
        self.answers.remove(&document);
    }

    fn reset(&mut self) {
        self.answers.clear();
    }
}

/// A model with these adapters that reads nothing.
pub(crate) fn blind(
    adapters: &FakeAdapters,
) -> impl FnOnce(&Path, &ReaderSettings) -> Result<LoadedModel<BlindBackend>, ModelError> + use<> {
    blind_unless(adapters, &Arc::default())
}

/// The same, which fails at every document while `fails` is set.
pub(crate) fn blind_unless(
    adapters: &FakeAdapters,
    fails: &Arc<AtomicBool>,
) -> impl FnOnce(&Path, &ReaderSettings) -> Result<LoadedModel<BlindBackend>, ModelError> + use<> {
    let (adapters, fails) = (Box::new(adapters.clone()), Arc::clone(fails));
    move |_, _| {
        let backend = BlindBackend { fails, ..BlindBackend::default() };
        Ok(LoadedModel { adapters, backend, zone_adapter: None })
    }
}
