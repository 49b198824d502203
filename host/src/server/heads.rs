//! Which bytes of a connection are heads: each is judged before hyper has all of it.

use crate::api::{Framing, HeadError, judge_head};
use crate::config::defaults::MAX_HEAD_BYTES;

/// Longest line that states the length of a chunk, in bytes.
const MAX_CHUNK_LINE_BYTES: usize = 256;
/// Bytes of all lines behind the last chunk.
const MAX_TRAILER_BYTES: usize = 8 * 1024;

/// Where in its requests a connection is.
#[derive(Debug)]
pub(super) struct Heads {
    expected: Expected,
}

/// What the next byte belongs to.
#[derive(Debug)]
enum Expected {
    /// A head, of which these bytes are there.
    Head(Vec<u8>),
    /// A body, of which so much is left.
    Body(u64),
    /// The line that states the length of a chunk.
    ChunkLine(Vec<u8>),
    /// A chunk with the line end behind it, of which so much is left.
    Chunk(u64),
    /// Lines up to an empty one, with the bytes of all and those of this line.
    Trailers { bytes: usize, line: usize },
    /// Nothing: what came last follows no rule.
    Nothing,
}

/// What came of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// They may be passed on; so many heads are complete with them.
    Passed { heads: usize },
    /// They break the framing of the body that they belong to, and nothing may be passed on any more.
    BrokenBody,
}

impl Heads {
    pub(super) fn new() -> Self {
        Self { expected: Expected::Head(Vec::new()) }
    }

    /// Whether a part of a head is there.
    pub(super) fn has_begun(&self) -> bool {
        matches!(&self.expected, Expected::Head(head) if !head.is_empty())
    }

    /// Looks at the next bytes of the connection.
    ///
    /// # Errors
    /// When a head is refused: none of these bytes may be passed on.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Result<Taken, HeadError> {
        let mut heads = 0;
        while !bytes.is_empty() {
            match &mut self.expected {
                Expected::Head(head) => {
                    let Some(framing) = take_head(head, &mut bytes)? else { continue };
                    heads += 1;
                    self.expected = match framing {
                        Framing::Bytes(0) => Expected::Head(Vec::new()),
                        Framing::Bytes(length) => Expected::Body(length),
                        Framing::Chunks => Expected::ChunkLine(Vec::new()),
                    };
                }
                Expected::Body(left) => {
                    if take_counted(left, &mut bytes) {
                        self.expected = Expected::Head(Vec::new());
                    }
                }
                Expected::ChunkLine(line) => {
                    match take_line(line, &mut bytes, MAX_CHUNK_LINE_BYTES) {
                        Line::Unfinished => {}
                        Line::Broken => self.expected = Expected::Nothing,
                        Line::Whole => {
                            self.expected = match chunk_length(line) {
                                None => Expected::Nothing,
                                Some(0) => Expected::Trailers { bytes: 0, line: 0 },
                                Some(length) => Expected::Chunk(length.saturating_add(2)),
                            }
                        }
                    }
                }
                Expected::Chunk(left) => {
                    if take_counted(left, &mut bytes) {
                        self.expected = Expected::ChunkLine(Vec::new());
                    }
                }
                Expected::Trailers { bytes: all, line } => {
                    let (byte, rest) = (bytes[0], &bytes[1..]);
                    bytes = rest;
                    (*all, *line) = (*all + 1, *line + 1);
                    // hyper reads the lines themselves; what matters here is where they end.
                    if *all > MAX_TRAILER_BYTES {
                        self.expected = Expected::Nothing;
                    } else if byte == b'\n' {
                        let is_empty = *line <= 2;
                        *line = 0;
                        if is_empty {
                            self.expected = Expected::Head(Vec::new());
                        }
                    }
                }
                Expected::Nothing => return Ok(Taken::BrokenBody),
            }
        }
        let is_broken = matches!(self.expected, Expected::Nothing);
        Ok(if is_broken { Taken::BrokenBody } else { Taken::Passed { heads } })
    }
}

/// Takes bytes of a head, up to its end at most, and judges it there.
fn take_head(head: &mut Vec<u8>, bytes: &mut &[u8]) -> Result<Option<Framing>, HeadError> {
    let until = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    let (line, rest) = bytes.split_at(until);
    *bytes = rest;
    head.extend_from_slice(line);
    if head.len() > MAX_HEAD_BYTES {
        return Err(HeadError::TooLong);
    }
    if !head.ends_with(b"\n") {
        return Ok(None);
    }
    if !head.ends_with(b"\r\n") {
        return Err(HeadError::BareLineFeed);
    }
    // Empty lines ahead of a request are passed over, as RFC 9112 (2.2) wants.
    let is_blank = head.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
    let is_whole = head.ends_with(b"\r\n\r\n") && !is_blank;
    if is_whole { judge_head(head).map(Some) } else { Ok(None) }
}

/// Takes as many bytes as are left, and tells whether none is left then.
fn take_counted(left: &mut u64, bytes: &mut &[u8]) -> bool {
    let taken = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
    *bytes = &bytes[taken..];
    *left -= taken as u64;
    *left == 0
}

enum Line {
    Unfinished,
    Whole,
    Broken,
}

/// Takes bytes up to the end of a line, which is left out of `line`.
fn take_line(line: &mut Vec<u8>, bytes: &mut &[u8], limit: usize) -> Line {
    let until = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    let (part, rest) = bytes.split_at(until);
    *bytes = rest;
    line.extend_from_slice(part);
    if line.len() > limit {
        return Line::Broken;
    }
    if !line.ends_with(b"\n") {
        return Line::Unfinished;
    }
    if !line.ends_with(b"\r\n") {
        return Line::Broken;
    }
    line.truncate(line.len() - 2);
    Line::Whole
}

/// Digits, and what may follow behind a semicolon.
fn chunk_length(line: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(line).ok()?;
    let digits = text.split(';').next()?.trim_end_matches([' ', '\t']);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number.then(|| u64::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests;
