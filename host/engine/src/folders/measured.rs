//! What `training.json`, the record that `dossier-train` leaves beside an adapter, tells of how well the
//! adapter reads. Its publisher wrote it: it is shown, and nothing is decided by it.

use serde::Deserialize;

/// Bytes of a record at most; one takes a few thousand.
const MOST_BYTES: usize = 1 << 20;
/// Documents of a test at most.
const MOST_DOCUMENTS: u64 = 1_000_000_000;

/// How well an adapter read documents that neither its training nor its calibration saw.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Measured {
    /// How many these were.
    pub documents: u64,
    /// The share of their fields that were exact.
    pub fields_exact: f64,
    /// The share of the documents all of whose fields were, where it was counted.
    pub documents_exact: Option<f64>,
}

/// The one place of the record that is read; it has many others, which grow with the training.
#[derive(Deserialize)]
struct Record {
    metrics: Metrics,
}

#[derive(Deserialize)]
struct Metrics {
    test: Measured,
}

impl Measured {
    /// What a record tells. A record is optional and of no fixed form, so that one which tells nothing, or
    /// nothing that can be so, is no reason to refuse its adapter: nothing is shown then.
    #[must_use]
    pub fn of(record: &[u8]) -> Option<Self> {
        if record.len() > MOST_BYTES {
            return None;
        }
        let Record { metrics: Metrics { test } } = serde_json::from_slice(record).ok()?;
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        let can_be_so = (1..=MOST_DOCUMENTS).contains(&test.documents)
            && is_share(test.fields_exact)
            && test.documents_exact.is_none_or(is_share);
        can_be_so.then_some(test)
    }
}

#[cfg(test)]
mod tests;
