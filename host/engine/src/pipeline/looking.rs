//! The model's part of a document: its fields are read, and its zones looked at again.

use std::sync::Arc;
use std::time::Instant;

use dossier_document::{Digest, FieldReading, FieldRequest, PageImage, Tenant};
use dossier_inference::{ReadOutput, ReadRequest};

use super::ModelChoice;
use super::by_zone::is_proven;
use super::second_look::{Again, SecondLook, look_again};
use crate::error::EngineError;
use crate::folders::Calibration;
use crate::reader::Reader;
use crate::snapshot::DocumentType;

/// What reads the pages of one document.
pub(super) struct Looker<'a> {
    pub(super) reader: &'a Reader,
    pub(super) document_type: &'a Arc<DocumentType>,
    pub(super) model: ModelChoice,
    pub(super) tenant: &'a Tenant,
}

/// What was read of pages.
pub(super) struct Looked {
    /// As the model itself says.
    pub(super) output: ReadOutput,
    /// The same, with the confidences that they should have.
    pub(super) readings: Vec<FieldReading>,
    pub(super) second_look: SecondLook,
    /// When the first look was over.
    pub(super) at: Instant,
}

impl Looker<'_> {
    /// The adapter that reads them; none where the base alone does.
    pub(super) fn adapter(&self) -> Option<Digest> {
        match self.model {
            ModelChoice::Adapter => Some(self.document_type.adapter_digest()),
            ModelChoice::BaseOnly => None,
        }
    }

    /// What says how sure its readings are.
    pub(super) fn calibration(&self) -> Option<Digest> {
        match self.model {
            ModelChoice::Adapter => self.document_type.calibration().map(Calibration::digest),
            ModelChoice::BaseOnly => None,
        }
    }

    /// Reads fields of pages, and their zones again.
    ///
    /// # Errors
    /// As reading a document.
    pub(super) async fn look(
        &self,
        pages: &[PageImage],
        fields: Vec<FieldRequest>,
    ) -> Result<Looked, EngineError> {
        let Self { reader, document_type, tenant, .. } = *self;
        let zones = fields.iter().filter(|field| field.is_zone()).cloned().collect::<Vec<_>>();
        let request =
            ReadRequest { pages: pages.to_vec(), fields, adapter: self.adapter(), embed: false };
        let output = reader.page_decoder().read(reader.inference(), request, tenant).await?;
        let at = Instant::now();
        let (readings, second_look) = match self.model {
            ModelChoice::Adapter => {
                let readings = document_type.calibrated(output.readings.clone());
                let whenever = Again::of(document_type);
                let look = look_again(reader, (pages, &zones), &readings, whenever, tenant).await?;
                (readings, look)
            }
            ModelChoice::BaseOnly => (output.readings.clone(), SecondLook::default()),
        };
        Ok(Looked { output, readings, second_look, at })
    }
}

impl Looked {
    /// Whether one of its readings is a zone of the type's format, by its check digits. A type without a format
    /// has no zone to prove.
    pub(super) fn proves_its_zone(&self, document_type: &DocumentType) -> bool {
        let Some(format) = document_type.adapter.manifest.zone else { return true };
        let zones = self.readings.iter().filter(|reading| reading.name.is_zone());
        let mut zones = zones.chain(self.second_look.readings());
        zones.any(|reading| is_proven(format, reading.raw.expose()))
    }
}
