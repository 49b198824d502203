//! PNG (W3C PNG third edition, section 5): a signature, then chunks from `IHDR` to `IEND`.

use super::Structure;
use super::bytes::Bytes;
use crate::{DecodeError, DecodeLimits, PageFormat};

const SIGNATURE_BYTES: usize = 8;
/// Length, type and checksum around a chunk's data.
const CHUNK_OVERHEAD_BYTES: usize = 12;
const TRUNCATED: DecodeError = DecodeError::Truncated { format: PageFormat::Png };
const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::Png };

pub(super) fn inspect(bytes: &[u8], limits: &DecodeLimits) -> Result<Structure, DecodeError> {
    let file = Bytes::big_endian(bytes);
    if &file.array::<4>(SIGNATURE_BYTES + 4).ok_or(TRUNCATED)? != b"IHDR" {
        return Err(CORRUPT);
    }
    let width = file.u32(SIGNATURE_BYTES + 8).ok_or(TRUNCATED)?;
    let height = file.u32(SIGNATURE_BYTES + 12).ok_or(TRUNCATED)?;
    limits.check_size(width, height)?;

    let mut offset = SIGNATURE_BYTES;
    loop {
        let length = file.size(offset).ok_or(TRUNCATED)?;
        let kind = file.array::<4>(offset + 4).ok_or(TRUNCATED)?;
        let next = offset.saturating_add(CHUNK_OVERHEAD_BYTES).saturating_add(length);
        if next > file.len() {
            return Err(TRUNCATED);
        }
        match &kind {
            b"acTL" => return Err(DecodeError::MoreThanOneImage { format: PageFormat::Png }),
            b"IEND" => break,
            _ => offset = next,
        }
    }
    // Rows are unpacked straight into the output.
    Ok(Structure { width, height, working_bytes_per_pixel: 0 })
}
