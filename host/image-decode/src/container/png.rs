//! PNG (W3C PNG third edition, section 5): a signature, then chunks from `IHDR` to `IEND`.
//!
//! Ancillary chunks are not given to the codec, but for the transparent colour: texts and profiles
//! would be inflated, though nobody reads them. Of an animation of one frame nothing but the frame is
//! left: it is one image.

use image::metadata::Orientation;

use super::bytes::Bytes;
use super::{Alpha, Rewritten, Structure, exif};
use crate::{DecodeError, DecodeLimits, PageFormat};

mod animation;
use animation::Animation;

mod header;
use header::Header;

const SIGNATURE_BYTES: usize = 8;
/// Length, type and checksum around a chunk's data.
const CHUNK_OVERHEAD_BYTES: usize = 12;
const TRUNCATED: DecodeError = DecodeError::Truncated { format: PageFormat::Png };
const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::Png };

pub(super) fn inspect<'a>(
    bytes: &'a [u8],
    limits: &DecodeLimits,
) -> Result<Structure<'a>, DecodeError> {
    let file = Bytes::big_endian(bytes);
    let mut header = Header::parse(file, SIGNATURE_BYTES + 4, limits)?;
    let mut animation = Animation::default();
    let mut orientation = None;
    // Neighbours are kept as one piece.
    let mut kept = Kept { bytes, start: 0, end: SIGNATURE_BYTES, rewritten: Rewritten::default() };
    let mut pixels = Pixels::Ahead;
    let mut offset = SIGNATURE_BYTES;
    loop {
        let length = file.size(offset).ok_or(TRUNCATED)?;
        let kind = file.array::<4>(offset + 4).ok_or(TRUNCATED)?;
        let next = offset.saturating_add(CHUNK_OVERHEAD_BYTES).saturating_add(length);
        if next > file.len() {
            return Err(TRUNCATED);
        }
        let data = &bytes[offset + 8..next - 4];
        pixels = pixels.after(&kind)?;
        match &kind {
            b"IHDR" if offset > SIGNATURE_BYTES => return Err(CORRUPT),
            b"IHDR" | b"PLTE" => kept.keep(offset, next),
            b"tRNS" => {
                header.has_transparent_colour = true;
                kept.keep(offset, next);
            }
            b"IDAT" => {
                animation.take_default_image();
                kept.keep(offset, next);
            }
            b"acTL" => animation.take_control(data)?,
            b"fcTL" => animation.take_frame(data)?,
            b"eXIf" => {
                orientation.get_or_insert_with(|| exif::orientation(data));
            }
            b"IEND" => {
                kept.keep(offset, next);
                break;
            }
            // A lower-case first letter: safe to pass over.
            [first, ..] if first.is_ascii_lowercase() => {}
            _ => return Err(unsupported("a critical chunk of an extension")),
        }
        offset = next;
    }
    if pixels == Pixels::Ahead {
        return Err(TRUNCATED);
    }
    animation.check(header.width, header.height)?;
    let visits = header.visits();
    limits.check_visits(
        (header.width, header.height),
        header.samples_per_pixel(),
        visits,
        bytes.len(),
    )?;
    Ok(Structure {
        width: header.width,
        height: header.height,
        decoded_bytes_per_pixel: header.decoded_bytes_per_pixel(),
        has_alpha: header.has_alpha(),
        // Rows are unpacked straight into the output.
        working_bytes_per_pixel: 0,
        visits,
        alpha: Alpha::Straight,
        stored_samples: header.samples_per_pixel(),
        crop: None,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        rewritten: kept.finish(),
    })
}

/// Where the walk is: `IDAT` chunks follow each other without a gap.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pixels {
    Ahead,
    Here,
    Behind,
}

impl Pixels {
    fn after(self, kind: &[u8; 4]) -> Result<Self, DecodeError> {
        match (self, kind == b"IDAT") {
            (Self::Ahead | Self::Here, true) => Ok(Self::Here),
            (Self::Behind, true) => Err(CORRUPT),
            (Self::Ahead, false) => Ok(Self::Ahead),
            (Self::Here | Self::Behind, false) => Ok(Self::Behind),
        }
    }
}

struct Kept<'a> {
    bytes: &'a [u8],
    start: usize,
    end: usize,
    rewritten: Rewritten<'a>,
}

impl<'a> Kept<'a> {
    fn keep(&mut self, start: usize, end: usize) {
        if start != self.end {
            self.rewritten.push(&self.bytes[self.start..self.end]);
            self.start = start;
        }
        self.end = end;
    }

    fn finish(mut self) -> Rewritten<'a> {
        self.rewritten.push(&self.bytes[self.start..self.end]);
        self.rewritten
    }
}

fn unsupported(feature: &'static str) -> DecodeError {
    DecodeError::UnsupportedVariety { format: PageFormat::Png, feature }
}
