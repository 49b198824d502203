//! One document: what was read of it, and what its zone tells.

use dossier_rules_sdk::dates::{self, DateFormat, Language, MonthForm, PartOrder};
use dossier_rules_sdk::zone::{Cell, Correction, ZoneFault};
use dossier_rules_sdk::{Date, Reading};

use crate::DocumentType;
use crate::zones::{Content, ZoneKind, corrected};

/// What the checks look at.
pub(crate) struct Document<'a> {
    pub(crate) document_type: &'static DocumentType,
    pub(crate) readings: &'a [Reading],
    pub(crate) today: Date,
    /// The zone, if it was read.
    pub(crate) zone: Option<Result<Content, ZoneFault>>,
    /// What the zone must have been, if it was misread and one reading alone agrees.
    pub(crate) correction: Option<(Content, Vec<Cell>)>,
}

impl<'a> Document<'a> {
    pub(crate) fn new(
        document_type: &'static DocumentType,
        readings: &'a [Reading],
        today: Date,
    ) -> Self {
        let raw = readings.iter().find(|reading| reading.name == "mrz").map(|zone| &zone.raw);
        let zone = raw.map(|raw| document_type.zone.read(raw));
        let correction = match (raw, document_type.zone) {
            (Some(raw), ZoneKind::Icao(format)) => corrected(raw, format),
            _ => None,
        };
        let correction = correction.map(|(content, Correction { cells, .. })| (content, cells));
        Self { document_type, readings, today, zone, correction }
    }

    /// What was read for a field.
    pub(crate) fn reading(&self, name: &str) -> Option<&'a Reading> {
        self.readings.iter().find(|reading| reading.name == name)
    }

    /// The zone, if it was read and has the form of its kind.
    pub(crate) fn valid_zone(&self) -> Option<&Content> {
        self.zone.as_ref().and_then(|zone| zone.as_ref().ok())
    }
}

/// Reads a date of a visual zone whose format nobody told: every usual one is tried. None if two of
/// them read different days.
pub(crate) fn visual_date(text: &str) -> Option<Date> {
    const NUMBERS: DateFormat = DateFormat::day_month_year(" ./-");
    const FORMATS: [DateFormat; 5] = [
        NUMBERS,
        DateFormat { order: PartOrder::MonthDayYear, ..NUMBERS },
        DateFormat { order: PartOrder::YearMonthDay, ..NUMBERS },
        DateFormat {
            month: MonthForm::Name(LANGUAGES),
            separators: " .-",
            padded: false,
            ..NUMBERS
        },
        DateFormat {
            order: PartOrder::MonthDayYear,
            month: MonthForm::Name(LANGUAGES),
            separators: " .-",
            padded: false,
            ..NUMBERS
        },
    ];
    let text = text.replace(", ", " ").replace(". ", " ");
    let mut days = FORMATS.iter().filter_map(|format| dates::parse(&text, format));
    let first = days.next()?;
    days.all(|day| day == first).then_some(first)
}

/// Languages whose names for months don't contradict each other. Persian counts other months.
const LANGUAGES: &[Language] = &[
    Language::Bulgarian,
    Language::Danish,
    Language::Dutch,
    Language::English,
    Language::Estonian,
    Language::Finnish,
    Language::French,
    Language::German,
    Language::Greek,
    Language::Hungarian,
    Language::Indonesian,
    Language::Italian,
    Language::Latvian,
    Language::Lithuanian,
    Language::Norwegian,
    Language::Portuguese,
    Language::Romanian,
    Language::Russian,
    Language::Serbian,
    Language::Slovak,
    Language::Slovenian,
    Language::Spanish,
    Language::Swedish,
    Language::Turkish,
];
