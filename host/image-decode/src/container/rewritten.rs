//! The file written anew, for the codec.

use std::borrow::Cow;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// A file written anew: of the parts that were judged, and nothing else.
#[derive(Debug, Default)]
pub(crate) struct Rewritten<'a> {
    pieces: Vec<Piece<'a>>,
    bytes: usize,
}

#[derive(Debug)]
enum Piece<'a> {
    AsStored(Cow<'a, [u8]>),
    /// The first bit of each byte stands last.
    BitsReversed(&'a [u8]),
}

impl<'a> Rewritten<'a> {
    pub(super) fn push(&mut self, bytes: impl Into<Cow<'a, [u8]>>) {
        let bytes = bytes.into();
        self.bytes += bytes.len();
        self.pieces.push(Piece::AsStored(bytes));
    }

    pub(super) fn push_with_bits_reversed(&mut self, bytes: &'a [u8]) {
        self.bytes += bytes.len();
        self.pieces.push(Piece::BitsReversed(bytes));
    }

    pub(super) fn append(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.pieces.extend(other.pieces);
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.bytes
    }

    /// The whole file.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.reader().bytes
    }

    /// The whole file, of which no read goes from one piece into the next.
    pub(crate) fn reader(&self) -> PieceReader {
        let mut bytes = Vec::with_capacity(self.len());
        let mut ends = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            match piece {
                Piece::AsStored(piece) => bytes.extend_from_slice(piece),
                Piece::BitsReversed(piece) => {
                    bytes.extend(piece.iter().map(|byte| byte.reverse_bits()));
                }
            }
            ends.push(bytes.len());
        }
        let end = ends.first().copied().unwrap_or(0);
        PieceReader { bytes, ends, position: 0, end }
    }
}

/// Reads up to the end of the piece that was sought, and never beyond. A codec that is told where a
/// strip begins, but not where it ends, would otherwise read the whole file for each strip.
pub(crate) struct PieceReader {
    bytes: Vec<u8>,
    /// Where each piece ends, in order.
    ends: Vec<usize>,
    position: usize,
    /// Of the piece that is read.
    end: usize,
}

impl Read for PieceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for PieceReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.bytes.get(self.position..self.end).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.position = self.position.saturating_add(amount).min(self.end);
    }
}

impl Seek for PieceReader {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match target {
            SeekFrom::Start(offset) => (0, i64::try_from(offset).unwrap_or(i64::MAX)),
            SeekFrom::Current(offset) => (self.position, offset),
            SeekFrom::End(offset) => (self.bytes.len(), offset),
        };
        let position = i64::try_from(base).unwrap_or(i64::MAX).saturating_add(offset);
        let position =
            usize::try_from(position).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let piece = self.ends.partition_point(|end| *end <= position);
        self.end = self.ends.get(piece).copied().unwrap_or(self.bytes.len());
        self.position = position;
        Ok(position as u64)
    }
}
