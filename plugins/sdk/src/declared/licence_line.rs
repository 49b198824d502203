//! The one line of 30 characters on the back of some driving licences: `D1`, issuer, number and its
//! check digit, date of expiry, eight letters of the name, a check digit over all before it.

use crate::Date;
use crate::check_digits::icao_9303;
use crate::dates::to_iso;
use crate::zone::{Told, ZoneExpiry, ZoneFault, ZoneFormat, zone_expiry};

/// Characters of the line.
pub(super) const LENGTH: u32 = 30;

/// A licence's line.
pub(super) struct LicenceLine(String);

impl LicenceLine {
    /// Parses a line. One whose check digits don't agree is a line all the same.
    ///
    /// # Errors
    /// When it doesn't have the form of one.
    pub(super) fn parse(text: &str) -> Result<Self, ZoneFault> {
        let line = text.trim();
        if line.chars().count() != LENGTH as usize {
            return Err(ZoneFault::Shape);
        }
        if !line.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'<') {
            return Err(ZoneFault::Characters);
        }
        if !line.starts_with("D1") {
            return Err(ZoneFault::DocumentCode);
        }
        if line[5..].starts_with('<') {
            return Err(ZoneFault::DocumentNumber);
        }
        Ok(Self(line.to_owned()))
    }

    /// The line.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The issuing state, without fillers.
    pub(super) fn issuing_state(&self) -> &str {
        self.0[2..5].trim_end_matches('<')
    }

    /// The document number, without fillers.
    pub(super) fn document_number(&self) -> &str {
        self.0[5..14].trim_end_matches('<')
    }

    /// The date of expiry, `YYMMDD`.
    pub(super) fn date_of_expiry(&self) -> &str {
        &self.0[15..21]
    }

    /// The beginning of the surname, fillers as spaces.
    pub(super) fn surname(&self) -> String {
        self.0[21..29].trim_end_matches('<').replace('<', " ")
    }

    /// Whether the surname may go on: it fills its cells.
    pub(super) fn surname_may_be_truncated(&self) -> bool {
        !self.0[21..29].ends_with('<')
    }

    /// What the line tells, as [`Zone::told`](crate::zone::Zone::told) does: a value that a
    /// check digit contradicts is none, and so is a surname that may go on.
    pub(super) fn told(&self, today: Date) -> Vec<Told> {
        let text = |value: &str| Some(value.replace('<', "")).filter(|value| !value.is_empty());
        let number = text(self.document_number()).filter(|_| self.number_agrees());
        let state = self.issuing_state();
        let expiry = match zone_expiry(self.date_of_expiry(), state, ZoneFormat::Td1, today) {
            ZoneExpiry::On(day) | ZoneExpiry::NoEnd(Some(day)) => Some(to_iso(day)),
            ZoneExpiry::NoEnd(None) | ZoneExpiry::Uncertain(_) | ZoneExpiry::NotADay => None,
        };
        let surname = Some(self.surname()).filter(|_| !self.surname_may_be_truncated());
        vec![
            ("issuing_state", text(state)),
            ("surname", surname.filter(|surname| !surname.is_empty())),
            ("document_number", number),
            ("date_of_expiry", expiry.filter(|_| self.composite_agrees())),
        ]
    }

    /// Whether the number's check digit agrees.
    pub(super) fn number_agrees(&self) -> bool {
        icao_9303(&self.0[5..15]) == Some(true)
    }

    /// Whether the line's check digit agrees.
    pub(super) fn composite_agrees(&self) -> bool {
        icao_9303(&self.0) == Some(true)
    }
}
