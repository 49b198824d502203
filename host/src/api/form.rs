//! The form of `POST /v1/extract`.
//!
//! A page is any part with a file name, or one named `page`, `pages`, `image` or `file`; pages count
//! in the order of the form. A file control that was left empty, which browsers send all the same, is
//! none. Without `document_type` it is found out by how the first page looks; blanks around it don't count. `fields` lists field names,
//! separated by commas or in parts of their own; one with nothing in it is as none. Any other part is
//! refused: a misspelt option must not be ignored.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use dossier_document::{DocumentTypeId, FieldName};
use dossier_engine::pipeline::document_type;
use futures_util::stream;
use multer::{Field, Multipart};

use super::ApiError;
use super::input::Asked;

mod disposition;
use disposition::names_a_file;

const PAGE_PARTS: [&str; 4] = ["page", "pages", "image", "file"];

/// A line break, as `curl -F 'document_type=<file'` sends it, and a few more.
const BLANKS_AROUND: usize = 16;

/// More parts than any request needs; each costs a small allocation.
pub(super) const MAX_PARTS: usize = 256;

/// The form can't be used. Names of parts are the client's own and go back to it only.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// The body is no multipart form.
    #[error("the content type must be multipart/form-data or application/json")]
    ContentType,
    /// The body is compressed.
    #[error("the body must be sent without content-encoding; images are compressed already")]
    ContentEncoding,
    /// The body does not follow its own content type.
    #[error("the multipart form is malformed")]
    Malformed,
    /// There are too many parts.
    #[error("the form has more than {MAX_PARTS} parts")]
    TooManyParts,
    /// A part that nothing here reads.
    #[error("the form has an unknown part")]
    UnknownPart {
        /// Its name as the client wrote it.
        name: String,
    },
    /// A part that may stand once stands twice.
    #[error("the part `{name}` stands twice")]
    RepeatedPart {
        /// Its name.
        name: &'static str,
    },
    /// A part that must be text is not UTF-8, or too long.
    #[error("the part `{name}` is not a short text in UTF-8")]
    NotText {
        /// Its name.
        name: &'static str,
    },
    /// A text is not a field name.
    #[error("a text is no field name")]
    NotAFieldName {
        /// The text as the client wrote it.
        text: String,
    },
}

/// The boundary of a multipart form.
///
/// # Errors
/// When the content type is another.
pub fn boundary(headers: &HeaderMap) -> Result<String, FormError> {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| multer::parse_boundary(value).ok())
        .ok_or(FormError::ContentType)
}

/// Reads the form. Nobody has counted its document yet.
///
/// # Errors
/// The first part that can't be used.
pub async fn parse(body: Bytes, boundary: String) -> Result<Asked, ApiError> {
    let whole = stream::iter([Ok::<_, std::convert::Infallible>(body)]);
    let mut form = Multipart::new(whole, boundary);
    let mut pages = Vec::new();
    let mut name_of_type = None;
    let mut fields = None;
    let mut parts = 0;
    while let Some(part) = form.next_field().await.map_err(|_| FormError::Malformed)? {
        parts += 1;
        if parts > MAX_PARTS {
            return Err(FormError::TooManyParts.into());
        }
        let name = part.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "document_type" => {
                let longest = DocumentTypeId::MAX_BYTES + BLANKS_AROUND;
                let text = text_of(part, "document_type", longest).await?;
                if name_of_type.replace(text.trim().to_owned()).is_some() {
                    return Err(FormError::RepeatedPart { name: "document_type" }.into());
                }
            }
            "fields" => {
                let longest = MAX_PARTS * (FieldName::MAX_BYTES + 1);
                let text = text_of(part, "fields", longest).await?;
                if !text.trim().is_empty() {
                    fields.get_or_insert_with(Vec::new).extend(field_names(&text)?);
                }
            }
            page if names_a_file(&part) || PAGE_PARTS.contains(&page) => {
                let may_be_left_empty = part.file_name() == Some("");
                let bytes = part.bytes().await.map_err(|_| FormError::Malformed)?;
                if !(may_be_left_empty && bytes.is_empty()) {
                    pages.push(bytes);
                }
            }
            _ => return Err(FormError::UnknownPart { name }.into()),
        }
    }
    let document_type = name_of_type.map(|name| document_type(&name)).transpose()?;
    Ok(Asked { document_type, pages, fields })
}

/// The field names in a text, separated by commas; spaces around them don't count.
///
/// # Errors
/// The first text that is none; an empty one is none.
pub fn field_names(text: &str) -> Result<Vec<FieldName>, FormError> {
    text.split(',').map(field_name).collect()
}

/// The field of that name; spaces around it don't count.
///
/// # Errors
/// When it is none.
pub(super) fn field_name(text: &str) -> Result<FieldName, FormError> {
    text.trim().parse().map_err(|_| FormError::NotAFieldName { text: text.to_owned() })
}

async fn text_of(part: Field<'_>, name: &'static str, longest: usize) -> Result<String, FormError> {
    let bytes = part.bytes().await.map_err(|_| FormError::Malformed)?;
    if bytes.len() > longest {
        return Err(FormError::NotText { name });
    }
    String::from_utf8(bytes.into()).map_err(|_| FormError::NotText { name })
}

#[cfg(test)]
mod tests;
