//! The component: translates between WIT and the rules.

use crate::{DOCUMENT_TYPES, Outcome};

wit_bindgen::generate!({
    path: "../../wit/v1",
    world: "rules",
});

use exports::dossier::rules::hooks;

struct Rules;

export!(Rules);

impl hooks::Guest for Rules {
    fn describe() -> hooks::Description {
        hooks::Description {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            document_types: DOCUMENT_TYPES.iter().map(|known| known.id.to_owned()).collect(),
        }
    }

    fn before(
        document_type: String,
        page_count: u32,
        requested: Option<Vec<String>>,
        today: String,
    ) -> Result<Vec<hooks::FieldRequest>, hooks::Error> {
        crate::before(&document_type, page_count, requested.as_deref(), &today)
            .map(|fields| fields.into_iter().map(field_request).collect())
            .map_err(error)
    }

    fn after(
        document_type: String,
        readings: Vec<hooks::Reading>,
        today: String,
    ) -> Result<hooks::Report, hooks::Error> {
        let readings = readings.into_iter().map(reading).collect::<Vec<_>>();
        crate::after(&document_type, &readings, &today).map(report).map_err(error)
    }
}

fn reading(reading: hooks::Reading) -> crate::Reading {
    crate::Reading { name: reading.name, raw: reading.raw, confidence: reading.confidence }
}

fn error(refusal: crate::Refusal) -> hooks::Error {
    hooks::Error { code: refusal.code.to_owned(), message: refusal.message }
}

fn field_request(field: crate::FieldRequest) -> hooks::FieldRequest {
    hooks::FieldRequest {
        name: field.name.to_owned(),
        page: field.page,
        characters: field.characters.to_owned(),
        max_length: field.max_length,
        shape: field
            .shape
            .map(|(lines, characters_per_line)| hooks::LineShape { lines, characters_per_line }),
    }
}

fn report(report: crate::Report) -> hooks::Report {
    let field = |field: crate::Field| hooks::Field {
        name: field.name,
        value: field.value,
        source: field.source.to_owned(),
    };
    let check = |check: crate::Check| hooks::Check {
        code: check.code.to_owned(),
        outcome: match check.outcome {
            Outcome::Passed => hooks::Outcome::Passed,
            Outcome::Failed => hooks::Outcome::Failed,
            Outcome::NotPerformed => hooks::Outcome::NotPerformed,
        },
        fields: check.fields.into_iter().map(str::to_owned).collect(),
        message: check.message.to_owned(),
    };
    hooks::Report {
        fields: report.fields.into_iter().map(field).collect(),
        checks: report.checks.into_iter().map(check).collect(),
    }
}
