//! The hook `before`: which fields to read.

use dossier_rules_sdk::requests;

use crate::document_type::ZoneKind;
use crate::{DocumentType, FieldKind, FieldRequest, FieldRule, Refusal, document_types};

/// Chooses the fields to read: those requested, or else all of the document type.
///
/// # Errors
/// When the document type, the date, the number of pages or a requested field isn't right: the code
/// says which, and the message names the field.
pub fn before(
    document_type: &str,
    page_count: u32,
    requested: Option<&[String]>,
    today: &str,
) -> Result<Vec<FieldRequest>, Refusal> {
    let document_type = find(document_type)?;
    requests::parse_today(today)?;
    requests::check_page_count(page_count, document_type.pages)?;
    requests::choose(all(document_type), requested)
}

/// Finds the document type.
pub(crate) fn find(id: &str) -> Result<&'static DocumentType, Refusal> {
    document_types()
        .find(|document_type| document_type.id == id)
        .ok_or_else(requests::unknown_document_type)
}

/// Every field of the document type.
pub(crate) fn all(document_type: &DocumentType) -> Vec<FieldRequest> {
    document_type.fields.iter().map(|rule| request(document_type, rule)).collect()
}

fn request(document_type: &DocumentType, rule: &FieldRule) -> FieldRequest {
    let kind = FieldKind::of(rule.name);
    let shape = match (kind, document_type.zone) {
        (FieldKind::Zone, Some(ZoneKind::Icao(format))) => {
            Some((format.lines(), format.line_length()))
        }
        (FieldKind::Zone, Some(ZoneKind::LicenceLine)) => Some((1, crate::licence_line::LENGTH)),
        _ => None,
    };
    FieldRequest {
        name: rule.name,
        page: rule.page,
        characters: kind.characters(document_type),
        max_length: kind.max_length(document_type),
        shape,
    }
}
