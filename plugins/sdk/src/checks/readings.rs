//! Whether the model was sure of what it read, and read what it was asked for.

use std::ops::RangeInclusive;

use super::{failed, not_performed, passed};
use crate::text::{compose, is_blank};
use crate::{Check, FieldRequest, Reading};

/// The checks `reading.confidence`, `reading.not_empty` and `reading.characters` of what was read;
/// `fields` are all of the document type. A field read with less confidence than `least_confidence`
/// counts as unread, and an empty one of which `is_blank_by_design` says so is as it should be: the
/// machine-readable zone leaves it out too.
#[must_use]
pub fn of_readings(
    fields: &[FieldRequest],
    readings: &[Reading],
    least_confidence: f32,
    is_blank_by_design: &dyn Fn(&Reading) -> bool,
) -> Vec<Check> {
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
            reading.confidence.partial_cmp(&least_confidence),
            Some(std::cmp::Ordering::Greater | std::cmp::Ordering::Equal)
        )
    });
    let blank = names_where(&|_, reading| is_blank(&reading.raw) && is_blank_by_design(reading));
    let empty = names_where(&|field, reading| {
        reading.raw.trim().is_empty() && !blank.contains(&field.name)
    });
    let foreign = names_where(&|field, reading| {
        let ranges = ranges(field.characters);
        let is_member = |c: char| c == '\n' || ranges.iter().any(|range| range.contains(&c));
        let raw = compose(&reading.raw);
        let struck_out = blank.contains(&field.name);
        raw.chars().count() > field.max_length as usize
            || !(struck_out || raw.chars().all(is_member))
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
            if blank.is_empty() {
                "no field is empty"
            } else {
                "no field is empty but those that the machine-readable zone leaves out too"
            },
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
