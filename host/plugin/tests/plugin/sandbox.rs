//! What a component finds when it looks around: nothing.

use std::time::Duration;

use dossier_plugin::{PluginEngine, PluginError, PluginSettings};

use crate::guest::{ALARM, Guest, sleep};
use crate::{after, assert_next_call_works, engine};

const WIT: &str = include_str!("../../../../wit/v1/rules.wit");

/// Those interfaces of WASI 0.2 that the tests call, as far as they call them.
const WASI: [&str; 5] = [
    "package wasi:io@0.2.6;
     interface error { resource error { } }
     interface streams { use error.{error};
       variant stream-error { last-operation-failed(error), closed }
       resource output-stream {
         blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>; } }",
    "package wasi:clocks@0.2.6;
     interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 }
       now: func() -> datetime; }
     interface monotonic-clock { now: func() -> u64; }",
    "package wasi:random@0.2.6; interface random { get-random-u64: func() -> u64; }",
    "package wasi:cli@0.2.6;
     interface environment { get-environment: func() -> list<tuple<string, string>>;
       get-arguments: func() -> list<string>; }
     interface exit { exit: func(status: result); }
     interface stderr { use wasi:io/streams@0.2.6.{output-stream};
       get-stderr: func() -> output-stream; }",
    "package wasi:filesystem@0.2.6;
     interface types { resource descriptor { } }
     interface preopens { use types.{descriptor};
       get-directories: func() -> list<tuple<descriptor, string>>; }",
];

const WORLD: &str = "package test:curious@1.0.0;
    world curious {
      import wasi:clocks/wall-clock@0.2.6;
      import wasi:clocks/monotonic-clock@0.2.6;
      import wasi:random/random@0.2.6;
      import wasi:cli/environment@0.2.6;
      import wasi:cli/exit@0.2.6;
      import wasi:cli/stderr@0.2.6;
      import wasi:filesystem/preopens@0.2.6;
      export dossier:rules/hooks@1.0.0;
    }";

fn component(guest: &Guest) -> Vec<u8> {
    let mut packages = vec![WIT];
    packages.extend(WASI);
    packages.push(WORLD);
    guest.component_for(&packages, "test:curious/curious")
}

/// Traps unless the word at `address` is zero.
pub(crate) fn assert_zero(address: u32) -> String {
    format!("(if (i32.load (i32.const {address})) (then unreachable))")
}

#[tokio::test]
async fn there_is_no_environment_no_argument_no_folder_and_no_time() {
    let mut guest = Guest::good();
    guest.extra = r#"
        (import "wasi:cli/environment@0.2.6" "get-environment" (func $environment (param i32)))
        (import "wasi:cli/environment@0.2.6" "get-arguments" (func $arguments (param i32)))
        (import "wasi:filesystem/preopens@0.2.6" "get-directories" (func $folders (param i32)))
        (import "wasi:clocks/wall-clock@0.2.6" "now" (func $now (param i32)))
        (import "wasi:clocks/monotonic-clock@0.2.6" "now" (func $ticks (result i64)))
        (import "wasi:random/random@0.2.6" "get-random-u64" (func $random (result i64)))"#
        .to_owned();
    let list = guest.data.words(&[9, 9, 9, 9]);
    let mut body = String::new();
    for function in ["$environment", "$arguments", "$folders"] {
        body += &format!("(call {function} (i32.const {list})) {}", assert_zero(list + 4));
    }
    let now = guest.data.words(&[9, 9, 9, 9]);
    body += &format!("(call $now (i32.const {now})) {}", assert_zero(now));
    body += &format!("{} {}", assert_zero(now + 4), assert_zero(now + 8));
    body += "(if (i64.ne (call $ticks) (i64.const 0)) (then unreachable))";
    // Random numbers repeat from call to call, so that reports do: each call begins with this one.
    body += "(if (i64.ne (call $random) (i64.const 0x5ac317885ac31788)) (then unreachable))";
    guest.after = format!("{body} {}", guest.after);
    let plugin = engine().compile("curious", component(&guest)).await.expect("it compiles");
    for _ in 0..2 {
        after(&plugin).await.expect("it found nothing");
    }
}

#[tokio::test]
async fn leaving_the_process_leaves_the_call_only() {
    let engine = engine();
    let guest = Guest {
        extra: r#"(import "wasi:cli/exit@0.2.6" "exit" (func $exit (param i32)))"#.to_owned(),
        after: "(call $exit (i32.const 0)) unreachable".to_owned(),
        ..Guest::good()
    };
    let plugin = engine.compile("leaving", component(&guest)).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it leaves");
    assert!(matches!(error, PluginError::Trap { trap: "exit", .. }), "{error}");
    assert_next_call_works(&engine).await;
}

/// Interpreters write there what was thrown. It may quote the document.
#[tokio::test]
async fn standard_error_is_told_to_authors_alone() {
    let mut guest = Guest {
        extra: r#"
            (import "wasi:cli/stderr@0.2.6" "get-stderr" (func $stderr (result i32)))
            (import "wasi:io/streams@0.2.6" "[method]output-stream.blocking-write-and-flush"
              (func $write (param i32 i32 i32 i32)))"#
            .to_owned(),
        ..Guest::good()
    };
    let [text, length] = guest.data.text("TypeError: no\n  at app.js:11");
    let result = guest.data.words(&[9, 9, 9, 9]);
    let write = format!(
        "(call $write (call $stderr) (i32.const {text}) (i32.const {length}) (i32.const {result}))"
    );
    guest.after = format!("{write} {write} unreachable");
    let told = " (TypeError: no | at app.js:11TypeError: no | at app.js:11)";
    let of_author = PluginSettings { explains: true, ..PluginSettings::default() };
    let author = PluginEngine::new(of_author).expect("the engine starts");
    let plugin = author.compile("throws", component(&guest)).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it throws").to_string();
    assert!(error.ends_with(told), "{error}");

    let plugin = engine().compile("throws", component(&guest)).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it throws").to_string();
    assert!(error.ends_with("unreachable"), "{error}");
    let error = after(&plugin.explaining()).await.expect_err("it throws").to_string();
    assert!(error.ends_with(told), "{error}");
}

/// A guest asleep in the host isn't running, so no epoch ends it: the clock on the wall does.
#[tokio::test]
async fn a_guest_that_sleeps_is_woken_for_good() {
    let settings =
        PluginSettings { call_timeout: Duration::from_millis(200), ..PluginSettings::default() };
    let engine = PluginEngine::new(settings).expect("the engine starts");
    let guest = Guest {
        extra: ALARM.to_owned(),
        after: format!("{} unreachable", sleep(Duration::from_secs(3600))),
        ..Guest::good()
    };
    let plugin = engine.compile("sleeping", guest.sleeping_component()).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it sleeps for an hour");
    assert!(
        matches!(error, PluginError::Timeout { limit, .. } if limit == Duration::from_millis(200)),
        "{error}"
    );
    assert_next_call_works(&engine).await;
}
