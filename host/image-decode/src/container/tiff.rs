//! TIFF (revision 6.0): a header and a chain of directories, one a page.
//!
//! The codec passes over tags that change what pixels mean. So the directory is read here whole, each
//! such tag is understood or the file refused by name, and the codec gets a directory written anew.
//!
//! Resolutions, colour profiles and statistics (`MinSampleValue`, `SMaxSampleValue`) change no pixel
//! and are ignored; pixels count as square. So do directories below the page's (`SubIFDs`), which
//! hold its thumbnails.

use super::Structure;
use super::bytes::Bytes;
use crate::{DecodeError, DecodeLimits, PageFormat};

mod directory;
use directory::Directory;

mod chunks;
use chunks::Chunks;

mod meaning;
use meaning::Meaning;

mod rewrite;

mod tag;

/// The samples as stored, which the codec keeps beside its output: CMYK of 16 bits at most.
const WORKING_BYTES_PER_PIXEL: u64 = 8;
const TRUNCATED: DecodeError = DecodeError::Truncated { format: PageFormat::Tiff };
const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::Tiff };

pub(super) fn inspect<'a>(
    bytes: &'a [u8],
    limits: &DecodeLimits,
) -> Result<Structure<'a>, DecodeError> {
    let is_big_endian = bytes.starts_with(b"MM");
    let file = if is_big_endian { Bytes::big_endian(bytes) } else { Bytes::little_endian(bytes) };
    let directory = Directory::parse(file)?;
    let width = directory.number(tag::IMAGE_WIDTH)?.ok_or(CORRUPT)?;
    let height = directory.number(tag::IMAGE_LENGTH)?.ok_or(CORRUPT)?;
    limits.check_size(width, height)?;
    if directory.has_next() {
        return Err(DecodeError::MoreThanOneImage { format: PageFormat::Tiff });
    }
    if width == 0 || height == 0 {
        return Err(CORRUPT);
    }
    let meaning = Meaning::of(&directory)?;
    let chunks = Chunks::of(&directory, (width, height), &meaning, limits)?;
    let visits = chunks.visits();
    limits.check_visits((width, height), meaning.samples(), visits, bytes.len())?;
    let tables = directory.bytes(tag::JPEG_TABLES)?;
    let rewritten = rewrite::file(bytes, is_big_endian, tables, &meaning, &chunks, limits)?;
    Ok(Structure {
        width,
        height,
        decoded_bytes_per_pixel: meaning.decoded_bytes_per_pixel(),
        has_alpha: meaning.has_extra_sample(),
        working_bytes_per_pixel: WORKING_BYTES_PER_PIXEL,
        visits,
        alpha: meaning.alpha(),
        orientation: meaning.orientation(),
        rewritten,
    })
}

fn unsupported<T>(feature: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError::UnsupportedVariety { format: PageFormat::Tiff, feature })
}
