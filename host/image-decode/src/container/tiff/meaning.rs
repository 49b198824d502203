//! What the samples of a page mean.

use image::metadata::Orientation;

use super::super::Alpha;
use super::directory::Directory;
use super::{CORRUPT, tag, unsupported};
use crate::DecodeError;

/// Colour, depth and coding, of those that are read here.
pub(super) struct Meaning {
    pub(super) colour: Colour,
    pub(super) bits: u32,
    pub(super) compression: Compression,
    /// Differences of neighbours are stored.
    pub(super) has_predictor: bool,
    /// One plane a sample.
    pub(super) is_planar: bool,
    /// The first pixel of a byte is its lowest bit.
    pub(super) is_lowest_bit_first: bool,
    extra: Option<Alpha>,
    orientation: Orientation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    Cmyk,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Group4,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
}

/// More samples than any file has that is read here.
const MAX_SAMPLES: usize = 16;

impl Meaning {
    pub(super) fn of(directory: &Directory<'_>) -> Result<Self, DecodeError> {
        check_kind(directory)?;
        if let Some((_, feature)) = tag::NEVER_READ.iter().find(|(tag, _)| directory.contains(*tag))
        {
            return unsupported(feature);
        }
        let colour = colour(directory)?;
        let (bits, extra) = samples(directory, colour)?;
        let compression = compression(directory, bits, colour)?;
        if compression == Compression::Jpeg && extra.is_some() {
            return unsupported("JPEG of other than grey or RGB in 8 bits");
        }
        check_range(directory, colour, bits)?;
        let is_planar = is_planar(directory, colour, bits, extra, compression)?;
        Ok(Self {
            colour,
            bits,
            compression,
            has_predictor: has_predictor(directory, bits, compression)?,
            is_planar,
            is_lowest_bit_first: is_lowest_bit_first(directory, bits, compression)?,
            extra,
            orientation: orientation(directory)?,
        })
    }

    pub(super) fn samples(&self) -> u64 {
        self.colour.samples() + u64::from(self.extra.is_some())
    }

    pub(super) fn has_extra_sample(&self) -> bool {
        self.extra.is_some()
    }

    pub(super) fn alpha(&self) -> Alpha {
        self.extra.unwrap_or(Alpha::Straight)
    }

    pub(super) fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// CMYK comes out as RGB, and a bit as a byte.
    pub(super) fn decoded_bytes_per_pixel(&self) -> u64 {
        let samples = match self.colour {
            Colour::Cmyk => 3,
            _ => self.samples(),
        };
        samples * u64::from(self.bits.div_ceil(8))
    }
}

impl Colour {
    fn samples(self) -> u64 {
        match self {
            Self::WhiteIsZero | Self::BlackIsZero => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }

    fn is_grey(self) -> bool {
        self.samples() == 1
    }
}

/// Whether the directory is a page, and not the small copy or the mask of one.
fn check_kind(directory: &Directory<'_>) -> Result<(), DecodeError> {
    const REDUCED: u32 = 1;
    const MASK: u32 = 4;
    let kind = directory.number(tag::NEW_SUBFILE_TYPE)?.unwrap_or(0);
    let old_kind = directory.number(tag::SUBFILE_TYPE)?.unwrap_or(1);
    if kind & REDUCED != 0 || old_kind == 2 {
        return unsupported("a file that holds a small copy of its page alone");
    }
    if kind & MASK != 0 {
        return unsupported("a transparency mask");
    }
    let is_proxy = directory.number(tag::OPI_PROXY)?.unwrap_or(0) != 0;
    if is_proxy { unsupported("a file that holds a small copy of its page alone") } else { Ok(()) }
}

fn colour(directory: &Directory<'_>) -> Result<Colour, DecodeError> {
    if directory.number(tag::INDEXED)?.unwrap_or(0) != 0 {
        return unsupported("colours by a palette");
    }
    match directory.number(tag::PHOTOMETRIC_INTERPRETATION)? {
        Some(0) => Ok(Colour::WhiteIsZero),
        Some(1) => Ok(Colour::BlackIsZero),
        Some(2) => Ok(Colour::Rgb),
        Some(3) => unsupported("colours by a palette"),
        Some(4) => unsupported("a transparency mask"),
        Some(5) => {
            let inks = directory.number(tag::INK_SET)?.unwrap_or(1);
            match (inks, directory.number(tag::NUMBER_OF_INKS)?.unwrap_or(4)) {
                (1, 4) => Ok(Colour::Cmyk),
                _ => unsupported("inks other than CMYK"),
            }
        }
        Some(6) => unsupported("the colours YCbCr"),
        Some(8..=10) => unsupported("the colours CIE L*a*b*"),
        Some(_) => unsupported("colours of an extension"),
        None => unsupported("no tag PhotometricInterpretation"),
    }
}

/// Bits a sample, and what a sample beyond the colour means.
fn samples(directory: &Directory<'_>, colour: Colour) -> Result<(u32, Option<Alpha>), DecodeError> {
    let samples = u64::from(directory.number(tag::SAMPLES_PER_PIXEL)?.unwrap_or(1));
    if samples == 0 {
        return Err(CORRUPT);
    }
    if samples > MAX_SAMPLES as u64 {
        return unsupported("more samples a pixel than its colours have");
    }
    let extra = match directory.numbers(tag::EXTRA_SAMPLES, MAX_SAMPLES)?.as_deref() {
        None => None,
        Some([0]) => Some(Alpha::Meaningless),
        Some([1]) => Some(Alpha::Premultiplied),
        Some([2]) => Some(Alpha::Straight),
        Some(_) => return unsupported("more than one sample beyond the colour"),
    };
    if samples != colour.samples() + u64::from(extra.is_some()) {
        return match samples < colour.samples() {
            true => unsupported("fewer samples a pixel than its colour has"),
            // A viewer may take it for opacity, and show white paper only.
            false => unsupported("a sample beyond the colour that no ExtraSamples declares"),
        };
    }
    if extra.is_some() && colour != Colour::Rgb {
        return unsupported("opacity beside grey or CMYK");
    }
    let formats = directory.numbers(tag::SAMPLE_FORMAT, MAX_SAMPLES)?.unwrap_or_default();
    if formats.iter().any(|format| *format != 1) {
        return unsupported("samples that are no whole numbers without sign");
    }
    let bits = directory.numbers(tag::BITS_PER_SAMPLE, MAX_SAMPLES)?.unwrap_or_else(|| vec![1]);
    if bits.len() != 1 && bits.len() as u64 != samples {
        return Err(CORRUPT);
    }
    let first = bits[0];
    if bits.iter().any(|bits| *bits != first) {
        return unsupported("samples of different numbers of bits");
    }
    match first {
        1 if colour.is_grey() => Ok((1, extra)),
        8 | 16 => Ok((first, extra)),
        _ => unsupported("samples of other than 1, 8 or 16 bits"),
    }
}

fn compression(
    directory: &Directory<'_>,
    bits: u32,
    colour: Colour,
) -> Result<Compression, DecodeError> {
    match directory.number(tag::COMPRESSION)?.unwrap_or(1) {
        1 => Ok(Compression::None),
        2 | 3 => unsupported("the compressions of fax before group 4"),
        4 if bits != 1 => unsupported("fax of more than one bit a pixel"),
        4 if directory.number(tag::T6_OPTIONS)?.unwrap_or(0) != 0 => {
            unsupported("fax of group 4 with uncompressed parts")
        }
        4 => Ok(Compression::Group4),
        5 => Ok(Compression::Lzw),
        6 => unsupported("JPEG as TIFF had it before 1995"),
        7 if bits != 8 || colour == Colour::Cmyk => {
            unsupported("JPEG of other than grey or RGB in 8 bits")
        }
        7 => Ok(Compression::Jpeg),
        8 | 32_946 => Ok(Compression::Deflate),
        32_773 => Ok(Compression::PackBits),
        _ => unsupported("a compression of an extension"),
    }
}

/// Whether the samples go from their lowest value to their highest.
fn check_range(directory: &Directory<'_>, colour: Colour, bits: u32) -> Result<(), DecodeError> {
    let highest = (1_u32 << bits) - 1;
    let dots = directory.numbers(tag::DOT_RANGE, 2 * MAX_SAMPLES)?.unwrap_or_default();
    let is_full = dots.chunks(2).all(|pair| *pair == [0, highest]);
    if colour == Colour::Cmyk && !is_full {
        return unsupported("the tag DotRange");
    }
    let range =
        directory.rationals(tag::REFERENCE_BLACK_WHITE, 2 * MAX_SAMPLES)?.unwrap_or_default();
    let is = |(numerator, denominator): (u32, u32), value: u32| {
        denominator != 0 && u64::from(numerator) == u64::from(value) * u64::from(denominator)
    };
    let is_full = range
        .chunks(2)
        .all(|pair| matches!(pair, [black, white] if is(*black, 0) && is(*white, highest)));
    if is_full { Ok(()) } else { unsupported("the tag ReferenceBlackWhite") }
}

fn has_predictor(
    directory: &Directory<'_>,
    bits: u32,
    compression: Compression,
) -> Result<bool, DecodeError> {
    let is_differencing = matches!(compression, Compression::Lzw | Compression::Deflate);
    match directory.number(tag::PREDICTOR)?.unwrap_or(1) {
        1 => Ok(false),
        2 if bits >= 8 && is_differencing => Ok(true),
        2 => unsupported("a Predictor where there are no whole bytes of LZW or Deflate"),
        _ => unsupported("a Predictor of an extension"),
    }
}

fn is_planar(
    directory: &Directory<'_>,
    colour: Colour,
    bits: u32,
    extra: Option<Alpha>,
    compression: Compression,
) -> Result<bool, DecodeError> {
    match directory.number(tag::PLANAR_CONFIGURATION)?.unwrap_or(1) {
        1 => Ok(false),
        // One plane is no matter of order.
        2 if colour.is_grey() => Ok(false),
        2 if colour == Colour::Rgb
            && bits == 8
            && extra.is_none()
            && compression != Compression::Jpeg =>
        {
            Ok(true)
        }
        2 => unsupported("planes of other than RGB in 8 bits"),
        _ => unsupported("a PlanarConfiguration of an extension"),
    }
}

/// TIFF 6.0 has the other order for fax and for bits that are not compressed.
fn is_lowest_bit_first(
    directory: &Directory<'_>,
    bits: u32,
    compression: Compression,
) -> Result<bool, DecodeError> {
    match directory.number(tag::FILL_ORDER)?.unwrap_or(1) {
        1 => Ok(false),
        2 if bits == 1 && matches!(compression, Compression::None | Compression::Group4) => {
            Ok(true)
        }
        2 => unsupported("FillOrder 2 where it means nothing that writers agree on"),
        _ => unsupported("a FillOrder of an extension"),
    }
}

/// None of the eight leaves the page as it is stored, as viewers do.
fn orientation(directory: &Directory<'_>) -> Result<Orientation, DecodeError> {
    let number = directory.number(tag::ORIENTATION)?.unwrap_or(1);
    let number = u8::try_from(number).unwrap_or(0);
    Ok(Orientation::from_exif(number).unwrap_or(Orientation::NoTransforms))
}
