//! The document types of Anatolis; written by `python -m dossier_training.rules_table`.

use dossier_rules_sdk::dates::{Calendar, DateFormat, MonthForm, PartOrder};
use dossier_rules_sdk::zone::ZoneFormat;

use crate::{CheckScheme, DocumentType, FieldRule, Nationality, NumberForm, ZoneKind};

pub(super) static DOCUMENT_TYPES: [DocumentType; 2] = [
    DocumentType {
        id: "anatolis/id-card/2016",
        pages: 2,
        issuing_state: "QAN",
        nationality: Nationality::Own,
        dates: DateFormat {
            order: PartOrder::DayMonthYear,
            separators: ".",
            month: MonthForm::Number,
            padded: true,
            calendar: Calendar::Gregorian,
        },
        sexes: ["K / F", "E / M", "X"],
        zone: Some(ZoneKind::Icao(ZoneFormat::Td1)),
        personal_number_in_zone: true,
        document_number: NumberForm { shape: "A99A99999", check: None },
        personal_number: Some(NumberForm { shape: "9999999999#", check: Some(CheckScheme::Luhn) }),
        fields: &[
            FieldRule { name: "personal_number", page: 0 },
            FieldRule { name: "surname", page: 0 },
            FieldRule { name: "given_names", page: 0 },
            FieldRule { name: "date_of_birth", page: 0 },
            FieldRule { name: "sex", page: 0 },
            FieldRule { name: "document_number", page: 0 },
            FieldRule { name: "nationality", page: 0 },
            FieldRule { name: "date_of_expiry", page: 0 },
            FieldRule { name: "authority", page: 1 },
            FieldRule { name: "place_of_birth", page: 1 },
            FieldRule { name: "mrz", page: 1 },
        ],
    },
    DocumentType {
        id: "anatolis/id-card/2024",
        pages: 1,
        issuing_state: "QAN",
        nationality: Nationality::Own,
        dates: DateFormat {
            order: PartOrder::DayMonthYear,
            separators: ".",
            month: MonthForm::Number,
            padded: true,
            calendar: Calendar::Gregorian,
        },
        sexes: ["K / F", "E / M", "X"],
        zone: None,
        personal_number_in_zone: false,
        document_number: NumberForm { shape: "A99A99999", check: None },
        personal_number: Some(NumberForm { shape: "9999999999#", check: Some(CheckScheme::Luhn) }),
        fields: &[
            FieldRule { name: "personal_number", page: 0 },
            FieldRule { name: "document_number", page: 0 },
            FieldRule { name: "sex", page: 0 },
            FieldRule { name: "surname", page: 0 },
            FieldRule { name: "given_names", page: 0 },
            FieldRule { name: "date_of_birth", page: 0 },
            FieldRule { name: "nationality", page: 0 },
            FieldRule { name: "place_of_birth", page: 0 },
            FieldRule { name: "date_of_issue", page: 0 },
            FieldRule { name: "date_of_expiry", page: 0 },
        ],
    },
];
