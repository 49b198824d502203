//! How much of a file is looked at beside its pictures.

use super::unsupported;
use crate::DecodeError;

/// Bytes that are unpacked or read as tokens, of any file: what a scan needs is a hundredth of it.
const FREE_BYTES: usize = 1 << 20;
/// Further ones must be paid with bytes of the file: text that characters were recognised in packs well.
const BYTES_PER_BYTE: usize = 8;
/// The most of a file, however long it is.
const MAX_BYTES: usize = 8 << 20;

/// Bytes that may still be unpacked or read as tokens.
#[derive(Debug)]
pub(super) struct Budget {
    whole: usize,
    left: usize,
}

impl Budget {
    pub(super) fn of_file(bytes: usize) -> Self {
        let paid = bytes.saturating_mul(BYTES_PER_BYTE);
        let whole = paid.saturating_add(FREE_BYTES).min(MAX_BYTES);
        Self { whole, left: whole }
    }

    pub(super) fn left(&self) -> usize {
        self.left
    }

    pub(super) fn spent(&self) -> usize {
        self.whole - self.left
    }

    /// Pays for bytes; nothing is free, so that what is free can't be had without end.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), DecodeError> {
        match self.left.checked_sub(bytes.max(1)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => unsupported("more beside its pictures than scans have"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_pays_for_its_own_walk() {
        for (bytes, whole) in [(0, 1 << 20), (1000, (1 << 20) + 8000), (usize::MAX, 8 << 20)] {
            let mut budget = Budget::of_file(bytes);
            assert_eq!((budget.left(), budget.spent()), (whole, 0));
            assert_eq!(budget.spend(0), Ok(()), "a step costs a byte at least");
            assert_eq!(budget.spend(whole - 1), Ok(()));
            assert_eq!((budget.left(), budget.spent()), (0, whole));
            assert!(budget.spend(0).is_err());
        }
    }
}
