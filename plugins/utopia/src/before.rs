//! The hook `before`: which fields to read.

use crate::dates::parse_iso;
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
    parse_today(today)?;
    if page_count != document_type.pages {
        return Err(Refusal {
            code: "pages.count",
            message: format!(
                "the document has {page_count} pages, and one of this type has {}",
                document_type.pages
            ),
        });
    }
    let rules = match requested {
        None => document_type.fields.iter().collect(),
        Some([]) => {
            let message = "no field is asked for".to_owned();
            return Err(Refusal { code: "fields.none", message });
        }
        Some(names) => select(document_type, names)?,
    };
    Ok(rules.into_iter().map(|rule| request(document_type, rule)).collect())
}

/// Finds the document type.
pub(crate) fn find(id: &str) -> Result<&'static DocumentType, Refusal> {
    DocumentType::find(id).ok_or_else(|| Refusal {
        code: "document_type.unknown",
        message: "these rules don't know the document type".to_owned(),
    })
}

/// Reads the current date.
pub(crate) fn parse_today(today: &str) -> Result<mrz::Date, Refusal> {
    parse_iso(today).ok_or_else(|| Refusal {
        code: "today.format",
        message: "the current date doesn't read like 2026-11-24".to_owned(),
    })
}

/// Finds the fields, each by name and each once.
pub(crate) fn select<S: AsRef<str>>(
    document_type: &DocumentType,
    names: &[S],
) -> Result<Vec<&'static FieldRule>, Refusal> {
    let mut rules = Vec::<&'static FieldRule>::new();
    for name in names {
        let name = name.as_ref();
        let Some(rule) = document_type.field(name) else {
            return Err(field_refusal(
                "fields.unknown",
                name,
                "isn't a field of this document type",
            ));
        };
        if rules.iter().any(|known| known.name == rule.name) {
            return Err(field_refusal("fields.duplicate", name, "is asked for twice"));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn field_refusal(code: &'static str, name: &str, what: &str) -> Refusal {
    // A name of any length would break the limit on messages.
    let name = name.chars().filter(|c| !c.is_control()).take(64).collect::<String>();
    Refusal { code, message: format!("`{name}` {what}") }
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
