//! The machine-readable zone, as the crate `mrz` parses it and as it stands.
//!
//! Positions are those of ICAO Doc 9303 parts 4 (TD3), 5 (TD1), 6 (TD2) and 7 (MRV-A, MRV-B).

use mrz::{Date, MrzData, MrzError};

mod correction;
pub use correction::{Cell, Correction, correct};

mod told;
pub use told::Told;

mod expiry;
pub use expiry::{ZoneExpiry, zone_expiry};

/// A format of machine-readable zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneFormat {
    /// Cards of ID-1 size: 3 lines of 30.
    Td1,
    /// Documents of ID-2 size: 2 lines of 36.
    Td2,
    /// Passports: 2 lines of 44.
    Td3,
    /// Visas of passport size: 2 lines of 44.
    MrvA,
    /// Visas of ID-2 size: 2 lines of 36.
    MrvB,
}

impl ZoneFormat {
    /// Number of lines.
    #[must_use]
    pub fn lines(self) -> u32 {
        if self == Self::Td1 { 3 } else { 2 }
    }

    /// Characters in every line.
    #[must_use]
    pub fn line_length(self) -> u32 {
        match self {
            Self::Td1 => 30,
            Self::Td2 | Self::MrvB => 36,
            Self::Td3 | Self::MrvA => 44,
        }
    }

    /// Characters in all lines together, line breaks included.
    #[must_use]
    pub fn characters(self) -> u32 {
        self.lines() * (self.line_length() + 1) - 1
    }

    /// Finds the format by the number and length of the lines and the document code.
    fn of(lines: &[&str]) -> Option<Self> {
        let length = lines.first()?.chars().count();
        if lines.iter().any(|line| line.chars().count() != length) {
            return None;
        }
        let is_visa = lines.first()?.starts_with('V');
        match (lines.len(), length) {
            (3, 30) => Some(Self::Td1),
            (2, 36) => Some(if is_visa { Self::MrvB } else { Self::Td2 }),
            (2, 44) => Some(if is_visa { Self::MrvA } else { Self::Td3 }),
            _ => None,
        }
    }
}

/// Why a text is no machine-readable zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneFault {
    /// No format has so many lines of such a length.
    Shape,
    /// There is a character other than A-Z, 0-9 and `<`.
    Characters,
    /// The document code isn't one of the format.
    DocumentCode,
    /// The document number starts with a filler.
    DocumentNumber,
}

/// A check digit (part 3, section 4.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigit {
    /// Over the document number, with what overflows into the optional data.
    DocumentNumber,
    /// Over the date of birth.
    DateOfBirth,
    /// Over the date of expiry.
    DateOfExpiry,
    /// Over the optional data of TD3, which may be a personal number.
    OptionalData,
    /// Over everything that has a check digit, and the optional data.
    Composite,
}

/// A machine-readable zone.
pub struct Zone {
    format: ZoneFormat,
    lines: Vec<String>,
    data: MrzData,
}

impl Zone {
    /// Parses the lines of a zone, joined by line breaks. A zone whose check digits don't agree is
    /// a zone all the same.
    ///
    /// # Errors
    /// When it doesn't have the form of any format.
    pub fn parse(text: &str) -> Result<Self, ZoneFault> {
        let lines = text.trim().lines().map(str::trim).collect::<Vec<_>>();
        let format = ZoneFormat::of(&lines).ok_or(ZoneFault::Shape)?;
        let parsed = match (format, lines.as_slice()) {
            (ZoneFormat::Td1, [first, second, third]) => mrz::parse_td1(first, second, third),
            (ZoneFormat::Td2, [first, second]) => mrz::parse_td2(first, second),
            (ZoneFormat::Td3, [first, second]) => mrz::parse_td3(first, second),
            (ZoneFormat::MrvA, [first, second]) => mrz::parse_mrv_a(first, second),
            (ZoneFormat::MrvB, [first, second]) => mrz::parse_mrv_b(first, second),
            _ => return Err(ZoneFault::Shape),
        };
        let data = parsed.map_err(|error| match error {
            MrzError::BadCharacter { .. } => ZoneFault::Characters,
            MrzError::BadDocumentCode(_) => ZoneFault::DocumentCode,
            MrzError::LeadingFiller { .. } => ZoneFault::DocumentNumber,
            _ => ZoneFault::Shape,
        })?;
        Ok(Self { format, lines: lines.into_iter().map(str::to_owned).collect(), data })
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> ZoneFormat {
        self.format
    }

    /// The lines, joined by line breaks.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// The cells of a line, both counted from 0: the characters from `start` to before `end`. Empty
    /// where there are no such cells.
    #[must_use]
    pub fn cells(&self, line: usize, start: usize, end: usize) -> &str {
        self.lines.get(line).and_then(|line| line.get(start..end)).unwrap_or_default()
    }

    /// The document code, without fillers.
    #[must_use]
    pub fn document_code(&self) -> &str {
        self.cells(0, 0, 2).trim_end_matches('<')
    }

    /// The optional data, without the fillers at its ends: for TD1 the first, then the second. What a
    /// document number that overflows takes of it is not in it; what follows that number is.
    #[must_use]
    pub fn optional_data(&self) -> Vec<&str> {
        let cells = match self.format {
            ZoneFormat::Td1 => vec![self.after_number(0, 15, 30), self.cells(1, 18, 29)],
            ZoneFormat::Td2 => vec![self.after_number(1, 28, 35)],
            ZoneFormat::Td3 => vec![self.cells(1, 28, 42)],
            ZoneFormat::MrvA => vec![self.cells(1, 28, 44)],
            ZoneFormat::MrvB => vec![self.cells(1, 28, 36)],
        };
        cells.into_iter().map(|text| text.trim_matches('<')).collect()
    }

    /// Cells whose beginning a document number that overflows may take, up to the filler that ends it.
    fn after_number(&self, line: usize, start: usize, end: usize) -> &str {
        let cells = self.cells(line, start, end);
        if self.number_overflows() {
            cells.split_once('<').map_or("", |(_, rest)| rest)
        } else {
            cells
        }
    }

    /// Whether the document number is longer than its nine cells and goes on in the optional data
    /// (part 5, note j).
    #[must_use]
    pub fn number_overflows(&self) -> bool {
        self.data.document_number_full.is_some()
    }

    /// Whether a check digit agrees. None if the format prints no such digit.
    ///
    /// A filler stands for a check digit nowhere but over the optional data of TD3 (part 4, section
    /// 4.2.2.2), and over a document number that overflows.
    #[must_use]
    pub fn check_digit(&self, digit: CheckDigit) -> Option<bool> {
        let checks = &self.data.checks;
        let (agrees, cell) = match digit {
            CheckDigit::DocumentNumber => {
                let overflows = self.data.document_number_full.is_some();
                let cell = if self.format == ZoneFormat::Td1 { (0, 14) } else { (1, 9) };
                (checks.document_number?, (!overflows).then_some(cell))
            }
            CheckDigit::DateOfBirth => {
                let cell = if self.format == ZoneFormat::Td1 { (1, 6) } else { (1, 19) };
                (checks.date_of_birth?, Some(cell))
            }
            CheckDigit::DateOfExpiry => {
                let cell = if self.format == ZoneFormat::Td1 { (1, 14) } else { (1, 27) };
                (checks.date_of_expiry?, Some(cell))
            }
            CheckDigit::OptionalData => (checks.personal_number?, None),
            CheckDigit::Composite => {
                (checks.composite?, Some((1, self.format.line_length() as usize - 1)))
            }
        };
        let is_digit = |(line, position): (usize, usize)| {
            self.cells(line, position, position + 1).bytes().all(|b| b.is_ascii_digit())
        };
        Some(agrees && cell.is_none_or(is_digit))
    }

    /// The issuing state or organisation, without fillers.
    #[must_use]
    pub fn issuing_state(&self) -> &str {
        &self.data.issuing_country
    }

    /// The nationality, without fillers.
    #[must_use]
    pub fn nationality(&self) -> &str {
        &self.data.nationality
    }

    /// The document number, with what overflows into the optional data (part 5, note j).
    #[must_use]
    pub fn document_number(&self) -> &str {
        self.data.full_document_number()
    }

    /// The personal number of a TD3 zone, if there is one.
    #[must_use]
    pub fn personal_number(&self) -> Option<&str> {
        self.data.personal_number()
    }

    /// The sex as the visual zone writes it, `X` for a filler. None for any other character.
    #[must_use]
    pub fn sex(&self) -> Option<&'static str> {
        match self.data.sex {
            mrz::Sex::Female => Some("F"),
            mrz::Sex::Male => Some("M"),
            mrz::Sex::Unspecified => Some("X"),
            _ => None,
        }
    }

    /// The primary identifier, fillers as spaces.
    #[must_use]
    pub fn surname(&self) -> String {
        self.name_parts().0
    }

    /// The secondary identifier, fillers as spaces.
    #[must_use]
    pub fn given_names(&self) -> String {
        self.name_parts().1
    }

    /// Whether the names may be cut short: a letter in the last position of the name field must be
    /// taken for that (parts 4 to 7, section 4.2.3).
    #[must_use]
    pub fn names_may_be_truncated(&self) -> bool {
        !self.name_field().ends_with('<')
    }

    /// The date of birth as six characters, YYMMDD; unknown parts are fillers (part 3, section 4.8).
    #[must_use]
    pub fn date_of_birth(&self) -> &str {
        if self.format == ZoneFormat::Td1 { self.cells(1, 0, 6) } else { self.cells(1, 13, 19) }
    }

    /// The date of expiry as six characters, YYMMDD.
    #[must_use]
    pub fn date_of_expiry(&self) -> &str {
        if self.format == ZoneFormat::Td1 { self.cells(1, 8, 14) } else { self.cells(1, 21, 27) }
    }

    /// Characters in the name field.
    #[must_use]
    pub fn name_field_length(&self) -> usize {
        self.name_field().len()
    }

    fn name_field(&self) -> &str {
        if self.format == ZoneFormat::Td1 {
            self.cells(2, 0, 30)
        } else {
            self.cells(0, 5, self.format.line_length() as usize)
        }
    }

    /// The crate `mrz` takes a single filler for the separator when there is no double one, to mend
    /// misread zones. Here a zone means what it says: no double filler, no secondary identifier.
    fn name_parts(&self) -> (String, String) {
        let field = self.name_field().trim_end_matches('<');
        let (primary, secondary) = field.split_once("<<").unwrap_or((field, ""));
        let words = |identifier: &str| crate::names::collapse(&identifier.replace('<', " "));
        (words(primary), words(secondary))
    }
}

/// The cells of a date that is unknown (part 3, section 4.8).
pub const UNKNOWN_DATE: &str = "<<<<<<";

/// Whether a zone's date can be the visual zone's, which has the century. None if it is unknown.
#[must_use]
pub fn agrees_with(zone_date: &str, visual: Date) -> Option<bool> {
    if zone_date.bytes().all(|b| b == b'<') {
        return None;
    }
    let visual = format!("{:02}{:02}{:02}", visual.year.rem_euclid(100), visual.month, visual.day);
    Some(zone_date.bytes().zip(visual.bytes()).all(|(zone, visual)| zone == b'<' || zone == visual))
}

/// Reads a zone's date of birth: the latest such day that isn't in the future (no century stands in
/// Doc 9303).
#[must_use]
pub fn birth_date(zone_date: &str, today: Date) -> Option<Date> {
    with_century(zone_date, today.year)
        .filter(|date| !crate::dates::is_before(today, *date))
        .or_else(|| with_century(zone_date, today.year.saturating_sub(100)))
}

/// The day whose year is the last one up to `last_year` that ends in the two digits.
fn with_century(zone_date: &str, last_year: i32) -> Option<Date> {
    if zone_date.len() != 6 || !zone_date.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let pair = |at: usize| zone_date.get(at..at + 2)?.parse::<i32>().ok();
    let year = last_year - (last_year - pair(0)?).rem_euclid(100);
    let date = Date::new(year, u32::try_from(pair(2)?).ok()?, u32::try_from(pair(4)?).ok()?);
    date.is_well_formed().then_some(date)
}

#[cfg(test)]
mod tests;
