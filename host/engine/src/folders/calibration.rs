//! `calibration.json`: how sure a reading is, in shares of readings that are exact.
//!
//! Platt's scaling a field (Platt 1999), as `dossier-train` fits it on documents that training never
//! saw: `sigmoid(slope * logit(confidence) + intercept)`.

use std::collections::BTreeMap;
use std::path::Path;

use dossier_document::{Digest, FieldName, FieldReading, plain_text};
use dossier_store::CALIBRATION;
use dossier_store::bounds::CALIBRATION as BOUNDS;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::FolderError;

/// The only method there is.
const METHOD: &str = "platt";

/// The nearest to 0 and to 1 that a confidence is taken for, as it was when the scaling was fitted.
const NEAREST: f64 = 1e-6;

/// What confidences of an adapter's readings should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    digest: Digest,
    scalings: BTreeMap<FieldName, Scaling>,
}

/// What a confidence of a field becomes: `sigmoid(slope * logit(confidence) + intercept)`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// Above 0.
    pub slope: f64,
    /// In logits.
    pub intercept: f64,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct CalibrationFile {
    method: String,
    fields: BTreeMap<String, Scaling>,
}

impl Calibration {
    /// Reads the calibration of the adapter in `folder` from its bytes.
    ///
    /// # Errors
    /// When a key is unknown, missing or malformed, a name is none of a field, or a scaling would turn
    /// the order of confidences; the error names the field. A field that the rules don't read is no
    /// error: rules come and go without the adapter.
    pub fn parse(text: &[u8], folder: &Path) -> Result<Self, FolderError> {
        let file = folder.join(CALIBRATION);
        let invalid = |key, reason| FolderError::Value { file: file.clone(), key, reason };
        BOUNDS.check(text).map_err(|source| FolderError::bounds(&file, source))?;
        let typed = serde_json::from_slice::<CalibrationFile>(text)
            .map_err(|source| FolderError::Json { file: file.clone(), source })?;
        if typed.method != METHOD {
            return Err(invalid("method", format!("the only method is `{METHOD}`")));
        }
        let mut scalings = BTreeMap::new();
        for (name, scaling) in typed.fields {
            let of_field = |why: &str| invalid("fields", format!("`{}`: {why}", plain_text(&name)));
            let field = name.parse::<FieldName>().map_err(|error| of_field(&error.to_string()))?;
            if scaling.slope <= 0.0 {
                return Err(of_field("`slope` must be above 0"));
            }
            scalings.insert(field, scaling);
        }
        Ok(Self { digest: Digest::from_sha256(Sha256::digest(text).into()), scalings })
    }

    /// The SHA-256 of the file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What becomes of each field's confidence, by name.
    pub fn scalings(&self) -> impl Iterator<Item = (&FieldName, Scaling)> {
        self.scalings.iter().map(|(name, scaling)| (name, *scaling))
    }

    /// The readings with calibrated confidences; a field without a scaling keeps its own.
    #[must_use]
    pub fn apply(&self, mut readings: Vec<FieldReading>) -> Vec<FieldReading> {
        for reading in &mut readings {
            if let Some(scaling) = self.scalings.get(&reading.name) {
                reading.confidence = scaling.apply(reading.confidence);
            }
        }
        readings
    }
}

impl Scaling {
    /// What is not a number stays none: the rules count it as no confidence.
    #[expect(clippy::cast_possible_truncation, reason = "a share needs no more than 24 bits")]
    fn apply(self, confidence: f32) -> f32 {
        let share = f64::from(confidence).clamp(NEAREST, 1.0 - NEAREST);
        let logit = share.ln() - (-share).ln_1p();
        let margin = self.slope.mul_add(logit, self.intercept);
        (1.0 / (1.0 + (-margin).exp())) as f32
    }
}

#[cfg(test)]
mod tests;
