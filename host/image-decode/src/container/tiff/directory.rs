//! A directory and the numbers in it (section 2).

use std::collections::BTreeMap;

use super::super::bytes::Bytes;
use super::{CORRUPT, TRUNCATED};
use crate::DecodeError;

const ENTRY_BYTES: usize = 12;
const BYTE: u16 = 1;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;

/// Where the directory behind the one at `start` stands; none behind the last.
pub(super) fn next(file: Bytes<'_>, start: usize) -> Result<Option<usize>, DecodeError> {
    let (_, end) = entries(file, start)?;
    // Some writers leave the final link out where the directory ends the file.
    Ok(file.size(end).filter(|next| *next != 0))
}

/// Where the entries of a directory begin and end.
fn entries(file: Bytes<'_>, start: usize) -> Result<(usize, usize), DecodeError> {
    let count = usize::from(file.u16(start).ok_or(TRUNCATED)?);
    let first = start.saturating_add(2);
    let end = first.saturating_add(count * ENTRY_BYTES);
    if end > file.len() { Err(TRUNCATED) } else { Ok((first, end)) }
}

/// A directory, read whole.
pub(super) struct Directory<'a> {
    file: Bytes<'a>,
    entries: BTreeMap<u16, Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    kind: u16,
    count: usize,
    /// Where four bytes hold the values, or where these stand.
    place: usize,
}

impl<'a> Directory<'a> {
    pub(super) fn parse(file: Bytes<'a>, start: usize) -> Result<Self, DecodeError> {
        let (first, end) = entries(file, start)?;
        let mut entries = BTreeMap::new();
        for offset in (first..end).step_by(ENTRY_BYTES) {
            let tag = file.u16(offset).ok_or(TRUNCATED)?;
            let kind = file.u16(offset + 2).ok_or(TRUNCATED)?;
            let count = file.size(offset + 4).ok_or(TRUNCATED)?;
            let entry = Entry { kind, count, place: offset + 8 };
            // Which of two values holds is anybody's guess.
            if entries.insert(tag, entry).is_some() {
                return Err(CORRUPT);
            }
        }
        Ok(Self { file, entries })
    }

    pub(super) fn file_bytes(&self) -> usize {
        self.file.len()
    }

    pub(super) fn contains(&self, tag: u16) -> bool {
        self.entries.contains_key(&tag)
    }

    /// The only value of a tag.
    pub(super) fn number(&self, tag: u16) -> Result<Option<u32>, DecodeError> {
        match self.numbers(tag, 1)?.as_deref() {
            None => Ok(None),
            Some([value]) => Ok(Some(*value)),
            Some(_) => Err(CORRUPT),
        }
    }

    /// The values of a tag, `most` of them at most.
    pub(super) fn numbers(&self, tag: u16, most: usize) -> Result<Option<Vec<u32>>, DecodeError> {
        let Some(entry) = self.entries.get(&tag) else { return Ok(None) };
        let file = self.file;
        let read: (usize, &dyn Fn(usize) -> Option<u32>) = match entry.kind {
            BYTE => (1, &|offset| file.u8(offset).map(u32::from)),
            SHORT => (2, &|offset| file.u16(offset).map(u32::from)),
            LONG => (4, &|offset| file.u32(offset)),
            _ => return Err(CORRUPT),
        };
        let (size, read) = read;
        let start = self.values(*entry, size, most)?;
        let values = (0..entry.count).map(|index| read(start + index * size));
        values.collect::<Option<Vec<_>>>().map(Some).ok_or(TRUNCATED)
    }

    /// Numerators and denominators of a tag.
    pub(super) fn rationals(
        &self,
        tag: u16,
        most: usize,
    ) -> Result<Option<Vec<(u32, u32)>>, DecodeError> {
        let Some(entry) = self.entries.get(&tag) else { return Ok(None) };
        if entry.kind != RATIONAL {
            // TIFF 6.0 also has LONG for what is a rational here.
            return Ok(self
                .numbers(tag, most)?
                .map(|values| values.into_iter().map(|value| (value, 1)).collect()));
        }
        let start = self.values(*entry, 8, most)?;
        let pair = |offset| Some((self.file.u32(offset)?, self.file.u32(offset + 4)?));
        let values = (0..entry.count).map(|index| pair(start + index * 8));
        values.collect::<Option<Vec<_>>>().map(Some).ok_or(TRUNCATED)
    }

    /// The bytes of a tag.
    pub(super) fn bytes(&self, tag: u16) -> Result<Option<std::ops::Range<usize>>, DecodeError> {
        let Some(entry) = self.entries.get(&tag) else { return Ok(None) };
        if !matches!(entry.kind, BYTE | UNDEFINED) {
            return Err(CORRUPT);
        }
        let start = self.values(*entry, 1, self.file.len())?;
        Ok(Some(start..start + entry.count))
    }

    /// Where the values of an entry stand, all of them inside the file.
    fn values(&self, entry: Entry, size: usize, most: usize) -> Result<usize, DecodeError> {
        if entry.count == 0 || entry.count > most {
            return Err(CORRUPT);
        }
        let bytes = entry.count.saturating_mul(size);
        let start = match bytes <= 4 {
            true => entry.place,
            false => self.file.size(entry.place).ok_or(TRUNCATED)?,
        };
        match start.checked_add(bytes) {
            Some(end) if end <= self.file.len() => Ok(start),
            _ => Err(TRUNCATED),
        }
    }
}
