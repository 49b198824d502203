//! What an operator sets changes the checks that it names, and no other.

use dossier_rules_sdk::Check;

use super::*;

fn changed(settings: Settings, readings: &[Reading]) -> Vec<(&'static str, Outcome, Outcome)> {
    let judged =
        |settings| after("icao/td3", readings, TODAY, settings).expect("a passport").checks;
    let outcome = |check: &Check| (check.code, check.outcome);
    let (before, now) = (judged(Settings::default()), judged(settings));
    before
        .iter()
        .map(outcome)
        .zip(now.iter().map(outcome))
        .filter(|(before, now)| before != now)
        .map(|((code, before), (_, now))| (code, before, now))
        .collect()
}

#[test]
fn a_document_is_accepted_for_as_many_days_after_its_expiry_as_are_set() {
    // Expired on 14 November 2026, ten days before today.
    let zone = "PPUTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
                L898902C36UTO7408122F2611147ZE184226B<<<<<14";
    let readings = [read("mrz", zone)];
    let set = |days_after_expiry| Settings { days_after_expiry, ..Settings::default() };
    assert_eq!(changed(set(9), &readings), []);
    let accepted = ("document.expiry", Outcome::Failed, Outcome::Passed);
    assert_eq!(changed(set(10), &readings), [accepted]);
}

#[test]
fn a_field_is_sure_from_the_confidence_on_that_is_set() {
    let readings =
        [Reading { confidence: 0.7, ..read("surname", "ERIKSSON") }, read("mrz", PASSPORT)];
    let set = |least_confidence| Settings { least_confidence, ..Settings::default() };
    assert_eq!(changed(set(0.7), &readings), []);
    let unsure = ("reading.confidence", Outcome::Passed, Outcome::Failed);
    assert_eq!(changed(set(0.75), &readings), [unsure]);
}
