//! Turns, taken by hand.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;

const CHEAP: Cost = Cost { visits: 1_000_000, memory_bytes: 10 };
const DEAR: Cost = Cost { visits: 200_000_000, memory_bytes: 10 };

fn polled<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// A turn that is there at once.
fn taken(turns: &Turns, cost: Cost) -> Option<Turn> {
    let mut turn = pin!(turns.turn(cost, Tenant::anonymous()));
    polled(turn.as_mut())
}

#[test]
fn what_is_dear_never_has_all_threads() {
    let turns = Turns::new(2, 1000);
    let dear = taken(&turns, DEAR).expect("a thread");
    assert!(taken(&turns, DEAR).is_none(), "the other thread is for what is cheap");
    let cheap = taken(&turns, CHEAP).expect("a thread");
    assert!(taken(&turns, CHEAP).is_none(), "all threads are taken");
    drop((dear, cheap));
    assert!(taken(&turns, DEAR).is_some());
}

#[test]
fn what_costs_less_is_first_and_what_came_first_among_equals() {
    let turns = Turns::new(1, 1000);
    let running = taken(&turns, CHEAP).expect("a thread");
    let mut dear = pin!(turns.turn(DEAR, Tenant::anonymous()));
    let mut first = pin!(turns.turn(CHEAP, Tenant::anonymous()));
    let mut second = pin!(turns.turn(CHEAP, Tenant::anonymous()));
    assert!(polled(dear.as_mut()).is_none());
    assert!(polled(first.as_mut()).is_none() && polled(second.as_mut()).is_none());
    drop(running);
    let turn = polled(first.as_mut()).expect("its turn");
    assert!(polled(second.as_mut()).is_none() && polled(dear.as_mut()).is_none());
    drop(turn);
    drop(polled(second.as_mut()).expect("its turn"));
    assert!(polled(dear.as_mut()).is_some());
}

#[test]
fn memory_is_held_beyond_the_turn_and_bounded_as_a_sum() {
    let turns = Turns::new(2, 100);
    let large = Cost { memory_bytes: 70, ..CHEAP };
    let held = taken(&turns, large).expect("there is room").keep(50).expect("it held 70");
    assert!(taken(&turns, large).is_none(), "50 and 70 are more than 100");
    let mut waiting = pin!(turns.turn(large, Tenant::anonymous()));
    assert!(polled(waiting.as_mut()).is_none());
    assert!(taken(&turns, CHEAP).is_some(), "what fits passes by");
    drop(held);
    assert!(polled(waiting.as_mut()).is_some());
}

#[test]
fn what_needs_more_than_there_is_has_its_turn_alone() {
    let turns = Turns::new(2, 100);
    let huge = Cost { memory_bytes: 1000, ..DEAR };
    let alone = taken(&turns, huge).expect("nobody holds any");
    assert!(taken(&turns, CHEAP).is_none());
    drop(alone);
    assert!(taken(&turns, CHEAP).is_some());
}

#[test]
fn a_wish_that_is_given_up_holds_nothing() {
    let turns = Turns::new(1, 100);
    let running = taken(&turns, CHEAP).expect("a thread");
    {
        let mut given_up = pin!(turns.turn(CHEAP, Tenant::anonymous()));
        assert!(polled(given_up.as_mut()).is_none());
        // It has its turn and does not look.
        drop(running);
    }
    assert!(taken(&turns, CHEAP).is_some());
    let state = turns.shared.state();
    assert_eq!((state.running, state.held_bytes, state.waiting.len()), (0, 0, 0));
}

fn tenant(name: &str) -> Tenant {
    name.parse().expect("a name")
}

#[test]
fn one_that_comes_waits_for_one_turn_of_a_flood_and_not_for_all() {
    let turns = Turns::new(1, 1000);
    let running = taken(&turns, CHEAP).expect("a thread");
    let mut flood = [(); 20].map(|()| Box::pin(turns.turn(CHEAP, tenant("flood"))));
    assert!(flood.iter_mut().all(|turn| polled(turn.as_mut()).is_none()));
    let mut other = pin!(turns.turn(CHEAP, tenant("other")));
    assert!(polled(other.as_mut()).is_none());
    drop(running);
    let mut ahead = 0;
    for turn in &mut flood {
        if polled(other.as_mut()).is_some() {
            break;
        }
        drop(polled(turn.as_mut()).expect("one of both has its turn"));
        ahead += 1;
    }
    assert!(ahead <= 1, "{ahead}");
}

#[test]
fn no_tenant_holds_all_memory() {
    let turns = Turns::new(64, 100);
    let held = || {
        let mut turn = Box::pin(turns.turn(CHEAP, tenant("flood")));
        polled(turn.as_mut())
    };
    let flood = std::iter::from_fn(held).collect::<Vec<_>>();
    assert_eq!(flood.len(), 7, "10 bytes each, three quarters of 100");
    let mut other = pin!(turns.turn(CHEAP, tenant("other")));
    let other = polled(other.as_mut()).expect("there is room");
    drop((flood, other));
    assert!(turns.shared.state().held_by.is_empty(), "nobody is remembered");
}
