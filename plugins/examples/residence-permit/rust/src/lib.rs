//! The rules of the residence permit of Utopia: an example to start from, in Rust.

use dossier_rules_sdk::checks::{failed, judged, not_performed, passed};
use dossier_rules_sdk::dates::{self, DateFormat};
use dossier_rules_sdk::names::collapse;
use dossier_rules_sdk::zone::{CheckDigit, Zone, ZoneFormat, agrees_with};
use dossier_rules_sdk::{
    Check, Date, Description, Field, FieldRequest, Reading, Refusal, Report, Rules, check_digits,
    description, export_rules, requests,
};

const DOCUMENT_TYPE: &str = "utopia/residence-permit/2025";
const DATES: DateFormat = DateFormat::day_month_year(".");
/// A field read with less confidence than this counts as unread.
const LEAST_CONFIDENCE: f32 = 0.5;

/// The rules, as a component exports them.
#[derive(Debug)]
pub struct ResidencePermit;

export_rules!(ResidencePermit);

impl Rules for ResidencePermit {
    fn describe() -> Description {
        description!([DOCUMENT_TYPE])
    }

    fn before(
        document_type: &str,
        page_count: u32,
        requested: Option<&[String]>,
        today: &str,
    ) -> Result<Vec<FieldRequest>, Refusal> {
        check_type(document_type)?;
        requests::parse_today(today)?;
        requests::check_page_count(page_count, 1)?;
        requests::choose(fields(), requested)
    }

    fn after(document_type: &str, readings: &[Reading], today: &str) -> Result<Report, Refusal> {
        check_type(document_type)?;
        let today = requests::parse_today(today)?;
        let permit = Permit::new(readings, today);
        Ok(Report { fields: permit.fields(), checks: permit.checks() })
    }
}

fn check_type(document_type: &str) -> Result<(), Refusal> {
    if document_type == DOCUMENT_TYPE { Ok(()) } else { Err(requests::unknown_document_type()) }
}

/// What stands on the permit, in reading order.
fn fields() -> Vec<FieldRequest> {
    let field = |name, characters, max_length| FieldRequest {
        name,
        page: 0,
        characters,
        max_length,
        shape: None,
    };
    vec![
        field("surname", " 'A-ZÀ-ÖØ-Þ-", 64),
        field("given_names", " 'A-ZÀ-ÖØ-Þ-", 64),
        field("permit_number", "0-9A-Z", 12),
        field("date_of_birth", "0-9.", 10),
        field("date_of_issue", "0-9.", 10),
        field("date_of_expiry", "0-9.", 10),
        FieldRequest { shape: Some((3, 30)), ..field("mrz", "0-9A-Z<", 92) },
    ]
}

/// What was read of one permit.
struct Permit<'a> {
    readings: &'a [Reading],
    today: Date,
    zone: Option<Zone>,
}

impl<'a> Permit<'a> {
    fn new(readings: &'a [Reading], today: Date) -> Self {
        let zone = readings.iter().find(|reading| reading.name == "mrz");
        let zone = zone.and_then(|reading| Zone::parse(&reading.raw).ok());
        let zone = zone.filter(|zone| {
            zone.format() == ZoneFormat::Td1 && zone.document_code() == "IR"
        });
        Self { readings, today, zone }
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        let reading = self.readings.iter().find(|reading| reading.name == name)?;
        Some(reading.raw.trim())
    }

    fn date(&self, name: &str) -> Option<Date> {
        dates::parse(self.raw(name)?, &DATES)
    }

    fn fields(&self) -> Vec<Field> {
        let read = self.readings.iter().map(|reading| {
            let (source, value) = match reading.name.as_str() {
                "mrz" => ("mrz", self.zone.as_ref().map(Zone::text)),
                "surname" | "given_names" => ("visual", Some(collapse(&reading.raw))),
                "permit_number" => ("visual", Some(reading.raw.trim().to_owned())),
                name => ("visual", self.date(name).map(dates::to_iso)),
            };
            let value = value.filter(|value| !value.is_empty());
            Field { name: reading.name.clone(), value, source }
        });
        let mut fields = read.collect::<Vec<_>>();
        if let Some(zone) = &self.zone {
            let value = Some(zone.nationality().to_owned());
            fields.push(Field { name: "nationality".to_owned(), value, source: "mrz" });
        }
        fields
    }

    fn checks(&self) -> Vec<Check> {
        let mut checks = vec![self.confidence(), self.permit_number()];
        for (code, name) in [
            ("date_of_birth.format", "date_of_birth"),
            ("date_of_issue.format", "date_of_issue"),
            ("date_of_expiry.format", "date_of_expiry"),
        ] {
            checks.push(match self.raw(name) {
                None => not_performed(code, &[name], "the field was not read"),
                Some(_) => judged(
                    code,
                    &[name],
                    self.date(name).is_some(),
                    "the date is a real day",
                    "the date isn't a real day written like 01.01.2000",
                ),
            });
        }
        checks.extend([self.after_issue(), self.expiry(), self.zone_format()]);
        for (code, digit) in [
            ("mrz.check_digit.document_number", CheckDigit::DocumentNumber),
            ("mrz.check_digit.date_of_birth", CheckDigit::DateOfBirth),
            ("mrz.check_digit.date_of_expiry", CheckDigit::DateOfExpiry),
            ("mrz.check_digit.composite", CheckDigit::Composite),
        ] {
            let agrees = self.zone.as_ref().and_then(|zone| zone.check_digit(digit));
            checks.push(match agrees {
                None => not_performed(code, &["mrz"], "no zone of a residence permit was read"),
                Some(agrees) => judged(
                    code,
                    &["mrz"],
                    agrees,
                    "the check digit agrees",
                    "the check digit doesn't agree",
                ),
            });
        }
        checks.extend([
            self.same_date("mrz.matches.date_of_birth", "date_of_birth", Zone::date_of_birth),
            self.same_date("mrz.matches.date_of_expiry", "date_of_expiry", Zone::date_of_expiry),
        ]);
        checks
    }

    fn confidence(&self) -> Check {
        let names = fields().into_iter().map(|field| field.name);
        let names = names.filter(|name| self.raw(name).is_some()).collect::<Vec<_>>();
        let is_unsure = |reading: &Reading| {
            reading.confidence.is_nan() || reading.confidence < LEAST_CONFIDENCE
        };
        judged(
            "reading.confidence",
            &names,
            !self.readings.iter().any(is_unsure),
            "every field was read with confidence",
            "a field was read with little confidence",
        )
    }

    fn permit_number(&self) -> Check {
        let (code, fields) = ("permit_number.check_digits", &["permit_number"]);
        match self.raw("permit_number") {
            None => not_performed(code, fields, "the field was not read"),
            Some(number) => judged(
                code,
                fields,
                number.len() == 12
                    && number.starts_with("RP")
                    && check_digits::mod_97_10(number) == Some(true),
                "the check digits of the permit number agree",
                "the check digits of the permit number don't agree",
            ),
        }
    }

    fn after_issue(&self) -> Check {
        let (code, fields) =
            ("date_of_expiry.after_issue", &["date_of_issue", "date_of_expiry"]);
        match (self.date("date_of_issue"), self.date("date_of_expiry")) {
            (Some(issue), Some(expiry)) => judged(
                code,
                fields,
                dates::is_before(issue, expiry),
                "the permit expires after its issue",
                "the permit expires before its issue",
            ),
            _ => not_performed(code, fields, "a date was not read, or is none"),
        }
    }

    fn expiry(&self) -> Check {
        let (code, fields) = ("document.expiry", &["date_of_expiry"]);
        match self.date("date_of_expiry") {
            None => not_performed(code, fields, "a date was not read, or is none"),
            Some(expiry) => judged(
                code,
                fields,
                !dates::is_before(expiry, self.today),
                "the permit has not expired",
                "the permit has expired",
            ),
        }
    }

    fn zone_format(&self) -> Check {
        let (code, fields) = ("mrz.format", &["mrz"]);
        match (self.raw("mrz"), &self.zone) {
            (None, _) => not_performed(code, fields, "the field was not read"),
            (Some(_), Some(_)) => passed(code, fields, "the zone is one of a residence permit"),
            (Some(_), None) => failed(code, fields, "the zone isn't one of a residence permit"),
        }
    }

    fn same_date(
        &self,
        code: &'static str,
        name: &'static str,
        in_zone: impl Fn(&Zone) -> &str,
    ) -> Check {
        let fields = &[name, "mrz"];
        match (self.date(name), &self.zone) {
            (Some(date), Some(zone)) => judged(
                code,
                fields,
                agrees_with(in_zone(zone), date) == Some(true),
                "both zones say the same",
                "the zones differ",
            ),
            _ => not_performed(code, fields, "a zone was not read, or has no date"),
        }
    }
}
