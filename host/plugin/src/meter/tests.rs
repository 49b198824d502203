//! What counts, and whose turn it is.

use std::sync::atomic::AtomicUsize;

use super::*;

const TICK: Duration = Duration::from_millis(10);

fn one_turn() -> Turns {
    Turns(Arc::new(Semaphore::new(1)))
}

/// Keeps the processor for so long, by its own clock.
fn work(time: Duration) {
    let start = now();
    while now() - start < nanoseconds(time) {}
}

#[tokio::test]
async fn what_runs_counts_and_what_waits_does_not() {
    let meter = Meter::new(&one_turn());
    let used = meter
        .run(async {
            // Nobody asks how long the first turn took.
            work(TICK);
            assert_eq!(meter.interrupted(TICK), TICK);
            tokio::task::yield_now().await;
            work(TICK * 5);
            meter.interrupted(TICK)
        })
        .await;
    assert!(used >= TICK * 6, "{used:?}");
    // Others' work on the same thread, while the call waits for its turn.
    let others = async {
        tokio::task::yield_now().await;
        work(TICK * 100);
    };
    let waits = meter.run(async {
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        meter.interrupted(TICK)
    });
    let (later, ()) = tokio::join!(waits, others);
    assert!(later >= used && later < used + TICK * 50, "{used:?} {later:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_that_run_long_take_turns() {
    let (turns, running) = (one_turn(), Arc::new(AtomicUsize::new(0)));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (meter, running) = (Meter::new(&turns), Arc::clone(&running));
        calls.spawn(async move {
            let call = async {
                for _ in 0..20 {
                    meter.clone().next_turn().await;
                    assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "two at a time");
                    work(Duration::from_millis(1));
                    running.fetch_sub(1, Ordering::SeqCst);
                }
            };
            meter.run(call).await;
        });
    }
    calls.join_all().await;
}

#[tokio::test]
async fn who_waits_for_something_else_holds_no_turn() {
    let turns = one_turn();
    let (first, second) = (Meter::new(&turns), Meter::new(&turns));
    let waits = first.run(async {
        first.clone().next_turn().await;
        std::future::pending::<()>().await;
    });
    tokio::select! {
        biased;
        () = waits => unreachable!("it waits for ever"),
        () = second.run(second.clone().next_turn()) => {}
    }
    assert_eq!(turns.0.available_permits(), 1);
}
