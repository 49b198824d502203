//! The document type in the head of a request, for routers that read heads alone.
//!
//! Whoever spreads requests over hosts sends a type where its adapter is. Nothing here depends on that: a
//! host reads every type that it serves, and a head that says otherwise than the document is refused.

use axum::http::HeaderMap;
use dossier_document::DocumentTypeId;
use dossier_engine::pipeline::document_type;

use super::ApiError;

/// The headers that name it: this host's own, those of llm-d's router, and that of Ray Serve.
pub(super) const HEADERS: [&str; 4] = [
    "x-dossier-document-type",
    "x-llm-d-model-name-rewrite",
    "x-gateway-model-name-rewrite",
    "serve_multiplexed_model_id",
];

/// What a header is to be.
const WANTED: &str = "a document type such as utopia/passport/2024";

/// The type that a head names, and the header that does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeadType {
    document_type: DocumentTypeId,
    header: &'static str,
}

impl HeadType {
    /// What the headers name; nothing, if none of them stands there.
    ///
    /// # Errors
    /// When one stands twice or is no document type, or two name different ones.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let mut found = None;
        for header in HEADERS {
            let mut values = headers.get_all(header).iter();
            let Some(value) = values.next() else { continue };
            let text = value.to_str().ok().filter(|_| values.next().is_none());
            let document_type = text.and_then(|text| document_type(text.trim()).ok());
            let malformed = ApiError::Header { name: header, wanted: WANTED };
            let this = Self { document_type: document_type.ok_or(malformed)?, header };
            match &found {
                None => found = Some(this),
                Some(Self { document_type, .. }) if *document_type == this.document_type => {}
                Some(Self { header: other, .. }) => {
                    return Err(ApiError::Contradiction { header, other });
                }
            }
        }
        Ok(found)
    }
}

/// The type that is meant, where a head may name it, and `place` (the path, the body) may too.
///
/// # Errors
/// When both do, and not the same one.
pub(super) fn settled(
    head: Option<&HeadType>,
    named: Option<DocumentTypeId>,
    place: &'static str,
) -> Result<Option<DocumentTypeId>, ApiError> {
    match (head, named) {
        (None, named) => Ok(named),
        (Some(head), None) => Ok(Some(head.document_type.clone())),
        (Some(head), Some(named)) if head.document_type == named => Ok(Some(named)),
        (Some(head), Some(_)) => Err(ApiError::Contradiction { header: head.header, other: place }),
    }
}

#[cfg(test)]
mod tests;
