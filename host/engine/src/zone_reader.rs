//! What reads machine-readable zones a second time: an adapter of the base itself, for strips that are cut out
//! of pages of any type. A state's own adapter learns nothing of it, and a new one changes nothing for it.

use std::path::Path;

use dossier_document::{Digest, FieldReading, FieldRequest, PageImage};
use dossier_inference::ReadRequest;
use dossier_store::CALIBRATION;

use crate::error::EngineError;
use crate::folders::{Calibration, FolderError};
use crate::model::{ZONE_FOLDER, ZoneAdapter};

/// Reads machine-readable zones that were cut out of their pages.
#[derive(Debug)]
pub(crate) struct ZoneReader {
    adapter: ZoneAdapter,
    calibration: Calibration,
}

impl ZoneReader {
    /// An adapter that is loaded, with what its confidences should be: two readings can only be told apart by
    /// confidences that mean the same.
    ///
    /// # Errors
    /// When the base brings no calibration for it, or one that is not valid.
    pub(crate) fn new(adapter: ZoneAdapter, base: &Path) -> Result<Self, EngineError> {
        let folder = base.join(ZONE_FOLDER);
        let path = folder.join(CALIBRATION);
        let calibration = std::fs::read(&path)
            .map_err(|source| FolderError::Unreadable { path, source })
            .and_then(|text| Calibration::parse(&text, &folder))
            .map_err(EngineError::Folder)?;
        Ok(Self { adapter, calibration })
    }

    /// Its digest.
    pub(crate) fn digest(&self) -> Digest {
        self.adapter.digest
    }

    /// Width and height in pixels of a strip.
    pub(crate) fn size(&self) -> (u32, u32) {
        self.adapter.size
    }

    /// What reads a field of a strip.
    pub(crate) fn request(&self, strip: PageImage, field: &FieldRequest) -> ReadRequest {
        let fields = vec![FieldRequest { page: 0, ..field.clone() }];
        let adapter = Some(self.adapter.digest);
        ReadRequest { pages: vec![strip], fields, adapter, embed: false }
    }

    /// Readings with the confidences that they should have.
    pub(crate) fn calibrated(&self, readings: Vec<FieldReading>) -> Vec<FieldReading> {
        self.calibration.apply(readings)
    }
}

#[cfg(test)]
mod tests;
