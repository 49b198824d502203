//! A file of one page or of several.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dossier_document::PageImage;

use crate::container::{self, Pdf, Structure};
use crate::decoder::decode_pixels;
use crate::{DecodeError, DecodeLimits, PageCost, PageFormat, PageHeader};

/// A file whose format is known, and how many pages it holds: one, but for PDF and TIFF.
pub struct PageFile<'a> {
    bytes: &'a [u8],
    format: PageFormat,
    pages: usize,
    /// The objects of a PDF.
    pdf: Option<Pdf<'a>>,
}

impl<'a> PageFile<'a> {
    /// Looks at what the file is, and counts its pages. Nothing is decoded, and of a page no more is looked at
    /// than that it is there; of more than 10,000 pages those are counted.
    ///
    /// # Errors
    /// [`DecodeError`] for what is no file of pages, and for damage in what leads to them.
    pub fn open(bytes: &'a [u8], limits: &DecodeLimits) -> Result<Self, DecodeError> {
        if bytes.len() > limits.max_bytes {
            let max_bytes = limits.max_bytes;
            return Err(DecodeError::TooManyBytes { bytes: bytes.len(), max_bytes });
        }
        let format = PageFormat::of(bytes)?;
        let (pages, pdf) = match format {
            PageFormat::Pdf => {
                let pdf = Pdf::open(bytes)?;
                (pdf.pages(), Some(pdf))
            }
            PageFormat::Tiff => (container::pages_of_tiff(bytes)?, None),
            PageFormat::Jpeg | PageFormat::Png | PageFormat::WebP => (1, None),
        };
        Ok(Self { bytes, format, pages, pdf })
    }

    /// How many pages it holds; 10,000 where there are more.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Its format.
    #[must_use]
    pub fn format(&self) -> PageFormat {
        self.format
    }

    /// What a page, counted from 0, will cost to decode: from its header and structure, without a pixel.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), but for damage among the pixels.
    pub fn header(
        &mut self,
        page: usize,
        limits: &DecodeLimits,
    ) -> Result<PageHeader, DecodeError> {
        let format = self.format;
        self.with_structure(page, limits, |_, structure, more| {
            let (width, height) = structure.page_size();
            let cost = more.added_to(PageCost::of(structure));
            Ok(PageHeader { format, width, height, cost })
        })
    }

    /// Decodes a page, counted from 0, to 8-bit RGB, `(height, width, 3)`.
    ///
    /// The orientation of Exif, TIFF or PDF is applied (one that stands in XMP alone is not, as in browsers),
    /// transparency is laid on white, and grey, 16-bit and CMYK images are converted. Colour profiles are
    /// ignored: the model was trained on plain RGB.
    ///
    /// # Errors
    /// [`DecodeError`] names the objection. Nothing is allocated in proportion to the stated dimensions
    /// before they have passed `limits`.
    pub fn decode(&mut self, page: usize, limits: &DecodeLimits) -> Result<PageImage, DecodeError> {
        self.with_structure(page, limits, |codec, structure, more| {
            let size = (structure.width, structure.height);
            limits.check_alloc(size, more.added_to(PageCost::of(structure)).memory_bytes)?;
            // The codecs are full of indexing and assertions; what they didn't foresee must cost one request
            // its answer, and not a thread.
            catch_unwind(AssertUnwindSafe(|| decode_pixels(codec, structure, limits)))
                .unwrap_or(Err(DecodeError::Corrupt { format: codec }))
        })
    }

    /// Walks a page, and hands over the format of its picture and what was found out.
    fn with_structure<T>(
        &mut self,
        page: usize,
        limits: &DecodeLimits,
        use_it: impl FnOnce(PageFormat, &Structure<'_>, More) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let format = self.format;
        if page >= self.pages {
            return Err(DecodeError::Corrupt { format });
        }
        let nothing = More { visits: 0, memory_bytes: 0 };
        match &mut self.pdf {
            Some(pdf) => of_pdf(pdf, page, limits, use_it).map_err(as_of_pdf),
            None if format == PageFormat::Tiff => {
                let structure = container::inspect_page_of_tiff(self.bytes, page, limits)?;
                use_it(format, &structure, nothing)
            }
            None => use_it(format, &container::inspect(format, self.bytes, limits)?, nothing),
        }
    }
}

/// What a page costs beside its picture.
#[derive(Clone, Copy)]
struct More {
    visits: u64,
    memory_bytes: u64,
}

impl More {
    fn added_to(self, cost: PageCost) -> PageCost {
        PageCost {
            visits: cost.visits.saturating_add(self.visits),
            memory_bytes: cost.memory_bytes.saturating_add(self.memory_bytes),
            ..cost
        }
    }
}

fn of_pdf<T>(
    pdf: &mut Pdf<'_>,
    page: usize,
    limits: &DecodeLimits,
    use_it: impl FnOnce(PageFormat, &Structure<'_>, More) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::Pdf };
    let picture = pdf.picture(page)?;
    let (width, height) = picture.size;
    limits.check_size(width, height)?;
    let mut structure = container::inspect(picture.format, &picture.bytes, limits)?;
    let is_as_stated = (structure.width, structure.height) == picture.size;
    if !is_as_stated || picture.samples.is_some_and(|samples| samples != structure.stored_samples) {
        return Err(CORRUPT);
    }
    // Readers of PDF do not look at what a JPEG says of itself.
    structure.orientation = picture.orientation;
    structure.crop = picture.crop;
    let (width, height) = structure.page_size();
    limits.check_size(width, height)?;
    let more =
        More { visits: picture.walked_bytes as u64, memory_bytes: picture.held_bytes as u64 };
    use_it(picture.format, &structure, more)
}

/// Whoever sent a PDF knows nothing of the file that its picture is.
fn as_of_pdf(error: DecodeError) -> DecodeError {
    let format = PageFormat::Pdf;
    match error {
        DecodeError::UnsupportedVariety { feature, .. } => {
            DecodeError::UnsupportedVariety { format, feature }
        }
        DecodeError::MoreThanOneImage { .. } => DecodeError::MoreThanOneImage { format },
        // The file itself is whole.
        DecodeError::Truncated { format: PageFormat::Pdf } => DecodeError::Truncated { format },
        DecodeError::Truncated { .. } | DecodeError::Corrupt { .. } => {
            DecodeError::Corrupt { format }
        }
        error => error,
    }
}
