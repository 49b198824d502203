//! What the host saw of a document beside the fields that were read, for rules that look at it.

use dossier_document::{Barcode, Check, CheckOutcome, DocumentTypeId, Symbology};

use crate::bindings::{evidence, observed};

/// What was seen of one document. `Debug` shows no content of a barcode.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Its pages as they were read.
    pub pages: Vec<SeenPage>,
    /// The host's checks of the pictures.
    pub checks: Vec<Check>,
    /// What else it may be, the likeliest first, itself included, each with a confidence from 0 to 1; none
    /// where its type was named.
    pub candidates: Vec<(DocumentTypeId, f32)>,
    /// Its barcodes; rules get those of the kinds that they search for.
    pub barcodes: Vec<Barcode>,
}

/// A page as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeenPage {
    /// The picture it was found in, counted from 0.
    pub picture: usize,
    /// Whether it was cut out of its picture and laid flat.
    pub is_rectified: bool,
    /// How far it was turned clockwise from upright, in degrees, -180 to 180.
    pub rotation_degrees: f64,
    /// How sure it is that a page is there, 0 to 1.
    pub score: Option<f32>,
}

impl Evidence {
    /// The barcodes of these kinds.
    pub(crate) fn barcodes_of<'a>(
        &'a self,
        searched: &'a [Symbology],
    ) -> impl Iterator<Item = &'a Barcode> {
        self.barcodes.iter().filter(|barcode| searched.contains(&barcode.symbology))
    }

    /// As the WIT file has it, with the barcodes of these kinds.
    pub(crate) fn lowered(&self, searched: &[Symbology]) -> evidence::Observation {
        let pages = self.pages.iter().map(|page| evidence::Page {
            picture: small(page.picture),
            is_rectified: page.is_rectified,
            rotation_degrees: page.rotation_degrees as f32,
            score: page.score,
        });
        let candidates =
            self.candidates.iter().map(|(document_type, confidence)| evidence::Candidate {
                document_type: document_type.as_str().to_owned(),
                confidence: *confidence,
            });
        let barcodes = self.barcodes_of(searched).map(|barcode| evidence::Barcode {
            source: barcode.symbology.source().to_owned(),
            page: small(barcode.page),
            content: barcode.content.expose().to_owned(),
        });
        evidence::Observation {
            pages: pages.collect(),
            checks: self.checks.iter().map(lowered_check).collect(),
            candidates: candidates.collect(),
            barcodes: barcodes.collect(),
        }
    }
}

fn lowered_check(check: &Check) -> observed::Check {
    observed::Check {
        code: check.code.clone(),
        outcome: match check.outcome {
            CheckOutcome::Passed => observed::Outcome::Passed,
            CheckOutcome::Failed => observed::Outcome::Failed,
            CheckOutcome::NotPerformed => observed::Outcome::NotPerformed,
        },
        fields: check.fields.iter().map(|field| field.as_str().to_owned()).collect(),
        message: check.message.clone(),
    }
}

fn small(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
