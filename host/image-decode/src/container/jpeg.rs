//! JPEG (ITU-T T.81, annex B): marker segments from `SOI` to `EOI`.

use super::Structure;
use super::bytes::Bytes;
use crate::{DecodeError, DecodeLimits, PageFormat};

const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;
/// Scans cost time in proportion to the image, not to their bytes; encoders write about ten.
const MAX_SCANS: u32 = 100;
const TRUNCATED: DecodeError = DecodeError::Truncated { format: PageFormat::Jpeg };
const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::Jpeg };

pub(super) fn inspect(bytes: &[u8], limits: &DecodeLimits) -> Result<Structure, DecodeError> {
    let file = Bytes::big_endian(bytes);
    let mut structure = None;
    let mut scans = 0;
    let mut offset = 2;
    loop {
        let (marker, after) = next_marker(file, offset)?;
        if marker == END_OF_IMAGE {
            break;
        }
        if is_standalone(marker) {
            offset = after;
            continue;
        }
        let length = usize::from(file.u16(after).ok_or(TRUNCATED)?);
        if length < 2 {
            return Err(CORRUPT);
        }
        if is_start_of_frame(marker) {
            let frame = frame(file, after, marker)?;
            limits.check_size(frame.width, frame.height)?;
            if structure.replace(frame).is_some() {
                return Err(CORRUPT);
            }
        }
        offset = after + length;
        if marker == START_OF_SCAN {
            scans += 1;
            if scans > MAX_SCANS {
                return Err(CORRUPT);
            }
            offset = after_entropy_coded_data(bytes, offset)?;
        }
    }
    structure.filter(|_| scans > 0).ok_or(CORRUPT)
}

/// The frame header (B.2.2): length, precision, height, width, number of components.
fn frame(file: Bytes<'_>, segment: usize, marker: u8) -> Result<Structure, DecodeError> {
    let height = u32::from(file.u16(segment + 3).ok_or(TRUNCATED)?);
    let width = u32::from(file.u16(segment + 5).ok_or(TRUNCATED)?);
    let components = u64::from(file.u8(segment + 7).ok_or(TRUNCATED)?);
    // Every coefficient of a progressive image is kept, in two bytes, until the last scan.
    let is_sequential = matches!(marker, 0xc0 | 0xc1);
    let working_bytes_per_pixel = if is_sequential { 1 } else { 2 * components };
    Ok(Structure { width, height, working_bytes_per_pixel })
}

/// The marker at `offset` and the offset after it; any number of fill bytes may precede it (B.1.1.2).
fn next_marker(file: Bytes<'_>, mut offset: usize) -> Result<(u8, usize), DecodeError> {
    if file.u8(offset).ok_or(TRUNCATED)? != 0xff {
        return Err(CORRUPT);
    }
    loop {
        offset += 1;
        match file.u8(offset).ok_or(TRUNCATED)? {
            0xff => {}
            0x00 => return Err(CORRUPT),
            marker => return Ok((marker, offset + 1)),
        }
    }
}

/// Where the marker after a scan stands: neither a stuffed zero nor a restart marker.
fn after_entropy_coded_data(bytes: &[u8], mut offset: usize) -> Result<usize, DecodeError> {
    loop {
        let rest = bytes.get(offset..).ok_or(TRUNCATED)?;
        offset += rest.iter().position(|&byte| byte == 0xff).ok_or(TRUNCATED)?;
        match bytes.get(offset + 1).ok_or(TRUNCATED)? {
            0x00 | 0xd0..=0xd7 => offset += 2,
            0xff => offset += 1,
            _ => return Ok(offset),
        }
    }
}

fn is_standalone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xd0..=0xd8)
}

fn is_start_of_frame(marker: u8) -> bool {
    // C4, C8 and CC are Huffman tables, a reserved code and arithmetic conditioning.
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}
