//! What a misread zone must have been, where one reading of it alone agrees with its check digits.
//!
//! A correction never replaces what was read: rules report both, and say which cells differ.

use mrz::{FieldKind, Resolution};

use super::{CheckDigit, Zone, ZoneFormat};

/// A zone that differs from the one read in the cells that contradicted its check digits, or that
/// can't hold what was read in them.
pub struct Correction {
    /// The corrected zone: every check digit that its format prints agrees.
    pub zone: Zone,
    /// The cells that differ, in reading order.
    pub cells: Vec<Cell>,
}

/// A cell of a zone, counted from 1 as Doc 9303 counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The line.
    pub line: usize,
    /// The position in the line.
    pub position: usize,
}

/// Corrects a zone. None if nothing is wrong with it, or there isn't one reading alone that agrees:
/// nothing is guessed.
///
/// Cells that hold letters only (states, nationality, names) can't hold digits and the reverse (dates,
/// check digits), so what looks alike is exchanged there. In a field whose check digit then
/// disagrees, one character that looks like another may be exchanged, if only one such exchange
/// makes it agree. In the end every check digit must agree.
#[must_use]
pub fn correct(text: &str) -> Option<Correction> {
    let read = text.trim().lines().map(str::trim).collect::<Vec<_>>();
    let format = ZoneFormat::of(&read)?;
    if !read.iter().all(|line| line.is_ascii()) {
        return None;
    }
    let mut lines = read.iter().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>();
    for (index, start, end, class) in classes(format) {
        for cell in &mut lines[index][start..end] {
            *cell = class.corrected(*cell);
        }
    }
    for (index, start, end, kind) in checked_fields(format) {
        let line = &mut lines[index];
        if line[end] == b'<' {
            // No digit to agree with: an empty field, or a number that overflows.
            continue;
        }
        let field = std::str::from_utf8(&line[start..end]).ok()?;
        if let Resolution::Unique(field) =
            mrz::solve_substitution(field, char::from(line[end]), kind)
        {
            line[start..end].copy_from_slice(field.as_bytes());
        }
    }
    let cells = cells_that_differ(&read, &lines);
    if cells.is_empty() {
        return None;
    }
    let lines = lines.into_iter().map(String::from_utf8).collect::<Result<Vec<_>, _>>().ok()?;
    let zone = Zone::parse(&lines.join("\n")).ok()?;
    let all_agree = [
        CheckDigit::DocumentNumber,
        CheckDigit::DateOfBirth,
        CheckDigit::DateOfExpiry,
        CheckDigit::OptionalData,
        CheckDigit::Composite,
    ]
    .iter()
    .all(|digit| zone.check_digit(*digit) != Some(false));
    all_agree.then_some(Correction { zone, cells })
}

fn cells_that_differ(read: &[&str], lines: &[Vec<u8>]) -> Vec<Cell> {
    let differing = |(line, (read, corrected)): (usize, (&&str, &Vec<u8>))| {
        let pairs = read.bytes().zip(corrected).enumerate();
        pairs
            .filter(|(_, (read, corrected))| read != *corrected)
            .map(|(position, _)| Cell { line: line + 1, position: position + 1 })
            .collect::<Vec<_>>()
    };
    read.iter().zip(lines).enumerate().flat_map(differing).collect()
}

/// What a cell can hold.
#[derive(Clone, Copy)]
enum Class {
    Letter,
    Digit,
}

impl Class {
    /// The character that looks most like the one read among those that the cell can hold.
    fn corrected(self, read: u8) -> u8 {
        match (self, read) {
            (Self::Letter, b'0') => b'O',
            (Self::Letter, b'1') => b'I',
            (Self::Letter, b'2') => b'Z',
            (Self::Letter, b'4') => b'A',
            (Self::Letter, b'5') => b'S',
            (Self::Letter, b'6') => b'G',
            (Self::Letter, b'8') => b'B',
            (Self::Digit, b'B') => b'8',
            (Self::Digit, b'D' | b'O' | b'Q') => b'0',
            (Self::Digit, b'G') => b'6',
            (Self::Digit, b'I' | b'L') => b'1',
            (Self::Digit, b'S') => b'5',
            (Self::Digit, b'Z') => b'2',
            _ => read,
        }
    }
}

/// The cells of each class: line, first cell, cell after the last, all counted from 0.
fn classes(format: ZoneFormat) -> Vec<(usize, usize, usize, Class)> {
    use Class::{Digit, Letter};
    let length = format.line_length() as usize;
    if format == ZoneFormat::Td1 {
        return vec![
            (0, 0, 1, Letter),
            (0, 2, 5, Letter),
            (1, 0, 7, Digit),
            (1, 8, 15, Digit),
            (1, 15, 18, Letter),
            (1, 29, 30, Digit),
            (2, 0, 30, Letter),
        ];
    }
    let mut classes = vec![
        (0, 0, 1, Letter),
        (0, 2, length, Letter),
        (1, 9, 10, Digit),
        (1, 10, 13, Letter),
        (1, 13, 20, Digit),
        (1, 21, 28, Digit),
    ];
    match format {
        ZoneFormat::Td3 => classes.push((1, 42, 44, Digit)),
        ZoneFormat::Td2 => classes.push((1, 35, 36, Digit)),
        ZoneFormat::Td1 | ZoneFormat::MrvA | ZoneFormat::MrvB => {}
    }
    classes
}

/// The fields that a check digit follows: line, first cell, cell of the digit, kind.
fn checked_fields(format: ZoneFormat) -> Vec<(usize, usize, usize, FieldKind)> {
    if format == ZoneFormat::Td1 {
        return vec![
            (0, 5, 14, FieldKind::DocumentNumber),
            (1, 0, 6, FieldKind::Date),
            (1, 8, 14, FieldKind::Date),
        ];
    }
    let mut fields = vec![
        (1, 0, 9, FieldKind::DocumentNumber),
        (1, 13, 19, FieldKind::Date),
        (1, 21, 27, FieldKind::Date),
    ];
    if format == ZoneFormat::Td3 {
        fields.push((1, 28, 42, FieldKind::PersonalNumber));
    }
    fields
}

#[cfg(test)]
mod tests;
