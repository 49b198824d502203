//! Components that loop, trap, recurse and allocate without end.

use std::time::Duration;

use dossier_plugin::{Hook, PluginEngine, PluginError, PluginSettings};

use crate::guest::{Guest, LOOP};
use crate::{after, assert_discreet, assert_next_call_works, before, engine};

#[tokio::test]
async fn a_loop_in_any_hook_ends_by_its_run_budget() {
    let engine = engine();
    let describe = Guest { describe: LOOP.to_owned(), ..Guest::good() };
    let before_loops = Guest { before: LOOP.to_owned(), ..Guest::good() };
    let after_loops = Guest { after: LOOP.to_owned(), ..Guest::good() };

    let error = engine.compile("loop", describe.component()).await.expect_err("it never ends");
    assert!(matches!(error, PluginError::Timeout { hook: Hook::Describe, .. }), "{error}");

    let plugin = engine.compile("loop", before_loops.component()).await.expect("it compiles");
    let error = before(&plugin).await.expect_err("it never ends");
    assert!(matches!(error, PluginError::Timeout { hook: Hook::Before, .. }), "{error}");

    let plugin = engine.compile("loop", after_loops.component()).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it never ends");
    assert!(matches!(error, PluginError::Timeout { hook: Hook::After, .. }), "{error}");
    assert_eq!(error.code(), "plugin.timeout");
    assert_discreet(&error);

    assert_next_call_works(&engine).await;
}

/// One instruction that moves a quarter of a gigabyte is not interrupted. What counts is what it took of the
/// processor, not how often it was interrupted.
#[tokio::test]
async fn what_moves_much_memory_pays_for_the_time_it_takes() {
    const BUDGET: Duration = Duration::from_millis(200);
    let settings = PluginSettings {
        concurrent_calls: 1,
        memory_bytes: 257 << 20,
        run_budget: BUDGET,
        call_timeout: Duration::from_secs(600),
        ..PluginSettings::default()
    };
    let engine = PluginEngine::new(settings).expect("the engine starts");
    let copy = "(memory.copy (i32.const 0) (i32.const 8) (i32.const 268435448))";
    let moves = |body: String| Guest { memory: "4096", after: body, ..Guest::good() }.component();
    let once = engine.compile("once", moves(format!("{copy} unreachable"))).await;
    let once = once.expect("it compiles");
    let again = engine
        .compile("again", moves(format!("(loop $again {copy} (br $again)) unreachable")))
        .await;
    let again = again.expect("it compiles");
    // Everything runs on this thread.
    let of_thread = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).expect("a time")
    };

    let start = of_thread();
    after(&once).await.expect_err("it traps, or its one copy is over the budget");
    let one_copy = of_thread() - start;
    let start = of_thread();
    let error = after(&again).await.expect_err("it never ends");
    let used = of_thread() - start;

    assert!(matches!(error, PluginError::Timeout { limit, .. } if limit == BUDGET), "{error}");
    // The budget and the copy that was under way at its end, at most. The first copy finds no page in memory and is
    // the dearest, seconds where the kernel is slow to give pages: that's why it's measured beside.
    assert!(
        used < BUDGET * 3 + one_copy * 2,
        "it had {used:?} of the processor; one copy takes {one_copy:?}"
    );
    assert_next_call_works(&engine).await;
}

#[tokio::test]
async fn a_trap_in_any_hook_is_named_by_its_kind() {
    let engine = engine();
    let body = || "unreachable".to_owned();
    let describe = Guest { describe: body(), ..Guest::good() };
    let before_traps = Guest { before: body(), ..Guest::good() };
    let after_traps = Guest { after: body(), ..Guest::good() };
    let trap_of = |error: &PluginError| match error {
        PluginError::Trap { plugin, hook, trap, .. } => (plugin.clone(), *hook, *trap),
        other => panic!("{other}"),
    };

    let error = engine.compile("trap", describe.component()).await.expect_err("it traps");
    assert_eq!(trap_of(&error), ("trap".to_owned(), Hook::Describe, "unreachable"));
    let plugin = engine.compile("trap", before_traps.component()).await.expect("it compiles");
    let error = before(&plugin).await.expect_err("it traps");
    assert_eq!(trap_of(&error), ("trap".to_owned(), Hook::Before, "unreachable"));
    let plugin = engine.compile("trap", after_traps.component()).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it traps");
    assert_eq!(trap_of(&error), ("trap".to_owned(), Hook::After, "unreachable"));
    assert_eq!(error.code(), "plugin.trap");
    assert_discreet(&error);
    // The same plugin again: nothing of the first call is left.
    assert_eq!(trap_of(&after(&plugin).await.expect_err("it traps")).2, "unreachable");
    assert_next_call_works(&engine).await;
}

#[tokio::test]
async fn deep_recursion_overflows_the_guests_stack_only() {
    let engine = engine();
    let guest = Guest {
        extra: "(func $deeper (param i32) (result i32)
                  (i32.add (i32.const 1) (call $deeper (local.get 0))))"
            .to_owned(),
        after: "(call $deeper (i32.const 0))".to_owned(),
        ..Guest::good()
    };
    let plugin = engine.compile("deep", guest.component()).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it overflows");
    assert!(matches!(error, PluginError::Trap { trap: "stack_overflow", .. }), "{error}");
    assert_next_call_works(&engine).await;
}

#[tokio::test]
async fn a_memory_bomb_meets_the_limit() {
    let engine = engine();
    let guest = Guest {
        after: "(loop $more
                  (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
                unreachable"
            .to_owned(),
        ..Guest::good()
    };
    let plugin = engine.compile("bomb", guest.component()).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it bursts");
    assert!(
        matches!(error, PluginError::MemoryLimit { limit_bytes, .. } if limit_bytes == 64 << 20),
        "{error}"
    );
    assert_eq!(error.code(), "plugin.memory_limit");
    assert_next_call_works(&engine).await;
}

#[tokio::test]
async fn rules_that_cope_with_little_memory_are_left_alone() {
    let engine = engine();
    let good = Guest::good();
    let after_grows = format!(
        "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) {}",
        good.after
    );
    let guest = Guest { after: after_grows, ..good };
    let plugin = engine.compile("modest", guest.component()).await.expect("it compiles");
    after(&plugin).await.expect("it answers with what it got");
}

#[tokio::test]
async fn a_table_bomb_meets_the_limit() {
    let engine = engine();
    let guest = Guest {
        extra: "(table $t 1 funcref)".to_owned(),
        after: "(loop $more
                  (br_if $more
                    (i32.ne (table.grow $t (ref.null func) (i32.const 4096)) (i32.const -1))))
                unreachable"
            .to_owned(),
        ..Guest::good()
    };
    let plugin = engine.compile("tables", guest.component()).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it bursts");
    assert_eq!(error.code(), "plugin.memory_limit", "{error}");
    assert_next_call_works(&engine).await;
}

#[tokio::test]
async fn a_memory_that_starts_too_large_is_refused_at_once() {
    let engine = engine();
    let guest = Guest { memory: "2000", ..Guest::good() };
    let error = engine.compile("large", guest.component()).await.expect_err("125 MiB are too much");
    assert_eq!(error.code(), "plugin.compile_failed", "{error}");
    assert_next_call_works(&engine).await;
}
