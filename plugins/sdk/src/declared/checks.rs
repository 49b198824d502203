//! The checks of a document: always all of its type's, in a fixed order.

use super::{DocumentType, LicenceLine, ZoneKind};
use crate::aamva::Licence;
use crate::checks::{VisualZone, is_blank_in, of_dates, of_readings};
use crate::zone::{Told, Zone, ZoneFault};
use crate::{Check, Date, DocumentRules as _, Observation, Reading, Settings};

use barcode::NoBarcode;

mod barcode;
mod comparison;
mod form;
mod zones;

/// What was read where a zone should be.
enum ReadZone {
    Icao(Box<Zone>),
    Licence(LicenceLine),
}

/// What the checks look at.
pub(super) struct Document<'a> {
    /// Its type.
    pub(super) document_type: &'static DocumentType,
    /// What was read: fields of the type, none twice.
    pub(super) readings: &'a [Reading],
    /// The current date.
    pub(super) today: Date,
    /// What the operator set.
    pub(super) settings: Settings,
    zone: Option<Result<ReadZone, ZoneFault>>,
    /// The barcode that the type has, or why there is none.
    barcode: Option<Result<Licence<'a>, NoBarcode>>,
}

impl<'a> Document<'a> {
    /// Parses the zone, if it was read.
    pub(super) fn new(
        document_type: &'static DocumentType,
        readings: &'a [Reading],
        seen: &'a Observation,
        today: Date,
        settings: Settings,
    ) -> Self {
        let raw = readings.iter().find(|reading| reading.name == "mrz").map(|reading| &reading.raw);
        let zone = raw.zip(document_type.zone).map(|(raw, kind)| match kind {
            ZoneKind::Icao(_) => Zone::parse(raw).map(|zone| ReadZone::Icao(Box::new(zone))),
            ZoneKind::LicenceLine => LicenceLine::parse(raw).map(ReadZone::Licence),
        });
        let barcode = document_type.barcode.map(|_| barcode::find(seen));
        Self { document_type, readings, today, settings, zone, barcode }
    }

    /// The zone's lines, if it has the form of one.
    pub(super) fn zone_text(&self) -> Option<String> {
        match self.zone.as_ref()?.as_ref().ok()? {
            ReadZone::Icao(zone) => Some(zone.text()),
            ReadZone::Licence(line) => Some(line.text().to_owned()),
        }
    }

    /// What the zone tells, field by field.
    pub(super) fn told(&self) -> Vec<Told> {
        match self.zone.as_ref() {
            Some(Ok(ReadZone::Icao(zone))) => zone.told(self.today),
            Some(Ok(ReadZone::Licence(line))) => line.told(self.today),
            Some(Err(_)) | None => Vec::new(),
        }
    }

    /// What the barcode tells, field by field.
    pub(super) fn told_by_barcode(&self) -> Vec<Told> {
        self.barcode.iter().flatten().flat_map(Licence::told).collect()
    }

    fn icao(&self) -> Option<&Zone> {
        match self.zone.as_ref()?.as_ref().ok()? {
            ReadZone::Icao(zone) => Some(zone),
            ReadZone::Licence(_) => None,
        }
    }

    fn licence(&self) -> Option<&LicenceLine> {
        match self.zone.as_ref()?.as_ref().ok()? {
            ReadZone::Licence(line) => Some(line),
            ReadZone::Icao(_) => None,
        }
    }
}

impl VisualZone for Document<'_> {
    fn has(&self, field: &str) -> bool {
        self.document_type.field(field).is_some()
    }

    fn readings(&self) -> &[Reading] {
        self.readings
    }

    fn date(&self, field: &str) -> Option<Date> {
        self.document_type.date(&self.reading(field)?.raw)
    }

    fn sex(&self, written: &str) -> Option<&'static str> {
        self.document_type.sex(written)
    }
}

/// Performs every check of the document's type.
pub(super) fn all(document: &Document<'_>) -> Vec<Check> {
    let fields = document.document_type.fields(document.document_type.pages);
    let least_confidence = document.settings.least_confidence;
    let mut checks = of_readings(&fields, document.readings, least_confidence, &|reading| {
        is_blank_in(document, document.icao(), reading)
    });
    checks.extend(form::checks(document));
    checks.extend(of_dates(document, document.today, document.settings));
    if let Some(kind) = document.document_type.zone {
        checks.extend(zones::checks(document, kind));
        checks.extend(comparison::checks(document, kind));
    }
    if let Some(kind) = document.document_type.barcode {
        checks.extend(barcode::checks(document, kind));
    }
    checks
}
