//! Documents that are the same work every time, and how fast they are read.

use std::time::{Duration, Instant};

use dossier_document::{
    CharacterSet, Digest, FieldName, FieldRequest, InvalidPageImage, LineShape, PageImage,
};
use dossier_inference::{
    BatchBudget, InferenceError, InferenceHandle, InferenceSettings, InferenceThread, ReadRequest,
};
use dossier_model::{AdapterPool, Base, ModelBackend, ModelError};
use futures_util::future::try_join_all;

use super::memory::UnknownMemory;

/// The fields asked for: names that the base's vocabulary can spell.
const NAMES: [&str; 8] = [
    "surname",
    "given_names",
    "document_number",
    "date_of_birth",
    "date_of_issue",
    "date_of_expiry",
    "place_of_birth",
    "authority",
];

/// One document of a measurement: a page of noise, and fields of a fixed number of characters each,
/// so that every document takes the same steps whatever the weights.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    page: PageImage,
    fields: Vec<FieldRequest>,
}

/// Something could not be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkloadError {
    /// The base or an adapter does not load or can't be written.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A document was not read.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The page has no valid size.
    #[error(transparent)]
    Page(#[from] InvalidPageImage),
    /// The operating system does not tell how much memory is in use.
    #[error(transparent)]
    Memory(#[from] UnknownMemory),
    /// Fields of that number or length can't be asked for.
    #[error("at most {} fields of 1 to 1024 characters can be asked for", NAMES.len())]
    Fields,
    /// The inference thread does not start, or a file can't be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The curve can't be drawn.
    #[error("the curve can't be drawn: {0}")]
    Plot(String),
    /// There are no adapters to measure with.
    #[error("at least one adapter is needed")]
    NoAdapters,
}

impl Workload {
    /// `fields` fields of `characters` characters each.
    ///
    /// # Errors
    /// When there are not as many fields, or none of that length.
    pub(crate) fn new(fields: usize, characters: u32) -> Result<Self, WorkloadError> {
        let names = NAMES.get(..fields).filter(|names| !names.is_empty());
        let (Some(names), 1..=1024) = (names, characters) else {
            return Err(WorkloadError::Fields);
        };
        let fields = names.iter().map(|name| {
            Some(FieldRequest {
                name: name.parse::<FieldName>().ok()?,
                page: 0,
                characters: "A-Z0-9<".parse::<CharacterSet>().ok()?,
                max_length: characters,
                shape: Some(LineShape { lines: 1, characters_per_line: characters }),
                zone: None,
                any_lines: false,
            })
        });
        let fields = fields.collect::<Option<Vec<_>>>().ok_or(WorkloadError::Fields)?;
        let (width, height) = (PAGE_WIDTH, PAGE_HEIGHT);
        let noise =
            (0..3 * width * height).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8);
        let page = PageImage::new(width, height, noise.collect())?;
        Ok(Self { page, fields })
    }

    /// The same work on another page.
    #[must_use]
    pub(crate) fn with_page(self, page: PageImage) -> Self {
        Self { page, ..self }
    }

    /// The document, to be read with `adapter`.
    #[must_use]
    pub(crate) fn request(&self, adapter: Option<Digest>) -> ReadRequest {
        ReadRequest {
            pages: vec![self.page.clone()],
            fields: self.fields.clone(),
            adapter,
            embed: false,
        }
    }

    /// Reads one document for each of `adapters`, all waiting at once, and says how long it took.
    pub(super) async fn read_all(
        &self,
        inference: &InferenceHandle,
        adapters: &[Option<Digest>],
    ) -> Result<Duration, WorkloadError> {
        let started = Instant::now();
        try_join_all(adapters.iter().map(|adapter| inference.read(self.request(*adapter)))).await?;
        Ok(started.elapsed())
    }
}

/// Pixels of a passport's page at 200 dpi, about.
const PAGE_WIDTH: u32 = 984;
const PAGE_HEIGHT: u32 = 696;

/// A thread with a queue for `documents`, `batch` of them in a batch.
pub(super) fn inference(
    base: &Base,
    pool: &AdapterPool,
    documents: usize,
    batch: usize,
) -> Result<InferenceThread, WorkloadError> {
    let backend = ModelBackend::new(base.clone(), pool.clone())?;
    let budget =
        BatchBudget { max_documents: batch, max_pages: batch, max_rows: batch * NAMES.len() };
    Ok(InferenceThread::start(backend, InferenceSettings { queue_documents: documents, budget })?)
}

/// The value in the middle.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests;
