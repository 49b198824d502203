//! Russia's passport for the interior, in the shape of TD3.

use dossier_rules_sdk::zone::ZoneFault;

use super::cells::{Cells, agrees, split_names};
use super::{CheckDigit, Content, Names};

/// `PN`, `RUS`, the names in a code of letters and digits that can be read back into Cyrillic; line 2
/// as TD3, but: the number is the first three digits of the series and the number proper, there is no
/// date of expiry, and the optional data is the fourth digit of the series, the date of issue, the
/// code of the office and a filler.
///
/// The full table of the code is in no source at hand, so the names stay encoded.
pub(super) fn read(text: &str) -> Result<Content, ZoneFault> {
    let cells = Cells::of(text, &[44, 44])?;
    if cells.at(1, 1, 5) != "PNRUS" {
        return Err(ZoneFault::DocumentCode);
    }
    let (surname, given_names) = split_names(cells.at(1, 6, 44));
    let (series, number) = (cells.at(2, 1, 3), cells.at(2, 4, 9));
    let covered = [cells.at(2, 1, 10), cells.at(2, 14, 20), cells.at(2, 22, 43)].concat();
    Ok(Content {
        text: cells.text(),
        issuing_state: "RUS".to_owned(),
        nationality: Some(cells.words(2, 11, 13)),
        names: Some(Names {
            surname,
            given_names: Some(given_names),
            may_be_truncated: !cells.at(1, 44, 44).ends_with('<'),
            shared_cells: Some(39),
            is_encoded: true,
        }),
        document_number: Some(format!("{series}{}{number}", cells.at(2, 29, 29))),
        date_of_birth: Some(cells.at(2, 14, 19).to_owned()),
        date_of_expiry: None,
        sex: Some(match cells.at(2, 21, 21) {
            "F" => Some("F"),
            "M" => Some("M"),
            _ => None,
        }),
        more: vec![("office_code", cells.at(2, 36, 41).to_owned())],
        check_digits: vec![
            CheckDigit::new(
                "mrz.check_digit.document_number",
                agrees(cells.at(2, 1, 9), cells.at(2, 10, 10)),
                &["document_number"],
            ),
            CheckDigit::new(
                "mrz.check_digit.date_of_birth",
                agrees(cells.at(2, 14, 19), cells.at(2, 20, 20)),
                &["date_of_birth"],
            ),
            // It covers the fourth digit of the series too.
            CheckDigit::new(
                "mrz.check_digit.optional_data",
                agrees(cells.at(2, 29, 42), cells.at(2, 43, 43)),
                &["document_number", "office_code"],
            ),
            CheckDigit::new(
                "mrz.check_digit.composite",
                agrees(&covered, cells.at(2, 44, 44)),
                &[],
            ),
        ],
        ..Content::default()
    })
}
