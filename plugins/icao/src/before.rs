//! The hook `before`: which fields to read.

use dossier_rules_sdk::{FieldRequest, Refusal, requests};

use crate::DocumentType;

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
    let document_type =
        DocumentType::find(document_type).ok_or_else(requests::unknown_document_type)?;
    requests::parse_today(today)?;
    if page_count == 0 {
        requests::check_page_count(page_count, document_type.most_pages)?;
    }
    requests::check_page_count(page_count, page_count.min(document_type.most_pages))?;
    requests::choose(document_type.fields(page_count), requested)
}
