//! What the rules know of a document type.

use super::{FieldKind, NumberForm, checks, licence_line, report};
use crate::dates::{DateFormat, parse};
use crate::zone::ZoneFormat;
use crate::{
    Date, DocumentRules, FieldRequest, Observation, Reading, Refusal, Report, Settings, aamva,
    requests,
};

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
    /// The barcode that repeats its fields, if it has one.
    pub barcode: Option<BarcodeKind>,
    /// Whether the personal number is the zone's optional data.
    pub personal_number_in_zone: bool,
    /// How it writes its own number.
    pub document_number: NumberForm,
    /// How it writes the holder's number, if it does.
    pub personal_number: Option<NumberForm>,
    /// Characters of fields that have fewer than those of their kind, by name: insides of regex classes.
    pub characters: &'static [(&'static str, &'static str)],
    /// Its fields in reading order.
    pub fields: &'static [FieldRule],
}

impl DocumentType {
    /// Finds one of its fields by name.
    pub(super) fn field(&self, name: &str) -> Option<&'static FieldRule> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// `F`, `M` or `X` for the sex as it writes it; none for other texts.
    pub(super) fn sex(&self, written: &str) -> Option<&'static str> {
        let place = self.sexes.iter().position(|sex| *sex == written)?;
        ["F", "M", "X"].get(place).copied()
    }

    /// The date that a text is, if it is written as the type writes dates.
    pub(super) fn date(&self, text: &str) -> Option<Date> {
        // Letters of a month may be any; other digits and spaces than these are no form of a state here.
        let is_known = |c: char| c.is_ascii() || c.is_alphabetic();
        text.chars().all(is_known).then(|| parse(text, &self.dates)).flatten()
    }

    fn request(&self, rule: &FieldRule) -> FieldRequest {
        let kind = FieldKind::of(rule.name);
        let shape = match (kind, self.zone) {
            (FieldKind::Zone, Some(ZoneKind::Icao(format))) => {
                Some((format.lines(), format.line_length()))
            }
            (FieldKind::Zone, Some(ZoneKind::LicenceLine)) => Some((1, licence_line::LENGTH)),
            _ => None,
        };
        let fewer = self.characters.iter().find(|(name, _)| *name == rule.name);
        FieldRequest {
            name: rule.name,
            page: rule.page,
            characters: fewer.map_or_else(|| kind.characters(self), |(_, characters)| *characters),
            max_length: kind.max_length(self),
            shape,
        }
    }
}

impl DocumentRules for DocumentType {
    fn id(&self) -> &'static str {
        self.id
    }

    fn check_page_count(&self, page_count: u32) -> Result<(), Refusal> {
        requests::check_page_count(page_count, self.pages)
    }

    fn fields(&self, _page_count: u32) -> Vec<FieldRequest> {
        self.fields.iter().map(|rule| self.request(rule)).collect()
    }

    fn searches(&self) -> &'static [&'static str] {
        match self.barcode {
            Some(BarcodeKind::Aamva { .. }) => &[aamva::SOURCE],
            None => &[],
        }
    }

    fn report(
        &'static self,
        readings: &[Reading],
        seen: &Observation,
        today: Date,
        settings: Settings,
    ) -> Report {
        let document = checks::Document::new(self, readings, seen, today, settings);
        Report { fields: report::fields(&document), checks: checks::all(&document) }
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

/// A kind of barcode that repeats fields of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarcodeKind {
    /// The PDF417 of AAMVA's DL/ID Card Design Standard, with the issuer's number.
    Aamva {
        /// Six digits.
        issuer: &'static str,
    },
}

/// One field of a document type.
#[derive(Debug)]
pub struct FieldRule {
    /// The name.
    pub name: &'static str,
    /// The page it stands on, counted from 0.
    pub page: u32,
}
