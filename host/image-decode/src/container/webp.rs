//! WebP (RFC 9649, sections 2 and 3): a RIFF file of `VP8 `, `VP8L` or, extended, `VP8X` and more.
//!
//! The codec is given the picture and its opacity alone. Of an animation of one frame that fills the
//! canvas nothing but the frame is left: it is one image.

use image::metadata::Orientation;

use super::bytes::Bytes;
use super::{Alpha, Structure, exif};
use crate::{DecodeError, DecodeLimits, PageFormat};

mod picture;
use picture::Picture;

const RIFF_HEADER_BYTES: usize = 12;
const CHUNK_HEADER_BYTES: usize = 8;
/// Horizontal and vertical offset, width, height, duration (24 bits each) and flags.
const FRAME_HEADER_BYTES: usize = 16;
/// Lossless planes (4), an alpha plane with its own decoder (5), or YUV 4:2:0 (1.5): at most 8 live
/// together.
const WORKING_BYTES_PER_PIXEL: u64 = 8;
const TRUNCATED: DecodeError = DecodeError::Truncated { format: PageFormat::WebP };
const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::WebP };

pub(super) fn inspect<'a>(
    bytes: &'a [u8],
    limits: &DecodeLimits,
) -> Result<Structure<'a>, DecodeError> {
    let file = Bytes::little_endian(bytes);
    let end = file.size(4).ok_or(TRUNCATED)?.saturating_add(CHUNK_HEADER_BYTES);
    let mut canvas = None;
    let mut only_frame = None;
    let mut picture = Picture::default();
    let mut orientation = None;
    let mut chunks = Chunks { bytes, offset: RIFF_HEADER_BYTES, end };
    while let Some(chunk) = chunks.next()? {
        let data = Bytes::little_endian(chunk.data);
        match &chunk.kind {
            b"VP8X" => {
                let width = data.u24(4).ok_or(TRUNCATED)? + 1;
                let height = data.u24(7).ok_or(TRUNCATED)? + 1;
                limits.check_size(width, height)?;
                canvas.get_or_insert((width, height));
            }
            b"ANMF" => {
                if only_frame.replace(chunk.data).is_some() {
                    return Err(DecodeError::MoreThanOneImage { format: PageFormat::WebP });
                }
            }
            b"EXIF" => {
                orientation.get_or_insert_with(|| exif::orientation(chunk.data));
            }
            _ => picture.take(&chunk, limits)?,
        }
        chunk.check_end()?;
    }
    if let Some(frame) = only_frame {
        take_frame(frame, canvas, &mut picture, limits)?;
    }
    let (width, height) = picture.size().ok_or(CORRUPT)?;
    // The codec decodes the inner picture before it compares it with the canvas.
    if canvas.is_some_and(|canvas| canvas != (width, height)) {
        return Err(CORRUPT);
    }
    let (samples, rewritten) = picture.finish();
    let visits = u64::from(width) * u64::from(height) * samples;
    Ok(Structure {
        width,
        height,
        decoded_bytes_per_pixel: samples,
        has_alpha: samples == 4,
        working_bytes_per_pixel: WORKING_BYTES_PER_PIXEL,
        visits,
        alpha: Alpha::Straight,
        stored_samples: samples,
        crop: None,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        rewritten,
    })
}

/// The chunks of a frame's picture, if the frame fills the canvas.
fn take_frame<'a>(
    frame: &'a [u8],
    canvas: Option<(u32, u32)>,
    picture: &mut Picture<'a>,
    limits: &DecodeLimits,
) -> Result<(), DecodeError> {
    let header = Bytes::little_endian(frame);
    let number = |offset| header.u24(offset).ok_or(TRUNCATED);
    let (x, y) = (number(0)?, number(3)?);
    let size = (number(6)? + 1, number(9)? + 1);
    if (x, y) != (0, 0) || canvas != Some(size) {
        let feature = "a single frame of an animation that does not fill it";
        return Err(DecodeError::UnsupportedVariety { format: PageFormat::WebP, feature });
    }
    let mut chunks = Chunks { bytes: frame, offset: FRAME_HEADER_BYTES, end: frame.len() };
    while let Some(chunk) = chunks.next()? {
        picture.take(&chunk, limits)?;
        chunk.check_end()?;
    }
    Ok(())
}

struct Chunk<'a> {
    kind: [u8; 4],
    /// As far as the file goes.
    data: &'a [u8],
    is_whole: bool,
}

impl Chunk<'_> {
    /// After a look at the chunk's own header: a size that is too large is named before the end that
    /// is missing.
    fn check_end(&self) -> Result<(), DecodeError> {
        if self.is_whole { Ok(()) } else { Err(TRUNCATED) }
    }
}

struct Chunks<'a> {
    bytes: &'a [u8],
    offset: usize,
    end: usize,
}

impl<'a> Chunks<'a> {
    fn next(&mut self) -> Result<Option<Chunk<'a>>, DecodeError> {
        if self.offset >= self.end {
            return Ok(None);
        }
        let file = Bytes::little_endian(self.bytes);
        let kind = file.array::<4>(self.offset).ok_or(TRUNCATED)?;
        let length = file.size(self.offset + 4).ok_or(TRUNCATED)?;
        let start = self.offset + CHUNK_HEADER_BYTES;
        let next = start.saturating_add(length);
        let is_whole = next <= self.bytes.len() && next <= self.end;
        let data = self.bytes.get(start..next.min(self.bytes.len())).ok_or(TRUNCATED)?;
        // Chunks are padded to an even length; the last one's padding is often forgotten.
        self.offset = next.saturating_add(length % 2);
        Ok(Some(Chunk { kind, data, is_whole }))
    }
}
