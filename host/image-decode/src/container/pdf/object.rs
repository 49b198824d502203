//! Objects (ISO 32000-2, section 7.3).

use std::collections::BTreeMap;

use super::lexer::{Lexer, Token};
use super::{CORRUPT, unsupported};
use crate::DecodeError;

/// Arrays and dictionaries within each other.
const MAX_DEPTH: usize = 32;
/// Values of one object, those within it counted.
const MAX_VALUES: usize = 50_000;

/// A value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Object {
    #[default]
    Null,
    Bool(bool),
    Number(f64),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    Reference(u32),
}

/// Values by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dictionary(BTreeMap<Vec<u8>, Object>);

impl Dictionary {
    /// The value as it stands there, which may be a reference.
    pub(super) fn get(&self, name: &str) -> &Object {
        self.0.get(name.as_bytes()).unwrap_or(&Object::Null)
    }

    pub(super) fn get_by(&self, name: &[u8]) -> &Object {
        self.0.get(name).unwrap_or(&Object::Null)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        *self.get(name) != Object::Null
    }
}

impl Object {
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A whole number, zero or above.
    pub(super) fn whole(&self) -> Option<u32> {
        let number = self.number()?;
        let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
        is_whole.then_some(number as u32)
    }

    pub(super) fn size(&self) -> Option<usize> {
        usize::try_from(self.whole()?).ok()
    }

    /// How many values it is made of.
    pub(super) fn values(&self) -> usize {
        match self {
            Self::Array(values) => 1 + values.iter().map(Self::values).sum::<usize>(),
            Self::Dictionary(Dictionary(values)) => {
                1 + values.values().map(Self::values).sum::<usize>()
            }
            Self::Name(bytes) | Self::Text(bytes) => 1 + bytes.len(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Reference(_) => 1,
        }
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self, Self::Name(own) if own == name.as_bytes())
    }
}

/// The values up to the next word that is none, and that word; none at the end.
pub(super) fn values<'b>(
    lexer: &mut Lexer<'b>,
) -> Result<(Vec<Object>, Option<&'b [u8]>), DecodeError> {
    let mut open = vec![Container { is_array: true, values: Vec::new() }];
    let mut values = 0;
    loop {
        values += 1;
        if values > MAX_VALUES {
            return unsupported("an object of more than 50,000 values");
        }
        let Some(token) = lexer.next()? else { return finished(open, None) };
        let object = match token {
            Token::Number(number) => Object::Number(number),
            Token::Name(name) => Object::Name(name),
            Token::Text(text) => Object::Text(text),
            Token::ArrayStart | Token::DictionaryStart => {
                if open.len() > MAX_DEPTH {
                    return unsupported("objects nested more than 32 deep");
                }
                let is_array = token == Token::ArrayStart;
                open.push(Container { is_array, values: Vec::new() });
                continue;
            }
            Token::ArrayEnd => closed(&mut open, true)?,
            Token::DictionaryEnd => closed(&mut open, false)?,
            Token::Keyword(b"true") => Object::Bool(true),
            Token::Keyword(b"false") => Object::Bool(false),
            Token::Keyword(b"null") => Object::Null,
            Token::Keyword(b"R") => reference(innermost(&mut open)?)?,
            Token::Keyword(word) => return finished(open, Some(word)),
        };
        innermost(&mut open)?.push(object);
    }
}

struct Container {
    is_array: bool,
    values: Vec<Object>,
}

fn innermost(open: &mut [Container]) -> Result<&mut Vec<Object>, DecodeError> {
    open.last_mut().map(|container| &mut container.values).ok_or(CORRUPT)
}

fn finished(
    mut open: Vec<Container>,
    word: Option<&[u8]>,
) -> Result<(Vec<Object>, Option<&[u8]>), DecodeError> {
    match (open.pop(), open.is_empty()) {
        (Some(outermost), true) => Ok((outermost.values, word)),
        _ => Err(CORRUPT),
    }
}

/// The innermost container as a value, where it is of that kind. The outermost can't be closed.
fn closed(open: &mut Vec<Container>, is_array: bool) -> Result<Object, DecodeError> {
    if open.len() < 2 {
        return Err(CORRUPT);
    }
    let container = open.pop().filter(|container| container.is_array == is_array).ok_or(CORRUPT)?;
    if is_array {
        return Ok(Object::Array(container.values));
    }
    let mut dictionary = BTreeMap::new();
    let mut values = container.values.into_iter();
    while let Some(name) = values.next() {
        let (Object::Name(name), Some(value)) = (name, values.next()) else { return Err(CORRUPT) };
        // Which of two values holds is anybody's guess.
        if dictionary.insert(name, value).is_some() {
            return Err(CORRUPT);
        }
    }
    Ok(Object::Dictionary(Dictionary(dictionary)))
}

fn reference(values: &mut Vec<Object>) -> Result<Object, DecodeError> {
    let generation = values.pop().and_then(|value| value.whole());
    let number = values.pop().and_then(|value| value.whole());
    match (number, generation) {
        (Some(number), Some(_)) => Ok(Object::Reference(number)),
        _ => Err(CORRUPT),
    }
}
