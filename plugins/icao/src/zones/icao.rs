//! The zones of Doc 9303, and the one national way to misread its rules that passes: Belgium's.

use dossier_rules_sdk::zone::{self, CheckDigit as Digit, Correction, Zone, ZoneFault, ZoneFormat};

use super::{CheckDigit, Content, Names};

/// Reads a zone that must have the format.
pub(super) fn read(text: &str, format: ZoneFormat) -> Result<Content, ZoneFault> {
    let zone = Zone::parse(text)?;
    if zone.format() == format { Ok(content(&zone)) } else { Err(ZoneFault::Shape) }
}

/// What the zone must have been, and what that tells.
pub(crate) fn corrected(text: &str, format: ZoneFormat) -> Option<(Content, Correction)> {
    let correction = zone::correct(text)?;
    (correction.zone.format() == format).then(|| (content(&correction.zone), correction))
}

fn content(zone: &Zone) -> Content {
    let mut more = Vec::new();
    let optional = zone.optional_data();
    match (zone.format(), optional.as_slice()) {
        (ZoneFormat::Td3, _) => {
            more.extend(zone.personal_number().map(|text| ("personal_number", text.to_owned())));
        }
        // With a number that overflows, the first is the rest of it.
        (ZoneFormat::Td1, [first, second]) => {
            let first = if zone.number_overflows() { "" } else { *first };
            more.extend([
                ("optional_data_1", first.to_owned()),
                ("optional_data_2", (*second).to_owned()),
            ]);
        }
        (_, [data]) if !zone.number_overflows() => more.push(("optional_data", (*data).to_owned())),
        _ => {}
    }
    more.retain(|(_, value)| !value.is_empty());
    Content {
        text: zone.text(),
        has_right_code: has_right_code(zone),
        issuing_state: zone.issuing_state().to_owned(),
        nationality: Some(zone.nationality().to_owned()),
        names: Some(Names {
            surname: zone.surname(),
            given_names: Some(zone.given_names()),
            may_be_truncated: zone.names_may_be_truncated(),
            shared_cells: Some(zone.name_field_length()),
            is_encoded: false,
        }),
        document_number: Some(zone.document_number().to_owned()),
        date_of_birth: Some(zone.date_of_birth().to_owned()),
        date_of_expiry: Some(zone.date_of_expiry().to_owned()),
        sex: Some(zone.sex()),
        more,
        check_digits: check_digits(zone),
    }
}

fn check_digits(zone: &Zone) -> Vec<CheckDigit> {
    let known: [(&'static str, Digit, &'static [&'static str]); 5] = [
        ("mrz.check_digit.document_number", Digit::DocumentNumber, &["document_number"]),
        ("mrz.check_digit.date_of_birth", Digit::DateOfBirth, &["date_of_birth"]),
        ("mrz.check_digit.date_of_expiry", Digit::DateOfExpiry, &["date_of_expiry"]),
        ("mrz.check_digit.optional_data", Digit::OptionalData, &["personal_number"]),
        ("mrz.check_digit.composite", Digit::Composite, &[]),
    ];
    let printed = known.into_iter().filter_map(|(code, digit, covers)| {
        Some(CheckDigit::new(code, zone.check_digit(digit)?, covers))
    });
    let mut digits = printed.collect::<Vec<_>>();
    if let Some(digit) = digits.first_mut().filter(|digit| !digit.agrees)
        && agrees_in_the_older_belgian_way(zone)
    {
        digit.agrees = true;
        digit.note = Some("the check digit agrees as older Belgian cards compute it");
    }
    digits
}

/// Older cards of Belgium compute the digit of a number that overflows with the filler in between;
/// part 5, note j, leaves it out.
fn agrees_in_the_older_belgian_way(zone: &Zone) -> bool {
    if zone.format() != ZoneFormat::Td1 || zone.issuing_state() != "BEL" || !zone.number_overflows()
    {
        return false;
    }
    let rest = zone.cells(0, 15, 30).split('<').next().unwrap_or_default();
    let Some((rest, digit)) = rest.split_at_checked(rest.len().saturating_sub(1)) else {
        return false;
    };
    super::cells::agrees(&format!("{}<{rest}", zone.cells(0, 5, 14)), digit)
}

/// The document codes of parts 4 to 7.
fn has_right_code(zone: &Zone) -> bool {
    let code = zone.document_code();
    let is_letters = code.bytes().all(|b| b.is_ascii_uppercase());
    is_letters
        && match zone.format() {
            ZoneFormat::Td3 => code.starts_with('P'),
            ZoneFormat::MrvA | ZoneFormat::MrvB => code.starts_with('V'),
            // A second letter V would make a visa of a card; AC is a crew member's.
            ZoneFormat::Td1 | ZoneFormat::Td2 => {
                code.starts_with(['A', 'C', 'I']) && !code.ends_with('V')
            }
        }
}
