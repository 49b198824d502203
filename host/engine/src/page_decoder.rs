//! Pages decoded off the async threads, a bounded number at a time.

use std::sync::Arc;

use bytes::Bytes;
use dossier_document::PageImage;
use dossier_image_decode::{DecodeError, DecodeLimits, decode_page};
use tokio::sync::Semaphore;

use crate::error::EngineError;
use crate::settings::DocumentLimits;

/// Decodes the pages of documents, a bounded number of documents at a time.
#[derive(Debug)]
pub(crate) struct PageDecoder {
    limits: DocumentLimits,
    permits: Arc<Semaphore>,
}

impl PageDecoder {
    /// A decoder that works on `threads` documents at a time.
    pub(crate) fn new(threads: usize, limits: DocumentLimits) -> Self {
        Self { limits, permits: Arc::new(Semaphore::new(threads)) }
    }

    /// Decodes one document, in the order of its files.
    ///
    /// # Errors
    /// The first page that is no image, or beyond a limit.
    pub(crate) async fn decode(&self, files: Vec<Bytes>) -> Result<Vec<PageImage>, EngineError> {
        let limits = self.limits;
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.expect("nobody closes the semaphore");
        let decoding = tokio::task::spawn_blocking(move || {
            let pages = decode_document(&files, &limits);
            // The permit ends with the work, not with the caller's patience.
            drop(permit);
            pages
        });
        decoding.await.map_err(|_| EngineError::Panicked)?
    }
}

fn decode_document(
    files: &[Bytes],
    limits: &DocumentLimits,
) -> Result<Vec<PageImage>, EngineError> {
    let mut pixels_left = limits.document_pixels;
    let mut pages = Vec::with_capacity(files.len());
    for (page, file) in files.iter().enumerate() {
        let max_pixels = limits.page_pixels.min(pixels_left);
        let page_limits =
            DecodeLimits { max_pixels, max_bytes: usize::MAX, ..DecodeLimits::default() };
        let image = decode_page(file, &page_limits).map_err(|source| match source {
            DecodeError::TooLarge { width, height, .. }
                if max_pixels < limits.page_pixels
                    && u64::from(width) * u64::from(height) <= limits.page_pixels =>
            {
                EngineError::DocumentTooLarge { page, limit: limits.document_pixels }
            }
            source => EngineError::Page { page, source },
        })?;
        pixels_left =
            pixels_left.saturating_sub(u64::from(image.width()) * u64::from(image.height()));
        pages.push(image);
    }
    Ok(pages)
}

#[cfg(test)]
mod tests;
