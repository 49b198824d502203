//! A document as JSON: `{"document_type": "...", "pages": ["base64", ...], "fields": ["surname"]}`. Only the
//! pages must be there.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier_document::DocumentTypeId;
use dossier_engine::pipeline::document_type;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::ApiError;
use super::bodies::HeldBody;
use super::form::{MAX_PARTS, field_name};
use super::input::Asked;

/// The JSON can't be used. Names of keys are the client's own and go back to it only; values are not
/// repeated.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// It is no JSON.
    #[error("the body is no JSON: line {line}, column {column}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A key that nothing here reads.
    #[error("the body has an unknown key")]
    UnknownKey {
        /// Its name as the client wrote it.
        name: String,
    },
    /// A key that is needed.
    #[error("the key `{name}` is missing")]
    MissingKey {
        /// Its name.
        name: String,
    },
    /// A value is not of the kind that its key takes, a key stands twice, or a list is too long.
    #[error("line {line}, column {column}: not what is documented")]
    Value {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A page is no base64.
    #[error("page {page} is no base64 (RFC 4648, section 4, with padding)")]
    Base64 {
        /// The page, counted from 1.
        page: usize,
    },
}

/// A document, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentBody<'a> {
    #[serde(borrow, default)]
    document_type: Option<AtMost<Text<'a>>>,
    #[serde(borrow)]
    pages: AtMost<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    fields: Option<AtMost<Vec<Text<'a>>>>,
}

/// Reads the JSON. Its pages count beside it until it is gone.
///
/// # Errors
/// What can't be used, or when there is no room for the pages.
pub(super) fn parse(body: Bytes, held: &mut HeldBody) -> Result<Asked, ApiError> {
    let asked = read::<DocumentBody<'_>>(&body)?.asked(held)?;
    drop(body);
    held.shrinks_to(asked.pages.iter().map(Bytes::len).sum());
    Ok(asked)
}

impl DocumentBody<'_> {
    /// What is asked. Its pages count beside its text.
    ///
    /// # Errors
    /// What can't be used, or when there is no room for the pages.
    pub(super) fn asked(self, held: &mut HeldBody) -> Result<Asked, ApiError> {
        let Self { document_type: name, pages, fields } = self;
        let document_type = name.map(|name| document_type(name.0.0.trim())).transpose()?;
        let pages = decode_pages(pages.0.iter().map(|page| &*page.0), held)?;
        let fields = fields.map(|fields| {
            fields.0.iter().map(|name| field_name(&name.0)).collect::<Result<Vec<_>, _>>()
        });
        Ok(Asked { document_type, pages, fields: fields.transpose()? })
    }
}

/// Pages of base64. Their bytes are counted before they are made.
///
/// # Errors
/// The first that is none, or when there is no room.
pub(super) fn decode_pages<'a>(
    texts: impl Iterator<Item = &'a str>,
    held: &mut HeldBody,
) -> Result<Vec<Bytes>, ApiError> {
    let decode = |(index, text): (usize, &str)| {
        held.also_holds(text.len() / 4 * 3)?;
        let page = STANDARD.decode(text);
        let page = page.map_err(|_| JsonError::Base64 { page: index + 1 })?;
        Ok(page.into())
    };
    texts.enumerate().map(decode).collect()
}

/// Reads JSON of a client whose values must not be repeated.
///
/// # Errors
/// What is not as documented, without its values.
pub(super) fn read<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, JsonError> {
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if !error.is_data() {
            return JsonError::Malformed { line, column };
        }
        // Its other sentences quote values.
        let text = error.to_string();
        let name_after = |start: &str| {
            let rest = text.strip_prefix(start)?;
            rest.split_once('`').map(|(name, _)| name.to_owned())
        };
        if let Some(name) = name_after("unknown field `") {
            return JsonError::UnknownKey { name };
        }
        match name_after("missing field `") {
            Some(name) => JsonError::MissingKey { name },
            None => JsonError::Value { line, column },
        }
    })
}

/// A text that is borrowed from the body where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// A short text, or a list of no more items than a form may have parts.
pub(super) struct AtMost<T>(pub(super) T);

impl<'de: 'a, 'a> Deserialize<'de> for AtMost<Text<'a>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        match text.0.len() <= DocumentTypeId::MAX_BYTES * 2 {
            true => Ok(Self(text)),
            false => Err(D::Error::custom("too long")),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for AtMost<Vec<T>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Items(PhantomData)).map(Self)
    }
}

struct Items<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            if items.len() == MAX_PARTS {
                return Err(A::Error::custom("too many"));
            }
            items.push(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests;
