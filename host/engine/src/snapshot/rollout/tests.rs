//! Who is taken by a canary, and when it stops.

use super::*;

fn run(percent: u8) -> (CanaryRun, mpsc::Receiver<CanaryAlarm>) {
    let (alarm, raised) = mpsc::channel(4);
    let package = format!("sha256:{}", "ab".repeat(32)).parse().expect("a digest");
    let settings = CanarySettings { min_calls: 10, max_failure_percent: 5 };
    (CanaryRun::new("utopia", package, percent, settings, alarm), raised)
}

#[test]
fn a_request_is_taken_by_its_id_alone() {
    let (run, _raised) = run(10);
    let ids = (0..10_000).map(|number| format!("request-{number}")).collect::<Vec<_>>();
    let taken = ids.iter().filter(|id| run.takes(id)).count();
    assert!((800..1200).contains(&taken), "{taken} of 10,000 at 10 %");
    for id in &ids[..100] {
        assert_eq!(run.takes(id), run.takes(id));
    }
}

#[test]
fn all_or_nobody_is_exact() {
    let (none, all) = (run(0).0, run(100).0);
    for number in 0..1000 {
        let id = number.to_string();
        assert!(!none.takes(&id) && all.takes(&id));
    }
}

fn passport() -> DocumentTypeId {
    "utopia/passport/2024".parse().expect("a document type")
}

#[test]
fn a_canary_that_fails_often_raises_the_alarm_once_it_has_calls_enough() {
    let (run, mut raised) = run(50);
    for _ in 0..9 {
        run.count(&passport(), Track::Active, false);
        run.count(&passport(), Track::Canary, true);
    }
    assert!(raised.try_recv().is_err(), "nine calls are too few");
    run.count(&passport(), Track::Canary, true);
    let alarm = raised.try_recv().expect("raised");
    assert_eq!((alarm.counts.calls, alarm.counts.failures), (10, 10));
    assert_eq!((alarm.counts.active_calls, alarm.counts.active_failures), (9, 0));
}

#[test]
fn a_canary_no_worse_than_the_active_version_goes_on() {
    let (run, mut raised) = run(50);
    for number in 0..100 {
        run.count(&passport(), Track::Active, number % 2 == 0);
        run.count(&passport(), Track::Canary, number % 2 == 0);
    }
    assert!(raised.try_recv().is_err());
    for _ in 0..100 {
        run.count(&passport(), Track::Canary, true);
    }
    assert!(raised.try_recv().is_ok());
}

/// Two of ten against none of ten is 20 % more, and happens by chance every fourth time.
#[test]
fn what_chance_does_ends_no_canary() {
    let (run, mut raised) = run(50);
    for number in 0..10 {
        run.count(&passport(), Track::Active, false);
        run.count(&passport(), Track::Canary, number >= 8);
    }
    assert!(raised.try_recv().is_err());
}

/// A type that fails in both versions, asked for more often of the canary, is no reason.
#[test]
fn only_documents_of_one_type_are_compared() {
    let (run, mut raised) = run(50);
    let broken = "utopia/visa/2020".parse().expect("a document type");
    for _ in 0..200 {
        run.count(&passport(), Track::Active, false);
        run.count(&broken, Track::Canary, true);
    }
    for _ in 0..20 {
        run.count(&broken, Track::Active, true);
        run.count(&passport(), Track::Canary, false);
    }
    run.count(&broken, Track::Canary, true);
    assert!(raised.try_recv().is_err(), "both fail alike at documents of this type");
}

#[test]
fn a_canary_that_answers_everything_is_held_to_the_hosts_bound() {
    let (run, mut raised) = run(100);
    for number in 0..400 {
        run.count(&passport(), Track::Canary, number % 25 == 0);
    }
    assert!(raised.try_recv().is_err(), "4 % is below the bound");
    for _ in 0..100 {
        run.count(&passport(), Track::Canary, true);
    }
    assert!(raised.try_recv().is_ok());
}
