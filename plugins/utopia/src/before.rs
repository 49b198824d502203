//! The hook `before`: which fields to read.

use dossier_rules_sdk::requests;

use crate::{DocumentType, FieldKind, FieldRequest, FieldRule, Refusal};

/// Chooses the fields to read: those requested, or else all of the document type.
///
/// # Errors
/// When the document type, the date, the number of pages or a requested field isn't right: the
/// code says which, and the message names the field.
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
    DocumentType::find(id).ok_or_else(requests::unknown_document_type)
}

/// Every field of the document type.
pub(crate) fn all(document_type: &DocumentType) -> Vec<FieldRequest> {
    document_type.fields.iter().map(|rule| request(document_type, rule)).collect()
}

fn request(document_type: &DocumentType, rule: &FieldRule) -> FieldRequest {
    let shape = match (rule.kind, document_type.zone) {
        (FieldKind::Zone, Some(zone)) => Some((zone.lines(), zone.line_length())),
        _ => None,
    };
    FieldRequest {
        name: rule.name,
        page: rule.page,
        characters: rule.kind.characters(document_type),
        max_length: rule.kind.max_length(document_type),
        shape,
    }
}

#[cfg(test)]
mod tests;
