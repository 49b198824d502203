//! What tests share: a reader with the real rules and page decoder, and a model that says what the
//! test wants. The real model is driven by the tests of the workspace.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use dossier_document::{Digest, FieldReading, FieldText};
use dossier_inference::{
    Backend, BackendError, DocumentNumber, ReadOutput, ReadRequest, ReadTimings,
};
use hyper::body::Bytes;

use crate::Reader;
use crate::catalog::{Catalog, DocumentType, Rollout};
use crate::config::{Config, ServeArgs};
use crate::reader::{author_engine, open_rules};

pub(crate) const PASSPORT: &str = "utopia/passport/2024";

/// What the model of [`reader`] reads as the surname.
pub(crate) const SURNAME: &str = "ERIKSSON";

/// The default configuration, on a free port and at a fixed date.
pub(crate) fn config() -> Config {
    let (mut config, _) = Config::resolve(ServeArgs::default()).expect("the defaults are valid");
    config.listen.set_port(0);
    config.reader.today = Some(jiff::civil::date(2026, 11, 24));
    config
}

/// Reads the surname and nothing else, every document in one step.
#[derive(Default)]
struct SurnameBackend {
    /// Once for every time it is let, where there is somebody to let it.
    let_go: Option<Receiver<()>>,
    answers: Vec<(DocumentNumber, Result<ReadOutput, BackendError>)>,
}

impl Backend for SurnameBackend {
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        if let Some(let_go) = &self.let_go {
            // A test that ended lets everything go.
            let _ = let_go.recv();
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
    });
    ReadOutput { readings: readings.collect(), timings: ReadTimings::default(), batch_documents: 0 }
}

/// A reader of passports with the prebuilt rules.
pub(crate) async fn reader(config: &Config) -> Reader {
    with_backend(config, SurnameBackend::default()).await
}

/// A reader whose model waits for the sender, batch by batch.
pub(crate) async fn held_reader(config: &Config) -> (Reader, SyncSender<()>) {
    let (sender, let_go) = sync_channel(16);
    let backend = SurnameBackend { let_go: Some(let_go), ..Default::default() };
    (with_backend(config, backend).await, sender)
}

/// A reader around any model.
pub(crate) async fn with_backend(config: &Config, backend: impl Backend) -> Reader {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/prebuilt/utopia.wasm");
    let engine = author_engine(&config.reader.rules).expect("the engine starts");
    let rules = open_rules(&engine, "utopia", &file).await.expect("the prebuilt rules");
    let id = PASSPORT.parse::<dossier_document::DocumentTypeId>().expect("a document type");
    let fields = ["surname", "given_names", "mrz"].map(|name| name.parse().expect("a field name"));
    let document_type = DocumentType {
        id: id.clone(),
        title: "Passport".to_owned(),
        pages: 1,
        fields: fields.to_vec(),
        adapter: Digest::from_sha256([2; 32]),
        calibration: None,
        rules,
        packages: None,
        rollout: Rollout::default(),
    };
    let catalog = Catalog {
        generation: 1,
        base: Digest::from_sha256([1; 32]),
        document_types: BTreeMap::from([(id, Arc::new(document_type))]),
    };
    Reader::with_backend(config.reader.clone(), catalog, backend).expect("the thread starts")
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
