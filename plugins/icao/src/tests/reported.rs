//! Documents that public reports say readers go wrong on, each kind with invented values.

use super::*;

/// A passport whose fields other than the given cells don't matter here.
fn passport(
    code: &str,
    state: &str,
    names: &str,
    number: &str,
    birth: &str,
    expiry: &str,
) -> String {
    let digit = |cells: &str| mrz::check_digit(cells).expect("cells");
    let number = format!("{number:<<9}");
    let mut second = format!(
        "{number}{}{state:<<3}{birth}{}F{expiry}{}<<<<<<<<<<<<<<0",
        digit(&number),
        digit(birth),
        digit(expiry)
    );
    let covered = [&second[..10], &second[13..20], &second[21..43]].concat();
    second += &digit(&covered).to_string();
    format!("{:<<44}\n{second}", format!("{code:<<2}{state:<<3}{names}"))
}

fn of_state(state: &str) -> String {
    passport("P", state, "BEISPIEL<<MIRA", "X23456789", "910325", "330101")
}

fn card_until(state: &str, expiry: &str) -> String {
    let digit = mrz::check_digit(expiry).expect("cells");
    card(
        &format!("ID{state}X234567891"),
        &format!("9103258F{expiry}{digit}{state}"),
        "BEISPIEL<<MIRA",
    )
}

fn failed(report: &Report) -> Vec<&str> {
    let failed = report.checks.iter().filter(|check| check.outcome == Outcome::Failed);
    failed.map(|check| check.code).collect()
}

fn with_zone(document_type: &str, zone: &str, fields: &[(&str, &str)]) -> Report {
    let mut readings = fields.iter().map(|(name, raw)| read(name, raw)).collect::<Vec<_>>();
    readings.push(read("mrz", zone));
    report(document_type, &readings)
}

/// The value, the comparison and what expiry comes to.
fn expiry(zone: &str, visual: Option<&str>) -> (Option<String>, Outcome, Outcome, Outcome) {
    let fields = visual.map(|visual| ("date_of_expiry", visual));
    let report = with_zone("icao/td1", zone, fields.as_slice());
    (
        value(&report, "date_of_expiry").map(str::to_owned),
        outcome(&report, "mrz.date_of_expiry"),
        outcome(&report, "mrz.matches.date_of_expiry"),
        outcome(&report, "document.expiry"),
    )
}

#[test]
fn a_document_without_an_end_does_not_expire() {
    use Outcome::{Failed, NotPerformed, Passed};
    let spanish = card_until("ESP", "990101");
    let text = |day: &str| Some(day.to_owned());
    for visual in ["01 01 9999", "01.01.9999", "01/01/9999"] {
        let of = expiry(&spanish, Some(visual));
        assert_eq!(of, (text("9999-01-01"), NotPerformed, Passed, Passed), "{visual}");
    }
    let alone = expiry(&spanish, None);
    assert_eq!(alone, (text("9999-01-01"), NotPerformed, NotPerformed, NotPerformed));
    for cells in ["990101", "991231", "999999"] {
        let of = expiry(&card_until("UTO", cells), None);
        assert_eq!(of, (None, NotPerformed, NotPerformed, NotPerformed), "{cells}");
    }
    let blank = card_until("UTO", "<<<<<<");
    assert_eq!(expiry(&blank, None), (None, NotPerformed, NotPerformed, NotPerformed));
    for words in [
        "PERMANENT",
        "Permanente",
        "INDEFINIDO",
        "NEVER",
        "SANS LIMITE",
        "unbefristet / unlimited",
        "ILLIMITÉE",
        "SÜRESİZ",
        "БЕССРОЧНО",
        "ΑΟΡΙΣΤΟΥ",
        "---",
        "99.99.9999",
    ] {
        let of = expiry(&blank, Some(words));
        let expired = if words == "---" { NotPerformed } else { Passed };
        assert_eq!(of, (None, NotPerformed, Passed, expired), "{words}");
    }
    // Words against a day: the zones differ, and the day counts.
    let until_2030 = card_until("UTO", "300101");
    assert_eq!(expiry(&until_2030, Some("PERMANENT")), (None, Passed, Failed, Passed));
    let until_2020 = card_until("UTO", "200101");
    assert_eq!(expiry(&until_2020, Some("PERMANENT")), (None, Passed, Failed, Failed));
}

#[test]
fn the_visual_zone_settles_the_century() {
    use Outcome::{Failed, NotPerformed, Passed};
    let text = |day: &str| Some(day.to_owned());
    let until_91 = card_until("UTO", "910325");
    for (visual, expected) in [("25.03.2091", Passed), ("25.03.1991", Failed)] {
        let (_, _, matches, expired) = expiry(&until_91, Some(visual));
        assert_eq!((matches, expired), (Passed, expected), "{visual}");
    }
    assert_eq!(expiry(&until_91, None), (None, NotPerformed, NotPerformed, NotPerformed));
    let until_81 = card_until("UTO", "810325");
    assert_eq!(expiry(&until_81, None), (text("2081-03-25"), Passed, NotPerformed, Passed));
    // Where the zones differ, the earlier end counts.
    let until_30 = card_until("UTO", "300101");
    let (_, _, matches, expired) = expiry(&until_30, Some("01.01.2020"));
    assert_eq!((matches, expired), (Failed, Failed));
    // A zone that its digit contradicts is no reason to forget the visual date.
    let misread = until_30.replace("300101", "300102");
    assert_eq!(expiry(&misread, Some("01.01.2020")).3, Failed);
    // Without a zone there is the visual date.
    let alone = report("icao/td1", &[read("date_of_expiry", "01.01.2020")]);
    assert_eq!(outcome(&alone, "document.expiry"), Failed);
}

#[test]
fn one_name_stands_in_either_field() {
    let single = passport("P", "UTO", "BEISPIEL", "X23456789", "910325", "330101");
    let secondary = passport("P", "UTO", "<<MIRA", "X23456789", "910325", "330101");
    for (zone, surname, given_names) in [
        (&single, "BEISPIEL", ""),
        (&single, "BEISPIEL", "---"),
        (&single, "", "BEISPIEL"),
        (&secondary, "", "MIRA"),
        (&secondary, "-", "MIRA"),
        (&secondary, "***", "MIRA"),
    ] {
        let of = with_zone("icao/td3", zone, &[("surname", surname), ("given_names", given_names)]);
        assert_eq!(failed(&of), Vec::<&str>::new(), "{surname} {given_names}");
        for code in ["mrz.matches.surname", "mrz.matches.given_names", "reading.not_empty"] {
            assert_eq!(outcome(&of, code), Outcome::Passed, "{surname} {given_names} {code}");
        }
        let blank = if surname.len() < 4 { "surname" } else { "given_names" };
        assert_eq!(value(&of, blank), None);
    }
    let of = with_zone("icao/td3", &secondary, &[]);
    assert_eq!(outcome(&of, "mrz.names"), Outcome::NotPerformed);
    // What the zone has and the page doesn't is no blank by design.
    let both = of_state("UTO");
    let of = with_zone("icao/td3", &both, &[("surname", "BEISPIEL"), ("given_names", "")]);
    assert_eq!(failed(&of), ["reading.not_empty", "mrz.matches.given_names"]);
    let of = with_zone("icao/td3", &single, &[("surname", ""), ("given_names", "MIRA")]);
    assert_eq!(
        failed(&of),
        ["reading.not_empty", "mrz.matches.surname", "mrz.matches.given_names"]
    );
    let none = passport("P", "UTO", "", "X23456789", "910325", "330101");
    assert_eq!(outcome(&with_zone("icao/td3", &none, &[]), "mrz.names"), Outcome::Failed);
}

#[test]
fn codes_that_are_issued_are_known() {
    let resident = card("C2USAX234567891", "9103258F3301018HND", "BEISPIEL<<MIRA");
    assert_eq!(failed(&zone_report("icao/td1", &resident)), Vec::<&str>::new());
    let permit = card("ARD<<X234567891", "9103258F3301018XXK", "BEISPIEL<<MIRA");
    let of = zone_report("icao/td1", &permit);
    assert_eq!(outcome(&of, "mrz.nationality"), Outcome::Passed);
    assert!(check(&of, "mrz.nationality").message.contains("isn't one of Doc 9303"));
    for (code, expected) in
        [("AI", Outcome::Failed), ("I9", Outcome::Failed), ("IX", Outcome::Passed)]
    {
        let zone = card(&format!("{code}UTOX234567891"), "9103258F3301018UTO", "BEISPIEL<<MIRA");
        assert_eq!(
            outcome(&zone_report("icao/td1", &zone), "mrz.document_code"),
            expected,
            "{code}"
        );
    }
    let judged = |code: &str, expiry: &str, issue: Option<&str>| {
        let zone = passport(code, "UTO", "BEISPIEL<<MIRA", "X23456789", "910325", expiry);
        let issue = issue.map(|issue| ("date_of_issue", issue));
        outcome(&with_zone("icao/td3", &zone, issue.as_slice()), "mrz.document_code")
    };
    assert_eq!(judged("PD", "360101", None), Outcome::Passed);
    assert_eq!(judged("PX", "300101", None), Outcome::NotPerformed);
    assert_eq!(judged("PX", "300101", Some("31 DEC 2025")), Outcome::Passed);
    assert_eq!(judged("PX", "360101", Some("02 JAN 2026")), Outcome::Failed);
    assert_eq!(judged("P", "360101", None), Outcome::Passed);
    assert_eq!(judged("P", "380101", None), Outcome::Failed);
}

#[test]
fn dates_are_read_in_the_forms_that_documents_have() {
    for text in [
        "25.03.1991.",
        "1991. 03. 25.",
        "1991. 3. 25.",
        "25. 3. 1991",
        "25MAR1991",
        "19910325",
        "25  MAR  1991",
        "25/MAR/1991",
        "25-MAR-1991",
        "25 MAR / MARS 1991",
        "25 MAR/ MÄRZ 1991",
        "25 MARZO 1991",
        "25 MAR 1991 / 25 MARS 1991",
        "25 de marzo de 1991",
        "MAR 25, 1991",
        "1991年3月25日",
        "25 03 MAR 1991",
        "25 ΜΑΡ 1991",
        "25 МАР/MAR 1991",
        "25 BŘE 1991",
        "25 OŽU/MAR 1991",
        "25th March 1991",
        "25.MARCA.1991",
        "25 MAR\u{301} 1991",
    ] {
        let of = with_zone("icao/td3", &of_state("UTO"), &[("date_of_birth", text)]);
        assert_eq!(value(&of, "date_of_birth"), Some("1991-03-25"), "{text}");
        assert_eq!(failed(&of), Vec::<&str>::new(), "{text}");
        assert_eq!(outcome(&of, "mrz.matches.date_of_birth"), Outcome::Passed, "{text}");
    }
}

#[test]
fn other_calendars_and_short_years_are_no_reading() {
    for text in [
        "25/03/2534",
        "25 MAR 2534",
        "๒๕ มี.ค. ๒๕๓๔",
        "25 มีนาคม 2534",
        "18/08/1411",
        "1411-08-18",
        "1369/12/13",
        "۱۳۶۹/۱۲/۱۳",
        "民國80年3月25日",
        "80.03.25",
        "080/03/25",
        "平成3年3月25日",
        "H3.3.25",
        "25 MAR 91",
        "25.03.91",
        "250391",
        "2026-12-01",
        "01 DEC 2031",
        "XX XX 1991",
        "00.00.1991",
        "1991",
    ] {
        let of = with_zone("icao/td3", &of_state("THA"), &[("date_of_birth", text)]);
        assert_eq!(value(&of, "date_of_birth"), None, "{text}");
        assert_eq!(outcome(&of, "mrz.matches.date_of_birth"), Outcome::NotPerformed, "{text}");
        assert_eq!(failed(&of), Vec::<&str>::new(), "{text}");
    }
    let of = with_zone("icao/td3", &of_state("THA"), &[("date_of_expiry", "01 JAN 2576")]);
    assert_eq!(value(&of, "date_of_expiry"), None);
    assert_eq!(outcome(&of, "document.expiry"), Outcome::Passed, "the zone tells it");
}

#[test]
fn names_compare_in_every_spelling_of_a_letter() {
    for (visual, zone) in [
        ("ȘTEFĂNESCU", "STEFANESCU"),
        ("ŞTEFĂNESCU", "STEFANESCU"),
        ("ȚURCANU", "TURCANU"),
        ("MU\u{308}LLER", "MUELLER"),
        ("NGUYỄN THỊ ƯỚC", "NGUYEN<THI<UOC"),
        ("ĐẶNG", "DANG"),
        ("ƏLİYEV", "ALIYEV"),
        ("Əliyev", "ELIYEV"),
        ("YILDIZOĞLU", "YILDIZOGLU"),
        ("Işık", "ISIK"),
        ("ÇELİK", "CELIK"),
        ("ĐORĐEVIĆ", "DJORDJEVIC"),
        ("ẀYNNE", "WYNNE"),
        ("ÞÓRÐARSON", "THORDARSON"),
        ("ŁUCZAK", "LUCZAK"),
        ("MAIĆ", "MAIC"),
        ("ɓALA", "BALA"),
        ("ΠΑΠΑΔΟΠΟΥΛΟΣ", "PAPADOPOULOS"),
        ("Μπάμπης", "BAMPIS"),
        ("ΕΥΑΓΓΕΛΟΥ", "EVANGELOU"),
        ("ТАТЬЯНИНА", "TATIANINA"),
        ("O’NEILL", "ONEILL"),
        ("MUʻAMMAR", "MUAMMAR"),
        ("SMITH‐JONES", "SMITH<JONES"),
        ("ALAIN, JOSEPH", "ALAIN<JOSEPH"),
        ("ALAIN,JOSEPH", "ALAIN<JOSEPH"),
    ] {
        let names = format!("{zone}<<MIRA");
        let zone = passport("P", "UTO", &names, "X23456789", "910325", "330101");
        let of = with_zone("icao/td3", &zone, &[("surname", visual)]);
        assert_eq!(outcome(&of, "mrz.matches.surname"), Outcome::Passed, "{visual}");
        assert_eq!(failed(&of), Vec::<&str>::new(), "{visual}");
    }
    let zone = passport("P", "UTO", "O<NEILL<<MIRA", "X23456789", "910325", "330101");
    let of = with_zone("icao/td3", &zone, &[("surname", "O'NEILL")]);
    let check = check(&of, "mrz.matches.surname");
    assert_eq!(check.outcome, Outcome::Passed);
    assert!(check.message.contains("apostrophe"), "{}", check.message);
    let of = with_zone("icao/td3", &zone, &[("surname", "O'NEAL")]);
    assert_eq!(outcome(&of, "mrz.matches.surname"), Outcome::Failed);
    let of = with_zone("icao/td3", &zone, &[("surname", "ΠΑΠΠΑ")]);
    assert_eq!(outcome(&of, "mrz.matches.surname"), Outcome::NotPerformed);
    let composed = with_zone("icao/td3", &zone, &[("surname", "MÜLLER")]);
    let decomposed = with_zone("icao/td3", &zone, &[("surname", "MU\u{308}LLER")]);
    assert_eq!(composed, decomposed);
}

#[test]
fn no_value_has_fillers() {
    let zone = passport("P", "UTO", "BEISPIEL<<MIRA", "X2<456789", "910325", "330101");
    let of = zone_report("icao/td3", &zone);
    assert_eq!(value(&of, "document_number"), Some("X2456789"));
    let zone = card("IDUTOX234567891AB<CD<<E", "9103258F3301018UTO12<34", "BEISPIEL<<MIRA");
    let of = zone_report("icao/td1", &zone);
    assert_eq!(value(&of, "optional_data_1"), Some("AB CD E"));
    assert_eq!(value(&of, "optional_data_2"), Some("12 34"));
    for report in [of, zone_report("icao/td3", &zone)] {
        let of_values = report.fields.iter().filter(|field| !field.name.starts_with("mrz"));
        assert!(of_values.flat_map(|field| &field.value).all(|value| !value.contains('<')));
    }
}

#[test]
fn text_after_a_number_that_overflows_is_told() {
    let first = |rest: &str| {
        let number = "X23456789AB";
        let digit = mrz::check_digit(number).expect("cells");
        card(
            &format!("IDUTO{}<{}{digit}{rest}", &number[..9], &number[9..]),
            "9103258F3301018UTO",
            "BEISPIEL<<MIRA",
        )
    };
    let plain = zone_report("icao/td1", &first(""));
    assert_eq!(outcome(&plain, "mrz.optional_data"), Outcome::Passed);
    assert_eq!(value(&plain, "optional_data_1"), None);
    let followed = zone_report("icao/td1", &first("<EXTRA"));
    assert_eq!(value(&followed, "document_number"), Some("X23456789AB"));
    assert_eq!(value(&followed, "optional_data_1"), Some("EXTRA"));
    assert_eq!(outcome(&followed, "mrz.optional_data"), Outcome::NotPerformed);
}

#[test]
fn zeros_are_what_some_issuers_write_for_unknown() {
    for cells in ["910000", "910300", "000000"] {
        let zone = passport("P", "UTO", "BEISPIEL<<MIRA", "X23456789", cells, "330101");
        let of = with_zone("icao/td3", &zone, &[("date_of_birth", "25.03.1991")]);
        for code in ["mrz.date_of_birth", "mrz.date_of_birth.known", "mrz.matches.date_of_birth"] {
            assert_eq!(outcome(&of, code), Outcome::NotPerformed, "{cells} {code}");
        }
        assert_eq!(value(&zone_report("icao/td3", &zone), "date_of_birth"), None);
    }
}

#[test]
fn a_value_that_hides_its_text_is_none() {
    for name in ["BEI\u{202e}SPIEL", "BEI\u{200f}SPIEL", "BEI\u{7}SPIEL", "BEI\u{2066}SPIEL"] {
        let of = with_zone("icao/td3", &of_state("UTO"), &[("surname", name)]);
        assert_eq!(value(&of, "surname"), None);
        assert_eq!(outcome(&of, "reading.characters"), Outcome::Failed);
    }
}
