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
    let mut turn = pin!(turns.turn(cost));
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
    let mut dear = pin!(turns.turn(DEAR));
    let mut first = pin!(turns.turn(CHEAP));
    let mut second = pin!(turns.turn(CHEAP));
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
    let mut waiting = pin!(turns.turn(large));
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
        let mut given_up = pin!(turns.turn(CHEAP));
        assert!(polled(given_up.as_mut()).is_none());
        // It has its turn and does not look.
        drop(running);
    }
    assert!(taken(&turns, CHEAP).is_some());
    let state = turns.shared.state();
    assert_eq!((state.running, state.held_bytes, state.waiting.len()), (0, 0, 0));
}
