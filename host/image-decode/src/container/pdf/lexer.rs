//! Tokens (ISO 32000-2, section 7.2).

use super::CORRUPT;
use crate::DecodeError;

/// No number of a file that means well is longer.
const MAX_NUMBER_BYTES: usize = 32;

/// What a file is written in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'b> {
    Number(f64),
    Name(Vec<u8>),
    Text(Vec<u8>),
    ArrayStart,
    ArrayEnd,
    DictionaryStart,
    DictionaryEnd,
    Keyword(&'b [u8]),
}

/// Reads one token after the other.
#[derive(Clone)]
pub(super) struct Lexer<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Lexer<'b> {
    pub(super) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Where the next token may begin.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next token; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'b>>, DecodeError> {
        self.skip_blanks();
        let Some(first) = self.bytes.get(self.at).copied() else { return Ok(None) };
        let second = self.bytes.get(self.at + 1).copied();
        let (token, length) = match (first, second) {
            (b'<', Some(b'<')) => (Token::DictionaryStart, 2),
            (b'>', Some(b'>')) => (Token::DictionaryEnd, 2),
            (b'[', _) => (Token::ArrayStart, 1),
            (b']', _) => (Token::ArrayEnd, 1),
            (b'(', _) => return self.literal_text().map(Some),
            (b'<', _) => return self.hexadecimal_text().map(Some),
            (b'/', _) => {
                self.at += 1;
                return self.name().map(Some);
            }
            // Braces stand in functions alone, which are not read.
            (b')' | b'>' | b'{' | b'}', _) => return Err(CORRUPT),
            _ => return Ok(Some(self.number_or_keyword())),
        };
        self.at += length;
        Ok(Some(token))
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'%' => {
                    let rest = &self.bytes[self.at..];
                    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
                    self.at += rest.iter().position(is_end).unwrap_or(rest.len());
                }
                byte if is_blank(*byte) => self.at += 1,
                _ => return,
            }
        }
    }

    fn regular(&mut self) -> &'b [u8] {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| !is_regular(*byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn number_or_keyword(&mut self) -> Token<'b> {
        let text = self.regular();
        let is_number = text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.'));
        let number = str::from_utf8(text).ok().filter(|_| is_number);
        let number = number.filter(|text| text.len() <= MAX_NUMBER_BYTES);
        match number.and_then(|text| text.parse::<f64>().ok()) {
            Some(number) => Token::Number(number),
            None => Token::Keyword(text),
        }
    }

    fn name(&mut self) -> Result<Token<'b>, DecodeError> {
        let text = self.regular();
        let mut name = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((first, behind)) = rest.split_first() {
            rest = behind;
            match (first, behind) {
                (b'#', [high, low, behind @ ..]) => {
                    let (high, low) = digit(*high).zip(digit(*low)).ok_or(CORRUPT)?;
                    name.push(high << 4 | low);
                    rest = behind;
                }
                (byte, _) => name.push(*byte),
            }
        }
        Ok(Token::Name(name))
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let byte = self.bytes.get(self.at).copied().ok_or(CORRUPT)?;
        self.at += 1;
        Ok(byte)
    }

    fn literal_text(&mut self) -> Result<Token<'b>, DecodeError> {
        self.at += 1;
        let mut text = Vec::new();
        let mut open = 1_usize;
        loop {
            match self.byte()? {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(Token::Text(text));
                    }
                }
                b'\\' => {
                    text.extend(self.escaped()?);
                    continue;
                }
                _ => {}
            }
            text.push(self.bytes[self.at - 1]);
        }
    }

    /// What a backslash and what follows it stand for: nothing, at the end of a line.
    fn escaped(&mut self) -> Result<Option<u8>, DecodeError> {
        Ok(match self.byte()? {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\n' => None,
            b'\r' => {
                if self.bytes.get(self.at) == Some(&b'\n') {
                    self.at += 1;
                }
                None
            }
            first @ b'0'..=b'7' => {
                let mut value = u32::from(first - b'0');
                for _ in 0..2 {
                    let Some(next @ b'0'..=b'7') = self.bytes.get(self.at) else { break };
                    value = value * 8 + u32::from(next - b'0');
                    self.at += 1;
                }
                // What does not fit a byte loses its highest bit.
                Some((value & 0xff) as u8)
            }
            byte => Some(byte),
        })
    }

    fn hexadecimal_text(&mut self) -> Result<Token<'b>, DecodeError> {
        self.at += 1;
        let mut digits = Vec::new();
        loop {
            match self.byte()? {
                b'>' => break,
                byte if is_blank(byte) => {}
                byte => digits.push(digit(byte).ok_or(CORRUPT)?),
            }
        }
        let pairs = digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0));
        Ok(Token::Text(pairs.collect()))
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_blank(byte) && !b"()<>[]{}/%".contains(&byte)
}

pub(super) fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
