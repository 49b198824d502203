//! A document through both looks, with a model that says what each sees.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use dossier_document::{CheckOutcome, FieldText, Point, ZoneFormat};
use dossier_inference::{Backend, BackendError, DocumentNumber, ReadOutput, ReadTimings};
use tempfile::TempDir;

use super::*;
use crate::model::LoadedModel;
use crate::pipeline::{
    Conditions, ExtractRequest, ExtractedField, ModelChoice, ReadFrom, TypeChoice,
};
use crate::request_id::RequestId;
use crate::testing::{FakeAdapters, PASSPORT, data_root, png, settings};
use crate::{Engine, Extraction, extract};

const SIZE: (u32, u32) = (64, 24);
const ZONE: Digest = Digest::from_sha256([9; 32]);
const PAGE: &str =
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

/// What was asked for: who reads, the page's size, the zone's format.
type Asked = Arc<Mutex<Vec<(Option<Digest>, (u32, u32), Option<ZoneFormat>)>>>;

/// Reads one zone on pages, and another in strips.
struct TwoSights {
    on_page: (&'static str, f32),
    in_strip: (String, f32),
    is_found: bool,
    asked: Asked,
    answers: BTreeMap<DocumentNumber, ReadOutput>,
}

impl Backend for TwoSights {
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        for (number, request) in documents {
            let is_strip = request.adapter == Some(ZONE);
            let (page, field) = (&request.pages[0], &request.fields[0]);
            let asked = (request.adapter, (page.width(), page.height()), field.zone);
            self.asked.lock().expect("nobody panicked").push(asked);
            let (text, confidence) = match is_strip {
                true => (self.in_strip.0.as_str(), self.in_strip.1),
                false => self.on_page,
            };
            let at = |x, y| Point { x, y };
            let place = [at(10.0, 60.0), at(90.0, 60.0), at(90.0, 70.0), at(10.0, 70.0)];
            let reading = FieldReading {
                name: field.name.clone(),
                page: 0,
                raw: FieldText::new(text),
                confidence,
                polygon: (self.is_found && !is_strip).then_some(place),
            };
            let (readings, timings) = (vec![reading], ReadTimings::default());
            let output = ReadOutput { readings, embedding: None, timings, batch_documents: 1 };
            self.answers.insert(number, output);
        }
    }

    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)> {
        let answers = std::mem::take(&mut self.answers).into_iter();
        answers.map(|(number, output)| (number, Ok(output))).collect()
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

fn root(manifest: &str) -> TempDir {
    let root = data_root(&[(PASSPORT, "small", "utopia")]);
    let adapters = root.path().join("adapters");
    let file = adapters.join(PASSPORT).join("document-type.json");
    let text = fs::read_to_string(&file).expect("a manifest");
    fs::write(file, text.replacen('{', &format!("{{{manifest}"), 1)).expect("written");
    let zone = adapters.join("base/small").join(ZONE_FOLDER);
    fs::create_dir_all(&zone).expect("a folder");
    let calibration = r#"{"method": "platt", "fields": {"mrz": {"slope": 1.0, "intercept": 0.0}}}"#;
    fs::write(zone.join(CALIBRATION), calibration).expect("written");
    root
}

async fn read_by(root: &TempDir, sights: TwoSights) -> Result<Extraction, EngineError> {
    let model = |_: &Path, _: &crate::settings::ReaderSettings| {
        let adapters = Box::new(FakeAdapters::default());
        let zone_adapter = Some(ZoneAdapter { digest: ZONE, size: SIZE });
        Ok(LoadedModel { adapters, backend: sights, zone_adapter })
    };
    let engine = Engine::start_with(settings(root.path()), model).await?;
    let request = ExtractRequest {
        document_type: TypeChoice::Named(PASSPORT.parse().expect("a type")),
        pages: vec![png(100, 80)],
        fields: None,
        model: ModelChoice::Adapter,
        conditions: Conditions::default(),
        permit: None,
    };
    extract(&engine.reader, request, &RequestId::new()).await
}

fn sights(on_page: f32, in_strip: (&str, f32), asked: &Asked) -> TwoSights {
    TwoSights {
        on_page: (PAGE, on_page),
        in_strip: (in_strip.0.to_owned(), in_strip.1),
        is_found: true,
        asked: Arc::clone(asked),
        answers: BTreeMap::new(),
    }
}

fn zone(extraction: &Extraction) -> &ExtractedField {
    let mut fields = extraction.fields.iter();
    fields.find(|field| field.name.is_zone()).expect("a zone")
}

fn confirmed(extraction: &Extraction) -> Option<CheckOutcome> {
    let mut checks = extraction.checks.iter();
    checks.find(|check| check.code == "mrz.second_look").map(|check| check.outcome)
}

const KEYS: &str = r#""zone": "td3", "fields": ["mrz"],"#;

#[tokio::test]
async fn an_unsure_zone_is_cut_out_and_read_again() {
    let asked = Asked::default();
    let strip = PAGE.replace("ERIKSSON", "ERIKSSOM");
    let root = root(KEYS);
    let extraction = read_by(&root, sights(0.9, (&strip, 0.95), &asked)).await.expect("read");
    let adapter = extraction.served_by.adapter;
    let expected =
        [(adapter, (100, 80), Some(ZoneFormat::Td3)), (Some(ZONE), SIZE, Some(ZoneFormat::Td3))];
    assert_eq!(*asked.lock().expect("nobody panicked"), expected);
    assert_eq!(extraction.served_by.zone_reader, Some(ZONE));
    assert_eq!(confirmed(&extraction), Some(CheckOutcome::NotPerformed));
    let read = zone(&extraction).transcription.as_ref().expect("it was read");
    assert_eq!(read.raw.expose(), strip);
    assert_eq!(read.polygon.expect("a place")[0], Point { x: 10.0, y: 60.0 });
    let other = read.other.as_ref().expect("the first reading");
    assert_eq!((other.from, &*other.differs_at), (ReadFrom::Page, &[(0, 12)][..]));
    assert_eq!(other.reading.raw.expose(), PAGE);
}

#[tokio::test]
async fn a_sure_zone_is_read_once_unless_its_issuer_may_be_any() {
    let asked = Asked::default();
    let extraction = read_by(&root(KEYS), sights(0.99, ("", 0.0), &asked)).await.expect("read");
    assert_eq!(asked.lock().expect("nobody panicked").len(), 1);
    assert_eq!((confirmed(&extraction), extraction.served_by.zone_reader), (None, None));
    assert!(zone(&extraction).transcription.as_ref().expect("read").other.is_none());

    let any = format!("{KEYS}\"any_issuer\": true,");
    let extraction = read_by(&root(&any), sights(0.99, (PAGE, 0.9), &asked)).await.expect("read");
    assert_eq!(asked.lock().expect("nobody panicked").len(), 3);
    assert_eq!(confirmed(&extraction), Some(CheckOutcome::Passed));
    let read = zone(&extraction).transcription.as_ref().expect("it was read");
    assert!(read.confidence > 0.99 && read.other.is_some());
}

#[tokio::test]
async fn a_zone_that_is_found_nowhere_is_not_confirmed() {
    let asked = Asked::default();
    let lost = TwoSights { is_found: false, ..sights(0.5, (PAGE, 0.9), &asked) };
    let extraction = read_by(&root(KEYS), lost).await.expect("read");
    assert_eq!(asked.lock().expect("nobody panicked").len(), 1);
    assert_eq!(confirmed(&extraction), Some(CheckOutcome::NotPerformed));
}

#[tokio::test]
async fn a_base_whose_zone_reader_has_no_calibration_is_not_served() {
    let root = root(KEYS);
    let file = root.path().join("adapters/base/small").join(ZONE_FOLDER).join(CALIBRATION);
    fs::remove_file(file).expect("removed");
    let asked = Asked::default();
    let error = read_by(&root, sights(0.5, (PAGE, 0.9), &asked)).await.expect_err("refused");
    assert!(error.to_string().contains("zone/calibration.json"), "{error}");
}

#[tokio::test]
async fn a_manifest_that_the_rules_do_not_keep_is_refused() {
    for (keys, key) in [(r#""zone": "td1","#, "`zone`"), (r#""fields": ["height"],"#, "`fields`")] {
        let asked = Asked::default();
        let error = read_by(&root(keys), sights(0.5, (PAGE, 0.9), &asked)).await;
        let error = error.expect_err("refused");
        assert_eq!(error.code(), "rules.unlike_manifest", "{error}");
        assert!(error.to_string().contains(key), "{error}");
    }
}
