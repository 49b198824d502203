//! What tests share: an engine with the real rules and page decoder, and a model that says what the
//! test wants. The real model is driven by the tests of the workspace.

use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, SendError, SyncSender, sync_channel};
use std::time::Duration;

use axum::body::Bytes;
use dossier_document::{Digest, FieldName, FieldReading, FieldText};
use dossier_engine::settings::{EngineSettings, ReaderSettings, StoreSettings};
use dossier_engine::{AdapterLoader, Engine, LoadedModel};
use dossier_inference::{
    Backend, BackendError, DocumentNumber, ReadOutput, ReadRequest, ReadTimings,
};
use dossier_model::ModelError;
use tokio::sync::mpsc;

use crate::config::{Config, ServeArgs, nobody_publishes};

pub(crate) const PASSPORT: &str = "utopia/passport/2024";

/// How long a busy machine may take for what happens at once otherwise.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What the model of [`engine`] reads as the surname.
pub(crate) const SURNAME: &str = "ERIKSSON";

/// The default configuration, on a free port and at a fixed date.
pub(crate) fn config() -> Config {
    let (mut config, _) = Config::resolve(ServeArgs::default()).expect("the defaults are valid");
    config.listen.set_port(0);
    config.reader.today = Some(jiff::civil::date(2026, 11, 24));
    config
}

/// One adapter, which fits whatever is asked of it.
#[derive(Debug)]
struct OneAdapter;

impl AdapterLoader for OneAdapter {
    fn base(&self) -> Digest {
        Digest::from_sha256([1; 32])
    }

    fn supports_field(&self, _field: &FieldName) -> bool {
        true
    }

    fn load(&self, _folder: &Path) -> Result<Digest, ModelError> {
        Ok(Digest::from_sha256([2; 32]))
    }

    fn is_loaded(&self, _adapter: &Digest) -> bool {
        true
    }

    fn relocate(&self, _: &Digest, _: &Path) {}

    fn unload(&self, _adapter: &Digest) {}
}

/// Reads the surname and nothing else, every document in one step.
#[derive(Default)]
struct SurnameBackend {
    /// Who lets it read, batch by batch, where there is somebody.
    held: Option<HeldBy>,
    answers: Vec<(DocumentNumber, Result<ReadOutput, BackendError>)>,
}

impl Backend for SurnameBackend {
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        if let Some(held) = &self.held {
            // A test that ended asks for nothing, and lets everything go.
            let _ = held.arrived.try_send(documents.len());
            let _ = held.let_go.recv();
        }
        let answers = documents.into_iter().map(|(number, request)| (number, Ok(read(&request))));
        self.answers.extend(answers);
    }

    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)> {
        std::mem::take(&mut self.answers)
    }

    fn is_idle(&self) -> bool {
        self.answers.is_empty()
    }

    fn forget(&mut self, document: DocumentNumber) {
        self.answers.retain(|(number, _)| *number != document);
    }

    fn reset(&mut self) {
        self.answers.clear();
    }
}

fn read(request: &ReadRequest) -> ReadOutput {
    let readings = request.fields.iter().map(|field| FieldReading {
        name: field.name.clone(),
        page: field.page,
        raw: FieldText::new(if field.name.as_str() == "surname" { SURNAME } else { "" }),
        confidence: 0.75,
        polygon: None,
    });
    ReadOutput {
        readings: readings.collect(),
        timings: ReadTimings::default(),
        embedding: None,
        batch_documents: 0,
    }
}

/// An engine for passports with the prebuilt rules.
pub(crate) async fn engine(config: &Config) -> Engine {
    with_backend(config, SurnameBackend::default()).await
}

/// The model's side of a [`Gate`].
struct HeldBy {
    let_go: Receiver<()>,
    arrived: mpsc::Sender<usize>,
}

/// What a held model waits for.
pub(crate) struct Gate {
    let_go: SyncSender<()>,
    arrived: mpsc::Receiver<usize>,
}

impl Gate {
    /// Lets the model read one batch.
    pub(crate) fn send(&self, (): ()) -> Result<(), SendError<()>> {
        self.let_go.send(())
    }

    /// Waits until the model has a batch, and waits for the gate; tells how many documents are in it.
    pub(crate) async fn arrival(&mut self) -> usize {
        let arrived = tokio::time::timeout(PATIENCE, self.arrived.recv());
        arrived.await.expect("a batch arrives").expect("the model lives")
    }

    /// Documents of all batches that the model had since the last that was waited for.
    pub(crate) fn arrived_since(&mut self) -> usize {
        std::iter::from_fn(|| self.arrived.try_recv().ok()).sum()
    }
}

/// An engine whose model waits at the gate, batch by batch.
pub(crate) async fn held_engine(config: &Config) -> (Engine, Gate) {
    /// More batches than any test reads.
    const BATCHES: usize = 16;
    let (sender, let_go) = sync_channel(BATCHES);
    let (arrived, arrivals) = mpsc::channel(BATCHES);
    let backend =
        SurnameBackend { held: Some(HeldBy { let_go, arrived }), ..SurnameBackend::default() };
    (with_backend(config, backend).await, Gate { let_go: sender, arrived: arrivals })
}

pub(crate) async fn with_backend(config: &Config, backend: impl Backend) -> Engine {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = root.path().join("adapters").join(PASSPORT);
    fs::create_dir_all(&folder).expect("the folder is made");
    let manifest = serde_json::json!({
        "document_type": PASSPORT, "title": "Passport", "pages": 1, "base": "none", "rules": "utopia",
    });
    let manifest = manifest.to_string();
    let files = [
        ("document-type.json", manifest.as_str()),
        ("adapter_config.json", "{}"),
        ("adapter_model.safetensors", ""),
    ];
    for (name, content) in files {
        fs::write(folder.join(name), content).expect("the file is written");
    }
    let prebuilt = root.path().join("plugins/prebuilt");
    fs::create_dir_all(&prebuilt).expect("the folder is made");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/prebuilt/utopia.wasm");
    fs::copy(rules, prebuilt.join("utopia.wasm")).expect("the rules are copied");
    let settings = EngineSettings {
        reader: ReaderSettings { data_root: root.path().to_owned(), ..config.reader.clone() },
        packages: nobody_publishes(),
        store: StoreSettings::Temporary { code_dir: None, only: None },
    };
    let model = |_: &Path, _: &ReaderSettings| {
        Ok(LoadedModel {
            adapters: Box::new(OneAdapter) as Box<dyn AdapterLoader>,
            backend,
            zone_adapter: None,
        })
    };
    Engine::start_with(settings, model).await.expect("starts")
}

/// A white PNG, made by hand: no encoder is among the dependencies, and stored blocks need none.
pub(crate) fn png(width: u32, height: u32) -> Bytes {
    let mut rows = Vec::new();
    for _ in 0..height {
        rows.push(0);
        rows.extend(std::iter::repeat_n(255, width as usize * 3));
    }
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    chunk(&mut bytes, b"IHDR", &header);
    chunk(&mut bytes, b"IDAT", &zlib_stored(&rows));
    chunk(&mut bytes, b"IEND", &[]);
    bytes.into()
}

fn chunk(bytes: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    bytes.extend(u32::try_from(data.len()).expect("small").to_be_bytes());
    let checked = [&kind[..], data].concat();
    bytes.extend(&checked);
    bytes.extend(crc32(&checked).to_be_bytes());
}

fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("one stored block");
    let mut bytes = vec![0x78, 0x01, 0x01];
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(data);
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    bytes.extend((b << 16 | a).to_be_bytes());
    bytes
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

/// One part of a form: its `Content-Disposition` parameters and its content.
pub(crate) type Part<'a> = (&'a str, &'a [u8]);

/// A form with the boundary `X`.
pub(crate) fn form(parts: &[Part<'_>]) -> Bytes {
    let mut body = Vec::new();
    for (parameters, content) in parts {
        body.extend(format!("--X\r\nContent-Disposition: form-data; {parameters}\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--X--\r\n");
    body.into()
}
