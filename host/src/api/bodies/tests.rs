//! Places and bytes, at times that the test decides.

use super::*;

fn bodies(places: usize, limit_bytes: usize) -> Bodies {
    Bodies { shared: Arc::new(Shared { places, limit_bytes, state: Mutex::default() }) }
}

fn after(start: Instant, milliseconds: u64) -> Instant {
    start + Duration::from_millis(milliseconds)
}

fn gave_way(held: &HeldBody) -> bool {
    !held.shared.state().arriving.contains_key(&held.number)
}

#[test]
fn the_slowest_gives_its_place_to_one_that_comes() {
    let (bodies, start) = (bodies(3, 1 << 30), Instant::now());
    let mut fast = bodies.place(start, &Tenant::anonymous()).expect("a place");
    let mut slow = bodies.place(start, &Tenant::anonymous()).expect("a place");
    let mut slower = bodies.place(start, &Tenant::anonymous()).expect("a place");
    for step in 1..=10 {
        let now = after(start, step * 100);
        assert!(fast.takes(100_000, now) && slow.takes(2_000, now) && slower.takes(1, now));
    }
    let _newcomer =
        bodies.place(after(start, 1000), &Tenant::anonymous()).expect("the slower gives way");
    assert!(gave_way(&slower) && !gave_way(&slow) && !gave_way(&fast));
    assert!(!slower.takes(1, after(start, 1001)), "it is out");
}

#[test]
fn nobody_gives_way_who_is_fast_enough() {
    let (bodies, start) = (bodies(1, 1 << 30), Instant::now());
    let mut fast = bodies.place(start, &Tenant::anonymous()).expect("a place");
    assert!(fast.takes(1_000_000, after(start, 500)));
    assert!(bodies.place(after(start, 1000), &Tenant::anonymous()).is_none());
    drop(fast);
    assert!(bodies.place(after(start, 1000), &Tenant::anonymous()).is_some());
}

#[test]
fn one_that_was_fast_once_and_dribbles_now_is_slow() {
    let start = Instant::now();
    let mut meter = Meter::new(start);
    meter.add(30 << 20, start);
    assert!(meter.rate(after(start, 1000)) > GOOD_RATE);
    for step in 1..=10 {
        meter.add(1, after(start, step * 1000));
    }
    assert!(meter.rate(after(start, 10_000)) < LEAST_RATE);
}

#[test]
fn a_young_body_has_a_moment_and_then_must_come() {
    let (bodies, start) = (bodies(1, 1 << 30), Instant::now());
    let silent = bodies.place(start, &Tenant::anonymous()).expect("a place");
    assert!(!silent.is_too_slow(after(start, 1000)));
    assert!(silent.is_too_slow(after(start, 5000)));
    assert!(bodies.place(after(start, 5), &Tenant::anonymous()).is_none(), "it has just come");
    assert!(bodies.place(after(start, 15), &Tenant::anonymous()).is_some());
    assert!(gave_way(&silent));
}

#[test]
fn who_dribbles_and_comes_back_at_once_keeps_no_place_from_one_that_brings_something() {
    let (bodies, start) = (bodies(8, 1 << 30), Instant::now());
    let mut dribbling = Vec::new();
    let mut good = None;
    for millisecond in 0..1000 {
        let now = after(start, millisecond);
        if let Some(mut body) = bodies.place(now, &Tenant::anonymous()) {
            body.takes(2, now);
            dribbling.push(body);
        }
        if millisecond == 500 {
            let mut body = bodies.place(now, &Tenant::anonymous()).expect("a place");
            assert!(body.takes(14_000, now), "the first packets");
            good = Some(body);
        }
        if let Some(body) = &mut good
            && millisecond > 500
            && millisecond % 100 == 0
        {
            assert!(body.takes(14_000, now), "a round trip later, after {millisecond} ms");
        }
    }
    assert!(good.is_some_and(|body| !gave_way(&body)));
}

#[test]
fn bytes_are_bounded_as_a_sum_and_slower_bodies_make_room() {
    let (bodies, start) = (bodies(8, 1000), Instant::now());
    let mut slow = bodies.place(start, &Tenant::anonymous()).expect("a place");
    assert!(slow.takes(900, start));
    let now = after(start, 3000);
    let mut other = bodies.place(now, &Tenant::anonymous()).expect("a place");
    assert!(other.takes(500, now), "the slow one makes room");
    assert!(gave_way(&slow));
    assert!(!other.takes(501, now), "nobody else is there to make room");
    other.has_arrived();
    let mut third = bodies.place(after(now, 100_000), &Tenant::anonymous()).expect("a place");
    assert!(!third.takes(600, after(now, 100_000)), "what has arrived gives way to nobody");
    drop((slow, other));
    assert!(third.takes(1000, after(now, 100_000)));
    drop(third);
    assert_eq!(bodies.shared.state().held_bytes, 0);
}

#[test]
fn no_tenant_has_all_places_or_all_bytes() {
    let (bodies, start) = (bodies(8, 1000), Instant::now());
    let tenant = |name: &str| name.parse::<Tenant>().expect("a name");
    let flood = std::iter::from_fn(|| bodies.place(start, &tenant("flood")));
    let mut flood = flood.collect::<Vec<_>>();
    assert_eq!(flood.len(), 6, "three quarters");
    let taken = flood.iter_mut().map(|body| body.takes(200, start));
    assert_eq!(
        taken.filter(|taken| *taken).count(),
        3,
        "600 bytes; 800 are more than three quarters"
    );
    let mut other = bodies.place(start, &tenant("other")).expect("a place");
    assert!(other.takes(400, start), "what is left is there");
    drop((flood, other));
    assert!(bodies.shared.state().of_tenant.is_empty(), "nobody is remembered");
    assert_eq!(bodies.shared.state().held_bytes, 0);
    // One that holds nothing else may be as large as all.
    let mut alone = bodies.place(start, &tenant("flood")).expect("a place");
    assert!(alone.takes(1000, start));
}
