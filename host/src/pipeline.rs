//! One document, from files to checked fields.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dossier_document::{
    Check, Digest, DocumentTypeId, FieldName, FieldReading, FieldText, Verdict,
};
use dossier_inference::{InferenceError, ReadRequest, ReadTimings};
use dossier_plugin::{BeforeOutcome, PluginError, Report};
use hyper::body::Bytes;

use crate::api::RequestId;
use crate::catalog::{Catalog, DocumentType, Shadow};
use crate::page_decoder::PageError;
use crate::reader::Reader;

mod shadow;
use shadow::Comparison;

/// What is asked of one document.
#[derive(Clone, Debug)]
pub struct ExtractRequest {
    /// The type the document is said to have, as the client wrote it.
    pub document_type: String,
    /// The files of its pages, in order.
    pub pages: Vec<Bytes>,
    /// The fields to read, or `None` for all that the rules read.
    pub fields: Option<Vec<FieldName>>,
    /// What reads the pages.
    pub model: ModelChoice,
}

/// What reads the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModelChoice {
    /// The base with the adapter of the document type.
    #[default]
    Adapter,
    /// The base alone, to evaluate what the adapter adds. Never served over HTTP.
    BaseOnly,
}

/// What was read and checked.
#[derive(Debug)]
pub struct Extraction {
    /// The document type.
    pub document_type: DocumentTypeId,
    /// The fields read, in the order of the request; then those the rules derived from them.
    pub fields: Vec<ExtractedField>,
    /// The checks of the rules.
    pub checks: Vec<Check>,
    /// What the checks amount to.
    pub verdict: Verdict,
    /// What produced all this.
    pub served_by: ServedBy,
    /// Where the time went.
    pub timings: Timings,
}

/// One field of an [`Extraction`].
#[derive(Clone, Debug)]
pub struct ExtractedField {
    /// The field's name.
    pub name: FieldName,
    /// What the model read, or `None` if the rules derived the field from another one.
    pub reading: Option<Reading>,
    /// The normalised value, or `None` if what was read can't be normalised.
    pub value: Option<FieldText>,
    /// `visual`, or the name of the field the value was taken from.
    pub source: String,
}

/// What the model read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The characters, unaltered.
    pub raw: FieldText,
    /// 0 to 1; calibrated where the adapter brings a calibration.
    pub confidence: f32,
    /// The page, counted from 0.
    pub page: usize,
}

/// The artifacts that produced an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServedBy {
    /// The base model.
    pub base: Digest,
    /// The adapter, or `None` for the base alone.
    pub adapter: Option<Digest>,
    /// What calibrated the confidences, or `None` for those of the model itself.
    pub calibration: Option<Digest>,
    /// The rules.
    pub rules: Digest,
    /// The generation of the catalogue.
    pub generation: u64,
}

/// Where the time of one document went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Files to pixels, the wait for a free decoder included.
    pub pages: Duration,
    /// The rules' `before`.
    pub before: Duration,
    /// The model's stages.
    pub read: ReadTimings,
    /// The rules' `after`.
    pub after: Duration,
    /// From the first to the last.
    pub total: Duration,
}

/// A document can't be read. No text of it holds field values or pixels.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// No such document type is served.
    #[error("the document type is not known here")]
    UnknownDocumentType,
    /// There is no page.
    #[error("the document has no page")]
    NoPages,
    /// There are more pages than the document type has, or than any document may have.
    #[error("the document has {pages} pages, at most {limit} are read")]
    TooManyPages {
        /// Pages sent.
        pages: usize,
        /// Pages allowed.
        limit: usize,
    },
    /// A requested field is not one of the document type.
    #[error("the document type has no field `{0}`")]
    UnknownField(FieldName),
    /// A field is requested twice.
    #[error("the field `{0}` is requested twice")]
    RepeatedField(FieldName),
    /// A page can't be decoded.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The rules refuse the document.
    #[error("the rules `{rules}` refuse the document: {code}")]
    Refused {
        /// The name of the rules.
        rules: String,
        /// Their code.
        code: String,
        /// Their sentence for the client.
        message: String,
    },
    /// The rules failed.
    #[error("the rules `{rules}` failed: {source}")]
    Rules {
        /// The name of the rules.
        rules: String,
        /// How.
        source: PluginError,
    },
    /// The model did not read the document.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

/// Reads and checks one document, as a request of its own.
///
/// # Errors
/// The first step that refuses or fails; nothing of the document is kept.
pub async fn extract(reader: &Reader, request: ExtractRequest) -> Result<Extraction, ExtractError> {
    extract_as(reader, request, &RequestId::new()).await
}

/// Reads and checks the document of the request of this id; a canary takes some ids.
///
/// # Errors
/// The first step that refuses or fails; nothing of the document is kept.
pub async fn extract_as(
    reader: &Reader,
    request: ExtractRequest,
    id: &RequestId,
) -> Result<Extraction, ExtractError> {
    // One snapshot from here to the end: both hooks and the adapter are of one generation.
    let catalog = reader.catalog().pin();
    let known = request
        .document_type
        .parse()
        .ok()
        .and_then(|id| catalog.document_type(&id))
        .ok_or(ExtractError::UnknownDocumentType)?;
    let route = known.route(&id.0);
    let shadow = known.rollout.shadow.as_ref();
    let extracted = read_and_check(reader, &catalog, &route.document_type, shadow, request).await;
    match &extracted {
        Ok(_) => route.count(false),
        Err(error) if error.is_of_the_version() => route.count(true),
        Err(_) => {}
    }
    extracted
}

async fn read_and_check(
    reader: &Reader,
    catalog: &Catalog,
    document_type: &Arc<DocumentType>,
    shadow: Option<&Shadow>,
    request: ExtractRequest,
) -> Result<Extraction, ExtractError> {
    let start = Instant::now();
    tracing::Span::current().record("document_type", document_type.id.as_str());
    refuse_page_count(request.pages.len(), document_type.pages.min(reader.max_pages()))?;
    refuse_fields(request.fields.as_deref().unwrap_or_default(), &document_type.fields)?;
    let rules = &document_type.rules;
    let rules_failed = |source| ExtractError::Rules { rules: rules.name().to_owned(), source };
    let today = reader.today();

    let pages = reader.page_decoder().decode(request.pages).await?;
    let decoded = Instant::now();

    let before = rules.before(&document_type.id, pages.len(), request.fields.as_deref(), &today);
    let fields = match before.await.map_err(rules_failed)? {
        BeforeOutcome::Read { fields } => fields,
        BeforeOutcome::Refused { code, message } => {
            let rules = rules.name().to_owned();
            return Err(ExtractError::Refused { rules, code, message });
        }
    };
    let chosen = Instant::now();

    let adapter = match request.model {
        ModelChoice::Adapter => Some(document_type.adapter),
        ModelChoice::BaseOnly => None,
    };
    let read_request = ReadRequest { pages, fields, adapter };
    let comparison = shadow.and_then(|shadow| {
        Comparison::begin(shadow, document_type, request.fields.as_deref(), &read_request)
    });
    let output = reader.inference().read(read_request).await?;
    let read = Instant::now();

    // The shadow may bring another calibration, so it gets what the model itself said.
    let comparison = comparison.map(|comparison| (comparison, output.readings.clone()));
    let (readings, calibration) = match request.model {
        ModelChoice::Adapter => {
            let calibration = document_type.calibration.as_ref();
            (document_type.calibrated(output.readings), calibration.map(|c| c.digest()))
        }
        ModelChoice::BaseOnly => (output.readings, None),
    };
    let report = rules.after(&document_type.id, &readings, &today).await.map_err(rules_failed)?;
    let end = Instant::now();

    if let Some((comparison, read_by_model)) = comparison {
        comparison.finish(reader.inference().clone(), today, read_by_model, &report);
    }
    tracing::debug!(batch_documents = output.batch_documents, "read");
    Ok(Extraction {
        document_type: document_type.id.clone(),
        verdict: Verdict::of(&report.checks),
        fields: join(readings, &report),
        checks: report.checks,
        served_by: ServedBy {
            base: catalog.base,
            adapter,
            calibration,
            rules: rules.digest(),
            generation: catalog.generation,
        },
        timings: Timings {
            pages: decoded - start,
            before: chosen - decoded,
            read: output.timings,
            after: end - read,
            total: end - start,
        },
    })
}

impl ExtractError {
    /// Whether another version of the rules or the adapter might have read the document: what a
    /// canary is judged by. Damaged pages and a full host are nobody's version's fault.
    fn is_of_the_version(&self) -> bool {
        match self {
            Self::UnknownDocumentType | Self::NoPages | Self::RepeatedField(_) | Self::Page(_) => {
                false
            }
            Self::TooManyPages { .. } | Self::UnknownField(_) | Self::Refused { .. } => true,
            Self::Rules { source, .. } => !matches!(source, PluginError::PoolFull { .. }),
            Self::Inference(error) => !matches!(
                error,
                InferenceError::Overloaded
                    | InferenceError::Stopped
                    | InferenceError::TooLarge { .. }
            ),
        }
    }
}

fn refuse_page_count(pages: usize, limit: usize) -> Result<(), ExtractError> {
    match pages {
        0 => Err(ExtractError::NoPages),
        pages if pages > limit => Err(ExtractError::TooManyPages { pages, limit }),
        _ => Ok(()),
    }
}

fn refuse_fields(requested: &[FieldName], known: &[FieldName]) -> Result<(), ExtractError> {
    for (index, field) in requested.iter().enumerate() {
        if !known.contains(field) {
            return Err(ExtractError::UnknownField(field.clone()));
        }
        if requested[..index].contains(field) {
            return Err(ExtractError::RepeatedField(field.clone()));
        }
    }
    Ok(())
}

/// Readings in their order, each with its normalised value, then the fields without a reading.
fn join(readings: Vec<FieldReading>, report: &Report) -> Vec<ExtractedField> {
    let derived = report
        .fields
        .iter()
        .filter(|field| !readings.iter().any(|reading| reading.name == field.name))
        .map(|field| ExtractedField {
            name: field.name.clone(),
            reading: None,
            value: field.value.clone(),
            source: field.source.clone(),
        })
        .collect::<Vec<_>>();
    let read = readings.into_iter().map(|FieldReading { name, page, raw, confidence }| {
        let normalised = report.fields.iter().find(|field| field.name == name);
        ExtractedField {
            value: normalised.and_then(|field| field.value.clone()),
            source: normalised.map_or_else(|| "visual".to_owned(), |field| field.source.clone()),
            reading: Some(Reading { raw, confidence, page }),
            name,
        }
    });
    read.chain(derived).collect()
}

#[cfg(test)]
mod tests;
