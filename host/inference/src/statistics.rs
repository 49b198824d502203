//! What the queue and the thread have done, counted for whoever asks.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::waiting::Waiting;

/// Upper bounds of the sizes that [`SizeCounts`] tells apart; beyond the last there is one more class.
const BOUNDS: [usize; 13] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
const CLASSES: usize = BOUNDS.len() + 1;

/// How the queue and the thread stand; what is counted is counted from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferenceStatistics {
    /// Documents that wait for the model now.
    pub queued: usize,
    /// Documents that may wait.
    pub queue_documents: usize,
    /// Documents that are being read now.
    pub documents: usize,
    /// Documents that may be read at a time.
    pub max_documents: usize,
    /// Fields that are being read now.
    pub rows: usize,
    /// By steps of the decoder: documents that were being read.
    pub documents_a_step: SizeCounts,
    /// By steps of the decoder: rows that were decoded.
    pub rows_a_step: SizeCounts,
}

/// How often which sizes were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SizeCounts {
    /// Upper bounds, each with how often a size up to it and above the one before was seen.
    pub classes: Vec<(usize, u64)>,
    /// How often a size above all bounds was seen.
    pub beyond: u64,
    /// All sizes together.
    pub sum: u64,
}

/// The counters: the thread and its handles write them, nobody waits for them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    documents: AtomicUsize,
    rows: AtomicUsize,
    documents_a_step: Sizes,
    rows_a_step: Sizes,
}

#[derive(Debug, Default)]
struct Sizes {
    classes: [AtomicU64; CLASSES],
    sum: AtomicU64,
}

impl Counters {
    /// So much is being read now.
    pub(crate) fn reads(&self, documents: usize, rows: usize) {
        self.documents.store(documents, Ordering::Relaxed);
        self.rows.store(rows, Ordering::Relaxed);
    }

    /// The decoder took a step.
    pub(crate) fn stepped(&self, documents: usize, rows: usize) {
        self.documents_a_step.count(documents);
        self.rows_a_step.count(rows);
    }

    pub(crate) fn statistics(
        &self,
        waiting: &Waiting,
        max_documents: usize,
    ) -> InferenceStatistics {
        InferenceStatistics {
            queued: waiting.len(),
            queue_documents: waiting.places(),
            documents: self.documents.load(Ordering::Relaxed),
            max_documents,
            rows: self.rows.load(Ordering::Relaxed),
            documents_a_step: self.documents_a_step.counts(),
            rows_a_step: self.rows_a_step.counts(),
        }
    }
}

impl Sizes {
    fn count(&self, size: usize) {
        let class = BOUNDS.iter().position(|bound| size <= *bound).unwrap_or(BOUNDS.len());
        self.classes[class].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(size as u64, Ordering::Relaxed);
    }

    fn counts(&self) -> SizeCounts {
        let classes = BOUNDS.iter().zip(&self.classes);
        let classes = classes.map(|(bound, count)| (*bound, count.load(Ordering::Relaxed)));
        SizeCounts {
            classes: classes.collect(),
            beyond: self.classes[BOUNDS.len()].load(Ordering::Relaxed),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_counted_up_to_its_bound_and_beyond_all_of_them() {
        let counters = Counters::default();
        for rows in [1, 2, 3, 4, 5, 4096, 4097] {
            counters.stepped(1, rows);
        }
        let rows = counters.statistics(&Waiting::new(0), 0).rows_a_step;
        let counted = rows.classes.iter().filter(|(_, count)| *count > 0).copied();
        assert_eq!(counted.collect::<Vec<_>>(), [(1, 1), (2, 1), (4, 2), (8, 1), (4096, 1)]);
        assert_eq!((rows.beyond, rows.sum), (1, 1 + 2 + 3 + 4 + 5 + 4096 + 4097));
    }
}
