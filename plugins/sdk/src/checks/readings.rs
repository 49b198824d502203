//! Whether the model was sure of what it read, and read what it was asked for.

use std::ops::RangeInclusive;

use super::{failed, not_performed, passed};
use crate::{Check, FieldRequest, Reading};

/// A field read with less confidence than this counts as unread: the model itself bets against it.
const LEAST_CONFIDENCE: f32 = 0.5;

/// The checks `reading.confidence`, `reading.not_empty` and `reading.characters` of what was read;
/// `fields` are all of the document type.
#[must_use]
pub fn of_readings(fields: &[FieldRequest], readings: &[Reading]) -> Vec<Check> {
    let names_where = |is_so: &dyn Fn(&FieldRequest, &Reading) -> bool| {
        let read = fields.iter().filter_map(|field| {
            let reading = readings.iter().find(|reading| reading.name == field.name)?;
            is_so(field, reading).then_some(field.name)
        });
        read.collect::<Vec<_>>()
    };
    // Not `<`: a confidence that is no number isn't confidence.
    let unsure = names_where(&|_, reading| {
        !matches!(
            reading.confidence.partial_cmp(&LEAST_CONFIDENCE),
            Some(std::cmp::Ordering::Greater | std::cmp::Ordering::Equal)
        )
    });
    let empty = names_where(&|_, reading| reading.raw.trim().is_empty());
    let foreign = names_where(&|field, reading| {
        let ranges = ranges(field.characters);
        let is_member = |c: char| c == '\n' || ranges.iter().any(|range| range.contains(&c));
        reading.raw.chars().count() > field.max_length as usize
            || !reading.raw.chars().all(is_member)
    });
    let all = names_where(&|_, _| true);
    vec![
        judge(
            "reading.confidence",
            &all,
            &unsure,
            "every field was read with confidence",
            "these fields were read with little confidence",
        ),
        judge(
            "reading.not_empty",
            &all,
            &empty,
            "no field is empty",
            "nothing was read for these fields",
        ),
        judge(
            "reading.characters",
            &all,
            &foreign,
            "every field has only characters it may have, and not too many",
            "these fields are too long or have characters they can't have",
        ),
    ]
}

fn judge(
    code: &'static str,
    all: &[&'static str],
    bad: &[&'static str],
    message: &'static str,
    otherwise: &'static str,
) -> Check {
    if all.is_empty() {
        not_performed(code, &[], "nothing was read")
    } else if bad.is_empty() {
        passed(code, all, message)
    } else {
        failed(code, bad, otherwise)
    }
}

/// The ranges of a class written like the inside of a regex class, `A-Z0-9<`, as the WIT file
/// describes it.
fn ranges(class: &str) -> Vec<RangeInclusive<char>> {
    let class = class.chars().collect::<Vec<_>>();
    let mut rest = class.as_slice();
    let mut ranges = Vec::new();
    loop {
        match rest {
            [] => return ranges,
            [first, '-', last, tail @ ..] => {
                ranges.push(*first..=*last);
                rest = tail;
            }
            [first, tail @ ..] => {
                ranges.push(*first..=*first);
                rest = tail;
            }
        }
    }
}
