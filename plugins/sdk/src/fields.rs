//! The fields of a report: what was read, then what only the machine-readable zone tells.

use crate::text::is_presentable;
use crate::zone::Told;
use crate::{Field, Reading};

/// Every reading with its normal form, then each field that the zone tells and was not read beside it:
/// no name twice, and the visual zone wins. `normalise` is for visual values; `zone` is the zone's own.
///
/// A value with characters that hide what it says is none.
#[must_use]
pub fn reported(
    readings: &[Reading],
    zone: Option<String>,
    told: Vec<Told>,
    normalise: impl Fn(&Reading) -> Option<String>,
) -> Vec<Field> {
    let read = readings.iter().map(|reading| {
        let (value, source) = match reading.name.as_str() {
            "mrz" => (zone.clone(), "mrz"),
            _ if is_presentable(&reading.raw) => (normalise(reading), "visual"),
            _ => (None, "visual"),
        };
        Field { name: reading.name.clone(), value, source }
    });
    let is_read = |name: &str| readings.iter().any(|reading| reading.name == name);
    let derived = told.into_iter().filter(|(name, _)| !is_read(name));
    read.chain(derived.map(|(name, value)| Field { name: name.to_owned(), value, source: "mrz" }))
        .collect()
}
