//! What a field holds, and what follows from that.

use super::{DocumentType, ZoneKind, licence_line};
use crate::dates::MonthForm;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// A name of the holder, a place or an authority.
    Name,
    /// A street and a house.
    Address,
    /// The document's own number.
    DocumentNumber,
    /// The holder's number.
    PersonalNumber,
    /// A three-letter code of ICAO Doc 9303 part 3 section 5.
    StateCode,
    /// How the document writes the sex.
    Sex,
    /// A date in the document type's own format.
    Date,
    /// Words of capitals, digits and spaces.
    Words,
    /// The machine-readable zone.
    Zone,
}

/// Capitals of the Latin script, and what joins the parts of a name.
const NAME_CHARACTERS: &str =
    " 'A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽẞ-";
/// Those, and what stands in an address.
const ADDRESS_CHARACTERS: &str =
    " '0-9A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽẞ-";
/// Longest name, place, authority or address in characters: twice what fits on a line.
const LINE_CHARACTERS: u32 = 64;

impl FieldKind {
    /// The kind of a field of a global name.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "address" => Self::Address,
            "document_number" => Self::DocumentNumber,
            "personal_number" => Self::PersonalNumber,
            "nationality" | "issuing_state" => Self::StateCode,
            "sex" => Self::Sex,
            "date_of_birth" | "date_of_issue" | "date_of_expiry" => Self::Date,
            "mrz" => Self::Zone,
            "height" | "eye_colour" | "categories" | "restrictions" | "document_code"
            | "card_access_number" => Self::Words,
            _ => Self::Name,
        }
    }

    /// The characters a value may have, as the inside of a regex class.
    pub(super) fn characters(self, document_type: &DocumentType) -> &'static str {
        match self {
            Self::Name => NAME_CHARACTERS,
            Self::Address => ADDRESS_CHARACTERS,
            Self::DocumentNumber | Self::PersonalNumber => " ./0-9A-Z-",
            Self::StateCode => "A-Z",
            Self::Sex => " /A-Z",
            Self::Date => match (document_type.dates.month, document_type.dates.separators) {
                (MonthForm::Number, ".") => "0-9.",
                (MonthForm::Number, "/") => "0-9/",
                (MonthForm::Number, _) => " 0-9",
                (MonthForm::EnglishCapitals | MonthForm::Name(_), _) => " 0-9A-Z",
            },
            Self::Words => " 0-9A-Z",
            Self::Zone => "0-9A-Z<",
        }
    }

    /// The longest value in characters.
    pub(super) fn max_length(self, document_type: &DocumentType) -> u32 {
        match self {
            Self::Name | Self::Address | Self::Words => LINE_CHARACTERS,
            Self::DocumentNumber => document_type.document_number.length(),
            Self::PersonalNumber => {
                document_type.personal_number.map_or(0, |number| number.length())
            }
            Self::StateCode => 3,
            Self::Sex => document_type.sexes.iter().map(|sex| count(sex)).max().unwrap_or_default(),
            Self::Date => match document_type.dates.month {
                MonthForm::Number => count("12.03.1985"),
                MonthForm::EnglishCapitals | MonthForm::Name(_) => count("12 MAR 1985"),
            },
            Self::Zone => match document_type.zone {
                Some(ZoneKind::Icao(format)) => format.characters(),
                Some(ZoneKind::LicenceLine) => licence_line::LENGTH,
                None => 0,
            },
        }
    }
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}
