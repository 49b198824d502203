//! Every component that means harm, with the code that it must end in: for the test and for the table.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dossier_plugin::{CodeCache, CodeCounts, PluginEngine, PluginError, PluginSettings};

use super::guest::{DOCUMENT_TYPE, Guest, LOOP};
use super::{after, before};

const WIT: &str = include_str!("../../../../wit/v1/rules.wit");

/// One of them.
pub(crate) struct Case {
    /// What it does.
    pub(crate) name: &'static str,
    /// The stable code of the error it must end in; `answers` if it must be let through.
    pub(crate) code: &'static str,
    component: Vec<u8>,
    last: Stage,
    /// Whether what an engine before kept of it is changed on the disk.
    is_tampered: bool,
}

/// The last stage that it may reach.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Load,
    Before,
    After,
}

impl Case {
    /// Loads it and calls its hooks; the code of what came of it.
    pub(crate) async fn run(&self, engine: &PluginEngine) -> &'static str {
        let outcome = if self.is_tampered {
            self.outcome_of_tampered().await
        } else {
            self.outcome(engine).await
        };
        outcome.map_or_else(|error| error.code(), |()| "answers")
    }

    /// An engine compiles it and keeps the code, a byte of which is changed before the next engine.
    async fn outcome_of_tampered(&self) -> Result<(), PluginError> {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = || {
            let cache = CodeCache::open(folder.path()).expect("opens");
            PluginEngine::with_code_cache(PluginSettings::default(), cache)
        };
        self.outcome(&engine()?).await?;
        let mut files = std::fs::read_dir(folder.path().join("compiled")).expect("a folder");
        let file = files.next().expect("a file").expect("is read").path();
        let mut code = std::fs::read(&file).expect("is read");
        let middle = code.len() / 2;
        code[middle] ^= 1;
        std::fs::write(&file, code).expect("is written");
        let engine = engine()?;
        self.outcome(&engine).await?;
        let rejected = CodeCounts { rejected: 1, ..CodeCounts::default() };
        assert_eq!(engine.code_counts(), Some(rejected), "it must be noticed");
        Ok(())
    }

    async fn outcome(&self, engine: &PluginEngine) -> Result<(), PluginError> {
        let plugin = engine.compile("hostile", self.component.clone()).await?;
        if self.last != Stage::Load {
            before(&plugin).await?;
        }
        if self.last == Stage::After {
            after(&plugin).await?;
        }
        Ok(())
    }
}

/// All of them, in the order of the table.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = running();
    cases.extend(answering());
    cases.extend(reaching());
    cases.extend(loading());
    let good = Guest::good().component();
    let tampered = case("a tampered cache file", "answers", Stage::After, good);
    cases.push(Case { is_tampered: true, ..tampered });
    cases
}

fn case(name: &'static str, code: &'static str, last: Stage, component: Vec<u8>) -> Case {
    Case { name, code, component, last, is_tampered: false }
}

fn of_after(name: &'static str, code: &'static str, body: &str) -> Case {
    let guest = Guest { after: body.to_owned(), ..Guest::good() };
    case(name, code, Stage::After, guest.component())
}

/// Those that run for ever, recurse, allocate or trap.
fn running() -> Vec<Case> {
    let recursion = Guest {
        extra: "(func $deeper (result i32) (i32.add (i32.const 1) (call $deeper)))".to_owned(),
        after: "(call $deeper)".to_owned(),
        ..Guest::good()
    };
    let tables = Guest {
        extra: "(table $t 1 funcref)".to_owned(),
        after: "(loop $more (br_if $more
                  (i32.ne (table.grow $t (ref.null func) (i32.const 4096)) (i32.const -1))))
                unreachable"
            .to_owned(),
        ..Guest::good()
    };
    let grow = "(loop $more
                  (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
                unreachable";
    // All but the first words, one instruction each, which nothing interrupts.
    let moves = |what: &str| Guest {
        memory: "1000",
        after: format!("(loop $again ({what}) (br $again)) unreachable"),
        ..Guest::good()
    };
    let copies = "memory.copy (i32.const 0) (i32.const 8) (i32.const 65535992)";
    let fills = "memory.fill (i32.const 0) (i32.const 7) (i32.const 65536000)";
    let loops = |name, last, guest: Guest| case(name, "plugin.timeout", last, guest.component());
    let traps = |name, last, guest: Guest| case(name, "plugin.trap", last, guest.component());
    let unreachable = || "unreachable".to_owned();
    // Some tens of milliseconds of a budget of 250.
    let slow = format!(
        "(local $turns i32)
         (loop $turn
           (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
           (br_if $turn (i32.lt_u (local.get $turns) (i32.const 20000000))))
         {}",
        Guest::good().after
    );
    vec![
        loops(
            "infinite loop in describe",
            Stage::Load,
            Guest { describe: LOOP.to_owned(), ..Guest::good() },
        ),
        loops(
            "infinite loop in before",
            Stage::Before,
            Guest { before: LOOP.to_owned(), ..Guest::good() },
        ),
        of_after("infinite loop in after", "plugin.timeout", LOOP),
        loops("copies all of its memory, again and again", Stage::After, moves(copies)),
        loops("fills all of its memory, again and again", Stage::After, moves(fills)),
        of_after("slow, within its limit", "answers", &slow),
        case("deep recursion", "plugin.trap", Stage::After, recursion.component()),
        of_after("memory bomb", "plugin.memory_limit", grow),
        case("table bomb", "plugin.memory_limit", Stage::After, tables.component()),
        traps("trap in describe", Stage::Load, Guest { describe: unreachable(), ..Guest::good() }),
        traps("trap in before", Stage::Before, Guest { before: unreachable(), ..Guest::good() }),
        of_after("trap in after", "plugin.trap", "unreachable"),
    ]
}

/// Those that answer what nobody can take.
fn answering() -> Vec<Case> {
    let mut invalid = Guest::good();
    let text = invalid.data.bytes(&[0xff, 0xfe, 0xc0]);
    let visual = invalid.data.text("visual");
    let field = invalid.data.words(&[text, 3, 0, 0, 0, visual[0], visual[1]]);
    let result = invalid.data.words(&[0, field, 1, 0, 0]);
    invalid.after = format!("(i32.const {result})");
    // A value that claims a gigabyte, and a list of the same few bytes a million times over.
    let mut long = Guest::good();
    let surname = long.data.text("surname");
    let visual = long.data.text("visual");
    let field = long.data.words(&[surname[0], surname[1], 1, 65536, 1 << 30, visual[0], visual[1]]);
    let result = long.data.words(&[0, field, 1, 0, 0]);
    long.after = format!("(i32.const {result})");
    let mut many = Guest { memory: "1000", ..Guest::good() };
    let result = many.data.words(&[0, 0, 0, 65536, 1_000_000]);
    many.after = format!("(i32.const {result})");
    let invalid_result =
        |name, guest: &Guest| case(name, "plugin.invalid_result", Stage::After, guest.component());
    vec![
        invalid_result("result of 1 GB", &long),
        invalid_result("list of a million checks", &many),
        invalid_result("invalid UTF-8", &invalid),
        of_after("result outside its memory", "plugin.invalid_result", "(i32.const 0x7ffffff0)"),
    ]
}

/// Those that reach for the world: they find nothing of it, or trap if they do.
fn reaching() -> Vec<Case> {
    const PACKAGES: [&str; 5] = [
        "package wasi:clocks@0.2.6;
         interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 }
           now: func() -> datetime; }",
        "package wasi:random@0.2.6; interface random { get-random-u64: func() -> u64; }",
        "package wasi:cli@0.2.6;
         interface environment { get-environment: func() -> list<tuple<string, string>>; }",
        "package wasi:filesystem@0.2.6;
         interface types { resource descriptor { } }
         interface preopens { use types.{descriptor};
           get-directories: func() -> list<tuple<descriptor, string>>; }",
        "package wasi:sockets@0.2.6;
         interface network {
           enum error-code { unknown, access-denied, not-supported, invalid-argument, out-of-memory,
             timeout, concurrency-conflict, not-in-progress, would-block, invalid-state,
             new-socket-limit, address-not-bindable, address-in-use, remote-unreachable,
             connection-refused, connection-reset, connection-aborted, datagram-too-large,
             name-unresolvable, temporary-resolver-failure, permanent-resolver-failure }
           enum ip-address-family { ipv4, ipv6 } }
         interface tcp { resource tcp-socket { } }
         interface tcp-create-socket { use network.{error-code, ip-address-family};
           use tcp.{tcp-socket};
           create-tcp-socket: func(address-family: ip-address-family)
             -> result<tcp-socket, error-code>; }",
    ];
    const WORLD: &str = "package test:curious@1.0.0;
        world curious {
          import wasi:clocks/wall-clock@0.2.6;
          import wasi:random/random@0.2.6;
          import wasi:cli/environment@0.2.6;
          import wasi:filesystem/preopens@0.2.6;
          import wasi:sockets/tcp-create-socket@0.2.6;
          export dossier:rules/hooks@1.0.0;
        }";
    // Each leaves a number that must be the given one.
    let list = "(i32.load (i32.const 2052))";
    [
        (
            "reads the environment",
            "wasi:cli/environment@0.2.6",
            "get-environment",
            "(param i32)",
            "(call $reach (i32.const 2048))",
            list,
            "0",
        ),
        (
            "opens folders",
            "wasi:filesystem/preopens@0.2.6",
            "get-directories",
            "(param i32)",
            "(call $reach (i32.const 2048))",
            list,
            "0",
        ),
        (
            "opens a socket",
            "wasi:sockets/tcp-create-socket@0.2.6",
            "create-tcp-socket",
            "(param i32 i32)",
            "(call $reach (i32.const 0) (i32.const 2048))",
            "(i32.load8_u (i32.const 2048))",
            "1",
        ),
        (
            "reads the clock",
            "wasi:clocks/wall-clock@0.2.6",
            "now",
            "(param i32)",
            "(call $reach (i32.const 2048))",
            "(i32.load (i32.const 2048))",
            "0",
        ),
        (
            "asks for randomness",
            "wasi:random/random@0.2.6",
            "get-random-u64",
            "(result i64)",
            "(i64.store (i32.const 2048) (call $reach))",
            "(i32.load (i32.const 2048))",
            "0x5ac31788",
        ),
    ]
    .into_iter()
    .map(|(name, interface, function, signature, call, found, expected)| {
        let guest = Guest {
            extra: format!(r#"(import "{interface}" "{function}" (func $reach {signature}))"#),
            after: format!(
                "{call} (if (i32.ne {found} (i32.const {expected})) (then unreachable)) {}",
                Guest::good().after
            ),
            ..Guest::good()
        };
        let mut packages = vec![WIT];
        packages.extend(PACKAGES);
        packages.push(WORLD);
        let component = guest.component_for(&packages, "test:curious/curious");
        case(name, "answers", Stage::After, component)
    })
    .collect()
}

/// Those that are no rules, or bombs for whoever loads them.
fn loading() -> Vec<Case> {
    let load = |name, code, component| case(name, code, Stage::Load, component);
    let later = WIT.replace("@1.0.0", "@2.0.0");
    let module = Guest::good().core_module().replace("hooks@1.0.0#", "hooks@2.0.0#");
    let lacking = WIT.replace("  after: func(", "  afterwards: func(");
    let without_after = Guest {
        extra: r#"(func (export "dossier:rules/hooks@1.0.0#afterwards")
                    (param i32 i32 i32 i32 i32 i32) (result i32) unreachable)"#
            .to_owned(),
        ..Guest::good()
    };
    let mut large = Guest::good().component();
    large.resize(100 << 20, 0);
    let mut compiled = b"\x7fELF\x02\x01\x01\x00".to_vec();
    compiled.resize(4096, 0);
    vec![
        load(
            "wrong WIT version",
            "plugin.wrong_world",
            Guest::encode(&module, &[&later], "dossier:rules/rules"),
        ),
        load(
            "missing export",
            "plugin.wrong_world",
            without_after.component_for(&[&lacking], "dossier:rules/rules"),
        ),
        load(
            "a core module",
            "plugin.not_a_component",
            wat::parse_str(Guest::good().core_module()).expect("valid"),
        ),
        load("no WebAssembly", "plugin.not_a_component", b"PK\x03\x04 an archive".to_vec()),
        load("compiled code (.cwasm)", "plugin.not_a_component", compiled),
        load("100 MB component", "plugin.component_too_large", large),
        load("nested components that double", "plugin.too_complex", doubling(40)),
        load("deeply nested components", "plugin.too_complex", nested(40)),
        load("compile bomb: a huge function", "plugin.too_complex", huge_function(2 << 20)),
        load("compile bomb: 300,000 functions", "plugin.too_complex", many_functions(300_000)),
    ]
}

/// Side by side, each instantiating the one before it twice: 2 to the power of their number.
fn doubling(count: usize) -> Vec<u8> {
    let mut text = "(component (component $c0)".to_owned();
    for number in 1..count {
        let before = number - 1;
        // Writing to a String can't fail.
        let _ = write!(
            text,
            "(component $c{number}
               (alias outer 1 $c{before} (component $inner))
               (instance (instantiate $inner)) (instance (instantiate $inner)))"
        );
    }
    let _ = write!(text, "(instance (instantiate $c{})))", count - 1);
    wat::parse_str(text).expect("valid WebAssembly text")
}

fn nested(levels: usize) -> Vec<u8> {
    let text = format!("(component {} {})", "(component ".repeat(levels), ")".repeat(levels));
    wat::parse_str(text).expect("valid WebAssembly text")
}

/// One function of so many bytes, which a compiler must take as a whole.
fn huge_function(bytes: usize) -> Vec<u8> {
    let add = "(local.set 0 (i32.mul (i32.add (local.get 0) (i32.const 77)) (local.get 0)))";
    let body = add.repeat(bytes / 11);
    wat::parse_str(format!("(component (core module (func (param i32) {body})))"))
        .expect("valid WebAssembly text")
}

fn many_functions(count: usize) -> Vec<u8> {
    wat::parse_str(format!("(component (core module {}))", "(func)".repeat(count)))
        .expect("valid WebAssembly text")
}

/// Good traffic beside a case: calls of good rules one after the other, for as long as `until` says.
pub(crate) async fn good_traffic(engine: PluginEngine, until: Arc<AtomicBool>) -> Vec<Duration> {
    let plugin = engine.compile("good", Guest::good().component()).await.expect("it compiles");
    let mut times = Vec::new();
    while !until.load(Ordering::Acquire) || times.len() < 100 {
        let start = Instant::now();
        let report = after(&plugin).await.expect("good rules answer beside any others");
        times.push(start.elapsed());
        assert_eq!(report.checks.len(), 1, "{DOCUMENT_TYPE}");
        tokio::task::yield_now().await;
    }
    times
}
