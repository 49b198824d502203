//! The rules of Utopia on whole documents.

use dossier_rules_sdk::{FieldRequest, Observation, Reading, Refusal, Report, Settings};

use super::DOCUMENT_TYPES;

mod after;
mod before;

const TODAY: &str = "2026-11-24";

fn before(
    document_type: &str,
    page_count: u32,
    requested: Option<&[String]>,
    today: &str,
) -> Result<Vec<FieldRequest>, Refusal> {
    dossier_rules_sdk::before(&DOCUMENT_TYPES, document_type, page_count, requested, today)
}

fn after(document_type: &str, readings: &[Reading], today: &str) -> Result<Report, Refusal> {
    let (nothing, settings) = (Observation::default(), Settings::default());
    dossier_rules_sdk::after(&DOCUMENT_TYPES, document_type, readings, &nothing, today, settings)
}
