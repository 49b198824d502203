//! Pages decoded, found and prepared off the async threads and off the model's, in turns by what they cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use dossier_document::{Barcode, PageImage, Point, Symbology, Tenant};
use dossier_image_decode::{DecodeError, DecodeLimits, PageFile};
use dossier_inference::{InferenceError, InferenceHandle, ReadOutput, ReadRequest};

use crate::error::EngineError;
use crate::page_finder::{FoundPages, PageFinder, PagePlace, View};
use crate::settings::DocumentLimits;

mod turns;
use turns::{Cost, HeldMemory, Turns};

/// Bytes of a pixel of a decoded page.
const BYTES_PER_PIXEL: u64 = 3;

/// Visits that finding the page of a picture counts as, however small the picture is: 80 milliseconds.
const FINDING_VISITS: u64 = 4_000_000;

/// Visits of a pixel that looking for barcodes of one kind counts as: a page of 1024 x 640 is looked at in twice
/// the size too, and takes 20 to 60 milliseconds.
const BARCODE_VISITS_PER_PIXEL: u64 = 5;

/// Visits of the page that a pixel of a strip counts as, at most.
const STRIP_VISITS_PER_PIXEL: u64 = 64;

/// Visits that laying a part of a picture flat counts as: 20 milliseconds.
const VIEW_VISITS: u64 = 1_000_000;

/// Decodes the pictures of documents, finds their pages, and brings them to the model; clones share the turns.
#[derive(Clone, Debug)]
pub(crate) struct PageDecoder {
    limits: DocumentLimits,
    turns: Turns,
    finder: Option<Arc<PageFinder>>,
}

/// The pages of a document, and the memory that they are known to take.
#[derive(Debug)]
pub(crate) struct DecodedPages {
    pub(crate) found: FoundPages,
    pub(crate) memory: PageMemory,
    pub(crate) last_picture: SentPicture,
}

/// A picture as it was sent, for as long as its pages may have to be looked for otherwise.
#[derive(Debug)]
pub(crate) struct SentPicture {
    image: Option<PageImage>,
    _memory: Option<HeldMemory>,
}

/// Memory that counts until the last clone is dropped.
#[derive(Clone, Debug)]
pub(crate) struct PageMemory {
    _memory: Option<Arc<HeldMemory>>,
}

impl PageDecoder {
    /// A decoder that works on `threads` documents at a time, whose pages take `memory_bytes` together. Without
    /// a finder each picture is a page.
    pub(crate) fn new(
        threads: usize,
        memory_bytes: u64,
        limits: DocumentLimits,
        finder: Option<PageFinder>,
    ) -> Self {
        let turns = Turns::new(threads, memory_bytes);
        Self { limits, turns, finder: finder.map(Arc::new) }
    }

    /// Decodes one document of `most_pages` pages at most, in the order of its files and of the pages in them.
    /// What it costs is known from their headers before it has its turn.
    ///
    /// # Errors
    /// [`EngineError::TooManyPages`], before any page is looked at; then the first page that is no image, or
    /// beyond a limit, or shows no document.
    pub(crate) async fn decode(
        &self,
        files: Vec<Bytes>,
        most_pages: usize,
        tenant: &Tenant,
    ) -> Result<DecodedPages, EngineError> {
        let limits = self.limits;
        let finding = self.finder.as_ref().map_or(0, |_| FINDING_VISITS);
        let judging = tokio::task::spawn_blocking(move || {
            cost_of(&files, most_pages, &limits, finding).map(|cost| (files, cost))
        });
        let (files, cost) = judging.await.map_err(|_| EngineError::Panicked)??;
        let turn = self.turns.turn(cost, tenant.clone()).await;
        let (_waiting, is_waited_for) = waiting();
        let finder = self.finder.clone();
        let decoding = tokio::task::spawn_blocking(move || {
            let pictures = decode_document(&files, &limits, &is_waited_for)?;
            let image = pictures.last().cloned();
            let found = match &finder {
                Some(finder) => finder.find(pictures, most_pages)?,
                None => FoundPages::as_sent(pictures),
            };
            // A page that was laid flat has pixels of its own; any other is its picture.
            let is_cut_out = found.places.last().is_some_and(PagePlace::is_rectified);
            let of_picture = bytes_of(image.as_slice()) * u64::from(is_cut_out);
            // The turn ends with the work, not with the caller's patience.
            let mut memory = turn.keep(bytes_of(&found.images) + of_picture);
            let last_picture = SentPicture {
                image,
                _memory: memory.as_mut().map(|memory| memory.split(of_picture)),
            };
            let memory = PageMemory { _memory: memory.map(Arc::new) };
            Ok(DecodedPages { found, memory, last_picture })
        });
        decoding.await.map_err(|_| EngineError::Panicked)?
    }

    /// Prepares the pages of a document for the model, in its turn, and lets the model read them.
    ///
    /// # Errors
    /// As [`InferenceHandle::read`].
    pub(crate) async fn read(
        &self,
        inference: &InferenceHandle,
        request: ReadRequest,
        tenant: &Tenant,
    ) -> Result<ReadOutput, EngineError> {
        inference.refuse_unreadable(&request).map_err(EngineError::Inference)?;
        let turn = self.turns.turn(cost_of_preparing(&request), tenant.clone()).await;
        let preparer = inference.preparer();
        let (_waiting, is_waited_for) = waiting();
        let preparing = tokio::task::spawn_blocking(move || {
            if !is_waited_for() {
                return Err(EngineError::Left);
            }
            let prepared = preparer.prepare(&request);
            drop(turn);
            let failed = |error| EngineError::Inference(InferenceError::Backend(error));
            prepared.map(|prepared| (request, prepared)).map_err(failed)
        });
        let (request, prepared) = preparing.await.map_err(|_| EngineError::Panicked)??;
        let read = inference.read_prepared(request, prepared, tenant.clone()).await;
        read.map_err(EngineError::Inference)
    }
}

impl PageDecoder {
    /// The barcodes of these kinds on the pages of a document, looked for in its turn; none where a decoder
    /// failed on one.
    ///
    /// # Errors
    /// [`EngineError::Left`] when the caller did.
    pub(crate) async fn barcodes(
        &self,
        pages: &[PageImage],
        wanted: &[Symbology],
        tenant: &Tenant,
    ) -> Result<Option<Vec<Barcode>>, EngineError> {
        let visits = pages.iter().map(pixels).sum::<u64>().saturating_mul(BARCODE_VISITS_PER_PIXEL);
        let visits = visits.saturating_mul(wanted.len() as u64);
        let turn = self.turns.turn(Cost { visits, memory_bytes: 0 }, tenant.clone()).await;
        let (pages, wanted) = (pages.to_vec(), wanted.to_vec());
        let (_waiting, is_waited_for) = waiting();
        let searching = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut barcodes = Vec::new();
            for (index, page) in pages.iter().enumerate() {
                if !is_waited_for() {
                    return Err(EngineError::Left);
                }
                match dossier_barcode::read(index, page, &wanted) {
                    Ok(found) => barcodes.extend(found),
                    Err(error) => {
                        tracing::warn!(%error, "barcodes were not looked for");
                        return Ok(None);
                    }
                }
            }
            Ok(Some(barcodes))
        });
        searching.await.map_err(|_| EngineError::Panicked)?
    }
}

impl PageDecoder {
    /// A field of a page cut out, in its turn, as `size` pixels; none where its corners have no extent.
    ///
    /// # Errors
    /// [`EngineError::Left`] when the caller did.
    pub(crate) async fn strip(
        &self,
        page: &PageImage,
        corners: [Point; 4],
        size: (u32, u32),
        tenant: &Tenant,
    ) -> Result<Option<PageImage>, EngineError> {
        let pixels = u64::from(size.0) * u64::from(size.1);
        let visits = pixels.saturating_mul(STRIP_VISITS_PER_PIXEL);
        let turn = self.turns.turn(Cost { visits, memory_bytes: 0 }, tenant.clone()).await;
        let page = page.clone();
        let (_waiting, is_waited_for) = waiting();
        let cutting = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            match is_waited_for() {
                true => Ok(dossier_model::strip(&page, corners, size)),
                false => Err(EngineError::Left),
            }
        });
        cutting.await.map_err(|_| EngineError::Panicked)?
    }
}

impl PageDecoder {
    /// The pages of a document with another view of its last picture in place of that picture's pages, in its
    /// turn; none where there is nothing to be seen that way.
    ///
    /// # Errors
    /// [`EngineError::Left`] when the caller did.
    pub(crate) async fn seen_as(
        &self,
        found: &FoundPages,
        picture: &SentPicture,
        view: View,
        tenant: &Tenant,
    ) -> Result<Option<FoundPages>, EngineError> {
        let Some(picture) = picture.image.clone() else { return Ok(None) };
        // No larger than a page that is laid flat, which is little beside a picture.
        let turn =
            self.turns.turn(Cost { visits: VIEW_VISITS, memory_bytes: 0 }, tenant.clone()).await;
        let found = found.clone();
        let (_waiting, is_waited_for) = waiting();
        let looking = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            match is_waited_for() {
                true => Ok(found.seen_as(&picture, view)),
                false => Err(EngineError::Left),
            }
        });
        looking.await.map_err(|_| EngineError::Panicked)?
    }
}

impl SentPicture {
    /// Its width and height in pixels.
    pub(crate) fn size(&self) -> Option<(u32, u32)> {
        self.image.as_ref().map(|image| (image.width(), image.height()))
    }
}

/// Tells work on another thread whether it is still waited for: until the first is dropped.
fn waiting() -> (Waits, impl Fn() -> bool + Send + 'static) {
    let waits = Arc::new(AtomicBool::new(true));
    let told = Arc::clone(&waits);
    (Waits(waits), move || told.load(Ordering::Relaxed))
}

struct Waits(Arc<AtomicBool>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// The pages are there already: preparing them only takes time.
fn cost_of_preparing(request: &ReadRequest) -> Cost {
    let is_read = |(page, _): &(usize, &PageImage)| {
        (request.embed && *page == 0) || request.fields.iter().any(|field| field.page == *page)
    };
    let pages = request.pages.iter().enumerate().filter(is_read);
    let visits = pages.map(|(_, page)| pixels(page).saturating_mul(BYTES_PER_PIXEL)).sum();
    Cost { visits, memory_bytes: 0 }
}

fn bytes_of(images: &[PageImage]) -> u64 {
    images.iter().map(|image| pixels(image).saturating_mul(BYTES_PER_PIXEL)).sum()
}

fn pixels(image: &PageImage) -> u64 {
    u64::from(image.width()) * u64::from(image.height())
}

/// What a document costs to decode, page after page, where finding a page costs so many visits beside.
fn cost_of(
    files: &[Bytes],
    most_pages: usize,
    limits: &DocumentLimits,
    finding_visits: u64,
) -> Result<Cost, EngineError> {
    let mut files = opened(files, limits)?;
    let pages = files.iter().map(PageFile::pages).sum();
    if pages > most_pages {
        return Err(EngineError::TooManyPages { pages, limit: most_pages });
    }
    let mut pixels_left = limits.document_pixels;
    let mut visits = 0_u64;
    let (mut held, mut most) = (0_u64, 0_u64);
    for (page, (file, of_file)) in all_pages(&files).into_iter().enumerate() {
        let header = files[file]
            .header(of_file, &page_limits(limits, pixels_left))
            .map_err(|source| page_error(page, source, limits, pixels_left))?;
        pixels_left = pixels_left.saturating_sub(header.cost.pixels);
        // Even one that its codec hardly visits is converted.
        let converted = header.cost.pixels.saturating_mul(BYTES_PER_PIXEL);
        let decoding = header.cost.visits.max(converted);
        visits = visits.saturating_add(decoding).saturating_add(finding_visits);
        most = most.max(held.saturating_add(header.cost.memory_bytes));
        held = held.saturating_add(converted);
    }
    Ok(Cost { visits, memory_bytes: most.max(held) })
}

fn decode_document(
    files: &[Bytes],
    limits: &DocumentLimits,
    is_waited_for: &impl Fn() -> bool,
) -> Result<Vec<PageImage>, EngineError> {
    let mut files = opened(files, limits)?;
    let mut pixels_left = limits.document_pixels;
    let mut images = Vec::new();
    for (page, (file, of_file)) in all_pages(&files).into_iter().enumerate() {
        if !is_waited_for() {
            return Err(EngineError::Left);
        }
        let image = files[file]
            .decode(of_file, &page_limits(limits, pixels_left))
            .map_err(|source| page_error(page, source, limits, pixels_left))?;
        pixels_left = pixels_left.saturating_sub(pixels(&image));
        images.push(image);
    }
    Ok(images)
}

/// The files, and how many pages they hold; one that can't be opened is named by the first page it may have.
fn opened<'a>(
    files: &'a [Bytes],
    limits: &DocumentLimits,
) -> Result<Vec<PageFile<'a>>, EngineError> {
    let mut opened = Vec::with_capacity(files.len());
    let mut page = 0;
    for file in files {
        let file = PageFile::open(file, &page_limits(limits, limits.document_pixels))
            .map_err(|source| EngineError::Page { page, source })?;
        page += file.pages();
        opened.push(file);
    }
    Ok(opened)
}

/// Of each page its file, and which of its pages it is.
fn all_pages(files: &[PageFile<'_>]) -> Vec<(usize, usize)> {
    let of_file =
        |(index, file): (usize, &PageFile<'_>)| (0..file.pages()).map(move |page| (index, page));
    files.iter().enumerate().flat_map(of_file).collect()
}

fn page_limits(limits: &DocumentLimits, pixels_left: u64) -> DecodeLimits {
    let max_pixels = limits.page_pixels.min(pixels_left);
    DecodeLimits { max_pixels, max_bytes: usize::MAX, ..DecodeLimits::default() }
}

/// A page that alone would be small enough is not at fault.
fn page_error(
    page: usize,
    source: DecodeError,
    limits: &DocumentLimits,
    pixels_left: u64,
) -> EngineError {
    match source {
        DecodeError::TooLarge { width, height, .. }
            if pixels_left < limits.page_pixels
                && u64::from(width) * u64::from(height) <= limits.page_pixels =>
        {
            EngineError::DocumentTooLarge { page, limit: limits.document_pixels }
        }
        source => EngineError::Page { page, source },
    }
}

#[cfg(test)]
mod tests;
