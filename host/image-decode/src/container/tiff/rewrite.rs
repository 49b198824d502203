//! A TIFF of the judged tags alone, for the codec.

use std::ops::Range;

use super::chunks::Chunks;
use super::meaning::{Colour, Compression, Meaning};
use super::{CORRUPT, TRUNCATED, tag, unsupported};
use crate::container::{Rewritten, jpeg};
use crate::{DecodeError, DecodeLimits, PageFormat};

const SHORT: u16 = 3;
const LONG: u16 = 4;
const HEADER_BYTES: usize = 8;
const ENTRY_BYTES: usize = 12;

/// The header, the strips or tiles one after the other, and the directory, each a piece of its own.
/// `tables` are what the JPEG of all chunks has in common.
pub(super) fn file<'a>(
    bytes: &'a [u8],
    is_big_endian: bool,
    tables: Option<Range<usize>>,
    meaning: &Meaning,
    chunks: &Chunks,
    limits: &DecodeLimits,
) -> Result<Rewritten<'a>, DecodeError> {
    let order = Order { is_big_endian };
    let tables = tables.map_or(&[][..], |place| &bytes[place]);
    let mut body = Rewritten::default();
    let mut places = Vec::with_capacity(chunks.places.len());
    for (index, place) in chunks.places.iter().enumerate() {
        let start = HEADER_BYTES + body.len();
        let chunk = &bytes[place.clone()];
        match meaning.compression {
            Compression::Jpeg => {
                let samples = meaning.samples();
                body.push(whole_jpeg(tables, chunk, chunks, index, samples, limits)?);
            }
            Compression::Lzw if is_old_lzw(chunk) => {
                return unsupported("LZW as it was before TIFF 6.0");
            }
            _ if meaning.is_lowest_bit_first => body.push_with_bits_reversed(chunk),
            _ => body.push(chunk),
        }
        let length = HEADER_BYTES + body.len() - start;
        places.push((start, length));
        if body.len() > limits.max_bytes.saturating_mul(2) {
            return unsupported("JPEG tables longer than what is coded with them");
        }
    }
    let directory_at = HEADER_BYTES + body.len();
    let directory = directory(order, directory_at, meaning, chunks, &places)?;
    let mut file = Rewritten::default();
    let mut header = if is_big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    order.push_u32(&mut header, number(directory_at)?);
    file.push(header);
    file.append(body);
    file.push(directory);
    Ok(file)
}

/// Before TIFF 6.0, LZW had its bits the other way round; libtiff tells it by its first code.
fn is_old_lzw(chunk: &[u8]) -> bool {
    matches!(chunk, [0, second, ..] if second & 1 == 1)
}

/// The chunk's JPEG with its tables, if it is of the chunk's size.
fn whole_jpeg(
    tables: &[u8],
    chunk: &[u8],
    chunks: &Chunks,
    index: usize,
    samples: u64,
    limits: &DecodeLimits,
) -> Result<Vec<u8>, DecodeError> {
    let tables = tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables);
    let stream = match (tables, chunk.strip_prefix(&[0xff, 0xd8])) {
        (_, None) => return Err(CORRUPT),
        ([], Some(_)) => chunk.to_vec(),
        (tables, Some(rest)) => [tables, rest].concat(),
    };
    // A strip is as long and thin as it likes.
    let limits = DecodeLimits { max_elongation: u32::MAX, ..*limits };
    let structure = jpeg::inspect(&stream, &limits).map_err(|error| match error {
        DecodeError::Truncated { .. } => TRUNCATED,
        DecodeError::Corrupt { .. } => CORRUPT,
        DecodeError::UnsupportedVariety { feature, .. } => {
            DecodeError::UnsupportedVariety { format: PageFormat::Tiff, feature }
        }
        error => error,
    })?;
    let size = (structure.width, structure.height);
    let rows = chunks.rows_of(index)..=chunks.rows;
    let is_of_chunk = size.0 == chunks.width && rows.contains(&size.1);
    if !is_of_chunk || structure.decoded_bytes_per_pixel != samples {
        return Err(CORRUPT);
    }
    limits.check_visits(size, samples, structure.visits, chunk.len())?;
    Ok(structure.rewritten.to_vec())
}

fn directory(
    order: Order,
    at: usize,
    meaning: &Meaning,
    chunks: &Chunks,
    places: &[(usize, usize)],
) -> Result<Vec<u8>, DecodeError> {
    let list = |of: fn(&(usize, usize)) -> usize| {
        places.iter().map(|place| number(of(place))).collect::<Result<Vec<_>, _>>()
    };
    let (offsets, lengths) = (list(|place| place.0)?, list(|place| place.1)?);
    let short = |value: u32| (SHORT, vec![value]);
    let long = |value: u32| (LONG, vec![value]);
    let samples = u32::try_from(meaning.samples()).map_err(|_| CORRUPT)?;
    let mut entries = vec![
        (tag::IMAGE_WIDTH, long(chunks.page.0)),
        (tag::IMAGE_LENGTH, long(chunks.page.1)),
        (tag::BITS_PER_SAMPLE, short(meaning.bits)),
        (tag::COMPRESSION, short(compression(meaning.compression))),
        (tag::PHOTOMETRIC_INTERPRETATION, short(photometric(meaning.colour))),
        (tag::SAMPLES_PER_PIXEL, short(samples)),
        (tag::PLANAR_CONFIGURATION, short(if meaning.is_planar { 2 } else { 1 })),
        (tag::PREDICTOR, short(if meaning.has_predictor { 2 } else { 1 })),
    ];
    if chunks.is_tiled {
        entries.push((tag::TILE_WIDTH, long(chunks.width)));
        entries.push((tag::TILE_LENGTH, long(chunks.rows)));
        entries.push((tag::TILE_OFFSETS, (LONG, offsets)));
        entries.push((tag::TILE_BYTE_COUNTS, (LONG, lengths)));
    } else {
        entries.push((tag::ROWS_PER_STRIP, long(chunks.rows)));
        entries.push((tag::STRIP_OFFSETS, (LONG, offsets)));
        entries.push((tag::STRIP_BYTE_COUNTS, (LONG, lengths)));
    }
    if meaning.has_extra_sample() {
        // Read as opacity, whatever it means: what becomes of it is decided after decoding.
        entries.push((tag::EXTRA_SAMPLES, short(2)));
    }
    entries.sort_by_key(|(tag, _)| *tag);
    order.directory(at, &entries)
}

fn compression(compression: Compression) -> u32 {
    match compression {
        Compression::None => 1,
        Compression::Group4 => 4,
        Compression::Lzw => 5,
        Compression::Jpeg => 7,
        Compression::Deflate => 8,
        Compression::PackBits => 32_773,
    }
}

fn photometric(colour: Colour) -> u32 {
    match colour {
        Colour::WhiteIsZero => 0,
        Colour::BlackIsZero => 1,
        Colour::Rgb => 2,
        Colour::Cmyk => 5,
    }
}

fn number(size: usize) -> Result<u32, DecodeError> {
    u32::try_from(size).map_err(|_| CORRUPT)
}

/// The order of bytes, which is the file's own: that of its samples of 16 bits.
#[derive(Clone, Copy)]
struct Order {
    is_big_endian: bool,
}

impl Order {
    fn push_u16(self, bytes: &mut Vec<u8>, value: u16) {
        bytes.extend(if self.is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    fn push_u32(self, bytes: &mut Vec<u8>, value: u32) {
        bytes.extend(if self.is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    /// Count, entries, no further directory, and the values that don't fit their entries.
    fn directory(
        self,
        at: usize,
        entries: &[(u16, (u16, Vec<u32>))],
    ) -> Result<Vec<u8>, DecodeError> {
        let mut bytes = Vec::new();
        let mut values_behind = Vec::new();
        let behind = at + 2 + entries.len() * ENTRY_BYTES + 4;
        self.push_u16(&mut bytes, u16::try_from(entries.len()).map_err(|_| CORRUPT)?);
        for (tag, (kind, values)) in entries {
            self.push_u16(&mut bytes, *tag);
            self.push_u16(&mut bytes, *kind);
            self.push_u32(&mut bytes, number(values.len())?);
            match (*kind, values.as_slice()) {
                (SHORT, [value]) => {
                    self.push_u16(&mut bytes, u16::try_from(*value).map_err(|_| CORRUPT)?);
                    self.push_u16(&mut bytes, 0);
                }
                (_, [value]) => self.push_u32(&mut bytes, *value),
                (_, values) => {
                    self.push_u32(&mut bytes, number(behind + values_behind.len())?);
                    values.iter().for_each(|value| self.push_u32(&mut values_behind, *value));
                }
            }
        }
        self.push_u32(&mut bytes, 0);
        bytes.extend(values_behind);
        Ok(bytes)
    }
}
