//! WebP (RFC 9649, sections 2 and 3): a RIFF file of `VP8 `, `VP8L` or, extended, `VP8X` and more.

use super::Structure;
use super::bytes::Bytes;
use crate::{DecodeError, DecodeLimits, PageFormat};

const RIFF_HEADER_BYTES: usize = 12;
const CHUNK_HEADER_BYTES: usize = 8;
const ANIMATION_FLAG: u8 = 0b0000_0010;
/// Lossless planes (4), an alpha plane with its own decoder (5), or YUV 4:2:0 (1.5): at most 8 live
/// together.
const WORKING_BYTES_PER_PIXEL: u64 = 8;
const TRUNCATED: DecodeError = DecodeError::Truncated { format: PageFormat::WebP };
const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::WebP };

pub(super) fn inspect(bytes: &[u8], limits: &DecodeLimits) -> Result<Structure, DecodeError> {
    let file = Bytes::little_endian(bytes);
    let end = file.size(4).ok_or(TRUNCATED)?.saturating_add(CHUNK_HEADER_BYTES);
    let mut size = None;
    let mut has_pixels = false;
    let mut offset = RIFF_HEADER_BYTES;
    while offset < end {
        let kind = file.array::<4>(offset).ok_or(TRUNCATED)?;
        let length = file.size(offset + 4).ok_or(TRUNCATED)?;
        let data = offset + CHUNK_HEADER_BYTES;
        let stated = match &kind {
            b"VP8X" => {
                if file.u8(data).ok_or(TRUNCATED)? & ANIMATION_FLAG != 0 {
                    return Err(DecodeError::MoreThanOneImage { format: PageFormat::WebP });
                }
                let width = file.u24(data + 4).ok_or(TRUNCATED)? + 1;
                let height = file.u24(data + 7).ok_or(TRUNCATED)? + 1;
                Some((width, height))
            }
            b"VP8L" => {
                has_pixels = true;
                let packed = file.u32(data + 1).ok_or(TRUNCATED)?;
                Some(((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1))
            }
            b"VP8 " => {
                has_pixels = true;
                let width = file.u16(data + 6).ok_or(TRUNCATED)? & 0x3fff;
                let height = file.u16(data + 8).ok_or(TRUNCATED)? & 0x3fff;
                Some((u32::from(width), u32::from(height)))
            }
            _ => None,
        };
        if let Some((width, height)) = stated {
            limits.check_size(width, height)?;
            // The codec decodes the inner picture before it compares it with the canvas.
            if *size.get_or_insert((width, height)) != (width, height) {
                return Err(CORRUPT);
            }
        }
        // Chunks are padded to an even length; the last one's padding is often forgotten.
        let next = data.saturating_add(length);
        if next > file.len() || next > end {
            return Err(TRUNCATED);
        }
        offset = next.saturating_add(length % 2);
    }
    match size {
        Some((width, height)) if has_pixels => {
            Ok(Structure { width, height, working_bytes_per_pixel: WORKING_BYTES_PER_PIXEL })
        }
        _ => Err(CORRUPT),
    }
}
