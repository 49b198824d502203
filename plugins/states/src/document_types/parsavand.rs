//! The document types of Parsavand; written by `python -m dossier_training.rules_table`.

use dossier_rules_sdk::dates::{Calendar, DateFormat, MonthForm, PartOrder};

use crate::{CheckScheme, DocumentType, FieldRule, Nationality, NumberForm};

pub(super) static DOCUMENT_TYPES: [DocumentType; 2] = [
    DocumentType {
        id: "parsavand/id-card/2017",
        pages: 1,
        issuing_state: "QPV",
        nationality: Nationality::Own,
        dates: DateFormat {
            order: PartOrder::YearMonthDay,
            separators: "/",
            month: MonthForm::Number,
            padded: true,
            calendar: Calendar::SolarHijri,
        },
        sexes: ["F", "M", "X"],
        zone: None,
        personal_number_in_zone: false,
        document_number: NumberForm { shape: "9A99999999", check: None },
        personal_number: Some(NumberForm {
            shape: "999-999999-#",
            check: Some(CheckScheme::Weighted11),
        }),
        fields: &[
            FieldRule { name: "personal_number", page: 0 },
            FieldRule { name: "given_names", page: 0 },
            FieldRule { name: "surname", page: 0 },
            FieldRule { name: "date_of_birth", page: 0 },
            FieldRule { name: "date_of_expiry", page: 0 },
            FieldRule { name: "place_of_birth", page: 0 },
        ],
    },
    DocumentType {
        id: "parsavand/driving-licence/2021",
        pages: 1,
        issuing_state: "QPV",
        nationality: Nationality::Own,
        dates: DateFormat {
            order: PartOrder::YearMonthDay,
            separators: "/",
            month: MonthForm::Number,
            padded: true,
            calendar: Calendar::SolarHijri,
        },
        sexes: ["F", "M", "X"],
        zone: None,
        personal_number_in_zone: false,
        document_number: NumberForm { shape: "9A99999999", check: None },
        personal_number: Some(NumberForm {
            shape: "999-999999-#",
            check: Some(CheckScheme::Weighted11),
        }),
        fields: &[
            FieldRule { name: "document_number", page: 0 },
            FieldRule { name: "surname", page: 0 },
            FieldRule { name: "given_names", page: 0 },
            FieldRule { name: "personal_number", page: 0 },
            FieldRule { name: "date_of_birth", page: 0 },
            FieldRule { name: "date_of_issue", page: 0 },
            FieldRule { name: "date_of_expiry", page: 0 },
            FieldRule { name: "categories", page: 0 },
        ],
    },
];
