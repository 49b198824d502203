//! The zones, each read into what it tells.

use dossier_rules_sdk::Date;
use dossier_rules_sdk::zone::{Told, ZoneFault, ZoneFormat};

mod cells;
mod french;
mod icao;
mod licences;
mod russian;

pub(crate) use icao::corrected;

/// A kind of machine-readable zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneKind {
    /// ICAO Doc 9303 parts 4 to 7.
    Icao(ZoneFormat),
    /// France's identity card until 2021: 2 lines of 36, with digits of its own.
    FrenchIdCard,
    /// France's driving licence: 1 line of 30.
    FrenchDrivingLicence,
    /// Switzerland's driving licence: lines of 9, 30 and 30 without check digits.
    SwissDrivingLicence,
    /// The Netherlands' driving licence since 2014: 1 line of 30.
    DutchDrivingLicence,
    /// Russia's passport for the interior: 2 lines of 44, names in a code of letters and digits.
    RussianInternalPassport,
}

impl ZoneKind {
    /// Reads a zone, its lines joined by line breaks.
    ///
    /// # Errors
    /// When it doesn't have the form of this kind.
    pub fn read(self, text: &str, today: Date) -> Result<Content, ZoneFault> {
        match self {
            Self::Icao(format) => icao::read(text, format, today),
            Self::FrenchIdCard => french::read_id_card(text),
            Self::FrenchDrivingLicence => french::read_driving_licence(text),
            Self::SwissDrivingLicence => licences::read_swiss(text),
            Self::DutchDrivingLicence => licences::read_dutch(text),
            Self::RussianInternalPassport => russian::read(text),
        }
    }
}

/// What a zone tells.
#[derive(Clone, Default)]
pub struct Content {
    /// The zone in its normal form, lines joined by line breaks.
    pub text: String,
    /// The document code, without fillers; none if the kind of zone fixes it.
    pub document_code: Option<String>,
    /// The issuing state, without fillers.
    pub issuing_state: String,
    /// The nationality, without fillers; none if the zone has no place for it.
    pub nationality: Option<String>,
    /// The names; none if the zone has no place for them.
    pub names: Option<Names>,
    /// The document number.
    pub document_number: Option<String>,
    /// The six cells of the date of birth.
    pub date_of_birth: Option<String>,
    /// The six cells of the date of expiry; none if the zone has none.
    pub date_of_expiry: Option<String>,
    /// `F`, `M` or `X`; none inside if the cell has another character.
    pub sex: Option<Option<&'static str>>,
    /// What it tells, field by field, where Doc 9303 says that; none for other zones.
    pub told: Option<Vec<Told>>,
    /// What else a zone that Doc 9303 doesn't know tells, by field name.
    pub more: Vec<(&'static str, String)>,
    /// Whether text follows a document number that overflows.
    pub has_text_after_number: bool,
    /// The check digits that it prints.
    pub check_digits: Vec<CheckDigit>,
}

/// The names of a zone.
#[derive(Clone, Default)]
pub struct Names {
    /// The primary identifier, fillers as spaces.
    pub surname: String,
    /// The secondary identifier, fillers as spaces; none if the zone has no place for it.
    pub given_names: Option<String>,
    /// Whether one of them may be cut short.
    pub may_be_truncated: bool,
    /// Cells that both share, the two fillers between them included; none if each has its own.
    pub shared_cells: Option<usize>,
    /// Whether they are written in a code that is no transliteration.
    pub is_encoded: bool,
}

/// A check digit of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckDigit {
    /// The code of its check.
    pub code: &'static str,
    /// Whether it agrees.
    pub agrees: bool,
    /// The fields that it covers, composite digits aside.
    pub covers: &'static [&'static str],
    /// What the check says when it agrees, if not the usual.
    pub note: Option<&'static str>,
}

impl CheckDigit {
    fn new(code: &'static str, agrees: bool, covers: &'static [&'static str]) -> Self {
        Self { code, agrees, covers, note: None }
    }
}

impl Content {
    /// Whether a check digit that covers the field disagrees.
    pub(crate) fn is_contradicted(&self, field: &str) -> bool {
        self.check_digits.iter().any(|digit| !digit.agrees && digit.covers.contains(&field))
    }
}
