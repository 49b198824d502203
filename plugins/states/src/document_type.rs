//! What the rules know of a document type.

use dossier_rules_sdk::dates::{DateFormat, MonthForm};
use dossier_rules_sdk::zone::ZoneFormat;

use crate::NumberForm;

/// A document type and all its rules need to know of it.
#[derive(Debug)]
pub struct DocumentType {
    /// The identifier.
    pub id: &'static str,
    /// How many pages the document has.
    pub pages: u32,
    /// The state's code in machine-readable zones.
    pub issuing_state: &'static str,
    /// Whose nationality it says.
    pub nationality: Nationality,
    /// How it writes dates.
    pub dates: DateFormat,
    /// How it writes `F`, `M` and `X`, in this order.
    pub sexes: [&'static str; 3],
    /// Its machine-readable zone, if it has one.
    pub zone: Option<ZoneKind>,
    /// Whether the personal number is the zone's optional data.
    pub personal_number_in_zone: bool,
    /// How it writes its own number.
    pub document_number: NumberForm,
    /// How it writes the holder's number, if it does.
    pub personal_number: Option<NumberForm>,
    /// Its fields in reading order.
    pub fields: &'static [FieldRule],
}

impl DocumentType {
    /// Finds one of its fields by name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldRule> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// `F`, `M` or `X` for the sex as it writes it; none for other texts.
    #[must_use]
    pub fn sex(&self, written: &str) -> Option<&'static str> {
        let place = self.sexes.iter().position(|sex| *sex == written)?;
        ["F", "M", "X"].get(place).copied()
    }
}

/// Whose nationality a document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nationality {
    /// The issuing state's own.
    Own,
    /// Any: it is issued to foreigners.
    Any,
}

/// A kind of machine-readable zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneKind {
    /// One of ICAO Doc 9303.
    Icao(ZoneFormat),
    /// The single line of a driving licence.
    LicenceLine,
}

/// One field of a document type.
#[derive(Debug)]
pub struct FieldRule {
    /// The name.
    pub name: &'static str,
    /// The page it stands on, counted from 0.
    pub page: u32,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
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
    #[must_use]
    pub fn of(name: &str) -> Self {
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
    #[must_use]
    pub fn characters(self, document_type: &DocumentType) -> &'static str {
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
    #[must_use]
    pub fn max_length(self, document_type: &DocumentType) -> u32 {
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
                Some(ZoneKind::LicenceLine) => crate::licence_line::LENGTH,
                None => 0,
            },
        }
    }
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}
