//! What came of a document: fields, checks, and what made them.

use std::time::Duration;

use dossier_document::{
    Check, Digest, DocumentTypeId, FieldName, FieldText, Point, Symbology, Verdict,
};
use dossier_inference::ReadTimings;

use super::OtherReading;
use crate::identify::Candidate;
use crate::page_finder::PagePlace;

/// What was read and checked.
#[derive(Debug)]
pub struct Extraction {
    /// The document type.
    pub document_type: DocumentTypeId,
    /// What else it may have been, the likeliest first, itself included; none where it was named.
    pub candidates: Vec<Candidate>,
    /// Its pages, and where they are in the pictures that were sent.
    pub pages: Vec<PagePlace>,
    /// The barcodes that its rules search for, and where they are in what was sent. What they hold is the
    /// rules' to tell.
    pub barcodes: Vec<BarcodePlace>,
    /// The fields read, in the order of the request; then those the rules derived from them.
    pub fields: Vec<ExtractedField>,
    /// The checks of the pictures, then those of the rules.
    pub checks: Vec<Check>,
    /// What the checks amount to.
    pub verdict: Verdict,
    /// What produced all this.
    pub served_by: ServedBy,
    /// Where the time went.
    pub timings: Timings,
}

/// Where a barcode is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BarcodePlace {
    /// Its kind.
    pub symbology: Symbology,
    /// The page, counted from 0.
    pub page: usize,
    /// A box around it, in the picture that was sent.
    pub corners: [Point; 4],
}

/// One field of an [`Extraction`].
#[derive(Clone, Debug)]
pub struct ExtractedField {
    /// The field's name.
    pub name: FieldName,
    /// What the model read, or `None` if the rules derived the field from another one.
    pub transcription: Option<Transcription>,
    /// The normalised value, or `None` if what was read can't be normalised.
    pub value: Option<FieldText>,
    /// `visual`, the name of the field the value was taken from, or the kind of a barcode.
    pub source: String,
}

/// What the model read in one place.
#[derive(Clone, Debug)]
pub struct Transcription {
    /// The characters, unaltered.
    pub raw: FieldText,
    /// 0 to 1; calibrated where the adapter brings a calibration.
    pub confidence: f32,
    /// The page, counted from 0.
    pub page: usize,
    /// Where it stands in the picture that was sent, if the model can tell: the corners clockwise from where
    /// the text begins, above.
    pub polygon: Option<[Point; 4]>,
    /// What was read of the same field elsewhere, if it was read twice: of the two this is the surer one.
    pub other: Option<OtherReading>,
}

/// The artifacts that produced an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServedBy {
    /// The base model.
    pub base: Digest,
    /// The adapter, or `None` for the base alone.
    pub adapter: Option<Digest>,
    /// What calibrated the confidences, or `None` for those of the model itself.
    pub calibration: Option<Digest>,
    /// What read zones a second time, where one was.
    pub zone_reader: Option<Digest>,
    /// The rules.
    pub rules: Digest,
    /// The generation of the catalogue.
    pub generation: u64,
}

/// Where the time of one document went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Files to pixels, the wait for a free decoder included.
    pub pages: Duration,
    /// What kind of document it is; nothing where that was named.
    pub identify: Duration,
    /// The rules' `before`.
    pub before: Duration,
    /// The search for barcodes; nothing where the rules want none.
    pub barcodes: Duration,
    /// The model's stages.
    pub read: ReadTimings,
    /// The second look at zones; nothing where there was none.
    pub second_look: Duration,
    /// The rules' `after`.
    pub after: Duration,
    /// From the first to the last.
    pub total: Duration,
}

impl Timings {
    /// The stages by name, in their order.
    #[must_use]
    pub fn stages(&self) -> [(&'static str, Duration); 10] {
        [
            ("pages", self.pages),
            ("identify", self.identify),
            ("before", self.before),
            ("barcodes", self.barcodes),
            ("preprocess", self.read.preprocess),
            ("queue", self.read.queue),
            ("encode", self.read.encode),
            ("decode", self.read.decode),
            ("second_look", self.second_look),
            ("after", self.after),
        ]
    }
}
