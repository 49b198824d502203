//! A declaration as Rust.

use std::fmt::Write as _;

use crate::Declaration;
use crate::declared::{Barcode, Calendar, Check, Document, Months, Number, PartOrder, Zone};

const TYPES: &str = "::dossier_rules_sdk::declared::";
const DATES: &str = "::dossier_rules_sdk::dates::";
const FORMATS: &str = "::dossier_rules_sdk::zone::ZoneFormat::";

impl Declaration {
    /// The document types of the state of this name, as `dossier_rules_sdk::declared::DocumentType`s.
    #[must_use]
    pub fn to_rust(&self, state: &str) -> String {
        let mut rust = format!(
            "/// The document types that `{}` declares.\n\
             pub static DOCUMENT_TYPES: [{TYPES}DocumentType; {}] = [\n",
            crate::FILE,
            self.documents.len(),
        );
        for (name, document) in &self.documents {
            rust.push_str(&self.document(&format!("{state}/{name}"), document));
        }
        rust.push_str("];\n");
        rust
    }

    fn document(&self, id: &str, document: &Document) -> String {
        let fields = document.pages.iter().enumerate().flat_map(|(page, names)| {
            let rule = move |name| format!("{TYPES}FieldRule {{ name: {name:?}, page: {page} }}, ");
            names.iter().map(rule)
        });
        let characters = self.characters.iter().filter(|(name, _)| document.has(name));
        let characters = characters.map(|(name, class)| format!("({name:?}, {class:?}), "));
        let zone = match document.zone {
            None => "None".to_owned(),
            Some(Zone::Td1) => format!("Some({TYPES}ZoneKind::Icao({FORMATS}Td1))"),
            Some(Zone::Td2) => format!("Some({TYPES}ZoneKind::Icao({FORMATS}Td2))"),
            Some(Zone::Td3) => format!("Some({TYPES}ZoneKind::Icao({FORMATS}Td3))"),
            Some(Zone::Licence) => format!("Some({TYPES}ZoneKind::LicenceLine)"),
        };
        let barcode = match &document.barcode {
            None => "None".to_owned(),
            Some(Barcode::Aamva { issuer }) => {
                format!("Some({TYPES}BarcodeKind::Aamva {{ issuer: {issuer:?} }})")
            }
        };
        let sexes = [&self.sexes.female, &self.sexes.male, &self.sexes.other];
        let personal_number = self.personal_number_of(document).map(form);
        let mut rust = String::new();
        // Writing to a text can't fail.
        let _ = write!(
            rust,
            "{TYPES}DocumentType {{\n\
             id: {id:?},\n\
             pages: {},\n\
             issuing_state: {:?},\n\
             nationality: {TYPES}Nationality::{},\n\
             dates: {},\n\
             sexes: {sexes:?},\n\
             zone: {zone},\n\
             barcode: {barcode},\n\
             personal_number_in_zone: {},\n\
             document_number: {},\n\
             personal_number: {},\n\
             characters: &[{}],\n\
             fields: &[{}],\n\
             }},\n",
            document.pages.len(),
            self.code,
            if document.foreigners { "Any" } else { "Own" },
            self.dates(document),
            document.repeats_personal_number(),
            form(&self.number_of(document)),
            personal_number.map_or_else(|| "None".to_owned(), |form| format!("Some({form})")),
            characters.collect::<String>(),
            fields.collect::<String>(),
        );
        rust
    }

    fn dates(&self, document: &Document) -> String {
        let form = self.dates_of(document);
        let order = match form.order {
            PartOrder::DayMonthYear => "DayMonthYear",
            PartOrder::MonthDayYear => "MonthDayYear",
            PartOrder::YearMonthDay => "YearMonthDay",
        };
        let name = |language| format!("{DATES}MonthForm::Name(&[{DATES}Language::{language}])");
        let month = match (form.has_month_name, self.months) {
            (false, _) => format!("{DATES}MonthForm::Number"),
            (true, Months::En) => format!("{DATES}MonthForm::EnglishCapitals"),
            (true, Months::De) => name("German"),
            (true, Months::Es) => name("Spanish"),
            (true, Months::Fi) => name("Finnish"),
            (true, Months::Fr) => name("French"),
            (true, Months::Pl) => name("Polish"),
            (true, Months::Tr) => name("Turkish"),
        };
        let calendar = match self.calendar {
            Calendar::Gregorian => "Gregorian",
            Calendar::Buddhist => "Buddhist",
            Calendar::SolarHijri => "SolarHijri",
        };
        let separator = form.separator.to_string();
        format!(
            "{DATES}DateFormat {{ order: {DATES}PartOrder::{order}, separators: {separator:?}, month: {month}, \
             padded: true, calendar: {DATES}Calendar::{calendar} }}"
        )
    }
}

fn form(number: &Number) -> String {
    let check = number.check.map(|check| match check {
        Check::Icao => "Icao",
        Check::Luhn => "Luhn",
        Check::Ean => "Ean",
        Check::Weighted11 => "Weighted11",
        Check::Letter23 => "Letter23",
        Check::Letter31 => "Letter31",
    });
    let check = check.map(|check| format!("Some({TYPES}CheckScheme::{check})"));
    let check = check.unwrap_or_else(|| "None".to_owned());
    format!("{TYPES}NumberForm {{ shape: {:?}, check: {check} }}", number.shape)
}
