//! The prebuilt rules of Utopia through the runtime. What the rules say of each document is tested
//! where they are written; here it is the component that is tested.

use dossier_document::{Check, CheckOutcome, Digest, FieldReading, LineShape, Verdict};
use dossier_plugin::{BeforeOutcome, Plugin, Report};
use sha2::{Digest as _, Sha256};

use crate::{TODAY, document_type, engine, name, readings};

const COMPONENT: &[u8] = include_bytes!("../../../../plugins/prebuilt/utopia.wasm");

async fn utopia() -> Plugin {
    engine().compile("utopia", COMPONENT).await.expect("the prebuilt component fits the world")
}

fn passport() -> Vec<FieldReading> {
    readings(&[
        ("surname", "MÜLLER-LÜDENSCHEIDT"),
        ("given_names", "ZOË  MARIA"),
        ("document_number", "P12345678"),
        ("nationality", "UTO"),
        ("date_of_birth", "12 MAR 1985"),
        ("sex", "X"),
        ("place_of_birth", "NEW O'HARA"),
        ("date_of_issue", "01 FEB 2024"),
        ("date_of_expiry", "01 FEB 2034"),
        (
            "mrz",
            "P<UTOMUELLER<LUEDENSCHEIDT<<ZOE<MARIA<<<<<<<\n\
             P123456789UTO8503127<3402018<<<<<<<<<<<<<<<0",
        ),
    ])
}

fn check<'a>(report: &'a Report, code: &str) -> &'a Check {
    report.checks.iter().find(|check| check.code == code).expect("every check is there")
}

#[tokio::test]
async fn it_describes_itself() {
    let plugin = utopia().await;
    let description = plugin.describe();
    assert_eq!((description.name.as_str(), description.version.as_str()), ("utopia", "1.0.0"));
    let types = description.document_types.iter().map(|id| id.as_str()).collect::<Vec<_>>();
    assert_eq!(
        types,
        ["utopia/driving-licence/2022", "utopia/id-card/2023", "utopia/passport/2024"]
    );
    assert_eq!(plugin.digest(), Digest::from_sha256(Sha256::digest(COMPONENT).into()));
}

/// Built for the wrong machine or by another toolchain, it would say where.
#[test]
fn it_holds_no_path_of_the_machine_that_built_it() {
    let text = String::from_utf8_lossy(COMPONENT);
    for path in ["/root", "/home", "/work", "/opt", "/Users", ".cargo", "index.crates.io"] {
        assert!(!text.contains(path), "{path}");
    }
}

#[tokio::test]
async fn before_chooses_the_fields_of_each_type() {
    let plugin = utopia().await;
    for (id, pages, count, shape) in [
        ("utopia/passport/2024", 1, 10, Some((2, 44))),
        ("utopia/id-card/2023", 2, 10, Some((3, 30))),
        ("utopia/driving-licence/2022", 1, 9, None),
    ] {
        let outcome = plugin.before(&document_type(id), pages, None, TODAY).await.expect(id);
        let BeforeOutcome::Read { fields } = outcome else { panic!("{outcome:?}") };
        assert_eq!(fields.len(), count, "{id}");
        let zone = fields.iter().find_map(|field| field.shape);
        let expected =
            shape.map(|(lines, characters_per_line)| LineShape { lines, characters_per_line });
        assert_eq!(zone, expected, "{id}");
    }
}

#[tokio::test]
async fn before_refuses_with_a_code() {
    let plugin = utopia().await;
    let passport = document_type("utopia/passport/2024");
    let shoe_size = [name("shoe_size")];
    for (pages, requested, today, expected) in [
        (3, None, TODAY, "pages.count"),
        (1, Some(&shoe_size[..]), TODAY, "fields.unknown"),
        (1, None, "24/11/2026", "today.format"),
    ] {
        let outcome = plugin.before(&passport, pages, requested, today).await.expect("it answers");
        let BeforeOutcome::Refused { code, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(code, expected);
    }
}

#[tokio::test]
async fn after_accepts_a_good_passport() {
    let plugin = utopia().await;
    let passport_type = document_type("utopia/passport/2024");
    let report = plugin.after(&passport_type, &passport(), TODAY).await.expect("it answers");
    assert_eq!(Verdict::of(&report.checks), Verdict::Accepted, "{:?}", report.checks);
    let value = |field: &str| {
        let field = report.fields.iter().find(|known| known.name == name(field))?;
        field.value.as_ref().map(|value| value.expose().to_owned())
    };
    assert_eq!(value("date_of_birth").as_deref(), Some("1985-03-12"));
    assert_eq!(value("given_names").as_deref(), Some("ZOË MARIA"));
    assert_eq!(value("issuing_state").as_deref(), Some("UTO"));
}

#[tokio::test]
async fn after_finds_what_is_wrong_and_says_what_it_could_not_look_at() {
    let plugin = utopia().await;
    let passport_type = document_type("utopia/passport/2024");
    let mut readings = passport();
    readings.retain(|reading| reading.name != name("sex"));
    readings[4].raw = dossier_document::FieldText::new("13 MAR 1985");
    let report = plugin.after(&passport_type, &readings, TODAY).await.expect("it answers");
    assert_eq!(check(&report, "mrz.matches.date_of_birth").outcome, CheckOutcome::Failed);
    assert_eq!(check(&report, "mrz.matches.sex").outcome, CheckOutcome::NotPerformed);
    assert_eq!(check(&report, "mrz.check_digit.composite").outcome, CheckOutcome::Passed);
    assert_eq!(Verdict::of(&report.checks), Verdict::Rejected);
}

/// A blank page: forced characters, no confidence.
#[tokio::test]
async fn after_rejects_what_was_read_without_confidence() {
    let plugin = utopia().await;
    let passport_type = document_type("utopia/passport/2024");
    let mut readings = passport();
    readings.iter_mut().for_each(|reading| reading.confidence = 0.2);
    let report = plugin.after(&passport_type, &readings, TODAY).await.expect("it answers");
    let check = check(&report, "reading.confidence");
    assert_eq!((check.outcome, check.fields.len()), (CheckOutcome::Failed, 10));
}

#[tokio::test]
async fn the_longest_readings_are_answered_too() {
    let plugin = utopia().await;
    let licence = document_type("utopia/driving-licence/2022");
    let long = "Ü'- ".repeat(100_000);
    let readings = readings(&[("surname", &long), ("date_of_birth", &long), ("categories", "")]);
    let report = plugin.after(&licence, &readings, TODAY).await.expect("it answers");
    assert_eq!(check(&report, "reading.characters").outcome, CheckOutcome::Failed);
    assert!(report.fields.iter().all(|field| field.value.is_none()));
}

#[tokio::test]
async fn the_same_document_always_gets_the_same_report() {
    let plugin = utopia().await;
    let passport_type = document_type("utopia/passport/2024");
    let first = plugin.after(&passport_type, &passport(), TODAY).await.expect("it answers");
    for _ in 0..20 {
        let again = plugin.after(&passport_type, &passport(), TODAY).await.expect("it answers");
        assert_eq!(again, first);
    }
}
