//! Bad components beside good ones: places, workers and time are shared fairly.

use std::time::Duration;

use dossier_plugin::{PluginEngine, PluginError, PluginSettings};

use crate::guest::{Guest, LOOP};
use crate::{after, assert_next_call_works, engine};

/// All workers spin and never end by themselves, and still the good call gets its turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_answered_between_guests_that_spin_on_every_worker() {
    let settings = PluginSettings {
        run_budget: Duration::from_secs(3600),
        call_timeout: Duration::from_secs(3600),
        ..PluginSettings::default()
    };
    let engine = PluginEngine::new(settings).expect("the engine starts");
    let spinning = Guest { after: LOOP.to_owned(), ..Guest::good() };
    let spinning = engine.compile("spinning", spinning.component()).await.expect("it compiles");
    let good = engine.compile("good", Guest::good().component()).await.expect("it compiles");
    let mut spinners = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let plugin = spinning.clone();
        spinners.spawn(async move { after(&plugin).await });
    }
    let answered = tokio::spawn(async move { after(&good).await });
    answered.await.expect("no panic").expect("it answers between the spinners");
    assert!(spinners.try_join_next().is_none(), "a spinner ended before its hour");
    spinners.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_that_spin_on_every_worker_are_ended() {
    let engine = engine();
    let spinning = Guest { after: LOOP.to_owned(), ..Guest::good() };
    let spinning = engine.compile("spinning", spinning.component()).await.expect("it compiles");
    let spin = || {
        let plugin = spinning.clone();
        tokio::spawn(async move { after(&plugin).await })
    };
    for spinner in [spin(), spin(), spin(), spin()] {
        let error = spinner.await.expect("no panic").expect_err("it never ends by itself");
        assert!(matches!(error, PluginError::Timeout { .. }), "{error}");
    }
    assert_next_call_works(&engine).await;
}

/// No timer of the runtime can fire while its only thread spins: the epoch ends it.
#[tokio::test(flavor = "current_thread")]
async fn a_spinning_guest_dies_on_the_only_thread() {
    let engine = engine();
    let guest = Guest { after: LOOP.to_owned(), ..Guest::good() };
    let plugin = engine.compile("spinning", guest.component()).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it never ends by itself");
    assert!(
        matches!(error, PluginError::Timeout { limit, .. } if limit == PluginSettings::RUN_BUDGET
            || limit == PluginSettings::CALL_TIMEOUT),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_a_place_is_refused_after_a_while() {
    let settings = PluginSettings {
        concurrent_calls: 1,
        queue_timeout: Duration::from_millis(20),
        run_budget: Duration::from_millis(500),
        ..PluginSettings::default()
    };
    let engine = PluginEngine::new(settings).expect("the engine starts");
    let guest = Guest { after: LOOP.to_owned(), ..Guest::good() };
    let plugin = engine.compile("spinning", guest.component()).await.expect("it compiles");
    let calls = (0..3)
        .map(|_| {
            let plugin = plugin.clone();
            tokio::spawn(async move { after(&plugin).await })
        })
        .collect::<Vec<_>>();
    let mut codes = Vec::new();
    for call in calls {
        codes.push(call.await.expect("no panic").expect_err("none succeeds").code());
    }
    codes.sort_unstable();
    assert_eq!(codes, ["plugin.pool_full", "plugin.pool_full", "plugin.timeout"]);
    assert_next_call_works(&engine).await;
}

/// A client that leaves takes its call with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_a_call_frees_its_place() {
    let settings = PluginSettings {
        concurrent_calls: 1,
        run_budget: Duration::from_secs(3600),
        call_timeout: Duration::from_secs(3600),
        queue_timeout: Duration::from_secs(60),
        ..PluginSettings::default()
    };
    let engine = PluginEngine::new(settings).expect("the engine starts");
    let guest = Guest { after: LOOP.to_owned(), ..Guest::good() };
    let plugin = engine.compile("spinning", guest.component()).await.expect("it compiles");
    let call = tokio::time::timeout(Duration::from_millis(50), after(&plugin)).await;
    assert!(call.is_err(), "it never ends by itself");
    assert_next_call_works(&engine).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_at_once_all_get_their_own_answer() {
    let engine = engine();
    let plugin = engine.compile("good", Guest::good().component()).await.expect("it compiles");
    let calls = (0..200)
        .map(|_| {
            let plugin = plugin.clone();
            tokio::spawn(async move { after(&plugin).await })
        })
        .collect::<Vec<_>>();
    for call in calls {
        let report = call.await.expect("no panic").expect("it answers");
        assert_eq!(report.checks.len(), 1);
    }
}
