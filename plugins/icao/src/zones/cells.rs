//! Zones that Doc 9303 doesn't know, as lines of cells counted from 1.

use dossier_rules_sdk::names::collapse;
use dossier_rules_sdk::zone::ZoneFault;

/// The lines of a zone. They are ASCII and of the lengths asked for.
pub(super) struct Cells<'a> {
    lines: Vec<&'a str>,
}

impl<'a> Cells<'a> {
    /// Splits a zone whose lines must have these lengths.
    pub(super) fn of(text: &'a str, lengths: &[usize]) -> Result<Self, ZoneFault> {
        let lines = text.trim().lines().map(str::trim).collect::<Vec<_>>();
        if !lines.iter().map(|line| line.chars().count()).eq(lengths.iter().copied()) {
            return Err(ZoneFault::Shape);
        }
        let is_cell = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'<';
        if lines.iter().all(|line| line.bytes().all(is_cell)) {
            Ok(Self { lines })
        } else {
            Err(ZoneFault::Characters)
        }
    }

    /// The cells of a line from `first` to `last`.
    pub(super) fn at(&self, line: usize, first: usize, last: usize) -> &'a str {
        self.lines.get(line - 1).and_then(|line| line.get(first - 1..last)).unwrap_or_default()
    }

    /// The same without the fillers at its end; the others are spaces.
    pub(super) fn words(&self, line: usize, first: usize, last: usize) -> String {
        collapse(&self.at(line, first, last).replace('<', " "))
    }

    /// The zone in its normal form.
    pub(super) fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// Whether a digit is the one that the cells make (part 3, section 4.9). A filler is no digit.
pub(super) fn agrees(covered: &str, digit: &str) -> bool {
    digit.parse::<u32>().is_ok_and(|digit| mrz::check_digit(covered) == Ok(digit))
}

/// Primary and secondary identifier of a name field.
pub(super) fn split_names(field: &str) -> (String, String) {
    let field = field.trim_end_matches('<');
    let (primary, secondary) = field.split_once("<<").unwrap_or((field, ""));
    let words = |text: &str| collapse(&text.replace('<', " "));
    (words(primary), words(secondary))
}
