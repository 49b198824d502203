//! France: the identity card until 2021 and the driving licence since 2013, neither of Doc 9303.

use dossier_rules_sdk::zone::ZoneFault;

use super::cells::{Cells, agrees};
use super::{CheckDigit, Content, Names};

/// The identity card of 1988 to 2021: 2 lines of 36.
///
/// Line 1: `ID`, `FRA`, the surname (25), the issuing office (6). Line 2: the number, which begins
/// with year and month of issue and the department (12), its digit, the given names (14), the date of
/// birth and its digit, the sex, a digit over all before it.
pub(super) fn read_id_card(text: &str) -> Result<Content, ZoneFault> {
    let cells = Cells::of(text, &[36, 36])?;
    if cells.at(1, 1, 5) != "IDFRA" {
        return Err(ZoneFault::DocumentCode);
    }
    let surname = cells.at(1, 6, 30);
    let given_names = cells.at(2, 14, 27);
    let all_but_last = format!("{}{}", cells.at(1, 1, 36), cells.at(2, 1, 35));
    let issue = cells.at(2, 1, 4);
    let mut more = vec![("issuing_office", cells.words(1, 31, 36))];
    if let Some(month) = month_of_issue(issue) {
        more.push(("month_of_issue", month));
    }
    Ok(Content {
        text: cells.text(),
        issuing_state: "FRA".to_owned(),
        nationality: None,
        names: Some(Names {
            surname: cells.words(1, 6, 30),
            given_names: Some(cells.words(2, 14, 27)),
            may_be_truncated: !surname.ends_with('<') || !given_names.ends_with('<'),
            shared_cells: None,
            is_encoded: false,
        }),
        document_number: Some(cells.at(2, 1, 12).to_owned()),
        date_of_birth: Some(cells.at(2, 28, 33).to_owned()),
        date_of_expiry: None,
        sex: Some(sex(cells.at(2, 35, 35))),
        more,
        check_digits: vec![
            CheckDigit::new(
                "mrz.check_digit.document_number",
                agrees(cells.at(2, 1, 12), cells.at(2, 13, 13)),
                &["document_number", "month_of_issue"],
            ),
            CheckDigit::new(
                "mrz.check_digit.date_of_birth",
                agrees(cells.at(2, 28, 33), cells.at(2, 34, 34)),
                &["date_of_birth"],
            ),
            CheckDigit::new(
                "mrz.check_digit.composite",
                agrees(&all_but_last, cells.at(2, 36, 36)),
                &[],
            ),
        ],
        ..Content::default()
    })
}

/// The driving licence: `D1`, `FRA`, the number (9), a digit over all before it, the date of expiry,
/// the beginning of the surname (8), a digit over all before it.
pub(super) fn read_driving_licence(text: &str) -> Result<Content, ZoneFault> {
    let cells = Cells::of(text, &[30])?;
    if cells.at(1, 1, 5) != "D1FRA" {
        return Err(ZoneFault::DocumentCode);
    }
    Ok(Content {
        text: cells.text(),
        issuing_state: "FRA".to_owned(),
        names: Some(Names {
            surname: cells.words(1, 22, 29),
            given_names: None,
            may_be_truncated: !cells.at(1, 22, 29).ends_with('<'),
            shared_cells: None,
            is_encoded: false,
        }),
        document_number: Some(cells.at(1, 6, 14).to_owned()),
        date_of_expiry: Some(cells.at(1, 16, 21).to_owned()),
        check_digits: vec![
            CheckDigit::new(
                "mrz.check_digit.document_number",
                agrees(cells.at(1, 1, 14), cells.at(1, 15, 15)),
                &["document_number"],
            ),
            CheckDigit::new(
                "mrz.check_digit.composite",
                agrees(cells.at(1, 1, 29), cells.at(1, 30, 30)),
                &["date_of_expiry"],
            ),
        ],
        ..Content::default()
    })
}

/// Year and month in ISO 8601. The card was issued from 1988 on, so the century is known.
fn month_of_issue(cells: &str) -> Option<String> {
    let year = cells.get(..2)?.parse::<u32>().ok()?;
    let month = cells.get(2..)?.parse::<u32>().ok().filter(|month| (1..=12).contains(month))?;
    let century = if year >= 88 { 1900 } else { 2000 };
    Some(format!("{:04}-{month:02}", century + year))
}

fn sex(cell: &str) -> Option<&'static str> {
    match cell {
        "F" => Some("F"),
        "M" => Some("M"),
        _ => None,
    }
}
