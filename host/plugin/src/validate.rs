//! What a component answers is believed only in the form that the WIT file gives it.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;

use dossier_document::{
    Barcode, Check, CheckOutcome, DocumentTypeId, FieldName, FieldReading, FieldRequest, FieldText,
    LineShape, Symbology,
};

use crate::bindings::{evidence, hooks};
use crate::{Description, InvalidResult, Report, ReportField};

/// Longest name of the rules in bytes.
const MAX_NAME_BYTES: usize = 64;
/// Longest code of a check or an error in bytes.
const MAX_CODE_BYTES: usize = 128;
/// Longest sentence in bytes.
const MAX_MESSAGE_BYTES: usize = 512;
/// Longest normalised value in bytes.
const MAX_VALUE_BYTES: usize = 4096;
/// Longest value to read in characters, line breaks included.
const MAX_FIELD_CHARACTERS: u32 = 1024;
/// Longest character set in bytes.
const MAX_CHARACTERS_BYTES: usize = 1024;
const MAX_DOCUMENT_TYPES: usize = 4096;
const MAX_FIELDS: usize = 64;
const MAX_CHECKS: usize = 256;

/// The source of a field that was read from its own place on the page.
const VISUAL: &str = "visual";

pub(crate) fn description(raw: hooks::Description) -> Result<Description, InvalidResult> {
    let hooks::Description { name, version, document_types } = raw;
    if !is_rules_name(&name) {
        return Err(InvalidResult::Form { what: "name", position: 0 });
    }
    if !is_version(&version) {
        return Err(InvalidResult::Form { what: "version", position: 0 });
    }
    some_but_not_too_many("document types", document_types.len(), MAX_DOCUMENT_TYPES)?;
    let document_types = document_types
        .iter()
        .enumerate()
        .map(|(position, text)| {
            text.parse::<DocumentTypeId>()
                .map_err(|_| InvalidResult::Form { what: "document type", position })
        })
        .collect::<Result<Vec<_>, _>>()?;
    unique("document type", &document_types)?;
    Ok(Description { name, version, document_types })
}

pub(crate) fn refusal(raw: hooks::Error) -> Result<(String, String), InvalidResult> {
    if !is_code(&raw.code) {
        return Err(InvalidResult::Form { what: "error code", position: 0 });
    }
    if !is_message(&raw.message) {
        return Err(InvalidResult::Form { what: "error message", position: 0 });
    }
    Ok((raw.code, raw.message))
}

pub(crate) fn field_requests(
    raw: Vec<hooks::FieldRequest>,
    page_count: usize,
    requested: Option<&[FieldName]>,
) -> Result<Vec<FieldRequest>, InvalidResult> {
    some_but_not_too_many("fields", raw.len(), MAX_FIELDS)?;
    let fields = raw
        .into_iter()
        .enumerate()
        .map(|(position, field)| field_request(position, field, page_count))
        .collect::<Result<Vec<_>, _>>()?;
    unique("field", fields.iter().map(|field| &field.name))?;
    if let Some(requested) = requested {
        let chosen = fields.iter().map(|field| &field.name);
        if !chosen.clone().eq(requested) {
            let position = chosen.zip(requested).take_while(|(is, should)| is == should).count();
            return Err(InvalidResult::NotAsRequested { position });
        }
    }
    Ok(fields)
}

fn field_request(
    position: usize,
    raw: hooks::FieldRequest,
    page_count: usize,
) -> Result<FieldRequest, InvalidResult> {
    let name = field_name("field", position, &raw.name)?;
    let page = match usize::try_from(raw.page) {
        Ok(page) if page < page_count => page,
        _ => {
            return Err(InvalidResult::PageOutOfRange { field: name, page: raw.page, page_count });
        }
    };
    if raw.characters.len() > MAX_CHARACTERS_BYTES {
        return Err(InvalidResult::Form { what: "characters of field", position });
    }
    let characters = match raw.characters.parse() {
        Ok(characters) => characters,
        Err(reason) => return Err(InvalidResult::Characters { field: name, reason }),
    };
    let max_length = raw.max_length;
    if !(1..=MAX_FIELD_CHARACTERS).contains(&max_length) {
        let limit = MAX_FIELD_CHARACTERS;
        return Err(InvalidResult::MaxLength { field: name, max_length, limit });
    }
    let shape = raw.shape.map(|hooks::LineShape { lines, characters_per_line }| LineShape {
        lines,
        characters_per_line,
    });
    if let Some(LineShape { lines, characters_per_line }) = shape
        && (lines == 0
            || characters_per_line == 0
            || LineShape { lines, characters_per_line }.total_characters() != max_length)
    {
        return Err(InvalidResult::Shape { field: name, lines, characters_per_line });
    }
    Ok(FieldRequest { name, page, characters, max_length, shape, zone: None, any_lines: false })
}

/// What documents are searched for, by their type.
pub(crate) fn searches(
    raw: Vec<evidence::Search>,
    known: &[DocumentTypeId],
) -> Result<BTreeMap<DocumentTypeId, Vec<Symbology>>, InvalidResult> {
    not_too_many("searches", raw.len(), known.len())?;
    let mut searches = BTreeMap::new();
    for (position, search) in raw.into_iter().enumerate() {
        let document_type = search.document_type.parse::<DocumentTypeId>();
        let document_type =
            document_type.ok().filter(|document_type| known.contains(document_type));
        let document_type = document_type
            .ok_or(InvalidResult::Form { what: "document type of search", position })?;
        some_but_not_too_many("sources of a search", search.sources.len(), Symbology::ALL.len())?;
        let symbologies = search.sources.iter().map(|source| Symbology::of_source(source));
        let symbologies = symbologies.collect::<Option<Vec<_>>>();
        let symbologies =
            symbologies.ok_or(InvalidResult::Form { what: "source of search", position })?;
        unique("source of a search", &symbologies)?;
        if searches.insert(document_type, symbologies).is_some() {
            return Err(InvalidResult::Duplicate { what: "document type of search", position });
        }
    }
    Ok(searches)
}

pub(crate) fn report<'a>(
    raw: hooks::Report,
    readings: &[FieldReading],
    barcodes: impl Iterator<Item = &'a Barcode>,
) -> Result<Report, InvalidResult> {
    // Rules may derive fields from the readings, so there can be more of them.
    not_too_many("fields", raw.fields.len(), readings.len().saturating_add(MAX_FIELDS))?;
    not_too_many("checks", raw.checks.len(), MAX_CHECKS)?;
    let read = readings.iter().map(|reading| reading.name.as_str()).collect::<HashSet<_>>();
    let barcodes = barcodes.map(|barcode| barcode.symbology.source());
    let sources = read.iter().copied().chain(barcodes).collect::<HashSet<_>>();
    let fields = raw
        .fields
        .into_iter()
        .enumerate()
        .map(|(position, field)| report_field(position, field, &read, &sources))
        .collect::<Result<Vec<_>, _>>()?;
    unique("field", fields.iter().map(|field| &field.name))?;
    let reported = fields.iter().map(|field| &field.name).collect::<HashSet<_>>();
    if let Some(dropped) = readings.iter().find(|reading| !reported.contains(&reading.name)) {
        return Err(InvalidResult::DroppedReading { field: dropped.name.clone() });
    }
    let checks = raw
        .checks
        .into_iter()
        .enumerate()
        .map(|(position, raw)| check(position, raw))
        .collect::<Result<Vec<_>, _>>()?;
    unique("check", checks.iter().map(|check| &check.code))?;
    Ok(Report { fields, checks })
}

fn report_field(
    position: usize,
    raw: hooks::Field,
    read: &HashSet<&str>,
    sources: &HashSet<&str>,
) -> Result<ReportField, InvalidResult> {
    let name = field_name("field", position, &raw.name)?;
    let is_reading = read.contains(name.as_str());
    let is_derived = sources.contains(raw.source.as_str());
    let is_known = is_derived || (is_reading && raw.source == VISUAL);
    if !is_known {
        return Err(InvalidResult::UnknownField { position });
    }
    let is_shown = |value: &String| value.len() <= MAX_VALUE_BYTES && is_presentable(value);
    if raw.value.as_ref().is_some_and(|value| !is_shown(value)) {
        return Err(InvalidResult::Form { what: "value of field", position });
    }
    Ok(ReportField { name, value: raw.value.map(FieldText::new), source: raw.source })
}

fn check(position: usize, raw: hooks::Check) -> Result<Check, InvalidResult> {
    if !is_code(&raw.code) {
        return Err(InvalidResult::Form { what: "code of check", position });
    }
    if !is_message(&raw.message) {
        return Err(InvalidResult::Form { what: "message of check", position });
    }
    not_too_many("fields of a check", raw.fields.len(), MAX_FIELDS)?;
    let fields = raw
        .fields
        .iter()
        .map(|name| field_name("field of check", position, name))
        .collect::<Result<Vec<_>, _>>()?;
    let outcome = match raw.outcome {
        hooks::Outcome::Passed => CheckOutcome::Passed,
        hooks::Outcome::Failed => CheckOutcome::Failed,
        hooks::Outcome::NotPerformed => CheckOutcome::NotPerformed,
    };
    Ok(Check { code: raw.code, outcome, fields, message: raw.message })
}

fn field_name(what: &'static str, position: usize, text: &str) -> Result<FieldName, InvalidResult> {
    text.parse().map_err(|_| InvalidResult::Form { what, position })
}

fn is_rules_name(text: &str) -> bool {
    let rest = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    text.len() <= MAX_NAME_BYTES
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(rest)
}

fn is_version(text: &str) -> bool {
    let is_number = |part: &str| {
        let canonical = part == "0" || !part.starts_with('0');
        canonical && part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u32>().is_ok()
    };
    let parts = text.split('.').collect::<Vec<_>>();
    parts.len() == 3 && parts.iter().all(|part| is_number(part))
}

fn is_code(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.';
    (1..=MAX_CODE_BYTES).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_message(text: &str) -> bool {
    text.len() <= MAX_MESSAGE_BYTES && !text.chars().any(char::is_control)
}

/// Whether a value shows what it holds: no control character but line breaks, and none that turns the
/// direction of what follows (Unicode's `Bidi_Control`), or ends a line in some programs and not in
/// others.
fn is_presentable(text: &str) -> bool {
    !text.chars().any(|c| {
        (c.is_control() && c != '\n')
            || matches!(
                c,
                '\u{61c}'
                    | '\u{200e}'
                    | '\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2066}'..='\u{2069}'
            )
    })
}

fn not_too_many(what: &'static str, count: usize, limit: usize) -> Result<(), InvalidResult> {
    if count > limit { Err(InvalidResult::TooMany { what, count, limit }) } else { Ok(()) }
}

fn some_but_not_too_many(
    what: &'static str,
    count: usize,
    limit: usize,
) -> Result<(), InvalidResult> {
    if count == 0 { Err(InvalidResult::Nothing { what }) } else { not_too_many(what, count, limit) }
}

fn unique<T: Eq + Hash>(
    what: &'static str,
    items: impl IntoIterator<Item = T>,
) -> Result<(), InvalidResult> {
    let mut seen = HashSet::new();
    match items.into_iter().position(|item| !seen.insert(item)) {
        Some(position) => Err(InvalidResult::Duplicate { what, position }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
