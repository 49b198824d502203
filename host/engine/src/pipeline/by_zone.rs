//! A document of any issuer: it looks like no type that is served, and its machine-readable zone says what it is.

use std::sync::Arc;

use dossier_document::{
    CharacterSet, Digest, DocumentTypeId, FieldName, FieldReading, FieldRequest, LineShape, Tenant,
    ZoneFormat,
};
use dossier_inference::ReadRequest;

use crate::error::EngineError;
use crate::identify::{Candidate, Reach};
use crate::page_decoder::SentPicture;
use crate::page_finder::{FoundPages, View};
use crate::reader::Reader;
use crate::snapshot::{DocumentType, Snapshot};

/// Adapters that are tried at most, each of which takes a look at the page.
const MOST_ADAPTERS: usize = 2;
/// The longest line of any format, and the most lines.
const LARGEST: LineShape = LineShape { lines: 3, characters_per_line: 44 };
/// Characters of the longest format, with one or two too many.
const LONGEST: u32 = 96;
/// What a page is read as where nobody knows its format; a visa is told from them by its first letter.
const SHAPES: [ZoneFormat; 3] = [ZoneFormat::Td1, ZoneFormat::Td2, ZoneFormat::Td3];
/// Check digits that prove a zone: of texts that are none, three hold in one of a thousand.
pub(super) const PROVE: usize = 3;

/// The pages of a document among which its zone was found, and the type that has such zones.
pub(super) struct ByZone {
    pub(super) found: FoundPages,
    pub(super) candidate: Candidate,
}

impl ByZone {
    fn new(found: FoundPages, candidate: Candidate, types: &[&Arc<DocumentType>]) -> Self {
        let is_it = |served: &&&Arc<DocumentType>| *served.id() == candidate.document_type;
        let pages = types.iter().find(is_it).map_or(1, |served| served.pages());
        Self { found: found.last_of(pages), candidate }
    }
}

/// The types of any issuer within reach.
pub(super) fn of_any_issuer<'a>(
    snapshot: &'a Snapshot,
    reach: &Reach,
) -> Vec<&'a Arc<DocumentType>> {
    let served = snapshot.document_types.values();
    served.filter(|served| served.adapter.manifest.any_issuer && reach.has(served.id())).collect()
}

/// Looks for the zone of one of these types on the last page, then in other views of the last picture. A zone of
/// which check digits hold is taken where it is seen first; else one that only has the lines of a format, on a page.
///
/// # Errors
/// As reading a document.
pub(super) async fn by_its_zone(
    reader: &Reader,
    types: &[&Arc<DocumentType>],
    found: &FoundPages,
    picture: &SentPicture,
    tenant: &Tenant,
) -> Result<Option<ByZone>, EngineError> {
    let mut likely = None;
    for view in found.views(picture.size()) {
        let seen = reader.page_decoder().seen_as(found, picture, view, tenant).await?;
        let Some(seen) = seen else { continue };
        for adapter in adapters_of(types) {
            let (proven, shaped) = zone_of(reader, types, &seen, adapter, tenant).await?;
            if let Some(candidate) = proven {
                return Ok(Some(ByZone::new(seen, candidate, types)));
            }
            if let (View::Page(_), None, Some(candidate)) = (view, &likely, shaped) {
                likely = Some(ByZone::new(seen.clone(), candidate, types));
            }
        }
    }
    Ok(likely)
}

/// As many pages as were found, of which the last one bears the zone that was not read on it; none where no view
/// proves a zone of the type.
///
/// # Errors
/// As reading a document.
pub(super) async fn elsewhere(
    reader: &Reader,
    document_type: &Arc<DocumentType>,
    found: &FoundPages,
    picture: &SentPicture,
    tenant: &Tenant,
) -> Result<Option<FoundPages>, EngineError> {
    let types = [document_type];
    // The last page was read already.
    for view in found.views(picture.size()).into_iter().skip(1) {
        let seen = reader.page_decoder().seen_as(found, picture, view, tenant).await?;
        // Rules chose what to read by the number of pages.
        let Some(seen) = seen.filter(|seen| seen.images.len() == found.images.len()) else {
            continue;
        };
        let adapter = document_type.adapter_digest();
        let (proven, _) = zone_of(reader, &types, &seen, adapter, tenant).await?;
        if proven.is_some() {
            return Ok(Some(seen));
        }
    }
    Ok(None)
}

/// Whether a zone of a format is one, by its check digits.
pub(super) fn is_proven(format: ZoneFormat, zone: &str) -> bool {
    format.check_digits_that_hold(zone) >= PROVE
}

fn adapters_of(types: &[&Arc<DocumentType>]) -> Vec<Digest> {
    let mut adapters = types.iter().map(|served| served.adapter_digest()).collect::<Vec<_>>();
    adapters.sort_unstable();
    adapters.dedup();
    adapters.truncate(MOST_ADAPTERS);
    adapters
}

/// The type of the last page's zone, where check digits prove it; and the one that its lines are of.
///
/// It is read without a format first. As each of [`SHAPES`] only where that proves nothing: three zones more take as
/// long as a page.
async fn zone_of(
    reader: &Reader,
    types: &[&Arc<DocumentType>],
    seen: &FoundPages,
    adapter: Digest,
    tenant: &Tenant,
) -> Result<(Option<Candidate>, Option<Candidate>), EngineError> {
    let Some(page) = seen.images.last() else { return Ok((None, None)) };
    let (free, shapes) = zone_fields()?;
    let read = async |fields| {
        let pages = vec![page.clone()];
        let request = ReadRequest { pages, fields, adapter: Some(adapter), embed: false };
        let output = reader.page_decoder().read(reader.inference(), request, tenant).await?;
        Ok::<_, EngineError>(output.readings)
    };
    let readings = read(vec![free]).await?;
    let Some(free) = readings.first() else { return Ok((None, None)) };
    let lines = ZoneFormat::nearest(free.raw.expose());
    let shaped = lines.and_then(|format| candidate(types, format, free));
    if lines.is_some_and(|format| is_proven(format, free.raw.expose())) {
        return Ok((shaped.clone(), shaped));
    }
    Ok((proven(types, lines, &read(shapes).await?), shaped))
}

/// The type of which a zone was read that its check digits prove. Formats share most of their second line, so that a
/// zone read in fewer columns than it has can prove itself, too: more digits tell, then the lines of the free reading,
/// then what was read surest.
fn proven(
    types: &[&Arc<DocumentType>],
    lines: Option<ZoneFormat>,
    readings: &[FieldReading],
) -> Option<Candidate> {
    let ones = SHAPES.into_iter().zip(readings).filter_map(|(shape, reading)| {
        let zone = reading.raw.expose();
        let format = match (shape, zone.starts_with('V')) {
            (ZoneFormat::Td2, true) => ZoneFormat::MrvB,
            (ZoneFormat::Td3, true) => ZoneFormat::MrvA,
            (format, _) => format,
        };
        let is_one = ZoneFormat::nearest(zone) == Some(format) && is_proven(format, zone);
        let candidate = is_one.then(|| candidate(types, format, reading)).flatten()?;
        Some(((format.check_digits_that_hold(zone), lines == Some(format)), candidate))
    });
    let best = ones
        .max_by(|(a, one), (b, other)| a.cmp(b).then(one.confidence.total_cmp(&other.confidence)));
    best.map(|(_, candidate)| candidate)
}

/// The type that has zones of a format, as sure as the zone was read.
fn candidate(
    types: &[&Arc<DocumentType>],
    format: ZoneFormat,
    reading: &FieldReading,
) -> Option<Candidate> {
    let document_type = type_of(types, format)?;
    Some(Candidate { document_type, confidence: f64::from(reading.confidence) })
}

/// The type that has zones of a format.
fn type_of(types: &[&Arc<DocumentType>], format: ZoneFormat) -> Option<DocumentTypeId> {
    let has_it = |served: &&&Arc<DocumentType>| served.adapter.manifest.zone == Some(format);
    types.iter().find(has_it).map(|served| served.id().clone())
}

/// A zone whose format nobody knows: as long as any; and as each of [`SHAPES`].
fn zone_fields() -> Result<(FieldRequest, Vec<FieldRequest>), EngineError> {
    let name = "mrz".parse::<FieldName>();
    let characters = "0-9A-Z<".parse::<CharacterSet>();
    let (Ok(name), Ok(characters)) = (name, characters) else { return Err(EngineError::Panicked) };
    let free = FieldRequest {
        name,
        page: 0,
        characters,
        max_length: LONGEST,
        shape: Some(LARGEST),
        zone: None,
        any_lines: true,
    };
    let shaped = SHAPES.map(|format| FieldRequest {
        max_length: format.shape().total_characters(),
        shape: Some(format.shape()),
        zone: Some(format),
        any_lines: false,
        ..free.clone()
    });
    Ok((free, shaped.to_vec()))
}

#[cfg(test)]
mod tests;
