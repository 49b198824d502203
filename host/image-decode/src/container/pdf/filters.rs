//! What streams are packed with (ISO 32000-2, section 7.4), but for pictures.

use std::io::Read as _;

use super::budget::Budget;
use super::lexer::{digit, is_blank};
use super::objects::Packing;
use super::{CORRUPT, unsupported};
use crate::DecodeError;

/// The bytes of a stream that holds no picture.
pub(super) fn unpacked(
    data: &[u8],
    packings: &[Packing],
    budget: &mut Budget,
) -> Result<Vec<u8>, DecodeError> {
    let Some((first, others)) = packings.split_first() else {
        budget.spend(data.len())?;
        return Ok(data.to_vec());
    };
    let mut bytes = one_unpacked(data, first, budget)?;
    for packing in others {
        bytes = one_unpacked(&bytes, packing, budget)?;
    }
    Ok(bytes)
}

fn one_unpacked(
    data: &[u8],
    packing: &Packing,
    budget: &mut Budget,
) -> Result<Vec<u8>, DecodeError> {
    // What comes out may be little, however much goes in.
    budget.spend(data.len())?;
    let bytes = match packing.filter.as_slice() {
        b"FlateDecode" | b"Fl" => inflated(data, budget.left())?,
        b"ASCII85Decode" | b"A85" => of_base_85(data)?,
        b"ASCIIHexDecode" | b"AHx" => of_hexadecimal(data)?,
        b"LZWDecode" | b"LZW" => return unsupported("LZW outside of pictures"),
        b"RunLengthDecode" | b"RL" => return unsupported("run lengths outside of pictures"),
        b"Crypt" => return unsupported("encryption"),
        _ => return unsupported("a filter of pictures where there is none"),
    };
    budget.spend(bytes.len())?;
    match packing.predictor()? {
        1 => Ok(bytes),
        10..=15 => without_png_prediction(&bytes, packing),
        _ => unsupported("a predictor of pictures where there is none"),
    }
}

fn inflated(data: &[u8], most: usize) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::new();
    let limit = (most as u64).saturating_add(1);
    let mut decoder = flate2::read::ZlibDecoder::new(data).take(limit);
    decoder.read_to_end(&mut bytes).map_err(|_| CORRUPT)?;
    Ok(bytes)
}

/// Five digits are four bytes, `z` is four zeros. What comes out is no longer than what went in, but for
/// files that mean harm.
pub(super) fn of_base_85(data: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::with_capacity(data.len() / 5 * 4);
    let mut group = Vec::with_capacity(5);
    for byte in data.iter().copied().filter(|byte| !is_blank(*byte)) {
        match byte {
            b'~' => break,
            b'z' if group.is_empty() => bytes.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => return Err(CORRUPT),
        }
        if group.len() == 5 {
            bytes.extend(word_of_base_85(&group)?);
            group.clear();
        }
        if bytes.len() > data.len() {
            return unsupported("long runs of zeros in base 85");
        }
    }
    match group.len() {
        0 => {}
        1 => return Err(CORRUPT),
        digits => {
            group.resize(5, 84);
            bytes.extend(&word_of_base_85(&group)?[..digits - 1]);
        }
    }
    Ok(bytes)
}

fn word_of_base_85(group: &[u8]) -> Result<[u8; 4], DecodeError> {
    let value = group.iter().fold(0_u64, |value, digit| value * 85 + u64::from(*digit));
    u32::try_from(value).map(u32::to_be_bytes).map_err(|_| CORRUPT)
}

pub(super) fn of_hexadecimal(data: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let digits = data.iter().copied().filter(|byte| !is_blank(*byte));
    let digits = digits.take_while(|byte| *byte != b'>').map(digit);
    let digits = digits.collect::<Option<Vec<_>>>().ok_or(CORRUPT)?;
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect())
}

/// Undoes the filters of PNG (section 9 there), whose kind stands before each row.
fn without_png_prediction(bytes: &[u8], packing: &Packing) -> Result<Vec<u8>, DecodeError> {
    let (pixel, row) = packing.bytes_of_pixel_and_row()?;
    if row > bytes.len() {
        return Err(CORRUPT);
    }
    let (mut above, mut current) = (vec![0_u8; row], vec![0_u8; row]);
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.chunks(row + 1) {
        let (kind, line) = line.split_first().ok_or(CORRUPT)?;
        for (at, byte) in line.iter().enumerate() {
            let left = at.checked_sub(pixel).map_or(0, |at| current[at]);
            let corner = at.checked_sub(pixel).map_or(0, |at| above[at]);
            let predicted = match kind {
                0 => 0,
                1 => left,
                2 => above[at],
                3 => left.midpoint(above[at]),
                4 => paeth(left, above[at], corner),
                _ => return Err(CORRUPT),
            };
            current[at] = byte.wrapping_add(predicted);
        }
        out.extend(&current[..line.len()]);
        std::mem::swap(&mut above, &mut current);
    }
    Ok(out)
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let estimate = i32::from(left) + i32::from(above) - i32::from(corner);
    let distance = |value: u8| (estimate - i32::from(value)).abs();
    let (of_left, of_above, of_corner) = (distance(left), distance(above), distance(corner));
    if of_left <= of_above && of_left <= of_corner {
        left
    } else if of_above <= of_corner {
        above
    } else {
        corner
    }
}
