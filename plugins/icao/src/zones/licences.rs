//! Driving licences whose zones tell little: Switzerland's and the Netherlands'.

use dossier_rules_sdk::zone::ZoneFault;

use super::cells::{Cells, agrees, split_names};
use super::{CheckDigit, Content, Names};

/// Switzerland's: the number of the blank and its language (9); `FA`, `CHE`, the holder's number (9),
/// the version (3), two fillers, the date of birth (30); the names (30). No check digit at all.
pub(super) fn read_swiss(text: &str) -> Result<Content, ZoneFault> {
    let cells = Cells::of(text, &[9, 30, 30])?;
    if cells.at(2, 1, 5) != "FACHE" {
        return Err(ZoneFault::DocumentCode);
    }
    let (surname, given_names) = split_names(cells.at(3, 1, 30));
    Ok(Content {
        text: cells.text(),
        issuing_state: "CHE".to_owned(),
        names: Some(Names {
            surname,
            given_names: Some(given_names),
            may_be_truncated: !cells.at(3, 30, 30).ends_with('<'),
            shared_cells: Some(30),
            is_encoded: false,
        }),
        date_of_birth: Some(cells.at(2, 20, 25).to_owned()),
        more: vec![
            ("blank_number", cells.at(1, 1, 6).to_owned()),
            ("language", cells.words(1, 7, 7)),
            ("holder_number", cells.at(2, 6, 14).to_owned()),
            ("version", cells.at(2, 15, 17).to_owned()),
        ],
        ..Content::default()
    })
}

/// The Netherlands' since 2014: `D1`, `D2` or `D3`, `NLD`, the configuration (1), the number (10), what
/// the issuer keeps to itself (13), a digit over all before it.
pub(super) fn read_dutch(text: &str) -> Result<Content, ZoneFault> {
    let cells = Cells::of(text, &[30])?;
    let is_licence = matches!(cells.at(1, 1, 2), "D1" | "D2" | "D3");
    if !is_licence || cells.at(1, 3, 5) != "NLD" {
        return Err(ZoneFault::DocumentCode);
    }
    Ok(Content {
        text: cells.text(),
        issuing_state: "NLD".to_owned(),
        document_number: Some(cells.at(1, 7, 16).to_owned()),
        more: vec![("configuration", cells.at(1, 6, 6).to_owned())],
        check_digits: vec![CheckDigit::new(
            "mrz.check_digit.composite",
            agrees(cells.at(1, 1, 29), cells.at(1, 30, 30)),
            &["document_number", "configuration"],
        )],
        ..Content::default()
    })
}
