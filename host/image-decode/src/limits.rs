//! What one page may cost.

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
    /// Most memory in bytes for decoding one page, its own pixels included, the file's bytes not.
    /// It is estimated from the header before anything is allocated. Default 512 MiB.
    pub max_alloc_bytes: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            max_bytes: 20 * 1024 * 1024,
            max_width: 16_384,
            max_height: 16_384,
            max_pixels: 50_000_000,
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
    /// [`DecodeLimits::max_alloc_bytes`].
    AllocBytes,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Width => "width in pixels",
            Self::Height => "height in pixels",
            Self::Pixels => "number of pixels",
            Self::AllocBytes => "memory to decode in bytes",
        })
    }
}

impl DecodeLimits {
    /// The first of the dimension limits that an image of this size breaks.
    pub(crate) fn check_size(&self, width: u32, height: u32) -> Result<(), crate::DecodeError> {
        let pixels = u64::from(width) * u64::from(height);
        let broken = [
            (Limit::Width, u64::from(width), u64::from(self.max_width)),
            (Limit::Height, u64::from(height), u64::from(self.max_height)),
            (Limit::Pixels, pixels, self.max_pixels),
        ]
        .into_iter()
        .find(|(_, actual, allowed)| actual > allowed);
        match broken {
            Some((limit, actual, allowed)) => {
                Err(crate::DecodeError::TooLarge { width, height, limit, actual, allowed })
            }
            None => Ok(()),
        }
    }

    /// Whether decoding an image of this size may take `bytes` of memory.
    pub(crate) fn check_alloc(
        &self,
        (width, height): (u32, u32),
        bytes: u64,
    ) -> Result<(), crate::DecodeError> {
        if bytes > self.max_alloc_bytes {
            return Err(crate::DecodeError::TooLarge {
                width,
                height,
                limit: Limit::AllocBytes,
                actual: bytes,
                allowed: self.max_alloc_bytes,
            });
        }
        Ok(())
    }
}
