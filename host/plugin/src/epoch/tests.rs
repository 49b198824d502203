//! Time that is counted while code runs.

use std::time::{Duration, Instant};

use super::*;

#[test]
fn dropping_the_ticker_ends_its_thread_at_once() {
    let engine = Engine::default();
    let ticker = EpochTicker::start(&engine, Duration::from_secs(3600)).expect("a thread");
    let start = Instant::now();
    drop(ticker);
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn the_thread_ends_by_itself_when_the_engine_is_gone() {
    let engine = Engine::default();
    let mut ticker = EpochTicker::start(&engine, Duration::from_millis(1)).expect("a thread");
    drop(engine);
    let thread = ticker.thread.take().expect("not joined yet");
    thread.join().expect("ended without a panic");
}
