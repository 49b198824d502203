//! `IHDR` (section 11.2.1).

use super::{CORRUPT, SIGNATURE_BYTES, TRUNCATED, unsupported};
use crate::container::bytes::Bytes;
use crate::{DecodeError, DecodeLimits};

pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    depth: u8,
    colour: Colour,
    is_interlaced: bool,
    pub(super) has_transparent_colour: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Colour {
    Grey,
    Rgb,
    Palette,
    GreyAlpha,
    RgbAlpha,
}

impl Header {
    /// `kind` is where the first chunk's type stands.
    pub(super) fn parse(
        file: Bytes<'_>,
        kind: usize,
        limits: &DecodeLimits,
    ) -> Result<Self, DecodeError> {
        match &file.array::<4>(kind).ok_or(TRUNCATED)? {
            b"IHDR" => {}
            b"CgBI" => return Err(unsupported("Apple's variety for its telephones")),
            _ => return Err(CORRUPT),
        }
        let width = file.u32(kind + 4).ok_or(TRUNCATED)?;
        let height = file.u32(kind + 8).ok_or(TRUNCATED)?;
        limits.check_size(width, height)?;
        let [depth, colour, compression, filter, interlace] =
            file.array::<5>(kind + 12).ok_or(TRUNCATED)?;
        if file.size(SIGNATURE_BYTES) != Some(13) || width == 0 || height == 0 {
            return Err(CORRUPT);
        }
        if compression != 0 || filter != 0 || interlace > 1 {
            return Err(unsupported("a compression, filter or interlacing of an extension"));
        }
        let colour = match (colour, depth) {
            (0, 1 | 2 | 4 | 8 | 16) => Colour::Grey,
            (2, 8 | 16) => Colour::Rgb,
            (3, 1 | 2 | 4 | 8) => Colour::Palette,
            (4, 8 | 16) => Colour::GreyAlpha,
            (6, 8 | 16) => Colour::RgbAlpha,
            _ => return Err(CORRUPT),
        };
        Ok(Self {
            width,
            height,
            depth,
            colour,
            is_interlaced: interlace == 1,
            has_transparent_colour: false,
        })
    }

    pub(super) fn samples_per_pixel(&self) -> u64 {
        match self.colour {
            Colour::Grey => 1,
            Colour::GreyAlpha => 2,
            Colour::Rgb | Colour::Palette => 3,
            Colour::RgbAlpha => 4,
        }
    }

    /// Interlaced rows are unpacked first, and then spread over the image.
    pub(super) fn visits(&self) -> u64 {
        let samples = u64::from(self.width) * u64::from(self.height) * self.samples_per_pixel();
        samples * if self.is_interlaced { 2 } else { 1 }
    }

    /// A transparent colour makes one sample more.
    pub(super) fn has_alpha(&self) -> bool {
        self.has_transparent_colour || matches!(self.colour, Colour::GreyAlpha | Colour::RgbAlpha)
    }

    pub(super) fn decoded_bytes_per_pixel(&self) -> u64 {
        let colours = match self.colour {
            Colour::Grey | Colour::GreyAlpha => 1,
            Colour::Rgb | Colour::Palette | Colour::RgbAlpha => 3,
        };
        (colours + u64::from(self.has_alpha())) * if self.depth == 16 { 2 } else { 1 }
    }
}
