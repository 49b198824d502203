//! A second look at machine-readable zones: each is cut out where the first reading found it, at the page's own
//! resolution, and read once more.

use std::cmp::Ordering;

use dossier_document::{
    Check, CheckOutcome, FieldName, FieldReading, FieldRequest, PageImage, Point, Tenant,
    ZoneFormat,
};

use crate::error::EngineError;
use crate::page_quality::check;
use crate::reader::Reader;
use crate::snapshot::DocumentType;

/// Whether a second reading confirms the first.
const CONFIRMED: &str = "mrz.second_look";

/// A calibrated confidence from which a reading needs no other: of fifty such one is wrong.
const SURE: f32 = 0.98;

/// What the model read of the same field elsewhere, and how it differs.
#[derive(Clone, Debug)]
pub struct OtherReading {
    /// The characters and how sure they are, as of a [`Transcription`](super::Transcription).
    pub reading: FieldReading,
    /// What it was read from.
    pub from: ReadFrom,
    /// The places whose characters differ: line and column, both counted from 0.
    pub differs_at: Vec<(usize, usize)>,
}

/// What a field was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFrom {
    /// The page, in the size that the model sees pages in.
    Page,
    /// A strip that was cut out of the page.
    Strip,
}

impl ReadFrom {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Strip => "strip",
        }
    }
}

/// Which zones are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// All.
    Always,
    /// Those that were not read surely: whoever trains an adapter for a type has taught it the type's zones,
    /// and a second look takes as long as the first.
    WhereUnsure,
}

impl Again {
    /// Of documents of any issuer all are, for no adapter has seen their pages.
    pub(super) fn of(served: &DocumentType) -> Self {
        match served.adapter.manifest.any_issuer {
            true => Self::Always,
            false => Self::WhereUnsure,
        }
    }

    fn is_needed(self, confidence: f32) -> bool {
        // What is no number is not sure.
        self == Self::Always || confidence.is_nan() || confidence < SURE
    }
}

/// What was read of strips, and what is to be said of it.
#[derive(Clone, Debug, Default)]
pub(super) struct SecondLook {
    /// Calibrated, each with the format of its zone where that is known; where it stands is told by the first
    /// reading.
    readings: Vec<(FieldReading, Option<ZoneFormat>)>,
    /// Zones that were found nowhere, so that nothing could be cut out.
    lost: Vec<FieldName>,
}

/// Looks at the zones among the readings again; at nothing, where the base has nothing to read strips with.
///
/// # Errors
/// As reading a document.
pub(super) async fn look_again(
    reader: &Reader,
    (pages, zones): (&[PageImage], &[FieldRequest]),
    readings: &[FieldReading],
    whenever: Again,
    tenant: &Tenant,
) -> Result<SecondLook, EngineError> {
    let mut look = SecondLook::default();
    let Some(zone_reader) = reader.zone_reader() else { return Ok(look) };
    for first in readings.iter().filter(|first| whenever.is_needed(first.confidence)) {
        let Some(field) = zones.iter().find(|zone| zone.name == first.name) else { continue };
        // What was not read at all is not printed, or can't be seen: a strip of anything would be read as one.
        if first.raw.expose().is_empty() {
            continue;
        }
        let page_decoder = reader.page_decoder();
        let cut = match pages.get(first.page).zip(first.polygon) {
            Some((page, at)) => {
                // Whole pixels: where a place is off by the rounding of a sum, the strip stays the same.
                let at = at.map(|corner| Point { x: corner.x.round(), y: corner.y.round() });
                page_decoder.strip(page, at, zone_reader.size(), tenant).await?
            }
            None => None,
        };
        let Some(cut) = cut else {
            look.lost.push(first.name.clone());
            continue;
        };
        let request = zone_reader.request(cut, field);
        let output = page_decoder.read(reader.inference(), request, tenant).await?;
        let second = zone_reader.calibrated(output.readings).into_iter();
        look.readings.extend(second.map(|reading| (reading, field.zone)));
    }
    Ok(look)
}

impl SecondLook {
    /// Whether anything was read a second time.
    pub(super) fn has_read(&self) -> bool {
        !self.readings.is_empty()
    }

    /// What was read of strips.
    pub(super) fn readings(&self) -> impl Iterator<Item = &FieldReading> {
        self.readings.iter().map(|(reading, _)| reading)
    }

    /// The readings, each the better one of two where there are two, and the other ones by the name of their field.
    pub(super) fn joined(
        &self,
        first: Vec<FieldReading>,
    ) -> (Vec<FieldReading>, Vec<(FieldName, OtherReading)>) {
        let mut others = Vec::new();
        let chosen = first.into_iter().map(|first| {
            match self.readings.iter().find(|(second, _)| second.name == first.name) {
                Some((second, format)) => {
                    let (chosen, other) = choose(first, second.clone(), *format);
                    others.push((chosen.name.clone(), other));
                    chosen
                }
                None => first,
            }
        });
        (chosen.collect(), others)
    }

    /// What is to be said of it.
    pub(super) fn check(&self, others: &[(FieldName, OtherReading)]) -> Option<Check> {
        let says = |outcome, message: String| {
            let fields = others.iter().map(|(name, _)| name.clone()).chain(self.lost.clone());
            Some(Check { fields: fields.collect(), ..check(CONFIRMED, outcome, message) })
        };
        let differ = others.iter().map(|(_, other)| other.differs_at.len()).sum::<usize>();
        match (others, differ) {
            ([], _) if self.lost.is_empty() => None,
            ([], _) => says(
                CheckOutcome::NotPerformed,
                "where the zone stands was not found, so that it could be read only once"
                    .to_owned(),
            ),
            (_, 0) => says(
                CheckOutcome::Passed,
                "the zone was read twice, and both readings agree".to_owned(),
            ),
            (_, differ) => says(
                CheckOutcome::NotPerformed,
                format!(
                    "the zone was read twice, and the readings differ in {differ} characters: the better one was taken, and nothing confirms it"
                ),
            ),
        }
    }
}

/// The better of two readings of one zone, and the other: that of which more check digits hold, or else the
/// surer. Both are taken for independent: where they agree, both would have had to err alike, and where they
/// differ, one of them at most is right.
fn choose(
    first: FieldReading,
    second: FieldReading,
    format: Option<ZoneFormat>,
) -> (FieldReading, OtherReading) {
    let differs_at = differences(first.raw.expose(), second.raw.expose());
    let (p, q) = (first.confidence, second.confidence);
    let holds = |reading: &FieldReading| {
        format.map_or(0, |format| format.check_digits_that_hold(reading.raw.expose()))
    };
    let by_digits = holds(&first).cmp(&holds(&second));
    let is_first_surer = match by_digits {
        Ordering::Equal => matches!(p.partial_cmp(&q), Some(Ordering::Greater)),
        by_digits => by_digits == Ordering::Greater,
    };
    // Where the text stands, the first look told: in the strip it stands elsewhere.
    let second = FieldReading { page: first.page, polygon: first.polygon, ..second };
    let (chosen, other, from) = match is_first_surer {
        true => (first, second, ReadFrom::Strip),
        false => (second, first, ReadFrom::Page),
    };
    let confidence = match differs_at.is_empty() {
        true => 1.0 - (1.0 - p) * (1.0 - q),
        // The digits tell that the other errs.
        false if by_digits != Ordering::Equal => chosen.confidence,
        false => {
            let (right, wrong) = (chosen.confidence, 1.0 - other.confidence);
            let (chosen_right, other_right) =
                (right * wrong, other.confidence * (1.0 - chosen.confidence));
            let none_right = (1.0 - right) * wrong;
            chosen_right / (chosen_right + other_right + none_right).max(f32::MIN_POSITIVE)
        }
    };
    (FieldReading { confidence, ..chosen }, OtherReading { reading: other, from, differs_at })
}

/// Places whose characters differ, as line and column; those that only one of two has, too.
fn differences(first: &str, second: &str) -> Vec<(usize, usize)> {
    let (mut first, mut second) = (first.split('\n'), second.split('\n'));
    let mut places = Vec::new();
    for line in 0.. {
        let (a, b) = (first.next(), second.next());
        if a.is_none() && b.is_none() {
            break;
        }
        let (mut a, mut b) = (a.unwrap_or_default().chars(), b.unwrap_or_default().chars());
        for column in 0.. {
            match (a.next(), b.next()) {
                (None, None) => break,
                (one, other) if one != other => places.push((line, column)),
                _ => {}
            }
        }
    }
    places
}

#[cfg(test)]
mod tests;
