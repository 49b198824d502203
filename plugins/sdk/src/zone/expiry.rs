//! Until when a zone says that a document is valid: two digits of a year, and no century.

use mrz::Date;

use super::{UNKNOWN_DATE, ZoneFormat, with_century};

/// What the six cells of a date of expiry say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneExpiry {
    /// Valid until this day: no other century is possible.
    On(Date),
    /// The zone states no end, with fillers; or with a date that an issuer is known to print for it,
    /// which is then here as the visual zone has it.
    NoEnd(Option<Date>),
    /// A day, but of which century can't be told, or whether it is one at all; and why.
    Uncertain(&'static str),
    /// No day.
    NotADay,
}

/// How an issuer dates documents without an end.
struct NoEnd {
    issuing_state: &'static str,
    format: ZoneFormat,
    cells: &'static str,
    /// The day that stands in the visual zone.
    visual: (i32, u32, u32),
    /// The first year with such documents: an earlier one is no reading of the cells.
    since: i32,
}

const NO_END: [NoEnd; 1] = [
    // Spain's identity card (DNI electrónico, since 2006) of holders over 70: `01 01 9999`, Real
    // Decreto 1553/2005, article 6.
    NoEnd {
        issuing_state: "ESP",
        format: ZoneFormat::Td1,
        cells: "990101",
        visual: (9999, 1, 1),
        since: 2006,
    },
];

/// Cells that no calendar has, or that fall on the first or last day of a year 99: what issuers print
/// for the year 9999.
const MAY_BE_NO_END: [&str; 3] = ["990101", "991231", "999999"];

/// Reads the date of expiry of a zone.
///
/// The century is told only where one alone is possible: passports and visas are machine-readable
/// since 1980, cards since 1990; a passport or visa is valid for less than 50 years, and a card, which
/// may be for the rest of a life, for up to 65.
#[must_use]
pub fn zone_expiry(
    cells: &str,
    issuing_state: &str,
    format: ZoneFormat,
    today: Date,
) -> ZoneExpiry {
    if cells == UNKNOWN_DATE {
        return ZoneExpiry::NoEnd(None);
    }
    let known = NO_END.iter().find(|row| {
        row.issuing_state == issuing_state
            && row.format == format
            && row.cells == cells
            && today.year >= row.since
    });
    if let Some(NoEnd { visual: (year, month, day), .. }) = known {
        return ZoneExpiry::NoEnd(Some(Date::new(*year, *month, *day)));
    }
    if MAY_BE_NO_END.contains(&cells) {
        return ZoneExpiry::Uncertain("the date may be how the issuer says that there is no end");
    }
    let (first_year, longest) = match format {
        ZoneFormat::Td1 | ZoneFormat::Td2 => (1990, 65),
        ZoneFormat::Td3 | ZoneFormat::MrvA | ZoneFormat::MrvB => (1980, 49),
    };
    let Some(latest) = with_century(cells, today.year.saturating_add(longest)) else {
        // 29 February may be of one century alone.
        return match with_century(cells, today.year.saturating_add(longest - 100)) {
            Some(day) if day.year >= first_year => ZoneExpiry::On(day),
            _ => ZoneExpiry::NotADay,
        };
    };
    if latest.year < first_year {
        return ZoneExpiry::Uncertain("no century makes it a date that this document can have");
    }
    if latest.year - 100 >= first_year {
        return ZoneExpiry::Uncertain("the zone has no century, and two are possible");
    }
    ZoneExpiry::On(latest)
}

#[cfg(test)]
mod tests;
