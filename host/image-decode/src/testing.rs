//! Files made by hand: TIFF tag by tag, PDF object by object.

use std::collections::BTreeMap;

pub(crate) mod pdf;

pub(crate) const BYTE: u16 = 1;
pub(crate) const SHORT: u16 = 3;
pub(crate) const LONG: u16 = 4;
pub(crate) const RATIONAL: u16 = 5;

/// A little-endian TIFF: its pixels from the eighth byte on, then its only directory.
#[derive(Clone)]
pub(crate) struct Tags {
    pixels: Vec<u8>,
    tags: BTreeMap<u16, (u16, Vec<u32>)>,
}

impl Tags {
    /// One strip of a bit a pixel, not compressed.
    pub(crate) fn of_bilevel(width: u32, height: u32) -> Self {
        let pixels = vec![0; (width.div_ceil(8) * height) as usize];
        Self::of(width, height, &[1], 1, pixels)
    }

    /// One strip, not compressed.
    pub(crate) fn of(
        width: u32,
        height: u32,
        bits: &[u32],
        photometric: u32,
        pixels: Vec<u8>,
    ) -> Self {
        let length = u32::try_from(pixels.len()).expect("short");
        let samples = u32::try_from(bits.len()).expect("few");
        Self { pixels, tags: BTreeMap::new() }
            .set(256, LONG, width)
            .set(257, LONG, height)
            .set_list(258, SHORT, bits.to_vec())
            .set(259, SHORT, 1)
            .set(262, SHORT, photometric)
            .set(273, LONG, 8)
            .set(277, SHORT, samples)
            .set(278, LONG, height)
            .set(279, LONG, length)
    }

    pub(crate) fn set(self, tag: u16, kind: u16, value: u32) -> Self {
        self.set_list(tag, kind, vec![value])
    }

    /// Of a rational its numerator and its denominator.
    pub(crate) fn set_list(mut self, tag: u16, kind: u16, values: Vec<u32>) -> Self {
        self.tags.insert(tag, (kind, values));
        self
    }

    pub(crate) fn without(mut self, tag: u16) -> Self {
        self.tags.remove(&tag);
        self
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        let mut file = b"II*\0".to_vec();
        let directory = 8 + self.pixels.len().next_multiple_of(2);
        let word = |value: usize| u32::try_from(value).expect("short").to_le_bytes();
        file.extend(word(directory));
        file.extend(&self.pixels);
        file.resize(directory, 0);
        let mut behind = Vec::new();
        let behind_at = directory + 2 + 12 * self.tags.len() + 4;
        file.extend(u16::try_from(self.tags.len()).expect("few").to_le_bytes());
        for (tag, (kind, values)) in &self.tags {
            let mut bytes = Vec::new();
            for value in values {
                match *kind {
                    BYTE => bytes.push(u8::try_from(*value).expect("a byte")),
                    SHORT => bytes.extend(u16::try_from(*value).expect("a word").to_le_bytes()),
                    _ => bytes.extend(value.to_le_bytes()),
                }
            }
            let count = if *kind == RATIONAL { values.len() / 2 } else { values.len() };
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(word(count));
            if bytes.len() <= 4 {
                bytes.resize(4, 0);
                file.extend(bytes);
            } else {
                file.extend(word(behind_at + behind.len()));
                behind.extend(bytes);
            }
        }
        file.extend(word(0));
        file.extend(behind);
        file
    }
}
