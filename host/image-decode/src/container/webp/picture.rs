//! The chunks that pixels are made of.

use super::{CORRUPT, Chunk, TRUNCATED};
use crate::container::Rewritten;
use crate::container::bytes::Bytes;
use crate::{DecodeError, DecodeLimits, PageFormat};

/// One picture: lossless, or lossy with or without a plane of opacity.
#[derive(Default)]
pub(super) struct Picture<'a> {
    coding: Option<Coding<'a>>,
    opacity: Option<&'a [u8]>,
}

struct Coding<'a> {
    size: (u32, u32),
    is_lossless: bool,
    has_opacity: bool,
    data: &'a [u8],
}

const ALPHA_FLAG: u8 = 0b0001_0000;

impl<'a> Picture<'a> {
    /// A chunk of the picture, or any other, which is passed over.
    pub(super) fn take(
        &mut self,
        chunk: &Chunk<'a>,
        limits: &DecodeLimits,
    ) -> Result<(), DecodeError> {
        let coding = match &chunk.kind {
            b"VP8L" => lossless(chunk.data)?,
            b"VP8 " => lossy(chunk.data)?,
            b"ALPH" => {
                self.opacity.get_or_insert(chunk.data);
                return Ok(());
            }
            _ => return Ok(()),
        };
        limits.check_size(coding.size.0, coding.size.1)?;
        match self.coding.replace(coding) {
            None => Ok(()),
            Some(_) => Err(CORRUPT),
        }
    }

    pub(super) fn size(&self) -> Option<(u32, u32)> {
        self.coding.as_ref().map(|coding| coding.size).filter(|(width, height)| width * height > 0)
    }

    /// Samples a pixel, and a file of the picture alone.
    pub(super) fn finish(self) -> (u64, Rewritten<'a>) {
        let Some(coding) = self.coding else { return (0, Rewritten::default()) };
        let mut chunks = Rewritten::default();
        let mut samples = 3;
        if coding.is_lossless {
            samples += u64::from(coding.has_opacity);
            push_chunk(&mut chunks, b"VP8L", coding.data);
        } else {
            if let Some(opacity) = self.opacity {
                samples += 1;
                push_canvas(&mut chunks, coding.size);
                push_chunk(&mut chunks, b"ALPH", opacity);
            }
            push_chunk(&mut chunks, b"VP8 ", coding.data);
        }
        let mut file = Rewritten::default();
        file.push(b"RIFF".as_slice());
        file.push(length(chunks.len() + 4));
        file.push(b"WEBP".as_slice());
        file.append(chunks);
        (samples, file)
    }
}

fn lossless(data: &[u8]) -> Result<Coding<'_>, DecodeError> {
    let packed = Bytes::little_endian(data).u32(1).ok_or(TRUNCATED)?;
    if packed >> 29 != 0 {
        let feature = "a lossless coding of another version";
        return Err(DecodeError::UnsupportedVariety { format: PageFormat::WebP, feature });
    }
    let size = ((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1);
    Ok(Coding { size, is_lossless: true, has_opacity: packed >> 28 & 1 == 1, data })
}

fn lossy(data: &[u8]) -> Result<Coding<'_>, DecodeError> {
    let header = Bytes::little_endian(data);
    let side = |offset| header.u16(offset).map(|side| u32::from(side & 0x3fff)).ok_or(TRUNCATED);
    let size = (side(6)?, side(8)?);
    Ok(Coding { size, is_lossless: false, has_opacity: false, data })
}

fn push_canvas(chunks: &mut Rewritten<'_>, (width, height): (u32, u32)) {
    let mut data = vec![ALPHA_FLAG, 0, 0, 0];
    data.extend_from_slice(&(width - 1).to_le_bytes()[..3]);
    data.extend_from_slice(&(height - 1).to_le_bytes()[..3]);
    chunks.push(b"VP8X".as_slice());
    chunks.push(length(data.len()));
    chunks.push(data);
}

fn push_chunk<'a>(chunks: &mut Rewritten<'a>, kind: &'static [u8; 4], data: &'a [u8]) {
    chunks.push(kind.as_slice());
    chunks.push(length(data.len()));
    chunks.push(data);
    if data.len() % 2 == 1 {
        chunks.push([0].as_slice());
    }
}

/// Of a part of a file whose own length was read from four bytes.
fn length(bytes: usize) -> Vec<u8> {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes().to_vec()
}
