//! The document types of Siamara; written by `python -m dossier_training.rules_table`.

use dossier_rules_sdk::dates::{Calendar, DateFormat, MonthForm, PartOrder};
use dossier_rules_sdk::zone::ZoneFormat;

use crate::{CheckScheme, DocumentType, FieldRule, Nationality, NumberForm, ZoneKind};

pub(super) static DOCUMENT_TYPES: [DocumentType; 3] = [
    DocumentType {
        id: "siamara/id-card/2019",
        pages: 1,
        issuing_state: "QSM",
        nationality: Nationality::Own,
        dates: DateFormat {
            order: PartOrder::DayMonthYear,
            separators: " ",
            month: MonthForm::EnglishCapitals,
            padded: true,
            calendar: Calendar::Buddhist,
        },
        sexes: ["F", "M", "X"],
        zone: None,
        personal_number_in_zone: false,
        document_number: NumberForm { shape: "AA9999999", check: None },
        personal_number: Some(NumberForm {
            shape: "9 9999 99999 99 #",
            check: Some(CheckScheme::Weighted11),
        }),
        fields: &[
            FieldRule { name: "personal_number", page: 0 },
            FieldRule { name: "given_names", page: 0 },
            FieldRule { name: "surname", page: 0 },
            FieldRule { name: "date_of_birth", page: 0 },
            FieldRule { name: "sex", page: 0 },
            FieldRule { name: "address", page: 0 },
            FieldRule { name: "date_of_issue", page: 0 },
            FieldRule { name: "date_of_expiry", page: 0 },
        ],
    },
    DocumentType {
        id: "siamara/passport/2020",
        pages: 1,
        issuing_state: "QSM",
        nationality: Nationality::Own,
        dates: DateFormat {
            order: PartOrder::DayMonthYear,
            separators: " ",
            month: MonthForm::EnglishCapitals,
            padded: true,
            calendar: Calendar::Buddhist,
        },
        sexes: ["F", "M", "X"],
        zone: Some(ZoneKind::Icao(ZoneFormat::Td3)),
        personal_number_in_zone: true,
        document_number: NumberForm { shape: "AA9999999", check: None },
        personal_number: Some(NumberForm {
            shape: "9 9999 99999 99 #",
            check: Some(CheckScheme::Weighted11),
        }),
        fields: &[
            FieldRule { name: "document_code", page: 0 },
            FieldRule { name: "issuing_state", page: 0 },
            FieldRule { name: "document_number", page: 0 },
            FieldRule { name: "surname", page: 0 },
            FieldRule { name: "given_names", page: 0 },
            FieldRule { name: "nationality", page: 0 },
            FieldRule { name: "personal_number", page: 0 },
            FieldRule { name: "date_of_birth", page: 0 },
            FieldRule { name: "sex", page: 0 },
            FieldRule { name: "height", page: 0 },
            FieldRule { name: "place_of_birth", page: 0 },
            FieldRule { name: "date_of_issue", page: 0 },
            FieldRule { name: "date_of_expiry", page: 0 },
            FieldRule { name: "mrz", page: 0 },
        ],
    },
    DocumentType {
        id: "siamara/driving-licence/2022",
        pages: 1,
        issuing_state: "QSM",
        nationality: Nationality::Own,
        dates: DateFormat {
            order: PartOrder::DayMonthYear,
            separators: " ",
            month: MonthForm::EnglishCapitals,
            padded: true,
            calendar: Calendar::Buddhist,
        },
        sexes: ["F", "M", "X"],
        zone: None,
        personal_number_in_zone: false,
        document_number: NumberForm { shape: "AA9999999", check: None },
        personal_number: Some(NumberForm {
            shape: "9 9999 99999 99 #",
            check: Some(CheckScheme::Weighted11),
        }),
        fields: &[
            FieldRule { name: "document_number", page: 0 },
            FieldRule { name: "date_of_issue", page: 0 },
            FieldRule { name: "date_of_expiry", page: 0 },
            FieldRule { name: "full_name", page: 0 },
            FieldRule { name: "date_of_birth", page: 0 },
            FieldRule { name: "personal_number", page: 0 },
            FieldRule { name: "categories", page: 0 },
            FieldRule { name: "authority", page: 0 },
        ],
    },
];
