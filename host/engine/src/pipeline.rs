//! One document, from files to checked fields.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dossier_document::{
    Barcode, DocumentTypeId, FieldName, FieldReading, Point, Symbology, Verdict,
};
use dossier_inference::{BackendError, InferenceError, ReadRequest};
use dossier_plugin::{BeforeOutcome, PluginError, Report, Usage};

use crate::admission::Permit;
use crate::error::EngineError;
use crate::identify::Reach;
use crate::page_decoder::DecodedPages;
use crate::page_finder::FoundPages;
use crate::reader::Reader;
use crate::request_id::RequestId;
use crate::snapshot::{DocumentType, Shadow, Snapshot};
use crate::statistics::RulesCounters;
use crate::zone_reader::ZoneReader;

mod by_zone;

mod conditions;
pub use conditions::Conditions;

pub use crate::page_finder::PagePlace;

mod evidence;

mod extraction;
pub use extraction::{BarcodePlace, ExtractedField, Extraction, ServedBy, Timings, Transcription};

mod seen;
use seen::{LookedAt, Seen};

mod looking;
use looking::{Looked, Looker};

mod second_look;
pub use second_look::{OtherReading, ReadFrom};

mod shadow;
use shadow::Comparison;

/// What is asked of one document.
#[derive(Clone, Debug)]
pub struct ExtractRequest {
    /// Its type, or what may be found out.
    pub document_type: TypeChoice,
    /// The files of its pages, in order; a PDF or a TIFF may hold several pages.
    pub pages: Vec<Bytes>,
    /// The fields to read, or `None` for all that the rules read.
    pub fields: Option<Vec<FieldName>>,
    /// What reads the pages.
    pub model: ModelChoice,
    /// What must serve it, where that matters to whoever asks.
    pub conditions: Conditions,
    /// The right to hold the document, kept until nothing of it is held any more; none where nobody
    /// counts documents.
    pub permit: Option<Permit>,
}

/// How the document's type is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeChoice {
    /// It is said to be this one.
    Named(DocumentTypeId),
    /// Nobody says: it is found out by how its first page looks, and is one of these or none.
    Identified(Reach),
}

impl TypeChoice {
    /// The type, where it is named.
    #[must_use]
    pub fn named(&self) -> Option<&DocumentTypeId> {
        match self {
            Self::Named(document_type) => Some(document_type),
            Self::Identified(_) => None,
        }
    }
}

/// The document type of this name. What is no identifier names none that could be served.
///
/// # Errors
/// [`EngineError::UnknownDocumentType`].
pub fn document_type(name: &str) -> Result<DocumentTypeId, EngineError> {
    name.parse().map_err(|_| EngineError::UnknownDocumentType)
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

/// Reads and checks the document of the request of this id; a canary takes some ids.
///
/// # Errors
/// The first step that refuses or fails; nothing of the document is kept.
pub async fn extract(
    reader: &Reader,
    mut request: ExtractRequest,
    id: &RequestId,
) -> Result<Extraction, EngineError> {
    // One snapshot from here to the end: both hooks and the adapter are of one generation.
    let snapshot = reader.snapshot().pin();
    let seen = match &request.document_type {
        TypeChoice::Named(document_type) => Seen::named(document_type.clone()),
        TypeChoice::Identified(reach) => {
            let files = std::mem::take(&mut request.pages);
            Seen::by_its_look(reader, &snapshot, files, request.permit.as_ref(), reach).await?
        }
    };
    let known = snapshot.served(&seen.document_type)?;
    let route = request.conditions.route(&snapshot, known, id)?;
    let shadow = known.rollout.shadow.as_ref();
    let document_type = &route.document_type;
    let extracted = read_and_check(reader, &snapshot, document_type, shadow, request, seen).await;
    match &extracted {
        Ok(_) => route.count(false),
        Err(error) if is_of_the_version(error) => route.count(true),
        Err(_) => {}
    }
    extracted
}

async fn read_and_check(
    reader: &Reader,
    snapshot: &Snapshot,
    document_type: &Arc<DocumentType>,
    shadow: Option<&Shadow>,
    request: ExtractRequest,
    seen: Seen,
) -> Result<Extraction, EngineError> {
    let Seen { candidates, pages: looked_at, started, .. } = seen;
    tracing::Span::current().record("document_type", document_type.id().as_str());
    let most_pages = document_type.pages().min(reader.max_pages());
    if looked_at.is_none() {
        refuse_page_count(request.pages.len(), most_pages)?;
    }
    refuse_fields(request.fields.as_deref().unwrap_or_default(), &document_type.fields)?;
    let requested = request.fields.as_deref().or(document_type.usual_fields());
    let (id, rules) = (document_type.id(), document_type.plugin());
    let rules_failed =
        |source| EngineError::Rules { rules: rules.name().to_owned(), source: Box::new(source) };
    let today = reader.today();

    let page_decoder = reader.page_decoder();
    let permit = request.permit.as_ref();
    let tenant = Permit::tenant_of(permit);
    let is_named = looked_at.is_none();
    let (DecodedPages { found, memory, last_picture }, decoding, identifying) = match looked_at {
        Some(LookedAt { decoded, decoding, identifying }) => (decoded, decoding, identifying),
        None => {
            let decoded = page_decoder.decode(request.pages, most_pages, &tenant).await?;
            (decoded, started.elapsed(), Duration::ZERO)
        }
    };
    // Only of documents of any issuer another view is ever looked for.
    let is_of_any_issuer = document_type.adapter.manifest.any_issuer;
    let last_picture = Some(last_picture).filter(|_| is_of_any_issuer && is_named);
    let found = found.at_most(most_pages)?;
    let decoded = Instant::now();

    let counters = reader.rules_counters();
    let before = rules.before_with_usage(id, found.images.len(), requested, &today);
    let fields = match counted(counters, rules.name(), before).await.map_err(rules_failed)? {
        BeforeOutcome::Read { fields } => document_type.with_zone(fields),
        BeforeOutcome::Refused { code, message } => {
            let rules = rules.name().to_owned();
            return Err(EngineError::Refused { rules, code, message });
        }
    };
    let chosen = Instant::now();

    let shadow_wants = shadow.map_or(&[][..], |shadow| shadow.candidate.plugin().searches(id));
    let wanted = joined(rules.searches(id), shadow_wants);
    let (barcodes, of_barcodes) =
        evidence::search(page_decoder, &found.images, &wanted, &tenant).await?;
    let searched = Instant::now();

    let looker = Looker { reader, document_type, model: request.model, tenant: &tenant };
    let mut found = found;
    let mut looked = looker.look(&found.images, fields.clone()).await?;
    if let Some(picture) = &last_picture
        && !looked.proves_its_zone(document_type)
        && let Some(elsewhere) =
            by_zone::elsewhere(reader, document_type, &found, picture, &tenant).await?
    {
        found = elsewhere;
        looked = looker.look(&found.images, fields.clone()).await?;
    }
    drop(last_picture);
    let checks = found.checks().into_iter().chain(of_barcodes).collect::<Vec<_>>();
    let FoundPages { images: pages, places, .. } = found;
    let Looked { output, readings, second_look, at: looked } = looked;
    let comparison = shadow.and_then(|shadow| {
        let adapter = looker.adapter();
        let active = ReadRequest { pages, fields, adapter, embed: false };
        // The shadow may bring another calibration, so it gets what the model itself said.
        let by_model = (output.readings.clone(), second_look.clone());
        Comparison::begin(shadow, document_type, requested, active, by_model, permit, &memory)
    });
    // The pixels are gone, but for those that a shadow still reads.
    drop(memory);
    let read = Instant::now();

    let (readings, others) = second_look.joined(readings);
    let checks = checks.into_iter().chain(second_look.check(&others)).collect::<Vec<_>>();
    let evidence = evidence::evidence(&places, &checks, &candidates, &barcodes);
    let after = rules.after_with_usage(id, &readings, &evidence, &today);
    let report = counted(counters, rules.name(), after).await.map_err(rules_failed)?;
    let end = Instant::now();
    let checks = [checks, report.checks.clone()].concat();

    if let Some(comparison) = comparison {
        let (page_decoder, inference) = (page_decoder.clone(), reader.inference().clone());
        comparison.finish(page_decoder, inference, today, evidence, &report);
    }
    tracing::debug!(batch_documents = output.batch_documents, "read");
    Ok(Extraction {
        document_type: id.clone(),
        candidates,
        verdict: Verdict::of(&checks),
        barcodes: barcodes.iter().map(|barcode| place(barcode, &places)).collect(),
        fields: join(readings, others, &places, &report),
        pages: places,
        checks,
        served_by: ServedBy {
            base: snapshot.base,
            adapter: looker.adapter(),
            calibration: looker.calibration(),
            zone_reader: reader
                .zone_reader()
                .filter(|_| second_look.has_read())
                .map(ZoneReader::digest),
            rules: rules.digest(),
            generation: snapshot.generation,
        },
        timings: Timings {
            pages: decoding,
            identify: identifying,
            before: chosen - decoded,
            barcodes: if wanted.is_empty() { Duration::ZERO } else { searched - chosen },
            read: output.timings,
            second_look: if second_look.has_read() { read - looked } else { Duration::ZERO },
            after: end - read,
            total: end - started,
        },
    })
}

/// A call of rules, counted.
async fn counted<T>(
    counters: &RulesCounters,
    rules: &str,
    call: impl Future<Output = Result<(T, Usage), PluginError>>,
) -> Result<T, PluginError> {
    let begun = Instant::now();
    match call.await {
        Ok((answer, usage)) => {
            counters.answered(rules, usage);
            Ok(answer)
        }
        Err(error) => {
            counters.failed(rules, &error, begun.elapsed());
            Err(error)
        }
    }
}

/// Whether a version of the rules or the adapter failed: what a canary is judged by. What is refused is
/// the client's mistake, which no version would have been spared; a full host is nobody's.
fn is_of_the_version(error: &EngineError) -> bool {
    match error {
        EngineError::Rules { source, .. } => {
            !matches!(**source, PluginError::PoolFull { .. } | PluginError::Refused { .. })
        }
        EngineError::Inference(error) => !matches!(
            error,
            InferenceError::Overloaded
                | InferenceError::Stopped
                | InferenceError::TooLarge { .. }
                | InferenceError::Backend(BackendError::OutOfMemory(_))
        ),
        _ => false,
    }
}

/// Refuses files, of one page each at least, that are none or too many. How many pages are in them,
/// `page_decoder` knows first.
fn refuse_page_count(pages: usize, limit: usize) -> Result<(), EngineError> {
    match pages {
        0 => Err(EngineError::NoPages),
        pages if pages > limit => Err(EngineError::TooManyPages { pages, limit }),
        _ => Ok(()),
    }
}

fn refuse_fields(requested: &[FieldName], known: &[FieldName]) -> Result<(), EngineError> {
    for (index, field) in requested.iter().enumerate() {
        if !known.contains(field) {
            return Err(EngineError::UnknownField(field.clone()));
        }
        if requested[..index].contains(field) {
            return Err(EngineError::RepeatedField(field.clone()));
        }
    }
    Ok(())
}

/// What the live rules search for, then what those of the shadow do.
fn joined(live: &[Symbology], shadow: &[Symbology]) -> Vec<Symbology> {
    let of_shadow = shadow.iter().filter(|symbology| !live.contains(symbology));
    live.iter().chain(of_shadow).copied().collect()
}

fn place(barcode: &Barcode, places: &[PagePlace]) -> BarcodePlace {
    let Barcode { symbology, page, corners, .. } = barcode;
    let corners = in_picture(*corners, *page, places);
    BarcodePlace { symbology: *symbology, page: *page, corners }
}

fn in_picture(corners: [Point; 4], page: usize, places: &[PagePlace]) -> [Point; 4] {
    places.get(page).map_or(corners, |place| corners.map(|corner| place.in_picture(corner)))
}

/// Readings in their order, each with its normalised value and where it is in what was sent, then the fields
/// without a reading.
fn join(
    readings: Vec<FieldReading>,
    others: Vec<(FieldName, OtherReading)>,
    places: &[PagePlace],
    report: &Report,
) -> Vec<ExtractedField> {
    let mut others = others.into_iter().collect::<BTreeMap<_, _>>();
    let derived = report
        .fields
        .iter()
        .filter(|field| !readings.iter().any(|reading| reading.name == field.name))
        .map(|field| ExtractedField {
            name: field.name.clone(),
            transcription: None,
            value: field.value.clone(),
            source: field.source.clone(),
        })
        .collect::<Vec<_>>();
    let read = readings.into_iter().map(|FieldReading { name, page, raw, confidence, polygon }| {
        let polygon = polygon.map(|corners| in_picture(corners, page, places));
        let normalised = report.fields.iter().find(|field| field.name == name);
        ExtractedField {
            value: normalised.and_then(|field| field.value.clone()),
            source: normalised.map_or_else(|| "visual".to_owned(), |field| field.source.clone()),
            transcription: Some(Transcription {
                raw,
                confidence,
                page,
                polygon,
                other: others.remove(&name),
            }),
            name,
        }
    });
    read.chain(derived).collect()
}

#[cfg(test)]
mod tests;
