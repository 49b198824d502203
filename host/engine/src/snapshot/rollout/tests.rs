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

#[test]
fn a_canary_that_fails_often_raises_the_alarm_once_it_has_calls_enough() {
    let (run, mut raised) = run(50);
    for _ in 0..9 {
        run.count(Track::Canary, true);
    }
    assert!(raised.try_recv().is_err(), "nine calls are too few");
    run.count(Track::Canary, true);
    let alarm = raised.try_recv().expect("raised");
    assert_eq!((alarm.counts.calls, alarm.counts.failures), (10, 10));
}

#[test]
fn a_canary_no_worse_than_the_active_version_goes_on() {
    let (run, mut raised) = run(50);
    for number in 0..100 {
        run.count(Track::Active, number % 2 == 0);
        run.count(Track::Canary, number % 2 == 0);
    }
    assert!(raised.try_recv().is_err());
    for _ in 0..100 {
        run.count(Track::Canary, true);
    }
    assert!(raised.try_recv().is_ok());
}
