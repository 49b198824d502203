//! Machine-readable zones: which characters stand where.

use std::str::FromStr;

use crate::LineShape;

/// A format of ICAO Doc 9303.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ZoneFormat {
    /// A card's three lines of 30 (part 5).
    Td1,
    /// Two lines of 36 (part 6).
    Td2,
    /// A passport's two lines of 44 (part 4).
    Td3,
    /// A visa's two lines of 44 (part 7).
    MrvA,
    /// A small visa's two lines of 36 (part 7).
    MrvB,
}

/// What may stand in a place of a zone, the filler `<` besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ZoneCell {
    /// A letter: of a name, a state, a code.
    Letter,
    /// A digit: of a date, or one that checks.
    Digit,
    /// `F`, `M`, or `X` as some states print it.
    Sex,
    /// A letter or a digit.
    Any,
}

/// A text is not a format of zones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a zone is `td1`, `td2`, `td3`, `mrv-a` or `mrv-b`")]
pub struct InvalidZoneFormat;

/// A line, and from which column on its cells are of a kind.
type Cells = &'static [(u32, ZoneCell)];

/// Line 1 of all formats but that of cards: code, state, name.
const NAME_LINE: Cells = &[(0, ZoneCell::Letter), (1, ZoneCell::Any), (2, ZoneCell::Letter)];
/// Line 2 of the same: number, its digit, nationality, birth, sex, expiry, and what a state chooses.
const DATA_LINE: Cells = &[
    (0, ZoneCell::Any),
    (9, ZoneCell::Digit),
    (10, ZoneCell::Letter),
    (13, ZoneCell::Digit),
    (20, ZoneCell::Sex),
    (21, ZoneCell::Digit),
    (28, ZoneCell::Any),
];
const CARD: [Cells; 3] = [
    &[
        (0, ZoneCell::Letter),
        (1, ZoneCell::Any),
        (2, ZoneCell::Letter),
        (5, ZoneCell::Any),
        (14, ZoneCell::Digit),
        (15, ZoneCell::Any),
    ],
    &[
        (0, ZoneCell::Digit),
        (7, ZoneCell::Sex),
        (8, ZoneCell::Digit),
        (15, ZoneCell::Letter),
        (18, ZoneCell::Any),
        (29, ZoneCell::Digit),
    ],
    &[(0, ZoneCell::Letter)],
];

impl ZoneFormat {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Td1, Self::Td2, Self::Td3, Self::MrvA, Self::MrvB];

    /// The format as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Td1 => "td1",
            Self::Td2 => "td2",
            Self::Td3 => "td3",
            Self::MrvA => "mrv-a",
            Self::MrvB => "mrv-b",
        }
    }

    /// Its lines.
    #[must_use]
    pub fn shape(self) -> LineShape {
        let (lines, characters_per_line) = match self {
            Self::Td1 => (3, 30),
            Self::Td2 | Self::MrvB => (2, 36),
            Self::Td3 | Self::MrvA => (2, 44),
        };
        LineShape { lines, characters_per_line }
    }

    /// What may stand in a line's column, both counted from 0; a place beyond the format may be anything.
    #[must_use]
    pub fn cell(self, line: u32, column: u32) -> ZoneCell {
        let cells = match (self, line) {
            (Self::Td1, line) => CARD.get(line as usize).copied().unwrap_or_default(),
            (_, 0) => NAME_LINE,
            // The digit that checks all others stands last, and visas have none.
            (Self::Td3, 1) if column == 43 => return ZoneCell::Digit,
            (Self::Td2, 1) if column == 35 => return ZoneCell::Digit,
            (_, 1) => DATA_LINE,
            _ => &[],
        };
        let begun = cells.iter().rev().find(|(first, _)| *first <= column);
        begun.map_or(ZoneCell::Any, |(_, cell)| *cell)
    }

    /// The format that a zone has most likely, whose characters were read without one: a character more or less
    /// in a line is a misreading. None where its lines or its first letter are those of no format.
    #[must_use]
    pub fn nearest(zone: &str) -> Option<Self> {
        let first = zone.chars().next()?;
        let lengths = zone.split('\n').map(|line| line.chars().count()).collect::<Vec<_>>();
        let is_near = |format: &Self| {
            let shape = format.shape();
            let width = shape.characters_per_line as usize;
            lengths.len() == shape.lines as usize
                && lengths.iter().all(|length| length.abs_diff(width) <= MOST_MISSING)
        };
        let is_its_code = |format: &Self| match format {
            Self::MrvA | Self::MrvB => first == 'V',
            Self::Td3 => first == 'P',
            // Part 5 and 6, section 4.2.2: `A`, `C` or `I`; some states print `P` on their permits.
            Self::Td1 | Self::Td2 => matches!(first, 'A' | 'C' | 'I' | 'P'),
        };
        Self::ALL.into_iter().find(|format| is_near(format) && is_its_code(format))
    }

    /// How many of the digits that check number, birth, expiry, and all of them hold (part 3, section 4.9), of
    /// three in visas and four in all else.
    #[must_use]
    pub fn check_digits_that_hold(self, zone: &str) -> usize {
        let lines = zone.split('\n').map(|line| line.chars().collect::<Vec<_>>());
        let lines = lines.collect::<Vec<_>>();
        let holds = |checked: &&Checked| {
            let cells = checked.cells.iter().map(|(line, first, last)| {
                lines.get(*line).and_then(|line| line.get(*first..*last))
            });
            let cells = cells.collect::<Option<Vec<_>>>()?.concat();
            let weights = [7, 3, 1].into_iter().cycle();
            let weighed = cells.iter().zip(weights).map(|(c, weight)| Some(weight * value(*c)?));
            let sum = weighed.sum::<Option<u32>>()?;
            let (line, column) = checked.digit;
            let digit = lines.get(line)?.get(column)?.to_digit(10)?;
            Some(sum % 10 == digit)
        };
        let checked = match self {
            Self::Td1 => TD1,
            Self::Td2 => TD2,
            Self::Td3 => TD3,
            Self::MrvA | Self::MrvB => VISA,
        };
        checked.iter().filter(|checked| holds(checked) == Some(true)).count()
    }
}

/// Characters that a line may lack or have too many to be one of a format, misread.
const MOST_MISSING: usize = 3;

/// A check digit: of each part of what it checks the line, the first column and that behind the last; and the
/// line and column of the digit.
struct Checked {
    cells: &'static [(usize, usize, usize)],
    digit: (usize, usize),
}

const TD1: &[Checked] = &[
    Checked { cells: &[(0, 5, 14)], digit: (0, 14) },
    Checked { cells: &[(1, 0, 6)], digit: (1, 6) },
    Checked { cells: &[(1, 8, 14)], digit: (1, 14) },
    Checked { cells: &[(0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)], digit: (1, 29) },
];
const NUMBER: Checked = Checked { cells: &[(1, 0, 9)], digit: (1, 9) };
const BIRTH: Checked = Checked { cells: &[(1, 13, 19)], digit: (1, 19) };
const EXPIRY: Checked = Checked { cells: &[(1, 21, 27)], digit: (1, 27) };
const TD2: &[Checked] = &[
    NUMBER,
    BIRTH,
    EXPIRY,
    Checked { cells: &[(1, 0, 10), (1, 13, 20), (1, 21, 35)], digit: (1, 35) },
];
const TD3: &[Checked] = &[
    NUMBER,
    BIRTH,
    EXPIRY,
    Checked { cells: &[(1, 0, 10), (1, 13, 20), (1, 21, 43)], digit: (1, 43) },
];
const VISA: &[Checked] = &[NUMBER, BIRTH, EXPIRY];

/// What a character counts as in check digits.
fn value(character: char) -> Option<u32> {
    match character {
        '<' => Some(0),
        'A'..='Z' | '0'..='9' => character.to_digit(36),
        _ => None,
    }
}

impl ZoneCell {
    /// Whether a character may stand here.
    #[must_use]
    pub fn may_hold(self, character: char) -> bool {
        character == '<'
            || match self {
                Self::Letter => character.is_ascii_uppercase(),
                Self::Digit => character.is_ascii_digit(),
                Self::Sex => matches!(character, 'F' | 'M' | 'X'),
                Self::Any => character.is_ascii_uppercase() || character.is_ascii_digit(),
            }
    }
}

impl FromStr for ZoneFormat {
    type Err = InvalidZoneFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(InvalidZoneFormat)
    }
}

#[cfg(test)]
mod tests;
