//! The picture of a scan as a file of its own (ISO 32000-2, section 8.9), for the walks and codecs that pages
//! of other formats go through: a JPEG as it is stored, everything else as a TIFF or a PNG around its bytes.

use std::borrow::Cow;

use super::colour::Space;
use super::content::Shown;
use super::filters;
use super::object::{Dictionary, Object};
use super::objects::{Objects, Packing};
use super::{CORRUPT, unsupported};
use crate::{DecodeError, PageFormat};

/// A picture as a file.
pub(super) struct PictureFile<'a> {
    pub(super) format: PageFormat,
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) size: (u32, u32),
    /// Samples a pixel as stored, that the file must have; the others have them by how they are made.
    pub(super) samples: Option<u64>,
}

/// What the samples of a picture mean.
struct Samples {
    width: u32,
    height: u32,
    bits: u32,
    space: Space,
    /// The highest value is black.
    is_inverted: bool,
}

pub(super) fn file<'a>(
    shown: &Shown<'a>,
    objects: &mut Objects<'_>,
) -> Result<PictureFile<'a>, DecodeError> {
    let dictionary = &shown.stream.dictionary;
    if dictionary.contains("OPI") {
        return unsupported("a picture that stands for another one");
    }
    let mut packings = objects.packings(dictionary)?;
    let last = match packings.last() {
        Some(last) if !is_text(last) => packings.pop(),
        _ => None,
    };
    let data = outer_unpacked(shown.stream.data, &packings)?;
    let filter = last.as_ref().map_or(&b""[..], |packing| packing.filter.as_slice());
    let samples = Samples::of(dictionary, filter, &shown.colours, objects)?;
    let size = (samples.width, samples.height);
    match (filter, last.as_ref()) {
        (b"DCTDecode" | b"DCT", Some(packing)) => {
            let is_palette = matches!(samples.space, Space::Palette(_));
            if samples.is_inverted || samples.bits != 8 || is_palette {
                return unsupported("a JPEG whose samples mean something else");
            }
            if packing.whole("ColorTransform", 1)? != 1 {
                return unsupported("a JPEG whose colours are not what it says");
            }
            let samples = Some(u64::from(samples.space.samples()));
            Ok(PictureFile { format: PageFormat::Jpeg, bytes: data, size, samples })
        }
        (b"FlateDecode" | b"Fl", Some(packing)) if packing.predictor()? >= 10 => {
            samples.check_shape(packing)?;
            let bytes = Cow::Owned(samples.as_png(&data)?);
            Ok(PictureFile { format: PageFormat::Png, bytes, size, samples: None })
        }
        _ => {
            let bytes = Cow::Owned(samples.as_tiff(&data, filter, last.as_ref())?);
            Ok(PictureFile { format: PageFormat::Tiff, bytes, size, samples: None })
        }
    }
}

fn is_text(packing: &Packing) -> bool {
    let text = [&b"ASCII85Decode"[..], b"A85", b"ASCIIHexDecode", b"AHx"];
    text.contains(&packing.filter.as_slice())
}

/// Undoes what makes text of bytes. Nothing is packed twice but by who means harm.
fn outer_unpacked<'a>(data: &'a [u8], packings: &[Packing]) -> Result<Cow<'a, [u8]>, DecodeError> {
    let mut bytes = Cow::Borrowed(data);
    for packing in packings {
        bytes = Cow::Owned(match packing.filter.as_slice() {
            b"ASCII85Decode" | b"A85" => filters::of_base_85(&bytes)?,
            b"ASCIIHexDecode" | b"AHx" => filters::of_hexadecimal(&bytes)?,
            b"Crypt" => return unsupported("encryption"),
            _ => return unsupported("a picture that is packed twice"),
        });
    }
    Ok(bytes)
}

impl Samples {
    fn of(
        dictionary: &Dictionary,
        filter: &[u8],
        colours: &Dictionary,
        objects: &mut Objects<'_>,
    ) -> Result<Self, DecodeError> {
        let mut side = |name| match objects.get(dictionary, name)?.whole() {
            None | Some(0) => Err(CORRUPT),
            Some(side) => Ok(side),
        };
        let (width, height) = (side("Width")?, side("Height")?);
        match filter {
            b"JPXDecode" => return unsupported("JPEG 2000"),
            b"JBIG2Decode" => return unsupported("JBIG2"),
            _ => {}
        }
        let is_stencil = objects.get(dictionary, "ImageMask")? == Object::Bool(true);
        let is_fax = matches!(filter, b"CCITTFaxDecode" | b"CCF");
        let bits = match objects.get(dictionary, "BitsPerComponent")? {
            _ if is_stencil || is_fax => 1,
            Object::Null if matches!(filter, b"DCTDecode" | b"DCT") => 8,
            bits => bits.whole().filter(|bits| [1, 2, 4, 8, 16].contains(bits)).ok_or(CORRUPT)?,
        };
        // A stencil is black where it is zero.
        let space = match is_stencil {
            true => Space::Grey,
            false => Space::of(dictionary.get("ColorSpace"), colours, objects)?,
        };
        if let Space::Other(name) = space {
            return unsupported(name);
        }
        let is_inverted = is_inverted(dictionary, &space, bits, objects)?;
        Ok(Self { width, height, bits, space, is_inverted })
    }

    /// Whether the predictor takes the samples for what they are.
    fn check_shape(&self, packing: &Packing) -> Result<(), DecodeError> {
        match packing.shape()? == (self.space.samples(), self.bits, self.width) {
            true => Ok(()),
            false => Err(CORRUPT),
        }
    }

    /// Rows that are predicted as in PNG, and packed as there.
    fn as_png(&self, data: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let levels = 1_usize << self.bits.min(8);
        let palette = match &self.space {
            Space::Palette(colours) => Some(colours.iter().take(levels).copied().collect()),
            Space::Grey if self.is_inverted && self.bits <= 8 => {
                let step = 255 / (levels - 1);
                let grey = (0..levels).rev().map(|level| (level * step) as u8);
                Some(grey.map(|grey| [grey; 3]).collect::<Vec<_>>())
            }
            _ if self.is_inverted => return unsupported("samples whose highest value is black"),
            _ => None,
        };
        let colour = match (&palette, &self.space) {
            (Some(_), _) => 3,
            (None, Space::Rgb) => 2,
            (None, _) => 0,
        };
        let bits = u8::try_from(self.bits).map_err(|_| CORRUPT)?;
        let mut header = [self.width.to_be_bytes(), self.height.to_be_bytes()].concat();
        header.extend([bits, colour, 0, 0, 0]);
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        push_chunk(&mut file, *b"IHDR", &header)?;
        if let Some(palette) = palette {
            push_chunk(&mut file, *b"PLTE", palette.as_flattened())?;
        }
        push_chunk(&mut file, *b"IDAT", data)?;
        push_chunk(&mut file, *b"IEND", &[])?;
        Ok(file)
    }

    /// One strip, packed as it is.
    fn as_tiff(
        &self,
        data: &[u8],
        filter: &[u8],
        packing: Option<&Packing>,
    ) -> Result<Vec<u8>, DecodeError> {
        if matches!(self.space, Space::Palette(_)) {
            return unsupported("a palette without PNG's prediction");
        }
        if self.is_inverted && self.space == Space::Rgb {
            return unsupported("colours whose highest value is black");
        }
        let predictor = packing.map_or(Ok(1), Packing::predictor)?;
        let (compression, zero_is_white) = match (filter, packing) {
            (b"", _) => (1, false),
            (b"FlateDecode" | b"Fl", _) => (8, false),
            (b"LZWDecode" | b"LZW", Some(packing)) if packing.whole("EarlyChange", 1)? == 1 => {
                (5, false)
            }
            (b"LZWDecode" | b"LZW", _) => return unsupported("LZW without its early change"),
            (b"RunLengthDecode" | b"RL", _) => (32_773, false),
            // In TIFF, what is white in fax is zero.
            (b"CCITTFaxDecode" | b"CCF", Some(packing)) => (4, !self.fax_is_inverted(packing)?),
            (b"Crypt", _) => return unsupported("encryption"),
            _ => return unsupported("a filter that pictures of scans do not have"),
        };
        let predictor = match (compression, predictor) {
            (5 | 8, 2) => {
                self.check_shape(packing.ok_or(CORRUPT)?)?;
                2
            }
            (1 | 4 | 32_773, _) | (5 | 8, 1) => 1,
            _ => return unsupported("PNG's prediction in LZW"),
        };
        let is_zero_white = zero_is_white != self.is_inverted;
        let photometric = match self.space {
            Space::Rgb => 2,
            _ => u32::from(!is_zero_white),
        };
        let length = u32::try_from(data.len()).map_err(|_| CORRUPT)?;
        let entries = [
            (256_u16, LONG, self.width),
            (257, LONG, self.height),
            (258, SHORT, self.bits),
            (259, SHORT, compression),
            (262, SHORT, photometric),
            (273, LONG, TIFF_HEADER_BYTES),
            (277, SHORT, self.space.samples()),
            (278, LONG, self.height),
            (279, LONG, length),
            (317, SHORT, predictor),
        ];
        let directory_at = TIFF_HEADER_BYTES.checked_add(length).ok_or(CORRUPT)?;
        // The bytes of samples stand in this order in PDF.
        let mut file = b"MM\0*".to_vec();
        file.extend(directory_at.to_be_bytes());
        file.extend(data);
        file.extend((entries.len() as u16).to_be_bytes());
        for (tag, kind, value) in entries {
            file.extend(tag.to_be_bytes());
            file.extend(kind.to_be_bytes());
            file.extend(1_u32.to_be_bytes());
            // A short stands first among the four bytes.
            file.extend(if kind == SHORT { value << 16 } else { value }.to_be_bytes());
        }
        file.extend([0; 4]);
        Ok(file)
    }

    /// Whether what is black in fax is one; where it is of group 4 and of this picture.
    fn fax_is_inverted(&self, packing: &Packing) -> Result<bool, DecodeError> {
        let kind = packing.parameters.get("K").number().unwrap_or(0.0);
        if kind >= 0.0 {
            return unsupported("the compressions of fax before group 4");
        }
        if packing.flag("EncodedByteAlign")? {
            return unsupported("fax whose rows begin with a byte");
        }
        let rows = packing.whole("Rows", 0)?;
        if packing.whole("Columns", 1728)? != self.width || (rows != 0 && rows != self.height) {
            return Err(CORRUPT);
        }
        packing.flag("BlackIs1")
    }
}

const SHORT: u16 = 3;
const LONG: u16 = 4;
const TIFF_HEADER_BYTES: u32 = 8;

/// Whether the samples go from their highest value to their lowest (section 8.9.5.2).
fn is_inverted(
    dictionary: &Dictionary,
    space: &Space,
    bits: u32,
    objects: &mut Objects<'_>,
) -> Result<bool, DecodeError> {
    let ends = objects.array(dictionary.get("Decode"))?;
    let ends = ends.iter().map(Object::number).collect::<Option<Vec<_>>>().ok_or(CORRUPT)?;
    let highest = match space {
        Space::Palette(_) => f64::from((1_u32 << bits) - 1),
        _ => 1.0,
    };
    let all = |pair: [f64; 2]| ends.chunks(2).all(|ends| ends == pair);
    match ends.len() {
        0 => Ok(false),
        _ if ends.len() != 2 * space.samples() as usize => Err(CORRUPT),
        _ if all([0.0, highest]) => Ok(false),
        _ if all([1.0, 0.0]) && !matches!(space, Space::Palette(_)) => Ok(true),
        _ => unsupported("samples that mean a part of their range"),
    }
}

fn push_chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) -> Result<(), DecodeError> {
    let length = u32::try_from(data.len()).map_err(|_| CORRUPT)?;
    file.extend(length.to_be_bytes());
    file.extend(kind);
    file.extend(data);
    let mut checksum = flate2::Crc::new();
    checksum.update(&kind);
    checksum.update(data);
    file.extend(checksum.sum().to_be_bytes());
    Ok(())
}
