//! One document: what was read of it, and what its zone tells.

use dossier_rules_sdk::checks::Comparison;
use dossier_rules_sdk::codes::Issued;
use dossier_rules_sdk::dates::{
    Unread, VisualExpiry, is_before, visual_birth, visual_expiry, visual_issue,
};
use dossier_rules_sdk::zone::{Cell, Correction, ZoneExpiry, ZoneFault, ZoneFormat, zone_expiry};
use dossier_rules_sdk::{Date, Reading, Settings};

use crate::DocumentType;
use crate::zones::{Content, ZoneKind, corrected};

/// What the checks look at.
pub(crate) struct Document<'a> {
    pub(crate) document_type: &'static DocumentType,
    pub(crate) readings: &'a [Reading],
    pub(crate) today: Date,
    pub(crate) settings: Settings,
    /// The zone, if it was read.
    pub(crate) zone: Option<Result<Content, ZoneFault>>,
    /// What the zone must have been, if it was misread and one reading alone agrees.
    pub(crate) correction: Option<(Content, Vec<Cell>)>,
}

/// Until when a document is valid, by both zones.
#[derive(Clone, Copy)]
pub(crate) enum Validity {
    /// Until this day.
    Until(Date),
    /// The visual zone says that there is no end, and the other doesn't contradict it.
    NoEnd,
    /// That isn't certain, and why.
    Unknown(&'static str),
}

impl<'a> Document<'a> {
    pub(crate) fn new(
        document_type: &'static DocumentType,
        readings: &'a [Reading],
        today: Date,
        settings: Settings,
    ) -> Self {
        let raw = readings.iter().find(|reading| reading.name == "mrz").map(|zone| &zone.raw);
        let zone = raw.map(|raw| document_type.zone.read(raw, today));
        let correction = match (raw, document_type.zone) {
            (Some(raw), ZoneKind::Icao(format)) => corrected(raw, format, today),
            _ => None,
        };
        let correction = correction.map(|(content, Correction { cells, .. })| (content, cells));
        Self { document_type, readings, today, settings, zone, correction }
    }

    /// What was read for a field.
    pub(crate) fn reading(&self, name: &str) -> Option<&'a Reading> {
        self.readings.iter().find(|reading| reading.name == name)
    }

    /// The zone, if it was read and has the form of its kind.
    pub(crate) fn valid_zone(&self) -> Option<&Content> {
        self.zone.as_ref().and_then(|zone| zone.as_ref().ok())
    }

    /// The visual date of birth or issue.
    pub(crate) fn date(&self, name: &str, text: &str) -> Result<Date, Unread> {
        match name {
            "date_of_birth" => visual_birth(text, self.today),
            _ => visual_issue(text, self.today),
        }
    }

    /// The visual date of expiry.
    pub(crate) fn expiry(&self, text: &str) -> Result<VisualExpiry, Unread> {
        visual_expiry(text, self.today)
    }

    /// What the zone's date of expiry says; none if there is no such date, or its digit contradicts it.
    fn zone_expiry(&self) -> Option<(&str, ZoneExpiry)> {
        let zone = self.valid_zone().filter(|zone| !zone.is_contradicted("date_of_expiry"))?;
        let cells = zone.date_of_expiry.as_deref()?;
        Some((cells, self.expiry_in(zone, cells)))
    }

    /// What a zone's cells say of the end.
    pub(crate) fn expiry_in(&self, zone: &Content, cells: &str) -> ZoneExpiry {
        // A licence is a card, whatever the lines of its zone.
        let format = match self.document_type.zone {
            ZoneKind::Icao(format) => format,
            _ => ZoneFormat::Td1,
        };
        zone_expiry(cells, &zone.issuing_state, format, self.today)
    }

    /// Until when the document is valid. The visual zone has the century; where the zones differ, the
    /// earlier end counts.
    pub(crate) fn validity(&self) -> Validity {
        const DIFFER: &str = "the zones differ on the end of validity";
        let visual = self.reading("date_of_expiry").map(|reading| self.expiry(&reading.raw));
        let (cells, zone) = match (visual, self.zone_expiry()) {
            (Some(Ok(VisualExpiry::On(day))), None) => return Validity::Until(day),
            (Some(Ok(VisualExpiry::NoEnd(_))), None) => return Validity::NoEnd,
            (_, None) => return Validity::Unknown("the date of expiry isn't certain"),
            (_, Some(found)) => found,
        };
        let agree =
            visual.is_some_and(|visual| Comparison::of_expiry(visual, cells) == Comparison::Same);
        match (visual, zone) {
            (Some(Ok(VisualExpiry::On(day))), _) if agree => Validity::Until(day),
            (Some(Ok(VisualExpiry::NoEnd(_))), _) if agree => Validity::NoEnd,
            (Some(Ok(VisualExpiry::On(day))), ZoneExpiry::On(other)) if is_before(day, other) => {
                Validity::Until(day)
            }
            (Some(Ok(_)), ZoneExpiry::On(other)) => Validity::Until(other),
            (Some(Ok(_)), _) => Validity::Unknown(DIFFER),
            (_, ZoneExpiry::On(day)) => Validity::Until(day),
            (_, ZoneExpiry::NoEnd(_)) => Validity::Unknown(
                "the machine-readable zone states no end, and the visual zone, which would confirm it, was not read",
            ),
            (_, ZoneExpiry::Uncertain(why)) => Validity::Unknown(why),
            (_, ZoneExpiry::NotADay) => Validity::Unknown("the date of expiry isn't a real day"),
        }
    }

    /// When the document was issued, and its last day, as far as its dates tell.
    pub(crate) fn issued(&self) -> (Issued, Option<Date>) {
        let issue = self
            .reading("date_of_issue")
            .and_then(|reading| self.date("date_of_issue", &reading.raw).ok());
        let expiry = match self.validity() {
            Validity::Until(day) => Some(day),
            Validity::NoEnd | Validity::Unknown(_) => None,
        };
        let format = match self.document_type.zone {
            ZoneKind::Icao(format) => format,
            ZoneKind::RussianInternalPassport => ZoneFormat::Td3,
            _ => ZoneFormat::Td1,
        };
        (Issued::of(format, issue, expiry, self.today), expiry)
    }
}
