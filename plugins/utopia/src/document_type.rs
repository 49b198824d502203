//! The document types of Utopia: which fields they have, where, and of which form.

use crate::zone::ZoneFormat;

/// A document type and all its rules need to know of it.
#[derive(Debug)]
pub struct DocumentType {
    /// The identifier.
    pub id: &'static str,
    /// How many pages the document has.
    pub pages: u32,
    /// How it writes dates.
    pub date_format: DateFormat,
    /// The format of its machine-readable zone, if it has one.
    pub zone: Option<ZoneFormat>,
    /// How it writes its own number: `A` stands for a capital, `9` for a digit, `*` for either.
    pub document_number: &'static str,
    /// Its fields in reading order.
    pub fields: &'static [FieldRule],
}

impl DocumentType {
    /// Finds a document type by its identifier.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        DOCUMENT_TYPES.iter().find(|document_type| document_type.id == id)
    }

    /// Finds one of its fields by name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldRule> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// `F`, `M` or `X` for the sex as documents write it; none for other texts.
    #[must_use]
    pub fn sex(written: &str) -> Option<&'static str> {
        ["F", "M", "X"].into_iter().find(|sex| *sex == written)
    }
}

/// How a document type writes dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateFormat {
    /// `12 MAR 1985`, with English month names.
    DayMonthNameYear,
    /// `12.03.1985`
    DotsDayMonthYear,
    /// `12/03/1985`
    SlashesDayMonthYear,
}

/// One field of a document type.
#[derive(Debug)]
pub struct FieldRule {
    /// The name.
    pub name: &'static str,
    /// The page it stands on, counted from 0.
    pub page: u32,
    /// What it holds.
    pub kind: FieldKind,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A name of the holder.
    Name,
    /// A place or an authority, spelled as names are.
    Text,
    /// The document's own number.
    DocumentNumber,
    /// A three-letter code of ICAO Doc 9303 part 3 section 5.
    Nationality,
    /// `F`, `M` or `X`.
    Sex,
    /// A date in the document type's own format.
    Date,
    /// Categories of vehicles, joined by spaces.
    Categories,
    /// The machine-readable zone.
    Zone,
}

/// Capitals of the Latin script as ICAO Doc 9303 part 3 section 6 A lists them, and what joins the
/// parts of a name.
const NAME_CHARACTERS: &str =
    " 'A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽẞ-";
/// Longest name, place or authority in characters: twice what fits on a line of the visual zone.
const LINE_CHARACTERS: u32 = 64;

impl FieldKind {
    /// The characters a value may have in `document_type`, as the inside of a regex class.
    #[must_use]
    pub fn characters(self, document_type: &DocumentType) -> &'static str {
        match self {
            Self::Name | Self::Text => NAME_CHARACTERS,
            Self::DocumentNumber => "0-9A-Z",
            Self::Nationality => "A-Z",
            Self::Sex => "FMX",
            Self::Date => match document_type.date_format {
                DateFormat::DayMonthNameYear => " 0-9A-Z",
                DateFormat::DotsDayMonthYear => "0-9.",
                DateFormat::SlashesDayMonthYear => "0-9/",
            },
            Self::Categories => " 0-9A-Z",
            Self::Zone => "0-9A-Z<",
        }
    }

    /// The longest value in characters.
    #[must_use]
    pub fn max_length(self, document_type: &DocumentType) -> u32 {
        match self {
            Self::Name | Self::Text | Self::Categories => LINE_CHARACTERS,
            Self::DocumentNumber => length(document_type.document_number),
            Self::Nationality => 3,
            Self::Sex => 1,
            Self::Date => match document_type.date_format {
                DateFormat::DayMonthNameYear => length("12 MAR 1985"),
                DateFormat::DotsDayMonthYear | DateFormat::SlashesDayMonthYear => {
                    length("12.03.1985")
                }
            },
            Self::Zone => {
                document_type.zone.map_or(0, |zone| zone.lines() * (zone.line_length() + 1) - 1)
            }
        }
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

const fn rule(name: &'static str, page: u32, kind: FieldKind) -> FieldRule {
    FieldRule { name, page, kind }
}

/// Every document type that these rules judge.
pub static DOCUMENT_TYPES: [DocumentType; 3] = [
    DocumentType {
        id: "utopia/passport/2024",
        pages: 1,
        date_format: DateFormat::DayMonthNameYear,
        zone: Some(ZoneFormat::Td3),
        document_number: "A99999999",
        fields: &[
            rule("surname", 0, FieldKind::Name),
            rule("given_names", 0, FieldKind::Name),
            rule("document_number", 0, FieldKind::DocumentNumber),
            rule("nationality", 0, FieldKind::Nationality),
            rule("date_of_birth", 0, FieldKind::Date),
            rule("sex", 0, FieldKind::Sex),
            rule("place_of_birth", 0, FieldKind::Text),
            rule("date_of_issue", 0, FieldKind::Date),
            rule("date_of_expiry", 0, FieldKind::Date),
            rule("mrz", 0, FieldKind::Zone),
        ],
    },
    DocumentType {
        id: "utopia/id-card/2023",
        pages: 2,
        date_format: DateFormat::DotsDayMonthYear,
        zone: Some(ZoneFormat::Td1),
        document_number: "AA9999999",
        fields: &[
            rule("surname", 0, FieldKind::Name),
            rule("given_names", 0, FieldKind::Name),
            rule("date_of_birth", 0, FieldKind::Date),
            rule("sex", 0, FieldKind::Sex),
            rule("nationality", 0, FieldKind::Nationality),
            rule("document_number", 0, FieldKind::DocumentNumber),
            rule("date_of_expiry", 0, FieldKind::Date),
            rule("date_of_issue", 1, FieldKind::Date),
            rule("authority", 1, FieldKind::Text),
            rule("mrz", 1, FieldKind::Zone),
        ],
    },
    DocumentType {
        id: "utopia/driving-licence/2022",
        pages: 1,
        date_format: DateFormat::SlashesDayMonthYear,
        zone: None,
        document_number: "**********",
        fields: &[
            rule("surname", 0, FieldKind::Name),
            rule("given_names", 0, FieldKind::Name),
            rule("date_of_birth", 0, FieldKind::Date),
            rule("place_of_birth", 0, FieldKind::Text),
            rule("date_of_issue", 0, FieldKind::Date),
            rule("date_of_expiry", 0, FieldKind::Date),
            rule("authority", 0, FieldKind::Text),
            rule("document_number", 0, FieldKind::DocumentNumber),
            rule("categories", 0, FieldKind::Categories),
        ],
    },
];
