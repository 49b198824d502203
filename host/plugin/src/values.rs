//! Rules on values that no model read: what `dossier plugin run` checks.

use dossier_document::{FieldName, FieldReading, FieldText};

/// Turns raw values into readings of full confidence on the first page, in the given order.
///
/// [`Plugin::after`](crate::Plugin::after) makes a report of them, as it does of a model's.
#[must_use]
pub fn readings_from_values(
    values: impl IntoIterator<Item = (FieldName, FieldText)>,
) -> Vec<FieldReading> {
    values
        .into_iter()
        .map(|(name, raw)| FieldReading { name, page: 0, raw, confidence: 1.0, polygon: None })
        .collect()
}
