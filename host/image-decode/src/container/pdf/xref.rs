//! Where the objects stand: tables and streams of cross-references (ISO 32000-2, sections 7.5.4, 7.5.8).

use std::collections::{BTreeMap, BTreeSet};

use super::budget::Budget;
use super::filters;
use super::lexer::{Lexer, Token};
use super::object::{Dictionary, Object, values};
use super::objects::{Packing, stream_data};
use super::{CORRUPT, TRUNCATED, unsupported};
use crate::DecodeError;

/// The last word of a file stands among these bytes; what was hung on to it behind may be shorter.
const TAIL_BYTES: usize = 1024;
/// Changes that were written behind each other.
const MAX_SECTIONS: usize = 256;
/// A scan has a handful a page.
const MAX_OBJECTS: usize = 100_000;

/// Where an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere any more.
    Free,
    /// At a byte of the file.
    At(usize),
    /// Among others in a stream.
    In {
        /// The number of the stream.
        stream: u32,
        /// Which of its objects.
        index: usize,
    },
}

/// The places of all objects, and what the file says of itself.
pub(super) struct Places {
    pub(super) objects: BTreeMap<u32, Place>,
    pub(super) trailer: Dictionary,
}

/// What a section says beside the places of objects.
struct Section {
    trailer: Dictionary,
    /// Objects that its table has nowhere.
    free: Vec<u32>,
}

/// Reads the newest section, and those before it.
pub(super) fn places(bytes: &[u8], budget: &mut Budget) -> Result<Places, DecodeError> {
    let mut places = Places { objects: BTreeMap::new(), trailer: Dictionary::default() };
    let mut newest = None;
    let mut seen = BTreeSet::new();
    let mut next = Some(newest_section(bytes)?);
    while let Some(at) = next {
        if !seen.insert(at) {
            return Err(CORRUPT);
        }
        if seen.len() > MAX_SECTIONS {
            return unsupported("more than 256 changes behind each other");
        }
        let Section { trailer, free } = places.take_section(bytes, at, budget)?;
        if trailer.contains("Encrypt") {
            return unsupported("encryption; send the file without its password");
        }
        // A table may have a stream beside it, for readers that know of streams. What the table has free may
        // stand there.
        if trailer.contains("XRefStm") {
            let at = trailer.get("XRefStm").size().ok_or(CORRUPT)?;
            if !seen.insert(at) {
                return Err(CORRUPT);
            }
            places.take_section(bytes, at, budget)?;
        }
        for id in free {
            places.insert(id, Place::Free)?;
        }
        next = match trailer.get("Prev") {
            Object::Null => None,
            previous => Some(previous.size().ok_or(CORRUPT)?),
        };
        newest.get_or_insert(trailer);
    }
    places.trailer = newest.ok_or(CORRUPT)?;
    Ok(places)
}

fn newest_section(bytes: &[u8]) -> Result<usize, DecodeError> {
    const WORD: &[u8] = b"startxref";
    let tail = bytes.len().saturating_sub(TAIL_BYTES);
    let at = bytes[tail..].windows(WORD.len()).rposition(|word| word == WORD).ok_or(TRUNCATED)?;
    let mut lexer = Lexer::new(bytes, tail + at + WORD.len());
    match lexer.next()? {
        Some(Token::Number(at)) => Object::Number(at).size().ok_or(CORRUPT),
        _ => Err(TRUNCATED),
    }
}

impl Places {
    /// Takes the objects of a section that no newer one has, but for those that a table has free.
    fn take_section(
        &mut self,
        bytes: &[u8],
        at: usize,
        budget: &mut Budget,
    ) -> Result<Section, DecodeError> {
        let mut lexer = Lexer::new(bytes, at);
        let taken = match lexer.next()? {
            Some(Token::Keyword(b"xref")) => self.take_table(&mut lexer),
            Some(Token::Number(_)) => return self.take_stream(bytes, at, budget),
            _ => Err(CORRUPT),
        };
        budget.spend(lexer.at().saturating_sub(at))?;
        taken
    }

    fn take_table(&mut self, lexer: &mut Lexer<'_>) -> Result<Section, DecodeError> {
        let mut free = Vec::new();
        loop {
            let first = match lexer.next()? {
                Some(Token::Keyword(b"trailer")) => break,
                Some(Token::Number(first)) => Object::Number(first).whole().ok_or(CORRUPT)?,
                _ => return Err(CORRUPT),
            };
            let count = whole(lexer)?;
            for index in 0..count {
                let (offset, _generation) = (whole(lexer)?, whole(lexer)?);
                let id = first.checked_add(index).ok_or(CORRUPT)?;
                match lexer.next()? {
                    // Some writers have zero for what is nowhere.
                    Some(Token::Keyword(b"n")) if offset > 0 => {
                        self.insert(id, Place::At(offset as usize))?;
                    }
                    Some(Token::Keyword(b"n" | b"f")) if free.len() < MAX_OBJECTS => free.push(id),
                    _ => return Err(CORRUPT),
                }
            }
        }
        match values(lexer)?.0.into_iter().next() {
            Some(Object::Dictionary(trailer)) => Ok(Section { trailer, free }),
            _ => Err(CORRUPT),
        }
    }

    fn take_stream(
        &mut self,
        bytes: &[u8],
        at: usize,
        budget: &mut Budget,
    ) -> Result<Section, DecodeError> {
        let (dictionary, data) = stream_at(bytes, at, budget)?;
        if !dictionary.get("Type").is_name("XRef") {
            return Err(CORRUPT);
        }
        let packings = Packing::of_direct(&dictionary)?;
        let table = filters::unpacked(data, &packings, budget)?;
        let widths = sizes(dictionary.get("W"))?;
        let [kind, second, third] = widths.as_slice() else { return Err(CORRUPT) };
        let width = kind + second + third;
        if width == 0 || widths.iter().any(|width| *width > 8) {
            return Err(CORRUPT);
        }
        let sections = match dictionary.get("Index") {
            Object::Null => vec![0, dictionary.get("Size").size().ok_or(CORRUPT)?],
            sections => sizes(sections)?,
        };
        let mut entries = table.chunks_exact(width);
        for section in sections.chunks(2) {
            let [first, count] = section else { return Err(CORRUPT) };
            for index in 0..*count {
                let entry = entries.next().ok_or(CORRUPT)?;
                let (kind_field, rest) = entry.split_at(*kind);
                let (second_field, third_field) = rest.split_at(*second);
                // Without a field for it, all are of the first kind.
                let kind = if *kind == 0 { 1 } else { number(kind_field)? };
                let place = match kind {
                    0 => Place::Free,
                    1 => Place::At(number(second_field)?),
                    2 => Place::In {
                        stream: u32::try_from(number(second_field)?).map_err(|_| CORRUPT)?,
                        index: number(third_field)?,
                    },
                    _ => return unsupported("a cross-reference of an extension"),
                };
                let id = first.checked_add(index).and_then(|id| u32::try_from(id).ok());
                self.insert(id.ok_or(CORRUPT)?, place)?;
            }
        }
        Ok(Section { trailer: dictionary, free: Vec::new() })
    }

    fn insert(&mut self, id: u32, place: Place) -> Result<(), DecodeError> {
        self.objects.entry(id).or_insert(place);
        match self.objects.len() > MAX_OBJECTS {
            true => unsupported("more than 100,000 objects"),
            false => Ok(()),
        }
    }
}

/// A stream whose length stands in its own dictionary.
fn stream_at<'a>(
    bytes: &'a [u8],
    at: usize,
    budget: &mut Budget,
) -> Result<(Dictionary, &'a [u8]), DecodeError> {
    let mut lexer = Lexer::new(bytes, at);
    let (_id, _generation) = (whole(&mut lexer)?, whole(&mut lexer)?);
    if lexer.next()? != Some(Token::Keyword(b"obj")) {
        return Err(CORRUPT);
    }
    let (values, word) = values(&mut lexer)?;
    budget.spend(lexer.at().saturating_sub(at))?;
    match (<[Object; 1]>::try_from(values), word) {
        (Ok([Object::Dictionary(dictionary)]), Some(b"stream")) => {
            let length = dictionary.get("Length").size().ok_or(CORRUPT)?;
            let data = stream_data(bytes, lexer.at(), length)?;
            Ok((dictionary, data))
        }
        _ => Err(CORRUPT),
    }
}

fn whole(lexer: &mut Lexer<'_>) -> Result<u32, DecodeError> {
    match lexer.next()? {
        Some(Token::Number(number)) => Object::Number(number).whole().ok_or(CORRUPT),
        _ => Err(CORRUPT),
    }
}

fn sizes(object: &Object) -> Result<Vec<usize>, DecodeError> {
    let Object::Array(values) = object else { return Err(CORRUPT) };
    values.iter().map(Object::size).collect::<Option<Vec<_>>>().ok_or(CORRUPT)
}

fn number(field: &[u8]) -> Result<usize, DecodeError> {
    let value = field.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    usize::try_from(value).map_err(|_| CORRUPT)
}
