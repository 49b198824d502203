//! The objects of a file, by their numbers.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::budget::Budget;
use super::lexer::{Lexer, Token, is_blank};
use super::object::{Dictionary, Object, values};
use super::xref::{Place, Places};
use super::{CORRUPT, TRUNCATED, filters, unsupported, xref};
use crate::DecodeError;

/// Objects that must be read to read one: the length of the stream that it is in, and so on.
const MAX_DEPTH: usize = 8;
/// References that lead to references.
const MAX_HOPS: usize = 8;
/// Blanks between the bytes of a stream and the word that ends it.
const MAX_BLANKS: usize = 16;
/// Filters one after the other.
const MAX_FILTERS: usize = 4;

/// The objects of a file.
pub(super) struct Objects<'a> {
    bytes: &'a [u8],
    places: Places,
    /// Streams of objects that were needed before.
    unpacked: BTreeMap<u32, Rc<ObjectStream>>,
    pub(super) budget: Budget,
    depth: usize,
}

/// A stream as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Stream<'a> {
    pub(super) dictionary: Dictionary,
    pub(super) data: &'a [u8],
}

/// One filter of a stream, and what it is told.
#[derive(Clone, Debug)]
pub(super) struct Packing {
    pub(super) filter: Vec<u8>,
    /// Without a reference in it.
    pub(super) parameters: Dictionary,
}

struct ObjectStream {
    bytes: Vec<u8>,
    /// Number and beginning of each object.
    objects: Vec<(u32, usize)>,
}

/// What stands at a number.
enum Found<'a> {
    Value(Object),
    Stream(Stream<'a>),
}

impl<'a> Objects<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut budget = Budget::of_file(bytes.len());
        let places = xref::places(bytes, &mut budget)?;
        Ok(Self { bytes, places, unpacked: BTreeMap::new(), budget, depth: 0 })
    }

    pub(super) fn trailer(&self) -> Dictionary {
        self.places.trailer.clone()
    }

    /// Bytes of streams that are kept unpacked.
    pub(super) fn held_bytes(&self) -> usize {
        self.unpacked.values().map(|stream| stream.bytes.len()).sum()
    }

    /// The value, wherever it stands. What a reference leads nowhere for is nothing (section 7.3.10).
    pub(super) fn resolved(&mut self, object: &Object) -> Result<Object, DecodeError> {
        // A copy costs what it holds.
        self.budget.spend(object.values())?;
        let mut object = object.clone();
        for _ in 0..MAX_HOPS {
            let Object::Reference(id) = object else { return Ok(object) };
            object = match self.find(id)? {
                Some(Found::Value(value)) => value,
                Some(Found::Stream(stream)) => Object::Dictionary(stream.dictionary),
                None => Object::Null,
            };
        }
        Err(CORRUPT)
    }

    pub(super) fn get(&mut self, within: &Dictionary, name: &str) -> Result<Object, DecodeError> {
        self.resolved(within.get(name))
    }

    /// A dictionary, empty where there is none.
    pub(super) fn dictionary(&mut self, object: &Object) -> Result<Dictionary, DecodeError> {
        match self.resolved(object)? {
            Object::Dictionary(dictionary) => Ok(dictionary),
            Object::Null => Ok(Dictionary::default()),
            _ => Err(CORRUPT),
        }
    }

    /// The elements of an array, none where there is none.
    pub(super) fn array(&mut self, object: &Object) -> Result<Vec<Object>, DecodeError> {
        match self.resolved(object)? {
            Object::Array(elements) => Ok(elements),
            Object::Null => Ok(Vec::new()),
            _ => Err(CORRUPT),
        }
    }

    /// The stream that a reference leads to.
    pub(super) fn stream(&mut self, object: &Object) -> Result<Stream<'a>, DecodeError> {
        let Object::Reference(id) = object else { return Err(CORRUPT) };
        match self.find(*id)? {
            Some(Found::Stream(stream)) if stream.dictionary.contains("F") => {
                unsupported("a stream that stands in another file")
            }
            Some(Found::Stream(stream)) => Ok(stream),
            _ => Err(CORRUPT),
        }
    }

    /// The bytes of a stream that holds no picture.
    pub(super) fn unpacked(&mut self, stream: &Stream<'_>) -> Result<Vec<u8>, DecodeError> {
        let packings = self.packings(&stream.dictionary)?;
        filters::unpacked(stream.data, &packings, &mut self.budget)
    }

    /// What a stream is packed with, in the order of undoing it.
    pub(super) fn packings(&mut self, stream: &Dictionary) -> Result<Vec<Packing>, DecodeError> {
        let filters = match self.get(stream, "Filter")? {
            Object::Array(filters) => filters,
            Object::Null => return Ok(Vec::new()),
            filter => vec![filter],
        };
        let parameters = match self.get(stream, "DecodeParms")? {
            Object::Array(parameters) => parameters,
            parameters => vec![parameters],
        };
        if filters.len() > MAX_FILTERS {
            return unsupported("more than four filters of a stream");
        }
        let mut packings = Vec::with_capacity(filters.len());
        for (index, filter) in filters.iter().enumerate() {
            let Object::Name(filter) = self.resolved(filter)? else { return Err(CORRUPT) };
            let parameters = self.dictionary(parameters.get(index).unwrap_or(&Object::Null))?;
            packings.push(Packing { filter, parameters });
        }
        Ok(packings)
    }

    fn find(&mut self, id: u32) -> Result<Option<Found<'a>>, DecodeError> {
        if self.depth >= MAX_DEPTH {
            return Err(CORRUPT);
        }
        self.depth += 1;
        let found = match self.places.objects.get(&id).copied() {
            None | Some(Place::Free) => Ok(None),
            Some(Place::At(at)) => self.at(id, at).map(Some),
            Some(Place::In { stream, index }) => {
                self.within(id, stream, index).map(Found::Value).map(Some)
            }
        };
        self.depth -= 1;
        found
    }

    fn at(&mut self, id: u32, at: usize) -> Result<Found<'a>, DecodeError> {
        let mut lexer = Lexer::new(self.bytes, at);
        let head = [lexer.next()?, lexer.next()?, lexer.next()?];
        let [Some(Token::Number(own)), Some(Token::Number(_)), Some(Token::Keyword(b"obj"))] = head
        else {
            return Err(CORRUPT);
        };
        if own != f64::from(id) {
            return Err(CORRUPT);
        }
        let read = values(&mut lexer);
        self.budget.spend(lexer.at().saturating_sub(at))?;
        let (values, word) = read?;
        let [value] = <[Object; 1]>::try_from(values).map_err(|_| CORRUPT)?;
        match (value, word) {
            (value, Some(b"endobj")) => Ok(Found::Value(value)),
            (Object::Dictionary(dictionary), Some(b"stream")) => {
                let length = self.get(&dictionary, "Length")?.size().ok_or(CORRUPT)?;
                let data = stream_data(self.bytes, lexer.at(), length)?;
                Ok(Found::Stream(Stream { dictionary, data }))
            }
            (_, None) => Err(TRUNCATED),
            _ => Err(CORRUPT),
        }
    }

    fn within(&mut self, id: u32, stream: u32, index: usize) -> Result<Object, DecodeError> {
        let unpacked = match self.unpacked.get(&stream) {
            Some(unpacked) => Rc::clone(unpacked),
            None => {
                let unpacked = Rc::new(self.object_stream(stream)?);
                self.unpacked.insert(stream, Rc::clone(&unpacked));
                unpacked
            }
        };
        let (own, start) = *unpacked.objects.get(index).ok_or(CORRUPT)?;
        if own != id {
            return Err(CORRUPT);
        }
        let next = unpacked.objects.get(index + 1).map(|(_, next)| *next);
        let end = next.filter(|next| *next > start).unwrap_or(unpacked.bytes.len());
        let text = unpacked.bytes.get(start..end).ok_or(CORRUPT)?;
        self.budget.spend(text.len())?;
        match values(&mut Lexer::new(text, 0))? {
            (values, None) => {
                let [value] = <[Object; 1]>::try_from(values).map_err(|_| CORRUPT)?;
                Ok(value)
            }
            _ => Err(CORRUPT),
        }
    }

    fn object_stream(&mut self, id: u32) -> Result<ObjectStream, DecodeError> {
        // Streams stand in none.
        if !matches!(self.places.objects.get(&id), Some(Place::At(_))) {
            return Err(CORRUPT);
        }
        let stream = self.stream(&Object::Reference(id))?;
        if !stream.dictionary.get("Type").is_name("ObjStm") {
            return Err(CORRUPT);
        }
        let bytes = self.unpacked(&stream)?;
        let count = self.get(&stream.dictionary, "N")?.size().ok_or(CORRUPT)?;
        let first = self.get(&stream.dictionary, "First")?.size().ok_or(CORRUPT)?;
        let mut lexer = Lexer::new(bytes.get(..first).ok_or(CORRUPT)?, 0);
        self.budget.spend(first)?;
        let mut objects = Vec::new();
        for _ in 0..count {
            let (Some(Token::Number(own)), Some(Token::Number(start))) =
                (lexer.next()?, lexer.next()?)
            else {
                return Err(CORRUPT);
            };
            let own = Object::Number(own).whole().ok_or(CORRUPT)?;
            let start = Object::Number(start).size().and_then(|start| start.checked_add(first));
            objects.push((own, start.ok_or(CORRUPT)?));
        }
        Ok(ObjectStream { bytes, objects })
    }
}

impl Packing {
    /// What a stream is packed with that must not refer to other objects.
    pub(super) fn of_direct(stream: &Dictionary) -> Result<Vec<Self>, DecodeError> {
        let filter = match stream.get("Filter") {
            Object::Null => return Ok(Vec::new()),
            Object::Array(filters) => match filters.as_slice() {
                [filter] => filter.clone(),
                _ => return unsupported("more than one filter of cross-references"),
            },
            filter => filter.clone(),
        };
        let parameters = match stream.get("DecodeParms") {
            Object::Array(parameters) => parameters.first().cloned().unwrap_or_default(),
            parameters => parameters.clone(),
        };
        match (filter, parameters) {
            (Object::Name(filter), Object::Dictionary(parameters)) => {
                Ok(vec![Self { filter, parameters }])
            }
            (Object::Name(filter), Object::Null) => {
                Ok(vec![Self { filter, parameters: Dictionary::default() }])
            }
            _ => Err(CORRUPT),
        }
    }

    /// A whole number among the parameters.
    pub(super) fn whole(&self, name: &str, default: u32) -> Result<u32, DecodeError> {
        match self.parameters.get(name) {
            Object::Null => Ok(default),
            value => value.whole().ok_or(CORRUPT),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, DecodeError> {
        match self.parameters.get(name) {
            Object::Null => Ok(false),
            Object::Bool(flag) => Ok(*flag),
            _ => Err(CORRUPT),
        }
    }

    /// 1 for none, 2 for TIFF's, 10 and above for PNG's.
    pub(super) fn predictor(&self) -> Result<u32, DecodeError> {
        self.whole("Predictor", 1)
    }

    /// Samples a pixel, bits a sample, pixels a row, as the predictor takes them.
    pub(super) fn shape(&self) -> Result<(u32, u32, u32), DecodeError> {
        Ok((
            self.whole("Colors", 1)?,
            self.whole("BitsPerComponent", 8)?,
            self.whole("Columns", 1)?,
        ))
    }

    pub(super) fn bytes_of_pixel_and_row(&self) -> Result<(usize, usize), DecodeError> {
        let (samples, bits, columns) = self.shape()?;
        let bits = u64::from(samples).checked_mul(u64::from(bits)).ok_or(CORRUPT)?;
        let row = bits.checked_mul(u64::from(columns)).ok_or(CORRUPT)?.div_ceil(8);
        let size = |bytes: u64| usize::try_from(bytes).map_err(|_| CORRUPT);
        match (size(bits.div_ceil(8))?, size(row)?) {
            (0, _) | (_, 0) => Err(CORRUPT),
            sizes => Ok(sizes),
        }
    }
}

/// The bytes of a stream behind its word, of which the file says how many there are (section 7.3.8).
pub(super) fn stream_data(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], DecodeError> {
    let behind = bytes.get(at..).ok_or(TRUNCATED)?;
    let start = match behind {
        [b'\r', b'\n', ..] => at + 2,
        [b'\r' | b'\n', ..] => at + 1,
        _ => return Err(CORRUPT),
    };
    let end = start.checked_add(length).ok_or(CORRUPT)?;
    let data = bytes.get(start..end).ok_or(TRUNCATED)?;
    let rest = &bytes[end..];
    // No more than writers leave there, so that looking costs nothing.
    let blanks = rest.iter().take(MAX_BLANKS).take_while(|byte| is_blank(**byte)).count();
    match rest[blanks..].starts_with(b"endstream") {
        true => Ok(data),
        false => Err(CORRUPT),
    }
}
