//! The document types: which zone each has, which check digits, which visual fields repeat it.

use dossier_rules_sdk::zone::ZoneFormat;
use dossier_rules_sdk::{
    Date, DocumentRules, FieldRequest, Observation, Reading, Refusal, Report, Settings, requests,
};

use crate::document::Document;
use crate::zones::ZoneKind;
use crate::{checks, report};

/// A document type.
#[derive(Debug)]
pub struct DocumentType {
    /// The identifier.
    pub id: &'static str,
    /// Its zone.
    pub zone: ZoneKind,
    /// The most pages it is submitted as. The zone stands on the last page, all else on the first.
    pub most_pages: u32,
    /// The check digits of its zone, by the code of their checks.
    pub check_digits: &'static [&'static str],
    /// The visual fields that its zone repeats.
    pub visual: &'static [&'static str],
    /// Whether its date of issue is read: it decides which codes the document may have.
    pub has_date_of_issue: bool,
}

impl DocumentType {
    fn zone_field(&self, page: u32) -> FieldRequest {
        let (shape, max_length) = match self.zone {
            ZoneKind::Icao(format) => {
                (Some((format.lines(), format.line_length())), format.characters())
            }
            ZoneKind::FrenchIdCard => (Some((2, 36)), 73),
            ZoneKind::FrenchDrivingLicence | ZoneKind::DutchDrivingLicence => (Some((1, 30)), 30),
            ZoneKind::RussianInternalPassport => (Some((2, 44)), 89),
            // Lines of 9, 30 and 30: no shape says that.
            ZoneKind::SwissDrivingLicence => (None, 71),
        };
        FieldRequest { name: "mrz", page, characters: "0-9A-Z<", max_length, shape }
    }
}

impl DocumentRules for DocumentType {
    fn id(&self) -> &'static str {
        self.id
    }

    /// It may have fewer pages than it has at most.
    fn check_page_count(&self, page_count: u32) -> Result<(), Refusal> {
        let is_right = (1..=self.most_pages).contains(&page_count);
        requests::check_page_count(page_count, if is_right { page_count } else { self.most_pages })
    }

    fn fields(&self, page_count: u32) -> Vec<FieldRequest> {
        let visual = self.visual.iter().map(|name| visual_field(name));
        let issue = self.has_date_of_issue.then(|| visual_field("date_of_issue"));
        visual.chain(issue).chain([self.zone_field(page_count.saturating_sub(1))]).collect()
    }

    fn report(
        &'static self,
        readings: &[Reading],
        _seen: &Observation,
        today: Date,
        settings: Settings,
    ) -> Report {
        let document = Document::new(self, readings, today, settings);
        Report { fields: report::fields(&document), checks: checks::all(&document) }
    }
}

/// Letters of the Latin, Greek and Cyrillic scripts with all that is written above and below them, and
/// what joins the parts of a name.
const NAME_CHARACTERS: &str = " ',./A-Za-zÀ-ÖØ-öø-ʯʹ-ʿ\u{300}-\u{36f}Ͱ-ϿЀ-ԯḀ-ỿ\u{2010}-\u{2015}‘’-";

/// Those, digits of every script that dates are written in, the letters of Thai and Arabic, and the
/// signs of Japanese and Chinese dates. A date of another calendar is told by the rules, which must see
/// it first.
const DATE_CHARACTERS: &str = " '(),./0-9A-Za-zÀ-ÖØ-öø-ʯ\u{300}-\u{36f}Ͱ-ϿЀ-ԯḀ-ỿ\
    \u{620}-\u{669}\u{671}-\u{6d3}\u{6f0}-\u{6f9}\u{e01}-\u{e4e}\u{e50}-\u{e59}年月日元明治大正昭和平成令民國国長长期永久無无限\
    *\u{2010}-\u{2015}-";

fn visual_field(name: &'static str) -> FieldRequest {
    let (characters, max_length) = match name {
        "document_number" => (" 0-9A-Za-z-", 24),
        "sex" => ("A-Za-zÀ-ÖØ-öø-ʯͰ-ϿЀ-ӿ/", 12),
        "nationality" => (NAME_CHARACTERS, 48),
        "date_of_birth" | "date_of_issue" | "date_of_expiry" => (DATE_CHARACTERS, 48),
        _ => (NAME_CHARACTERS, 64),
    };
    FieldRequest { name, page: 0, characters, max_length, shape: None }
}

const NUMBER: &str = "mrz.check_digit.document_number";
const BIRTH: &str = "mrz.check_digit.date_of_birth";
const EXPIRY: &str = "mrz.check_digit.date_of_expiry";
const OPTIONAL: &str = "mrz.check_digit.optional_data";
const COMPOSITE: &str = "mrz.check_digit.composite";

const ALL_VISUAL: &[&str] = &[
    "surname",
    "given_names",
    "document_number",
    "nationality",
    "date_of_birth",
    "sex",
    "date_of_expiry",
];

const fn icao(
    id: &'static str,
    format: ZoneFormat,
    most_pages: u32,
    check_digits: &'static [&'static str],
) -> DocumentType {
    let zone = ZoneKind::Icao(format);
    DocumentType { id, zone, most_pages, check_digits, visual: ALL_VISUAL, has_date_of_issue: true }
}

/// Every document type that these rules judge.
pub static DOCUMENT_TYPES: [DocumentType; 10] = [
    icao("icao/td1", ZoneFormat::Td1, 2, &[NUMBER, BIRTH, EXPIRY, COMPOSITE]),
    icao("icao/td2", ZoneFormat::Td2, 2, &[NUMBER, BIRTH, EXPIRY, COMPOSITE]),
    icao("icao/td3", ZoneFormat::Td3, 1, &[NUMBER, BIRTH, EXPIRY, OPTIONAL, COMPOSITE]),
    icao("icao/mrv-a", ZoneFormat::MrvA, 1, &[NUMBER, BIRTH, EXPIRY]),
    icao("icao/mrv-b", ZoneFormat::MrvB, 1, &[NUMBER, BIRTH, EXPIRY]),
    DocumentType {
        id: "icao/france/id-card/1988",
        zone: ZoneKind::FrenchIdCard,
        most_pages: 2,
        check_digits: &[NUMBER, BIRTH, COMPOSITE],
        visual: &["surname", "given_names", "document_number", "date_of_birth", "sex"],
        has_date_of_issue: false,
    },
    DocumentType {
        id: "icao/france/driving-licence/2013",
        zone: ZoneKind::FrenchDrivingLicence,
        most_pages: 2,
        check_digits: &[NUMBER, COMPOSITE],
        visual: &["surname", "document_number", "date_of_expiry"],
        has_date_of_issue: false,
    },
    DocumentType {
        id: "icao/switzerland/driving-licence/2003",
        zone: ZoneKind::SwissDrivingLicence,
        most_pages: 2,
        check_digits: &[],
        visual: &["surname", "given_names", "date_of_birth"],
        has_date_of_issue: false,
    },
    DocumentType {
        id: "icao/netherlands/driving-licence/2014",
        zone: ZoneKind::DutchDrivingLicence,
        most_pages: 2,
        check_digits: &[COMPOSITE],
        visual: &["document_number"],
        has_date_of_issue: false,
    },
    DocumentType {
        id: "icao/russia/internal-passport/2011",
        zone: ZoneKind::RussianInternalPassport,
        most_pages: 1,
        check_digits: &[NUMBER, BIRTH, OPTIONAL, COMPOSITE],
        visual: &["surname", "given_names", "document_number", "date_of_birth", "sex"],
        has_date_of_issue: false,
    },
];
