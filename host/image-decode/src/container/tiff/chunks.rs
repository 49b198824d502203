//! Strips and tiles: where they stand, and that they are what the page is made of.

use std::ops::Range;

use super::directory::Directory;
use super::meaning::{Compression, Meaning};
use super::{CORRUPT, TRUNCATED, tag, unsupported};
use crate::{DecodeError, DecodeLimits, Limit};

/// Strips or tiles of one page, all of one size but for the last strip.
pub(super) struct Chunks {
    pub(super) page: (u32, u32),
    pub(super) width: u32,
    /// Rows of each but the last strip.
    pub(super) rows: u32,
    pub(super) is_tiled: bool,
    /// In the order of their numbers; where planes are apart, all of the first plane first.
    pub(super) places: Vec<Range<usize>>,
    samples: u64,
    planes: u64,
}

/// To set up a decompressor costs as much as some thousand samples.
const VISITS_PER_CHUNK: u64 = 4096;

impl Chunks {
    pub(super) fn of(
        directory: &Directory<'_>,
        page: (u32, u32),
        meaning: &Meaning,
        limits: &DecodeLimits,
    ) -> Result<Self, DecodeError> {
        let is_tiled = directory.contains(tag::TILE_WIDTH) || directory.contains(tag::TILE_LENGTH);
        let (width, rows) = match is_tiled {
            true => tile_size(directory, page, meaning, limits)?,
            false => (page.0, rows_per_strip(directory, page.1)?),
        };
        let planes = if meaning.is_planar { meaning.samples() } else { 1 };
        let samples = meaning.samples();
        let mut chunks = Self { page, width, rows, is_tiled, places: Vec::new(), samples, planes };
        chunks.places = chunks.find(directory, meaning)?;
        Ok(chunks)
    }

    /// How often a sample is visited, with what hangs over the page.
    pub(super) fn visits(&self) -> u64 {
        let (width, height) = self.page;
        let area = match self.is_tiled {
            true => padded_pixels(self.page, (self.width, self.rows)),
            false => u64::from(width) * u64::from(height),
        };
        let overhead = self.places.len() as u64 * VISITS_PER_CHUNK;
        area.saturating_mul(self.samples).saturating_add(overhead)
    }

    /// Rows of the chunk with a number that belong to it.
    pub(super) fn rows_of(&self, index: usize) -> u32 {
        if self.is_tiled {
            return self.rows;
        }
        let strips = self.page.1.div_ceil(self.rows);
        let strip = u32::try_from(index as u64 % u64::from(strips)).unwrap_or(0);
        self.rows.min(self.page.1 - strip * self.rows)
    }

    fn count(&self) -> u64 {
        let across = self.page.0.div_ceil(self.width);
        let down = self.page.1.div_ceil(self.rows);
        u64::from(across) * u64::from(down) * self.planes
    }

    fn bytes_of(&self, index: usize, meaning: &Meaning) -> u64 {
        let samples = self.samples / self.planes;
        let row = (u64::from(self.width) * samples * u64::from(meaning.bits)).div_ceil(8);
        row * u64::from(self.rows_of(index))
    }

    fn find(
        &self,
        directory: &Directory<'_>,
        meaning: &Meaning,
    ) -> Result<Vec<Range<usize>>, DecodeError> {
        let (offsets_tag, counts_tag, others) = match self.is_tiled {
            true => (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS, tag::STRIP_OFFSETS),
            false => (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS, tag::TILE_OFFSETS),
        };
        if directory.contains(others) {
            return unsupported("strips and tiles in one page");
        }
        let count = usize::try_from(self.count()).map_err(|_| CORRUPT)?;
        let offsets = directory.numbers(offsets_tag, count)?.ok_or(CORRUPT)?;
        let lengths = match directory.numbers(counts_tag, count)? {
            Some(lengths) => lengths,
            // Before TIFF 6.0 one strip went without.
            None if count == 1 && meaning.compression == Compression::None => {
                vec![u32::try_from(self.bytes_of(0, meaning)).map_err(|_| CORRUPT)?]
            }
            None => return Err(CORRUPT),
        };
        if offsets.len() != count || lengths.len() != count {
            return Err(CORRUPT);
        }
        let file_bytes = directory.file_bytes();
        let mut total = 0_usize;
        let mut places = Vec::with_capacity(count);
        for (index, (offset, length)) in offsets.iter().zip(&lengths).enumerate() {
            if *length == 0 {
                return unsupported("strips or tiles left out where they are blank");
            }
            let start = usize::try_from(*offset).map_err(|_| TRUNCATED)?;
            let length = usize::try_from(*length).map_err(|_| TRUNCATED)?;
            let end = start.checked_add(length).filter(|end| *end <= file_bytes);
            let end = end.ok_or(TRUNCATED)?;
            let is_short = (length as u64) < self.bytes_of(index, meaning);
            if is_short && meaning.compression == Compression::None {
                return Err(CORRUPT);
            }
            total = total.saturating_add(length);
            if total > file_bytes {
                return unsupported("strips or tiles that share their bytes");
            }
            places.push(start..end);
        }
        Ok(places)
    }
}

/// All rows in one strip where the file says nothing, or says more than there are.
fn rows_per_strip(directory: &Directory<'_>, height: u32) -> Result<u32, DecodeError> {
    match directory.number(tag::ROWS_PER_STRIP)?.unwrap_or(height) {
        0 => Err(CORRUPT),
        rows => Ok(rows.min(height)),
    }
}

fn tile_size(
    directory: &Directory<'_>,
    page: (u32, u32),
    meaning: &Meaning,
    limits: &DecodeLimits,
) -> Result<(u32, u32), DecodeError> {
    let width = directory.number(tag::TILE_WIDTH)?.ok_or(CORRUPT)?;
    let length = directory.number(tag::TILE_LENGTH)?.ok_or(CORRUPT)?;
    if width == 0 || length == 0 {
        return Err(CORRUPT);
    }
    if !width.is_multiple_of(16) || !length.is_multiple_of(16) {
        return unsupported("tiles whose sides are no multiples of 16");
    }
    // What hangs over the page is unpacked too.
    let pixels = padded_pixels(page, (width, length));
    if pixels > limits.max_pixels {
        let ((width, height), limit) = (page, Limit::Pixels);
        let (actual, allowed) = (pixels, limits.max_pixels);
        return Err(DecodeError::TooLarge { width, height, limit, actual, allowed });
    }
    // The codec counts the tiles of all planes as if they were of one, and cuts the wrong ones.
    let has_rest = !page.0.is_multiple_of(width) || !page.1.is_multiple_of(length);
    if meaning.is_planar && has_rest {
        return unsupported("planes of tiles that hang over the page");
    }
    // It takes the end of what it asked for in small bites for the end of the data.
    if meaning.compression == Compression::Lzw && !page.0.is_multiple_of(width) {
        return unsupported("LZW in tiles that hang over the page");
    }
    Ok((width, length))
}

fn padded_pixels((width, height): (u32, u32), (tile_width, tile_length): (u32, u32)) -> u64 {
    let padded = |side: u32, tile: u32| u64::from(side.div_ceil(tile)) * u64::from(tile);
    padded(width, tile_width).saturating_mul(padded(height, tile_length))
}
