//! The hook `before`, but for the fields themselves.

use mrz::Date;

use crate::{FieldRequest, Refusal, dates};

/// Reads the current date.
///
/// # Errors
/// `today.format` when it isn't one.
pub fn parse_today(today: &str) -> Result<Date, Refusal> {
    dates::parse_iso(today).ok_or_else(|| Refusal {
        code: "today.format",
        message: "the current date doesn't read like 2026-11-24".to_owned(),
    })
}

/// The refusal of a document type that rules don't know.
#[must_use]
pub fn unknown_document_type() -> Refusal {
    Refusal {
        code: "document_type.unknown",
        message: "these rules don't know the document type".to_owned(),
    }
}

/// Refuses a document that has another number of pages than its type.
///
/// # Errors
/// `pages.count` when it has.
pub fn check_page_count(page_count: u32, expected: u32) -> Result<(), Refusal> {
    if page_count == expected {
        return Ok(());
    }
    Err(Refusal {
        code: "pages.count",
        message: format!(
            "the document has {page_count} pages, and one of this type has {expected}"
        ),
    })
}

/// Chooses the fields to read: those requested in their order, or else all.
///
/// # Errors
/// `fields.none`, `fields.unknown` or `fields.duplicate`; the message names the field.
pub fn choose(
    fields: Vec<FieldRequest>,
    requested: Option<&[String]>,
) -> Result<Vec<FieldRequest>, Refusal> {
    match requested {
        None => Ok(fields),
        Some([]) => {
            let message = "no field is asked for".to_owned();
            Err(Refusal { code: "fields.none", message })
        }
        Some(names) => select(&fields, |field| field.name, names)
            .map(|chosen| chosen.into_iter().cloned().collect()),
    }
}

/// Finds entries by name, each once.
///
/// # Errors
/// `fields.unknown` or `fields.duplicate`; the message names the field.
pub fn select<'a, T, S: AsRef<str>>(
    entries: &'a [T],
    name_of: impl Fn(&T) -> &str,
    names: &[S],
) -> Result<Vec<&'a T>, Refusal> {
    let mut chosen = Vec::<&T>::with_capacity(names.len());
    for name in names {
        let name = name.as_ref();
        let Some(entry) = entries.iter().find(|entry| name_of(entry) == name) else {
            let what = "isn't a field of this document type";
            return Err(field_refusal("fields.unknown", name, what));
        };
        if chosen.iter().any(|known| name_of(known) == name) {
            return Err(field_refusal("fields.duplicate", name, "is asked for twice"));
        }
        chosen.push(entry);
    }
    Ok(chosen)
}

fn field_refusal(code: &'static str, name: &str, what: &str) -> Refusal {
    // A name of any length would break the limit on messages.
    let name = name.chars().filter(|c| !c.is_control()).take(64).collect::<String>();
    Refusal { code, message: format!("`{name}` {what}") }
}

#[cfg(test)]
mod tests;
