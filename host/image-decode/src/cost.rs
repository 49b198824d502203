//! What a page costs, known before it is decoded.

use image::metadata::Orientation;

use crate::PageFormat;
use crate::container::Structure;

/// What a file says of itself before a pixel is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageHeader {
    /// The format.
    pub format: PageFormat,
    /// Width in pixels, as stored, before its orientation is applied; of what a PDF shows of its picture.
    pub width: u32,
    /// Height in pixels, as stored, before its orientation is applied; of what a PDF shows of its picture.
    pub height: u32,
    /// What decoding it will cost.
    pub cost: PageCost,
}

/// What decoding a page costs at most. A file of a few bytes may state many pixels, so its length says
/// little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageCost {
    /// Pixels as stated, of which a PDF may show a part.
    pub pixels: u64,
    /// How often the codec visits a sample, all together: each scan of a progressive JPEG visits those
    /// of its components, and what hangs over the edge of a TIFF's tiles counts too; so does each byte of a
    /// PDF that has to be looked at to find its picture.
    pub visits: u64,
    /// Most bytes alive at once, the file's own and their copy not counted, but what is unpacked of a PDF.
    pub memory_bytes: u64,
}

impl PageCost {
    pub(crate) fn of(structure: &Structure<'_>) -> Self {
        let pixels = u64::from(structure.width) * u64::from(structure.height);
        let decoded = pixels.saturating_mul(structure.decoded_bytes_per_pixel);
        let memory_bytes = Self::memory_bytes(structure, decoded, structure.has_alpha);
        Self { pixels, visits: structure.visits, memory_bytes }
    }

    /// Most bytes alive at once: while decoding, the codec's output and what it works on; while
    /// converting, that output and the RGB pixels, or RGBA and RGB where there is transparency. What is
    /// turned by a quarter, or cut, is there twice as RGB pixels.
    pub(crate) fn memory_bytes(structure: &Structure<'_>, decoded: u64, has_alpha: bool) -> u64 {
        let pixels = u64::from(structure.width) * u64::from(structure.height);
        let converted = if has_alpha { 4 + 3 } else { 3 };
        let more = pixels.saturating_mul(converted.max(structure.working_bytes_per_pixel));
        let is_copied = structure.crop.is_some() || is_turned_by_a_quarter(structure.orientation);
        let copied = pixels.saturating_mul(if is_copied { 3 + 3 } else { 0 });
        decoded.saturating_add(more).max(copied)
    }
}

fn is_turned_by_a_quarter(orientation: Orientation) -> bool {
    use Orientation as O;
    matches!(orientation, O::Rotate90 | O::Rotate270 | O::Rotate90FlipH | O::Rotate270FlipH)
}
