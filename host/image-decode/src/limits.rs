//! What one page may cost.

use crate::DecodeError;

/// What one page may cost. Every limit is inclusive.
///
/// The defaults let a 50-megapixel JPEG through, which is what telephones make, and hold the decoder
/// to half a gibibyte: a server that decodes N pages at once needs up to N times `max_alloc_bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Longest file in bytes. Default 20 MiB.
    pub max_bytes: usize,
    /// Widest image in pixels, as stored, before its orientation is applied. Default 16,384.
    pub max_width: u32,
    /// Highest image in pixels, as stored, before its orientation is applied. Default 16,384.
    pub max_height: u32,
    /// Most pixels in one image. Default 50,000,000.
    pub max_pixels: u64,
    /// How many times the shorter side the longer may be. A page of A4 has 1.4, a long receipt 10; a
    /// strip beyond is no page, and to bring its shorter side to the model's would take all memory.
    /// Default 16.
    pub max_elongation: u32,
    /// Most memory in bytes for decoding one page, its own pixels included, the file's bytes and the
    /// one copy of them that the codec is given not. It is estimated from the header before anything
    /// is allocated. Default 512 MiB.
    pub max_alloc_bytes: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            max_bytes: 20 * 1024 * 1024,
            max_width: 16_384,
            max_height: 16_384,
            max_pixels: 50_000_000,
            max_elongation: 16,
            max_alloc_bytes: 512 * 1024 * 1024,
        }
    }
}

/// Which limit an image breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`DecodeLimits::max_width`].
    Width,
    /// [`DecodeLimits::max_height`].
    Height,
    /// [`DecodeLimits::max_pixels`].
    Pixels,
    /// Visits to samples: see [`PageCost::visits`](crate::PageCost::visits).
    Visits,
    /// [`DecodeLimits::max_alloc_bytes`].
    AllocBytes,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Width => "width in pixels",
            Self::Height => "height in pixels",
            Self::Pixels => "number of pixels",
            Self::Visits => "work to decode in visits to samples",
            Self::AllocBytes => "memory to decode in bytes",
        })
    }
}

/// A file may make the decoder visit each of its samples this often whatever its length: encoders of
/// progressive JPEG need 6 to 10 visits, and a blank page has few bytes for any.
const FREE_VISITS_PER_SAMPLE: u64 = 16;

/// Visits beyond those must be paid with bytes.
const VISITS_PER_BYTE: u64 = 512;

impl DecodeLimits {
    /// The first of the dimension limits that an image of this size breaks.
    pub(crate) fn check_size(&self, width: u32, height: u32) -> Result<(), DecodeError> {
        let pixels = u64::from(width) * u64::from(height);
        let broken = [
            (Limit::Width, u64::from(width), u64::from(self.max_width)),
            (Limit::Height, u64::from(height), u64::from(self.max_height)),
            (Limit::Pixels, pixels, self.max_pixels),
        ]
        .into_iter()
        .find(|(_, actual, allowed)| actual > allowed);
        if let Some((limit, actual, allowed)) = broken {
            return Err(DecodeError::TooLarge { width, height, limit, actual, allowed });
        }
        let (longer, shorter) = (width.max(height), width.min(height));
        if u64::from(longer) > u64::from(shorter) * u64::from(self.max_elongation) && shorter > 0 {
            let allowed = self.max_elongation;
            return Err(DecodeError::TooLong { width, height, allowed });
        }
        Ok(())
    }

    /// Whether a file of `file_bytes` may make the decoder visit samples so often.
    pub(crate) fn check_visits(
        &self,
        (width, height): (u32, u32),
        samples_per_pixel: u64,
        visits: u64,
        file_bytes: usize,
    ) -> Result<(), DecodeError> {
        let samples = u64::from(width) * u64::from(height) * samples_per_pixel;
        let paid = VISITS_PER_BYTE.saturating_mul(u64::try_from(file_bytes).unwrap_or(u64::MAX));
        let allowed = FREE_VISITS_PER_SAMPLE.saturating_mul(samples).saturating_add(paid);
        if visits > allowed {
            let (limit, actual) = (Limit::Visits, visits);
            return Err(DecodeError::TooLarge { width, height, limit, actual, allowed });
        }
        Ok(())
    }

    /// Whether decoding an image of this size may take `bytes` of memory.
    pub(crate) fn check_alloc(
        &self,
        (width, height): (u32, u32),
        bytes: u64,
    ) -> Result<(), DecodeError> {
        if bytes > self.max_alloc_bytes {
            let (limit, actual, allowed) = (Limit::AllocBytes, bytes, self.max_alloc_bytes);
            return Err(DecodeError::TooLarge { width, height, limit, actual, allowed });
        }
        Ok(())
    }
}
