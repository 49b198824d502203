//! How much of a file is looked at beside its pictures.

use super::unsupported;
use crate::DecodeError;

/// Bytes that are unpacked or read as tokens, of one file: what scans need is a hundredth of it.
const MAX_BYTES: usize = 8 << 20;

/// Bytes that may still be unpacked or read as tokens.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { left: MAX_BYTES }
    }

    pub(super) fn left(&self) -> usize {
        self.left
    }

    pub(super) fn spent(&self) -> usize {
        MAX_BYTES - self.left
    }

    /// Pays for bytes; nothing is free, so that what is free can't be had without end.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), DecodeError> {
        match self.left.checked_sub(bytes.max(1)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => unsupported("more than 8 MiB beside its pictures"),
        }
    }
}
