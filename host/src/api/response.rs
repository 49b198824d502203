//! The JSON of answers. Only this module and the errors beside it speak JSON to clients.

use std::time::Duration;

use dossier_document::{Check, DocumentTypeId, FieldText, Point};
use dossier_engine::folders::{Calibration, Measured, Scaling};
use dossier_engine::identify::Candidate;
use dossier_engine::pipeline::{
    BarcodePlace, ExtractedField, Extraction, OtherReading, PagePlace, ServedBy, Timings,
};
use dossier_engine::snapshot::{DocumentType, Snapshot};
use dossier_plugin::Report;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::openapi::{OutcomeWord, VerdictWord};

/// The answer of `POST /v1/extract`, and of `dossier extract --json`.
#[derive(Serialize, ToSchema)]
pub struct ExtractBody<'a> {
    document_type: &'a str,
    candidates: Vec<CandidateBody<'a>>,
    pages: Vec<PageBody>,
    barcodes: Vec<BarcodeBody>,
    fields: Vec<FieldBody<'a>>,
    checks: Vec<CheckBody<'a>>,
    #[schema(value_type = VerdictWord, inline)]
    verdict: &'static str,
    served_by: ServedByBody,
    timings_ms: TimingsBody,
    request_id: &'a str,
}

/// What a document of no named type may be.
#[derive(Serialize, ToSchema)]
pub(super) struct CandidateBody<'a> {
    document_type: &'a str,
    confidence: f64,
}

/// A page of the document, and where it is in what was sent.
#[derive(Serialize, ToSchema)]
struct PageBody {
    page: usize,
    picture: usize,
    corners: [[f64; 2]; 4],
    rotation: f64,
    score: Option<f64>,
    rectified: bool,
}

/// A barcode that the rules search for. What it holds is in the fields that they take from it.
#[derive(Serialize, ToSchema)]
struct BarcodeBody {
    source: &'static str,
    page: usize,
    polygon: [[f64; 2]; 4],
}

#[derive(Serialize, ToSchema)]
struct FieldBody<'a> {
    name: &'a str,
    raw: Option<&'a str>,
    value: Option<&'a str>,
    confidence: Option<f64>,
    source: &'a str,
    page: Option<usize>,
    polygon: Option<[[f64; 2]; 4]>,
    other_reading: Option<OtherReadingBody<'a>>,
}

/// What was read of a field that was read twice, and was not taken: it was less sure, or is the same.
#[derive(Serialize, ToSchema)]
struct OtherReadingBody<'a> {
    raw: &'a str,
    confidence: f64,
    read_from: &'static str,
    differs_at: Vec<[usize; 2]>,
}

/// One check, as everything that prints checks shows it.
#[derive(Serialize, ToSchema)]
pub struct CheckBody<'a> {
    code: &'a str,
    #[schema(value_type = OutcomeWord, inline)]
    outcome: &'static str,
    fields: Vec<&'a str>,
    message: &'a str,
}

/// The report of rules, as `dossier plugin run` prints it: normalised values by name, then the checks.
#[derive(Serialize)]
pub struct ReportBody<'a> {
    fields: Map<String, Value>,
    checks: Vec<CheckBody<'a>>,
}

#[derive(Serialize, ToSchema)]
struct ServedByBody {
    base: String,
    adapter: Option<String>,
    calibration: Option<String>,
    zone_reader: Option<String>,
    rules: String,
    generation: u64,
}

#[derive(Serialize, ToSchema)]
struct TimingsBody {
    pages: f64,
    identify: f64,
    before: f64,
    barcodes: f64,
    queue: f64,
    preprocess: f64,
    encode: f64,
    decode: f64,
    second_look: f64,
    after: f64,
    total: f64,
}

/// The answer of `GET /v1/document-types`.
#[derive(Serialize, ToSchema)]
pub struct DocumentTypesBody {
    generation: u64,
    base: String,
    document_types: Vec<DocumentTypeBody>,
}

/// The answer of `GET /v1/document-types/{type}`.
#[derive(Serialize, ToSchema)]
pub(super) struct OneDocumentTypeBody {
    generation: u64,
    base: String,
    #[serde(flatten)]
    document_type: DocumentTypeBody,
    scalings: Vec<ScalingBody>,
}

/// What the model's own confidence becomes: `sigmoid(slope * logit(confidence) + intercept)`.
#[derive(Serialize, ToSchema)]
struct ScalingBody {
    field: String,
    slope: f64,
    intercept: f64,
}

#[derive(Serialize, ToSchema)]
struct DocumentTypeBody {
    document_type: String,
    title: String,
    pages: usize,
    fields: Vec<String>,
    adapter: String,
    calibration: Option<String>,
    rules: RulesBody,
    measured: Option<MeasuredBody>,
}

/// How well the adapter read held-out documents, as the record of its training has it.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeasuredBody {
    documents: u64,
    fields_exact: f64,
    documents_exact: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct RulesBody {
    name: String,
    version: String,
    digest: String,
}

impl<'a> ExtractBody<'a> {
    /// What the checks amount to, as the answer says it.
    pub(crate) fn verdict(&self) -> &'static str {
        self.verdict
    }

    /// The answer to the request of this id.
    #[must_use]
    pub fn of(extraction: &'a Extraction, request_id: &'a str) -> Self {
        Self {
            document_type: extraction.document_type.as_str(),
            candidates: extraction.candidates.iter().map(CandidateBody::of).collect(),
            pages: extraction.pages.iter().enumerate().map(PageBody::of).collect(),
            barcodes: extraction.barcodes.iter().map(BarcodeBody::of).collect(),
            fields: extraction.fields.iter().map(FieldBody::of).collect(),
            checks: extraction.checks.iter().map(CheckBody::of).collect(),
            verdict: extraction.verdict.as_str(),
            served_by: ServedByBody::of(&extraction.served_by),
            timings_ms: TimingsBody::of(&extraction.timings),
            request_id,
        }
    }
}

impl<'a> ReportBody<'a> {
    /// The report of rules on a fixture, or on values from a file.
    #[must_use]
    pub fn of(report: &'a Report) -> Self {
        let value = |text: &FieldText| Value::String(text.expose().to_owned());
        let fields = report
            .fields
            .iter()
            .map(|field| (field.name.to_string(), field.value.as_ref().map_or(Value::Null, value)));
        Self { fields: fields.collect(), checks: report.checks.iter().map(CheckBody::of).collect() }
    }
}

impl<'a> CandidateBody<'a> {
    pub(super) fn of(candidate: &'a Candidate) -> Self {
        Self {
            document_type: candidate.document_type.as_str(),
            confidence: to_decimals(candidate.confidence, 4),
        }
    }
}

impl PageBody {
    fn of((page, place): (usize, &PagePlace)) -> Self {
        Self {
            // People count from 1, and so do the names of their files.
            page: page + 1,
            picture: place.picture + 1,
            corners: corners_body(&place.corners),
            rotation: to_decimals(place.rotation_degrees, 1),
            score: place.score.map(|score| to_decimals(f64::from(score), 4)),
            rectified: place.is_rectified(),
        }
    }
}

impl BarcodeBody {
    fn of(barcode: &BarcodePlace) -> Self {
        Self {
            source: barcode.symbology.source(),
            page: barcode.page + 1,
            polygon: corners_body(&barcode.corners),
        }
    }
}

impl<'a> FieldBody<'a> {
    fn of(field: &'a ExtractedField) -> Self {
        let read = field.transcription.as_ref();
        Self {
            name: field.name.as_str(),
            raw: read.map(|read| read.raw.expose()),
            value: field.value.as_ref().map(|value| value.expose()),
            confidence: read.map(|read| to_decimals(f64::from(read.confidence), 4)),
            source: &field.source,
            page: read.map(|read| read.page + 1),
            polygon: read.and_then(|read| read.polygon).map(|corners| corners_body(&corners)),
            other_reading: read.and_then(|read| read.other.as_ref()).map(OtherReadingBody::of),
        }
    }
}

impl<'a> OtherReadingBody<'a> {
    fn of(other: &'a OtherReading) -> Self {
        // People count from 1.
        let place = |(line, column): &(usize, usize)| [line + 1, column + 1];
        Self {
            raw: other.reading.raw.expose(),
            confidence: to_decimals(f64::from(other.reading.confidence), 4),
            read_from: other.from.as_str(),
            differs_at: other.differs_at.iter().map(place).collect(),
        }
    }
}

impl<'a> CheckBody<'a> {
    /// The check as JSON.
    #[must_use]
    pub fn of(check: &'a Check) -> Self {
        Self {
            code: &check.code,
            outcome: check.outcome.as_str(),
            fields: check.fields.iter().map(|field| field.as_str()).collect(),
            message: &check.message,
        }
    }
}

impl ServedByBody {
    fn of(served_by: &ServedBy) -> Self {
        Self {
            base: served_by.base.to_string(),
            adapter: served_by.adapter.map(|digest| digest.to_string()),
            calibration: served_by.calibration.map(|digest| digest.to_string()),
            zone_reader: served_by.zone_reader.map(|digest| digest.to_string()),
            rules: served_by.rules.to_string(),
            generation: served_by.generation,
        }
    }
}

impl TimingsBody {
    fn of(timings: &Timings) -> Self {
        Self {
            pages: milliseconds(timings.pages),
            identify: milliseconds(timings.identify),
            before: milliseconds(timings.before),
            barcodes: milliseconds(timings.barcodes),
            queue: milliseconds(timings.read.queue),
            preprocess: milliseconds(timings.read.preprocess),
            encode: milliseconds(timings.read.encode),
            decode: milliseconds(timings.read.decode),
            second_look: milliseconds(timings.second_look),
            after: milliseconds(timings.after),
            total: milliseconds(timings.total),
        }
    }
}

impl DocumentTypesBody {
    /// The document types of one snapshot, of which some are shown.
    #[must_use]
    pub fn of(snapshot: &Snapshot, is_shown: impl Fn(&DocumentTypeId) -> bool) -> Self {
        let shown = snapshot.document_types.values();
        let shown = shown.filter(|document_type| is_shown(document_type.id()));
        let document_types = shown.map(|served| DocumentTypeBody::of(served));
        Self {
            generation: snapshot.generation,
            base: snapshot.base.to_string(),
            document_types: document_types.collect(),
        }
    }
}

impl DocumentTypeBody {
    fn of(document_type: &DocumentType) -> Self {
        let plugin = document_type.plugin();
        let description = plugin.describe();
        let calibration = document_type.calibration();
        Self {
            document_type: document_type.id().to_string(),
            title: document_type.title().to_owned(),
            pages: document_type.pages(),
            fields: document_type.fields.iter().map(ToString::to_string).collect(),
            adapter: document_type.adapter_digest().to_string(),
            calibration: calibration.map(|calibration| calibration.digest().to_string()),
            rules: RulesBody {
                name: description.name.clone(),
                version: description.version.clone(),
                digest: plugin.digest().to_string(),
            },
            measured: document_type.measured().map(MeasuredBody::of),
        }
    }
}

impl MeasuredBody {
    pub(crate) fn of(measured: &Measured) -> Self {
        Self {
            documents: measured.documents,
            fields_exact: to_decimals(measured.fields_exact, 4),
            documents_exact: measured.documents_exact.map(|share| to_decimals(share, 4)),
        }
    }
}

impl OneDocumentTypeBody {
    pub(super) fn of(snapshot: &Snapshot, served: &DocumentType) -> Self {
        Self {
            generation: snapshot.generation,
            base: snapshot.base.to_string(),
            document_type: DocumentTypeBody::of(served),
            scalings: served
                .calibration()
                .into_iter()
                .flat_map(Calibration::scalings)
                .map(|(name, Scaling { slope, intercept })| ScalingBody {
                    field: name.to_string(),
                    slope,
                    intercept,
                })
                .collect(),
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    to_decimals(duration.as_secs_f64() * 1000.0, 3)
}

/// Corners in pixels, to a tenth.
pub(crate) fn corners_body(corners: &[Point; 4]) -> [[f64; 2]; 4] {
    corners.map(|corner| [corner.x, corner.y].map(|side| to_decimals(side, 1)))
}

pub(crate) fn to_decimals(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests;
