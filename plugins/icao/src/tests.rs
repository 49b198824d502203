//! Zones of every kind, good and damaged; whole reports are in `fixtures/`.

use dossier_rules_sdk::testing::{check, outcome, reading, value};
use dossier_rules_sdk::{FieldRequest, Observation, Outcome, Reading, Refusal, Report, Settings};
use proptest::prelude::*;

use crate::{DOCUMENT_TYPES, DocumentType};

fn before(
    document_type: &str,
    page_count: u32,
    requested: Option<&[String]>,
    today: &str,
) -> Result<Vec<FieldRequest>, Refusal> {
    dossier_rules_sdk::before(&DOCUMENT_TYPES, document_type, page_count, requested, today)
}

fn after(
    document_type: &str,
    readings: &[Reading],
    today: &str,
    settings: Settings,
) -> Result<Report, Refusal> {
    let nothing = Observation::default();
    dossier_rules_sdk::after(&DOCUMENT_TYPES, document_type, readings, &nothing, today, settings)
}

mod reported;
mod settings;

const TODAY: &str = "2026-11-24";
const PASSPORT: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
                        L898902C36UTO7408122F3204153ZE184226B<<<<<16";

fn read(name: &str, raw: &str) -> Reading {
    reading(name, 0, raw)
}

fn report(document_type: &str, readings: &[Reading]) -> Report {
    after(document_type, readings, TODAY, Settings::default()).expect("known type and fields")
}

fn zone_report(document_type: &str, zone: &str) -> Report {
    report(document_type, &[read("mrz", zone)])
}

/// The composite digit of a TD1 zone's second line is computed here, so that examples stay short.
fn card(first: &str, second: &str, names: &str) -> String {
    let second = format!("{second:<<29}");
    let first = format!("{first:<<30}");
    let covered = [&first[5..], &second[..7], &second[8..15], &second[18..]].concat();
    let digit = mrz::check_digit(&covered).expect("cells");
    format!("{first}\n{second}{digit}\n{names:<<30}")
}

#[test]
fn a_good_zone_of_a_passport_passes() {
    let report = zone_report("icao/td3", PASSPORT);
    for check in report.checks.iter().filter(|check| check.code.starts_with("mrz.check_digit")) {
        assert_eq!(check.outcome, Outcome::Passed, "{}", check.code);
    }
    assert_eq!(outcome(&report, "mrz.as_read"), Outcome::Passed);
    assert_eq!(value(&report, "personal_number"), Some("ZE184226B"));
    assert_eq!(value(&report, "date_of_birth"), Some("1974-08-12"));
    assert!(value(&report, "mrz_corrected").is_none());
}

#[test]
fn germany_has_a_code_of_one_letter() {
    let zone = card("IDD<<T220001293", "6408125<3108011D<<", "MUSTERMANN<<ERIKA");
    let of_zone = zone_report("icao/td1", &zone);
    assert_eq!(value(&of_zone, "issuing_state"), Some("D"));
    assert_eq!(outcome(&of_zone, "mrz.issuing_state"), Outcome::Passed);
    assert_eq!(outcome(&of_zone, "mrz.nationality"), Outcome::Passed);
    assert_eq!(outcome(&of_zone, "mrz.check_digit.composite"), Outcome::Passed);
    let readings = [read("mrz", &zone), read("nationality", "DEU")];
    assert_eq!(outcome(&report("icao/td1", &readings), "mrz.matches.nationality"), Outcome::Passed);
    let readings = [read("mrz", &zone), read("nationality", "DEUTSCH")];
    let of_word = report("icao/td1", &readings);
    assert_eq!(outcome(&of_word, "mrz.matches.nationality"), Outcome::NotPerformed);
}

/// Part 5, note j, and how older cards of Belgium read it.
#[test]
fn belgian_numbers_overflow_in_two_ways() {
    for (first, number, way) in [
        ("IDBEL600001795<0152", "600001795015", "the check digit agrees"),
        (
            "IDBEL000590240<6013",
            "000590240601",
            "the check digit agrees as older Belgian cards compute it",
        ),
    ] {
        let zone = card(first, "8502027F3112319BEL", "DUPONT<<MARIE<CLAIRE");
        let report = zone_report("icao/td1", &zone);
        let check = check(&report, "mrz.check_digit.document_number");
        assert_eq!((check.outcome, check.message.as_ref()), (Outcome::Passed, way), "{first}");
        assert_eq!(value(&report, "document_number"), Some(number));
        assert_eq!(outcome(&report, "mrz.check_digit.composite"), Outcome::Passed);
        assert_eq!(outcome(&report, "mrz.as_read"), Outcome::Passed);
    }
    let wrong = card("IDBEL000590240<6014", "8502027F3112319BEL", "DUPONT<<MARIE<CLAIRE");
    let of_wrong = zone_report("icao/td1", &wrong);
    assert_eq!(outcome(&of_wrong, "mrz.check_digit.document_number"), Outcome::Failed);
    assert_eq!(value(&of_wrong, "document_number"), None, "a contradicted value is left out");
    let french = card("IDFRA000590240<6013", "8502027F3112319FRA", "DUPONT<<MARIE");
    let of_french = zone_report("icao/td1", &french);
    assert_eq!(
        outcome(&of_french, "mrz.check_digit.document_number"),
        Outcome::Failed,
        "no Belgian"
    );
}

#[test]
fn french_identity_cards_have_digits_of_their_own() {
    let zone = "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<\n8806923102858CORINNE<<<<<<<6512068F6";
    let report = zone_report("icao/france/id-card/1988", zone);
    for code in ["document_number", "date_of_birth", "composite"] {
        assert_eq!(outcome(&report, &format!("mrz.check_digit.{code}")), Outcome::Passed, "{code}");
    }
    for (name, expected) in [
        ("surname", "BERTHIER"),
        ("given_names", "CORINNE"),
        ("document_number", "880692310285"),
        ("date_of_birth", "1965-12-06"),
        ("sex", "F"),
        ("month_of_issue", "1988-06"),
    ] {
        assert_eq!(value(&report, name), Some(expected), "{name}");
    }
    let damaged = zone.replace("CORINNE", "CORINNA");
    let damaged = zone_report("icao/france/id-card/1988", &damaged);
    assert_eq!(outcome(&damaged, "mrz.check_digit.composite"), Outcome::Failed);
}

#[test]
fn driving_licences_have_zones_of_their_own() {
    let french = zone_report("icao/france/driving-licence/2013", "D1FRA13AA000026181231MARTIN<<9");
    assert_eq!(value(&french, "document_number"), Some("13AA00002"));
    assert_eq!(value(&french, "date_of_expiry"), Some("2018-12-31"));
    assert_eq!(outcome(&french, "mrz.check_digit.composite"), Outcome::Passed);
    assert_eq!(outcome(&french, "document.expiry"), Outcome::Failed);

    let swiss = "AAA001D<<\nFACHE305142128097<<800126<<<<<\nMARCHAND<<FABIENNE<<<<<<<<<<<<";
    let swiss = zone_report("icao/switzerland/driving-licence/2003", swiss);
    assert_eq!(value(&swiss, "surname"), Some("MARCHAND"));
    assert_eq!(value(&swiss, "date_of_birth"), Some("1980-01-26"));
    assert_eq!(value(&swiss, "holder_number"), Some("305142128"));
    assert!(swiss.checks.iter().all(|check| !check.code.contains("check_digit")), "it prints none");

    let dutch = "D1NLD15094962111659VW87Z78NB84";
    let good = zone_report("icao/netherlands/driving-licence/2014", dutch);
    assert_eq!(value(&good, "document_number"), Some("5094962111"));
    assert_eq!(outcome(&good, "mrz.check_digit.composite"), Outcome::Passed);
    let bad = zone_report("icao/netherlands/driving-licence/2014", &dutch.replace("VW87", "VW97"));
    assert_eq!(outcome(&bad, "mrz.check_digit.composite"), Outcome::Failed);
    assert_eq!(value(&bad, "document_number"), None);
}

#[test]
fn russian_internal_passports_encode_names_and_do_not_expire() {
    let zone = "PNRUSIVANOV<<IVAN<IVANOVI3<<<<<<<<<<<<<<<<<<\n\
                4601234561RUS8503127M<<<<<<<7150401500012<64";
    let readings =
        [read("mrz", zone), read("surname", "ИВАНОВ"), read("document_number", "46 07 123456")];
    let report = report("icao/russia/internal-passport/2011", &readings);
    assert_eq!(value(&report, "given_names_encoded"), Some("IVAN IVANOVI3"));
    assert_eq!(value(&report, "given_names"), None);
    assert_eq!(outcome(&report, "mrz.names"), Outcome::Passed, "digits are letters of the code");
    assert_eq!(outcome(&report, "mrz.matches.surname"), Outcome::NotPerformed);
    for code in ["document_number", "date_of_birth", "optional_data", "composite"] {
        assert_eq!(outcome(&report, &format!("mrz.check_digit.{code}")), Outcome::Passed, "{code}");
    }
    assert!(report.checks.iter().all(|check| !check.code.contains("expiry")));
}

#[test]
fn unknown_dates_of_birth_are_said_to_be_unknown() {
    for (cells, is_valid, code) in [
        ("<<<<<<", Outcome::Passed, Outcome::NotPerformed),
        ("74<<<<", Outcome::Passed, Outcome::NotPerformed),
        ("7408<<", Outcome::Passed, Outcome::NotPerformed),
        ("7413<<", Outcome::Failed, Outcome::NotPerformed),
        ("7408<2", Outcome::Failed, Outcome::NotPerformed),
        ("740812", Outcome::Passed, Outcome::Passed),
        ("740842", Outcome::Failed, Outcome::Passed),
    ] {
        let digit = mrz::check_digit(cells).expect("cells");
        let zone = card("I<UTOD231458907", &format!("{cells}{digit}F3204153UTO"), "ERIKSSON<<ANNA");
        let report = zone_report("icao/td1", &zone);
        assert_eq!(outcome(&report, "mrz.date_of_birth"), is_valid, "{cells}");
        assert_eq!(outcome(&report, "mrz.date_of_birth.known"), code, "{cells}");
        assert_eq!(value(&report, "date_of_birth").is_some(), cells == "740812", "{cells}");
    }
}

#[test]
fn names_that_fill_their_field_may_be_cut_short() {
    let zone = |names: &str| card("I<UTOD231458907", "7408122F3204153UTO", names);
    let names = "NILAVADHANANANDA<<CHAYAPA<DEJT";
    let readings = [
        read("mrz", &zone(names)),
        read("surname", "NILAVADHANANANDA"),
        read("given_names", "CHAYAPA DEJTHAMRONG"),
    ];
    let full = report("icao/td1", &readings);
    assert_eq!(outcome(&full, "mrz.names.complete"), Outcome::NotPerformed);
    assert_eq!(outcome(&full, "mrz.matches.surname"), Outcome::Passed);
    let check = check(&full, "mrz.matches.given_names");
    assert_eq!(check.outcome, Outcome::Passed);
    assert!(check.message.contains("has room"), "{}", check.message);
    let spare = [read("mrz", &zone("ERIKSSON<<ANNA")), read("given_names", "ANNA MARIA")];
    let spare = report("icao/td1", &spare);
    assert_eq!(outcome(&spare, "mrz.names.complete"), Outcome::Passed);
    assert_eq!(outcome(&spare, "mrz.matches.given_names"), Outcome::Failed);
}

#[test]
fn a_correction_is_reported_beside_what_was_read() {
    let misread = PASSPORT.replace("L898902C36", "L8989O2C36").replace("7408122F", "74O8122F");
    let report = zone_report("icao/td3", &misread);
    assert_eq!(value(&report, "mrz"), Some(misread.as_str()), "what was read stays");
    assert_eq!(value(&report, "mrz_corrected"), Some(PASSPORT));
    assert_eq!(value(&report, "document_number"), None);
    assert_eq!(value(&report, "document_number_corrected"), Some("L898902C3"));
    assert_eq!(value(&report, "date_of_birth_corrected"), Some("1974-08-12"));
    assert_eq!(value(&report, "surname_corrected"), None, "only what differs");
    let check = check(&report, "mrz.as_read");
    assert_eq!(check.outcome, Outcome::Failed);
    assert!(check.message.contains("line 2 position 6, line 2 position 16"), "{}", check.message);
    assert_eq!(outcome(&report, "mrz.check_digit.document_number"), Outcome::Failed);

    let hopeless = PASSPORT.replace("L898902C36", "F898902C36");
    let hopeless = zone_report("icao/td3", &hopeless);
    assert_eq!(outcome(&hopeless, "mrz.as_read"), Outcome::Failed);
    assert_eq!(value(&hopeless, "mrz_corrected"), None);
}

#[test]
fn cyrillic_names_compare_with_their_transliterations() {
    let zone = card("I<BGRD231458907", "7408122F3204153BGR", "SHTERBAKOVA<<ANNA");
    let readings = [read("mrz", &zone), read("surname", "ЩЕРБАКОВА"), read("given_names", "АННА")];
    let of_cyrillic = report("icao/td1", &readings);
    assert_eq!(outcome(&of_cyrillic, "mrz.matches.surname"), Outcome::Passed);
    assert_eq!(outcome(&of_cyrillic, "mrz.matches.given_names"), Outcome::Passed);
    let greek = [read("mrz", &zone), read("surname", "ΠΑΠΑΔΟΠΟΥΛΟΣ")];
    assert_eq!(outcome(&report("icao/td1", &greek), "mrz.matches.surname"), Outcome::NotPerformed);
}

#[test]
fn visual_dates_compare_if_they_mean_one_day_only() {
    let matches = |visual: &str| {
        let readings = [read("mrz", PASSPORT), read("date_of_birth", visual)];
        let report = report("icao/td3", &readings);
        (
            outcome(&report, "mrz.matches.date_of_birth"),
            value(&report, "date_of_birth").map(str::to_owned),
        )
    };
    let day = Some("1974-08-12".to_owned());
    assert_eq!(matches("12 AUG/AOÛT 1974"), (Outcome::Passed, day.clone()));
    assert_eq!(matches("1974-08-12"), (Outcome::Passed, day));
    assert_eq!(matches("08.12.1974"), (Outcome::NotPerformed, None), "August or December");
    assert_eq!(matches("13 AUG 1974"), (Outcome::Failed, Some("1974-08-13".to_owned())));
}

#[test]
fn before_asks_for_the_zone_on_the_last_page() {
    let fields = before("icao/td1", 2, None, TODAY).expect("a card");
    let zone = fields.last().expect("the zone");
    assert_eq!((zone.name, zone.page, zone.shape), ("mrz", 1, Some((3, 30))));
    let requested = ["mrz".to_owned()];
    let single = before("icao/td1", 1, Some(&requested), TODAY).expect("a card");
    assert_eq!((single.len(), single[0].page), (1, 0));
    for (document_type, pages, code) in [
        ("icao/td3", 2, "pages.count"),
        ("icao/td3", 0, "pages.count"),
        ("icao/td9", 1, "document_type.unknown"),
    ] {
        let refusal = before(document_type, pages, None, TODAY).expect_err("refused");
        assert_eq!(refusal.code, code);
    }
}

fn shapes() -> impl Strategy<Value = String> {
    prop_oneof![
        "[PVIACD][A-Z0-9<]{43}\n[A-Z0-9<]{44}",
        "(V|I|IDFRA)[A-Z0-9<]{31,35}\n[A-Z0-9<]{36}",
        "I[A-Z0-9<]{29}\n[A-Z0-9<]{30}\n[A-Z0-9<]{30}",
        "D1(FRA|NLD)[A-Z0-9<]{25}",
        "[A-Z0-9]{9}\nFACHE[A-Z0-9<]{25}\n[A-Z<]{30}",
        "PNRUS[A-Z0-9<]{39}\n[A-Z0-9<]{44}",
        any::<String>(),
    ]
}

proptest! {
    /// Whatever is read, the checks of a type are all there, in one order and with the fields of a
    /// report that the host takes.
    #[test]
    fn any_reading_gets_the_same_checks(
        index in 0..DOCUMENT_TYPES.len(),
        zone in shapes(),
        surname in any::<String>(),
        number in any::<String>(),
    ) {
        let document_type: &DocumentType = &DOCUMENT_TYPES[index];
        let mut readings = vec![read("mrz", &zone)];
        for (name, raw) in [("surname", &surname), ("document_number", &number)] {
            if document_type.visual.contains(&name) {
                readings.push(read(name, raw));
            }
        }
        let report = report(document_type.id, &readings);
        let empty = after(document_type.id, &[], TODAY, Settings::default()).expect("known type");
        let codes = |report: &Report| report.checks.iter().map(|check| check.code).collect::<Vec<_>>();
        prop_assert_eq!(codes(&report), codes(&empty));
        prop_assert!(report.checks.iter().all(|check| check.message.len() <= 512));
        let mut names = report.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>();
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), report.fields.len());
        let has_correction = names.contains(&"mrz_corrected");
        let is_told = report.checks.iter().any(|check| check.code == "mrz.as_read"
            && check.outcome == Outcome::Failed && check.message.contains("mrz_corrected"));
        prop_assert_eq!(has_correction, is_told);
    }
}
