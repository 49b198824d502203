//! Codes before and after the days on which they change.

use super::*;

fn today() -> Date {
    Date::new(2026, 11, 24)
}

fn passport(code: &str, issue: Option<Date>, expiry: Option<Date>) -> CodeVerdict {
    let format = ZoneFormat::Td3;
    document_code(code, format, "UTO", Issued::of(format, issue, expiry, today()), expiry)
}

fn card(code: &str, state: &str) -> CodeVerdict {
    let format = ZoneFormat::Td1;
    document_code(code, format, state, Issued::of(format, None, None, today()), None)
}

fn outcome(verdict: &CodeVerdict) -> Option<bool> {
    match verdict {
        CodeVerdict::Right(_) => Some(true),
        CodeVerdict::Wrong(_) => Some(false),
        CodeVerdict::Undecided(_) => None,
    }
}

#[test]
fn passports_have_harmonised_codes_from_2026_on() {
    let [before, after] = [Date::new(2025, 12, 31), Date::new(2026, 1, 1)];
    for code in ["PP", "PE", "PD", "PO", "PR", "PT", "PS", "PL", "PM", "PU"] {
        assert_eq!(outcome(&passport(code, Some(after), None)), Some(true), "{code}");
        assert_eq!(outcome(&passport(code, None, None)), Some(true), "{code}");
    }
    assert_eq!(outcome(&passport("PN", Some(before), None)), Some(true));
    assert_eq!(outcome(&passport("PN", Some(after), None)), Some(false));
    assert_eq!(outcome(&passport("PN", None, Some(Date::new(2030, 1, 1)))), None);
    assert_eq!(outcome(&passport("PN", None, Some(Date::new(2025, 1, 1)))), Some(true));
    assert_eq!(outcome(&passport("PN", None, Some(Date::new(2037, 1, 1)))), Some(false));
    for code in ["P1", "PPP", "ID", "", "V"] {
        assert_eq!(outcome(&passport(code, None, None)), Some(false), "{code}");
    }
}

#[test]
fn a_second_letter_is_mandatory_from_2028_on() {
    let expiry = |year| Some(Date::new(year, 1, 1));
    assert_eq!(outcome(&passport("P", None, expiry(2037))), Some(true));
    assert_eq!(outcome(&passport("P", None, expiry(2038))), Some(false));
    let later = Date::new(2031, 1, 1);
    let judged = |issue| {
        let issued = Issued::of(ZoneFormat::Td3, issue, expiry(2035), later);
        outcome(&document_code("P", ZoneFormat::Td3, "UTO", issued, expiry(2035)))
    };
    assert_eq!(judged(Some(Date::new(2027, 12, 31))), Some(true));
    assert_eq!(judged(Some(Date::new(2028, 1, 1))), Some(false));
    assert_eq!(judged(None), None);
}

#[test]
fn cards_have_letters_but_for_those_that_are_known() {
    for code in ["I", "ID", "IR", "A", "AC", "AR", "C", "CR"] {
        assert_eq!(outcome(&card(code, "UTO")), Some(true), "{code}");
    }
    assert_eq!(outcome(&card("C1", "USA")), Some(true));
    assert_eq!(outcome(&card("C2", "USA")), Some(true));
    for (code, state) in
        [("C1", "UTO"), ("C3", "USA"), ("I1", "USA"), ("AI", "UTO"), ("IV", "UTO"), ("P", "UTO")]
    {
        assert_eq!(outcome(&card(code, state)), Some(false), "{code} {state}");
    }
    let format = ZoneFormat::Td1;
    let issued = Issued::of(format, Some(Date::new(2026, 2, 19)), None, today());
    assert_eq!(outcome(&document_code("AI", format, "UTO", issued, None)), Some(true));
}

#[test]
fn codes_of_states_that_are_no_more_are_judged_by_their_end() {
    let judged = |code, issue| {
        outcome(&state_code("nationality", code, Issued::of(ZoneFormat::Td1, issue, None, today())))
    };
    for code in ["D", "DEU", "RKS", "XXK", "XIM", "XES", "XMP", "XDC", "XCE", "EUE", "UNK", "UTO"] {
        assert_eq!(judged(code, None), Some(true), "{code}");
    }
    assert_eq!(judged("ZZZ", None), Some(false));
    assert_eq!(judged("YUG", None), None);
    assert_eq!(judged("YUG", Some(Date::new(2003, 7, 22))), Some(true));
    assert_eq!(judged("YUG", Some(Date::new(2003, 7, 23))), Some(false));
    let CodeVerdict::Right(message) =
        state_code("nationality", "XXK", Issued::of(ZoneFormat::Td1, None, None, today()))
    else {
        panic!("known");
    };
    assert!(message.contains("isn't one of Doc 9303") && message.contains("Kosovo"), "{message}");
}

#[test]
fn every_code_has_a_source_and_stands_once() {
    let mut codes = DOCUMENT_CODES.iter().map(|row| row.code).collect::<Vec<_>>();
    codes.extend(STATE_CODES.iter().map(|row| row.code));
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
    assert!(DOCUMENT_CODES.iter().all(|row| !row.source.is_empty() && !row.formats.is_empty()));
    assert!(
        STATE_CODES
            .iter()
            .all(|row| !row.source.is_empty() && mrz::country_name(row.code).is_none())
    );
}
