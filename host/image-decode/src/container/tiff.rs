//! TIFF (revision 6.0, section 2): a header and a chain of directories, one a page.

use super::Structure;
use super::bytes::Bytes;
use crate::{DecodeError, DecodeLimits, PageFormat};

const ENTRY_BYTES: usize = 12;
const IMAGE_WIDTH: u16 = 256;
const IMAGE_LENGTH: u16 = 257;
const SHORT: u16 = 3;
const LONG: u16 = 4;
/// The samples as stored, which the codec keeps beside its output: CMYK of 16 bits at most.
const WORKING_BYTES_PER_PIXEL: u64 = 8;
const TRUNCATED: DecodeError = DecodeError::Truncated { format: PageFormat::Tiff };
const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::Tiff };

pub(super) fn inspect(bytes: &[u8], limits: &DecodeLimits) -> Result<Structure, DecodeError> {
    let file = if bytes.starts_with(b"MM") {
        Bytes::big_endian(bytes)
    } else {
        Bytes::little_endian(bytes)
    };
    let directory = file.size(4).ok_or(TRUNCATED)?;
    let entries = usize::from(file.u16(directory).ok_or(TRUNCATED)?);
    let first = directory.saturating_add(2);
    let entry = |index: usize| first.saturating_add(index * ENTRY_BYTES);
    let value_of = |tag: u16| -> Result<u32, DecodeError> {
        let offset =
            (0..entries).map(entry).find(|&offset| file.u16(offset) == Some(tag)).ok_or(CORRUPT)?;
        let value = offset.saturating_add(8);
        match file.u16(offset.saturating_add(2)) {
            Some(SHORT) => file.u16(value).map(u32::from).ok_or(TRUNCATED),
            Some(LONG) => file.u32(value).ok_or(TRUNCATED),
            _ => Err(CORRUPT),
        }
    };
    if entry(entries) > file.len() {
        return Err(TRUNCATED);
    }
    let (width, height) = (value_of(IMAGE_WIDTH)?, value_of(IMAGE_LENGTH)?);
    limits.check_size(width, height)?;
    // Some writers leave the final link out where the directory ends the file.
    if file.u32(entry(entries)).unwrap_or(0) != 0 {
        return Err(DecodeError::MoreThanOneImage { format: PageFormat::Tiff });
    }
    Ok(Structure { width, height, working_bytes_per_pixel: WORKING_BYTES_PER_PIXEL })
}
