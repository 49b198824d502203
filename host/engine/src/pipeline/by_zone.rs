//! A document of any issuer: it looks like no type that is served, and its machine-readable zone says what it is.

use std::sync::Arc;

use dossier_document::{
    CharacterSet, DocumentTypeId, FieldName, FieldRequest, LineShape, PageImage, Tenant, ZoneFormat,
};
use dossier_inference::ReadRequest;

use crate::error::EngineError;
use crate::identify::{Candidate, Reach};
use crate::reader::Reader;
use crate::snapshot::{DocumentType, Snapshot};

/// Adapters that are tried at most, each of which takes a look at the page.
const MOST_ADAPTERS: usize = 2;
/// The longest line of any format, and the most lines.
const LARGEST: LineShape = LineShape { lines: 3, characters_per_line: 44 };
/// Characters of the longest format, with one or two too many.
const LONGEST: u32 = 96;

/// The type of any issuer that a page's zone has the format of, among those within reach; none where it has no
/// zone that is read as one.
///
/// # Errors
/// As reading a document.
pub(super) async fn by_its_zone(
    reader: &Reader,
    snapshot: &Snapshot,
    page: &PageImage,
    reach: &Reach,
    tenant: &Tenant,
) -> Result<Option<Candidate>, EngineError> {
    let of_any_issuer = snapshot
        .document_types
        .values()
        .filter(|served| served.adapter.manifest.any_issuer && reach.has(served.id()));
    let of_any_issuer = of_any_issuer.collect::<Vec<_>>();
    let mut adapters =
        of_any_issuer.iter().map(|served| served.adapter_digest()).collect::<Vec<_>>();
    adapters.sort_unstable();
    adapters.dedup();
    for adapter in adapters.into_iter().take(MOST_ADAPTERS) {
        let request = ReadRequest {
            pages: vec![page.clone()],
            fields: vec![zone_field()?],
            adapter: Some(adapter),
            embed: false,
        };
        let output = reader.page_decoder().read(reader.inference(), request, tenant).await?;
        let reading = output.readings.first();
        let format = reading.and_then(|reading| ZoneFormat::nearest(reading.raw.expose()));
        let document_type = format.and_then(|format| type_of(&of_any_issuer, format));
        if let Some((document_type, reading)) = document_type.zip(reading) {
            let confidence = f64::from(reading.confidence);
            return Ok(Some(Candidate { document_type, confidence }));
        }
    }
    Ok(None)
}

/// The type that has zones of a format.
fn type_of(types: &[&Arc<DocumentType>], format: ZoneFormat) -> Option<DocumentTypeId> {
    let has_it = |served: &&&Arc<DocumentType>| served.adapter.manifest.zone == Some(format);
    types.iter().find(has_it).map(|served| served.id().clone())
}

/// A zone whose format nobody knows.
fn zone_field() -> Result<FieldRequest, EngineError> {
    let name = "mrz".parse::<FieldName>();
    let characters = "0-9A-Z<".parse::<CharacterSet>();
    let (Ok(name), Ok(characters)) = (name, characters) else { return Err(EngineError::Panicked) };
    Ok(FieldRequest {
        name,
        page: 0,
        characters,
        max_length: LONGEST,
        shape: Some(LARGEST),
        zone: None,
        any_lines: true,
    })
}

#[cfg(test)]
mod tests;
