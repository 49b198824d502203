//! Rules that do nothing: `dossier-bench plugins` measures what a call costs before it does anything.
#![deny(unsafe_code)]

use dossier_rules_sdk::{
    Description, Field, FieldRequest, Reading, Refusal, Report, Rules, description, export_rules,
};

/// The rules, as a component exports them.
#[derive(Debug)]
pub struct Noop;

export_rules!(Noop);

impl Rules for Noop {
    fn describe() -> Description {
        description!(["noop/paper/1"])
    }

    fn before(
        _document_type: &str,
        _page_count: u32,
        _requested: Option<&[String]>,
        _today: &str,
    ) -> Result<Vec<FieldRequest>, Refusal> {
        Ok(vec![FieldRequest {
            name: "text",
            page: 0,
            characters: "A-Z",
            max_length: 10,
            shape: None,
        }])
    }

    fn after(_document_type: &str, readings: &[Reading], _today: &str) -> Result<Report, Refusal> {
        let field =
            |reading: &Reading| Field { name: reading.name.clone(), value: None, source: "visual" };
        Ok(Report { fields: readings.iter().map(field).collect(), checks: Vec::new() })
    }
}
