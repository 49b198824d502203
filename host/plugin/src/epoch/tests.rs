//! Time that is counted while code runs.

use std::sync::mpsc;
use std::time::Duration;

use super::*;

#[test]
fn dropping_the_ticker_ends_its_thread_at_once() {
    let engine = Engine::default();
    let ticker = EpochTicker::start(&engine, Duration::from_secs(3600)).expect("a thread");
    // A thread that slept on would hold up the drop for its hour, and the test with it.
    let (is_dropped, dropped) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        drop(ticker);
        is_dropped.try_send(())
    });
    dropped.recv_timeout(Duration::from_secs(60)).expect("the thread was woken");
}

#[test]
fn the_thread_ends_by_itself_when_the_engine_is_gone() {
    let engine = Engine::default();
    let mut ticker = EpochTicker::start(&engine, Duration::from_millis(1)).expect("a thread");
    drop(engine);
    let thread = ticker.thread.take().expect("not joined yet");
    thread.join().expect("ended without a panic");
}
