//! How soon the next documents may join those that are being read.
//!
//! A document that joins is encoded, and while it is, no other is taken further. So what joins owes those
//! that are there already some steps, by what it costs: whoever comes, and however often, each step of a
//! document waits for a bounded share of encoding.

/// Steps that documents in work take for each pass of the encoder that joins. A pass takes about as long as
/// ten to thirty steps; a document has 20 to 90 steps, so four keep the batch full where documents are
/// ordinary, and let one that has 90 wait for 23 passes at most.
const STEPS_A_PASS: usize = 4;

/// What those that joined owe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joining {
    /// Pages that are encoded in the time of one.
    pages_a_pass: usize,
    /// Steps to be taken before the next ones may join.
    owed_steps: usize,
    /// Pages that join now.
    pages: usize,
}

impl Joining {
    pub(crate) fn new(pages_a_pass: usize) -> Self {
        Self { pages_a_pass: pages_a_pass.max(1), owed_steps: 0, pages: 0 }
    }

    /// Whether documents may join others that are in work.
    pub(crate) fn is_open(&self) -> bool {
        self.owed_steps == 0
    }

    /// Whether a document of so many pages may join beside those that join already: one pass together, or
    /// one document alone.
    pub(crate) fn takes(&self, pages: usize) -> bool {
        self.pages == 0 || self.pages.saturating_add(pages) <= self.pages_a_pass
    }

    /// A document joins.
    pub(crate) fn join(&mut self, pages: usize) {
        self.pages = self.pages.saturating_add(pages);
    }

    /// Those that join have joined.
    pub(crate) fn joined(&mut self) {
        let passes = self.pages.div_ceil(self.pages_a_pass);
        self.owed_steps = passes.saturating_mul(STEPS_A_PASS);
        self.pages = 0;
    }

    /// All have been taken one step further.
    pub(crate) fn stepped(&mut self) {
        self.owed_steps = self.owed_steps.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_joins_owes_steps_by_its_passes() {
        let mut joining = Joining::new(2);
        assert!(joining.is_open() && joining.takes(2));
        joining.join(1);
        assert!(joining.takes(1) && !joining.takes(2), "one pass together");
        joining.join(1);
        assert!(!joining.takes(1));
        joining.joined();
        for _ in 0..STEPS_A_PASS {
            assert!(!joining.is_open());
            joining.stepped();
        }
        assert!(joining.is_open());
        assert!(joining.takes(5), "one document alone is taken whole");
        joining.join(5);
        joining.joined();
        for _ in 0..3 * STEPS_A_PASS {
            assert!(!joining.is_open());
            joining.stepped();
        }
        assert!(joining.is_open());
    }
}
