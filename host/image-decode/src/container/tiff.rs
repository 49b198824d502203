//! TIFF (revision 6.0): a header and a chain of directories, one a page.
//!
//! The codec passes over tags that change what pixels mean. So the directory is read here whole, each
//! such tag is understood or the file refused by name, and the codec gets a directory written anew.
//!
//! Resolutions, colour profiles and statistics (`MinSampleValue`, `SMaxSampleValue`) change no pixel
//! and are ignored; pixels count as square. So do directories below the page's (`SubIFDs`), which
//! hold its thumbnails. A directory of the chain that says of itself that it is a small copy is no page, and
//! the file is refused.

use std::collections::BTreeSet;

use super::bytes::Bytes;
use super::{MOST_PAGES, Structure};
use crate::{DecodeError, DecodeLimits, PageFormat};

mod directory;
use directory::Directory;

mod chunks;
use chunks::Chunks;

mod meaning;
use meaning::Meaning;

mod rewrite;

mod tag;

/// Where the first directory is named.
const FIRST_LINK: usize = 4;

/// The samples as stored, which the codec keeps beside its output: CMYK of 16 bits at most.
const WORKING_BYTES_PER_PIXEL: u64 = 8;
const TRUNCATED: DecodeError = DecodeError::Truncated { format: PageFormat::Tiff };
const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::Tiff };

/// How many directories the chain has.
pub(super) fn pages(bytes: &[u8]) -> Result<usize, DecodeError> {
    directories(numbers(bytes)).map(|places| places.len())
}

/// Walks the page of a directory, counted from 0.
pub(super) fn inspect<'a>(
    bytes: &'a [u8],
    page: usize,
    limits: &DecodeLimits,
) -> Result<Structure<'a>, DecodeError> {
    let is_big_endian = is_big_endian(bytes);
    let file = numbers(bytes);
    let places = directories(file)?;
    let directory = Directory::parse(file, *places.get(page).ok_or(CORRUPT)?)?;
    let width = directory.number(tag::IMAGE_WIDTH)?.ok_or(CORRUPT)?;
    let height = directory.number(tag::IMAGE_LENGTH)?.ok_or(CORRUPT)?;
    limits.check_size(width, height)?;
    if width == 0 || height == 0 {
        return Err(CORRUPT);
    }
    let meaning = Meaning::of(&directory)?;
    let chunks = Chunks::of(&directory, (width, height), &meaning, limits)?;
    let visits = chunks.visits();
    // All pages together can't be paid with more bytes than there are.
    let bytes_of_page = bytes.len() / places.len();
    limits.check_visits((width, height), meaning.samples(), visits, bytes_of_page)?;
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
        stored_samples: meaning.samples(),
        crop: None,
        orientation: meaning.orientation(),
        rewritten,
    })
}

fn is_big_endian(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MM")
}

fn numbers(bytes: &[u8]) -> Bytes<'_> {
    if is_big_endian(bytes) { Bytes::big_endian(bytes) } else { Bytes::little_endian(bytes) }
}

/// Where the directories of the chain stand; those beyond [`MOST_PAGES`] are left out.
fn directories(file: Bytes<'_>) -> Result<Vec<usize>, DecodeError> {
    let mut places = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next = Some(file.size(FIRST_LINK).ok_or(TRUNCATED)?);
    while let Some(place) = next.filter(|_| places.len() < MOST_PAGES) {
        if !seen.insert(place) {
            return Err(CORRUPT);
        }
        places.push(place);
        next = directory::next(file, place)?;
    }
    Ok(places)
}

fn unsupported<T>(feature: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError::UnsupportedVariety { format: PageFormat::Tiff, feature })
}
