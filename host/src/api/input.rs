//! The ways in which a document comes. What tells them apart stands in the head of the request; all end in
//! one [`ExtractRequest`].

use axum::body::Bytes;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use dossier_document::{DocumentTypeId, FieldName};
use dossier_engine::identify::Reach;
use dossier_engine::pipeline::document_type;
use dossier_engine::{Conditions, EngineError, ExtractRequest, ModelChoice, TypeChoice};

use super::affinity::{HeadType, settled};
use super::bodies::HeldBody;
use super::form::{self, FormError, field_names};
use super::open_inference::{self, TensorsAsked};
use super::{ApiError, json};

/// How a body is to be read.
#[derive(Debug)]
pub(super) enum Way {
    /// A multipart form.
    Form {
        /// What stands between its parts.
        boundary: String,
    },
    /// JSON with pages in base64.
    Json,
    /// The one page itself; everything else stands in the path and the query.
    Page {
        /// The document type.
        document_type: DocumentTypeId,
        /// The fields to read.
        fields: Option<Vec<FieldName>>,
    },
    /// Tensors of the Open Inference Protocol.
    Tensors {
        /// The model's name as the path writes it.
        name: String,
        /// The document type that it is.
        document_type: DocumentTypeId,
        /// The version that the path names.
        generation: Option<u64>,
        /// The length of the JSON, where binary tensors follow it.
        json_length: Option<usize>,
    },
}

/// A document that has come, as it is asked for.
pub(super) struct Parsed {
    pub(super) request: ExtractRequest,
    /// What is asked of the answer, where it is to be tensors.
    pub(super) tensors: Option<TensorsAsked>,
    /// The bytes that it holds.
    pub(super) held: HeldBody,
}

/// What is asked of a document, by whatever way it came.
#[derive(Debug)]
pub struct Asked {
    /// The type the document is said to have; none where it is to be found out.
    pub document_type: Option<DocumentTypeId>,
    /// The files of its pages, in order; a PDF or a TIFF may hold several pages.
    pub pages: Vec<Bytes>,
    /// The fields to read, or `None` for all that the rules read.
    pub fields: Option<Vec<FieldName>>,
}

impl Way {
    /// Of `POST /v1/extract`.
    ///
    /// # Errors
    /// When the content type is neither a form nor JSON, or the body is compressed.
    pub(super) fn of_document(headers: &HeaderMap) -> Result<Self, ApiError> {
        refuse_compressed(headers)?;
        if media_type(headers).is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
            return Ok(Self::Json);
        }
        Ok(Self::Form { boundary: form::boundary(headers)? })
    }

    /// Of `POST /v1/document-types/{type}/extract`.
    ///
    /// # Errors
    /// When the content type is none of images or PDF, the body is compressed, or path or query can't be used.
    pub(super) fn of_page(
        headers: &HeaderMap,
        name: &str,
        query: Option<&str>,
    ) -> Result<Self, ApiError> {
        refuse_compressed(headers)?;
        let holds_pages = |media: &str| {
            let media = media.to_ascii_lowercase();
            media.starts_with("image/") || media == "application/pdf"
        };
        if !media_type(headers).is_some_and(holds_pages) {
            return Err(ApiError::NotAnImageType);
        }
        let fields = fields_of(query.unwrap_or_default())?;
        Ok(Self::Page { document_type: document_type(name)?, fields })
    }

    /// The place that names the document type, for whoever is told of it.
    fn place(&self) -> &'static str {
        match self {
            Self::Form { .. } | Self::Json => "the body",
            Self::Page { .. } | Self::Tensors { .. } => "the path",
        }
    }

    /// Looks whether head and path name one document type, before there is a body.
    ///
    /// # Errors
    /// When they name two.
    pub(super) fn check(&self, head: Option<&HeadType>) -> Result<(), ApiError> {
        let named = match self {
            Self::Form { .. } | Self::Json => None,
            Self::Page { document_type, .. } | Self::Tensors { document_type, .. } => {
                Some(document_type.clone())
            }
        };
        settled(head, named, self.place()).map(|_| ())
    }

    /// Reads a whole body. Nobody has counted its document yet.
    ///
    /// # Errors
    /// What can't be used.
    pub(super) async fn parse(
        self,
        body: Bytes,
        held: HeldBody,
        head: Option<&HeadType>,
        mut conditions: Conditions,
    ) -> Result<Parsed, ApiError> {
        let mut tensors = None;
        let place = self.place();
        let (asked, held) = match self {
            Self::Form { boundary } => (form::parse(body, boundary).await?, held),
            Self::Page { document_type, fields } => {
                let document_type = Some(document_type);
                (Asked { document_type, pages: vec![body], fields }, held)
            }
            Self::Json => apart(held, move |held| json::parse(body, held)).await?,
            Self::Tensors { name, document_type, generation, json_length } => {
                match (conditions.generation, generation) {
                    (Some(header), Some(path)) if header != path => {
                        return Err(EngineError::Changed { what: "generation" }.into());
                    }
                    (None, path) => conditions.generation = path,
                    (Some(_), _) => {}
                }
                let read = move |held: &mut HeldBody| {
                    open_inference::parse(body, held, &name, document_type, json_length)
                };
                let ((asked, of_answer), held) = apart(held, read).await?;
                tensors = Some(of_answer);
                (asked, held)
            }
        };
        let Asked { document_type, pages, fields } = asked;
        let document_type = match settled(head, document_type, place)? {
            Some(document_type) => TypeChoice::Named(document_type),
            // Whoever knows the caller narrows it.
            None => TypeChoice::Identified(Reach::default()),
        };
        let model = ModelChoice::Adapter;
        let request =
            ExtractRequest { document_type, pages, fields, model, conditions, permit: None };
        Ok(Parsed { request, tensors, held })
    }
}

/// Reads what takes longer than a runtime's thread has, beside the bytes that are held for it.
pub(super) async fn apart<T: Send + 'static>(
    mut held: HeldBody,
    read: impl FnOnce(&mut HeldBody) -> Result<T, ApiError> + Send + 'static,
) -> Result<(T, HeldBody), ApiError> {
    let reading = move || read(&mut held).map(|read| (read, held));
    tokio::task::spawn_blocking(reading).await.map_err(|_| ApiError::Panicked)?
}

/// # Errors
/// [`FormError::ContentEncoding`].
pub(super) fn refuse_compressed(headers: &HeaderMap) -> Result<(), FormError> {
    let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    match headers.get_all(CONTENT_ENCODING).iter().all(is_plain) {
        true => Ok(()),
        false => Err(FormError::ContentEncoding),
    }
}

/// The content type without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim())
}

/// The fields that a query asks for: `fields=surname,mrz`, once. Names of fields have no character that a
/// query must escape; a comma may be.
fn fields_of(query: &str) -> Result<Option<Vec<FieldName>>, ApiError> {
    if query.is_empty() {
        return Ok(None);
    }
    let names = query.strip_prefix("fields=").filter(|names| !names.contains(['&', '=']));
    let names = names.ok_or(ApiError::Parameters { known: "`fields`" })?;
    match names.is_empty() {
        true => Ok(None),
        false => Ok(Some(field_names(&names.replace("%2C", ",").replace("%2c", ","))?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(axum::http::HeaderName, &str)]) -> HeaderMap {
        let fields = fields
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).expect("a value")));
        fields.collect()
    }

    #[test]
    fn the_content_type_tells_forms_json_and_pages_apart() {
        let of = |value| Way::of_document(&headers(&[(CONTENT_TYPE, value)]));
        assert!(
            matches!(of("multipart/form-data; boundary=X"), Ok(Way::Form { boundary }) if boundary == "X")
        );
        assert!(matches!(of("Application/JSON; charset=utf-8"), Ok(Way::Json)));
        for value in ["application/jsonl", "text/plain", "image/png", "", "multipart/form-data"] {
            let refused = matches!(of(value), Err(ApiError::Form(FormError::ContentType)));
            assert!(refused, "{value}");
        }
        let of = |value| Way::of_page(&headers(&[(CONTENT_TYPE, value)]), "a/b", None);
        for value in ["image/png", "application/pdf", "Application/PDF; version=1.7"] {
            assert!(matches!(of(value), Ok(Way::Page { .. })), "{value}");
        }
        assert!(matches!(of("application/json"), Err(ApiError::NotAnImageType)));
    }

    #[test]
    fn a_compressed_body_is_refused_before_it_is_read() {
        let with = |encoding| {
            let form = (CONTENT_TYPE, "multipart/form-data; boundary=X");
            Way::of_document(&headers(&[form, (CONTENT_ENCODING, encoding)]))
        };
        assert!(with("identity").is_ok());
        for encoding in ["gzip", "br", "zstd", "identity, gzip", ""] {
            let refused = matches!(with(encoding), Err(ApiError::Form(FormError::ContentEncoding)));
            assert!(refused, "{encoding}");
        }
    }

    #[test]
    fn a_query_has_fields_and_nothing_else() {
        let names = |query| {
            let fields = fields_of(query).expect("can be used")?;
            Some(fields.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(names(""), None);
        assert_eq!(names("fields="), None);
        let two = Some(vec!["surname".to_owned(), "mrz".to_owned()]);
        assert_eq!(names("fields=surname,mrz"), two);
        assert_eq!(names("fields=surname%2Cmrz"), two);
        for query in ["field=mrz", "fields=mrz&fields=sex", "fields=mrz&x", "x", "&"] {
            assert!(matches!(fields_of(query), Err(ApiError::Parameters { .. })), "{query}");
        }
        assert!(matches!(fields_of("fields=%20"), Err(ApiError::Form(_))));
    }
}
