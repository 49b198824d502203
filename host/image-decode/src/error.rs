//! Why bytes are not a page.

use crate::{Limit, PageFormat};

/// Why bytes are not a page. No variant holds a byte of the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is longer than [`max_bytes`](crate::DecodeLimits::max_bytes).
    #[error("the file has {bytes} bytes, more than the {max_bytes} allowed")]
    TooManyBytes {
        /// Length of the file.
        bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// The first bytes belong to no format that is known here.
    #[error("the file is not an image of a known format; send JPEG, PNG, WebP, TIFF or PDF")]
    UnknownFormat,
    /// The first bytes belong to a format that is not read here.
    #[error("{format} is not read here; send JPEG, PNG, WebP, TIFF or PDF")]
    UnsupportedFormat {
        /// The format's name.
        format: &'static str,
    },
    /// The format is read, but not this variety of it, such as a TIFF with a palette.
    #[error("this variety of {format} is not read here: {feature}")]
    UnsupportedVariety {
        /// The format.
        format: PageFormat,
        /// What in the file is not read.
        feature: &'static str,
    },
    /// The header states an image beyond a limit. No pixel was decoded.
    #[error("the {width} x {height} image breaks a limit: {limit} is {actual}, at most {allowed}")]
    TooLarge {
        /// Width in pixels, as the header states it.
        width: u32,
        /// Height in pixels, as the header states it.
        height: u32,
        /// The limit.
        limit: Limit,
        /// What the image would need.
        actual: u64,
        /// The most that is allowed.
        allowed: u64,
    },
    /// The image is a strip and no page. No pixel was decoded.
    #[error(
        "the {width} x {height} image is too long for its width: \
         its longer side may be {allowed} times the shorter at most"
    )]
    TooLong {
        /// Width in pixels, as the header states it.
        width: u32,
        /// Height in pixels, as the header states it.
        height: u32,
        /// How many times the shorter side the longer may be.
        allowed: u32,
    },
    /// The file holds an animation, or several pages where one is wanted.
    #[error("the {format} file holds more than one image; send one file a page")]
    MoreThanOneImage {
        /// The format.
        format: PageFormat,
    },
    /// The file ends before its image does.
    #[error("the {format} file is cut short")]
    Truncated {
        /// The format.
        format: PageFormat,
    },
    /// The file breaks the rules of its format.
    #[error("the {format} file is damaged")]
    Corrupt {
        /// The format.
        format: PageFormat,
    },
}
