//! The PDF417 of driving licences and identification cards of North America: AAMVA DL/ID Card Design Standard
//! (2020, 2025), annex D.

use mrz::Date;

use crate::dates;
use crate::zone::Told;

/// What a barcode of this standard is called where a field says what it was taken from.
pub const SOURCE: &str = "barcode.pdf417";

/// Data elements of a subfile at most; the standard knows fewer than a hundred.
const MOST_ELEMENTS: usize = 128;

/// A licence's barcode.
pub struct Licence<'a> {
    issuer: &'a str,
    elements: Vec<(&'a str, &'a str)>,
}

/// Why a barcode is none of a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not begin as annex D.12.3 says: `@`, line feed, record separator, carriage return, `ANSI `.
    Header,
    /// Its subfile is not where the header says, or has another end.
    Subfile,
    /// A data element has no name of three capitals, or stands twice.
    Element,
}

impl Fault {
    /// A sentence for people.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Header => "the barcode doesn't begin as AAMVA's standard says",
            Self::Subfile => "the barcode's data is not where its header says",
            Self::Element => "a data element of the barcode has no name, or stands twice",
        }
    }
}

impl<'a> Licence<'a> {
    /// Parses what a barcode holds.
    ///
    /// # Errors
    /// When it doesn't have the form of annex D.
    pub fn parse(content: &'a str) -> Result<Self, Fault> {
        let header = content.strip_prefix("@\n\u{1e}\rANSI ").ok_or(Fault::Header)?;
        let numbers = header.get(..12).ok_or(Fault::Header)?;
        if !numbers.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Fault::Header);
        }
        let issuer = &numbers[..6];
        let entries = numbers[10..].parse::<usize>().map_err(|_| Fault::Header)?;
        let mut designators = header.get(12..).ok_or(Fault::Header)?;
        for _ in 0..entries {
            let (designator, rest) = designators.split_at_checked(10).ok_or(Fault::Header)?;
            designators = rest;
            let (kind, place) = designator.split_at_checked(2).ok_or(Fault::Header)?;
            if matches!(kind, "DL" | "ID") {
                let subfile = subfile(content, kind, place)?;
                return Ok(Self { issuer, elements: elements(subfile)? });
            }
        }
        Err(Fault::Subfile)
    }

    /// The issuer's number (IIN), six digits.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer
    }

    /// A data element, such as `DAQ`, without spaces around it; none where it is missing, empty, or stated to be
    /// unknown or not there (`NONE`, `unavl`).
    #[must_use]
    pub fn element(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.elements.iter().find(|(known, _)| *known == name)?;
        let value = value.trim();
        (!value.is_empty() && !matches!(value, "NONE" | "unavl")).then_some(value)
    }

    /// A date; its year stands first in Canada, last in the United States.
    #[must_use]
    pub fn date(&self, name: &str) -> Option<Date> {
        let digits = self.element(name)?;
        if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let iso = if self.element("DCG") == Some("CAN") {
            format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..])
        } else {
            format!("{}-{}-{}", &digits[4..], &digits[..2], &digits[2..4])
        };
        dates::parse_iso(&iso)
    }

    /// `F`, `M` or `X`.
    #[must_use]
    pub fn sex(&self) -> Option<&'static str> {
        match self.element("DBC")? {
            "1" => Some("M"),
            "2" => Some("F"),
            "9" => Some("X"),
            _ => None,
        }
    }

    /// The first name, then the middle ones.
    #[must_use]
    pub fn given_names(&self) -> Option<String> {
        let names = ["DAC", "DAD"].map(|name| self.element(name));
        let names = names.into_iter().flatten().collect::<Vec<_>>();
        // Several middle names are joined by commas.
        (!names.is_empty()).then(|| names.join(" ").replace(',', " "))
    }

    /// Whether a name may be cut short: the indicators `DDE`, `DDF` and `DDG` of annex D.12.5.
    #[must_use]
    pub fn may_be_truncated(&self, indicators: &[&str]) -> bool {
        indicators.iter().any(|name| self.element(name).is_some_and(|value| value != "N"))
    }

    /// What the barcode tells, field by field.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        let text = |name: &str| self.element(name).map(str::to_owned);
        let date = |name: &str| self.date(name).map(dates::to_iso);
        vec![
            ("surname", text("DCS").filter(|_| !self.may_be_truncated(&["DDE"]))),
            ("given_names", self.given_names().filter(|_| !self.may_be_truncated(&["DDF", "DDG"]))),
            ("document_number", text("DAQ")),
            ("date_of_birth", date("DBB")),
            ("sex", self.sex().map(str::to_owned)),
            ("date_of_issue", date("DBD")),
            ("date_of_expiry", date("DBA")),
        ]
    }
}

/// A subfile where its designator says, without its type in front and the segment's end behind it.
fn subfile<'a>(content: &'a str, kind: &str, place: &str) -> Result<&'a str, Fault> {
    let number = |digits: Option<&str>| {
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        digits.and_then(|digits| digits.parse::<usize>().ok()).ok_or(Fault::Header)
    };
    let (offset, length) = (number(place.get(..4))?, number(place.get(4..))?);
    // Places count bytes, which characters of ISO 8859-1 are.
    let byte_of = |character: usize| {
        let mut starts = content.char_indices().map(|(byte, _)| byte).chain([content.len()]);
        starts.nth(character).ok_or(Fault::Subfile)
    };
    let (start, end) = (byte_of(offset)?, byte_of(offset.saturating_add(length))?);
    let subfile = content.get(start..end).ok_or(Fault::Subfile)?;
    subfile.strip_prefix(kind).and_then(|rest| rest.strip_suffix('\r')).ok_or(Fault::Subfile)
}

fn elements(subfile: &str) -> Result<Vec<(&str, &str)>, Fault> {
    let mut elements = Vec::<(&str, &str)>::new();
    for element in subfile.split('\n').filter(|element| !element.is_empty()) {
        let (name, value) = element.split_at_checked(3).ok_or(Fault::Element)?;
        let is_name = name.bytes().all(|b| b.is_ascii_uppercase());
        let is_known = elements.iter().any(|(known, _)| *known == name);
        if !is_name || is_known || elements.len() == MOST_ELEMENTS {
            return Err(Fault::Element);
        }
        elements.push((name, value));
    }
    Ok(elements)
}

#[cfg(test)]
mod tests;
