//! The WIT file, and what fits it.

use dossier_plugin::{
    CodeCache, Inspection, PluginEngine, PluginError, PluginSettings, WorldMismatch,
};
use sha2::{Digest as _, Sha256};
use wit_parser::{Resolve, WorldId};

use crate::guest::Guest;
use crate::{assert_next_call_works, engine};

const WIT: &str = include_str!("../../../../wit/v1/rules.wit");
const WIT_1_1: &str = include_str!("../../../../wit/v1.1/rules.wit");
const WIT_1_2: &str = include_str!("../../../../wit/v1.2/rules.wit");
const CHANGELOG: &str = include_str!("../../../../wit/CHANGELOG.md");

#[test]
fn the_changelog_knows_the_wit_files() {
    for (file, text) in [("v1", WIT), ("v1.1", WIT_1_1), ("v1.2", WIT_1_2)] {
        let hash = Sha256::digest(text.as_bytes());
        let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let line = format!("- `{file}/rules.wit` sha256:{hash}");
        assert!(
            CHANGELOG.lines().any(|known| known == line),
            "wit/{file}/rules.wit has changed: say how in wit/CHANGELOG.md, and that it is now\n{line}"
        );
    }
}

/// Two versions of the package in one graph, and a world of each.
fn worlds(old: &str, new: &str, world: &str) -> (Resolve, WorldId, WorldId) {
    let mut resolve = Resolve::default();
    let old = resolve.push_str("old.wit", old).expect("valid WIT");
    let new = resolve.push_str("new.wit", new).expect("valid WIT");
    let old = resolve.select_world(&[old], Some(world)).expect("the world is there");
    let new = resolve.select_world(&[new], Some(world)).expect("the world is there");
    (resolve, old, new)
}

/// A component of the older world runs in a host of the newer one.
#[test]
fn a_later_1_x_takes_the_components_of_an_earlier_one() {
    for (earlier, later) in [(WIT, WIT_1_1), (WIT, WIT_1_2), (WIT_1_1, WIT_1_2)] {
        let (resolve, old, new) = worlds(earlier, later, "rules");
        wit_component::semver_check(resolve, old, new).expect("the later takes the earlier");
    }
    let (resolve, old, new) = worlds(WIT_1_1, WIT_1_2, "configured-rules");
    wit_component::semver_check(resolve, old, new).expect("1.2.0 takes settings as 1.1.0 does");
}

/// What the check is there to catch.
#[test]
fn changes_that_break_components_are_caught() {
    for (from, to) in [
        ("    max-length: u32,", "    max-length: u64,"),
        ("    failed,\n", "    failed,\n    unsure,\n"),
        ("    confidence: f32,\n", "    confidence: f32,\n    language: string,\n"),
        (
            "  describe: func() -> description;",
            "  describe: func() -> description;\n  version: func() -> string;",
        ),
        ("    today: string,\n  ) -> result<report, error>;", "  ) -> result<report, error>;"),
    ] {
        assert!(WIT_1_1.contains(from), "{from}");
        let (resolve, old, new) = worlds(WIT, &WIT_1_1.replacen(from, to, 1), "rules");
        assert!(wit_component::semver_check(resolve, old, new).is_err(), "{to}");
    }
}

fn mismatch(error: PluginError) -> WorldMismatch {
    assert_eq!(error.code(), "plugin.wrong_world", "{error}");
    match error {
        PluginError::WrongWorld { mismatch, .. } => *mismatch,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_missing_export_is_named() {
    let engine = engine();
    let without_after = WIT.replace("  after: func(", "  afterwards: func(");
    let component = Guest {
        extra: r#"(func (export "dossier:rules/hooks@1.0.0#afterwards")
                    (param i32 i32 i32 i32 i32 i32) (result i32) unreachable)"#
            .to_owned(),
        ..Guest::good()
    }
    .component_for(&[&without_after], "dossier:rules/rules");
    let error = engine.compile("lacking", component).await.expect_err("after is missing");
    match mismatch(error) {
        WorldMismatch::MissingExport { name, wit, exported } => {
            assert_eq!(name, "dossier:rules/hooks@1.0.0#after");
            assert!(
                wit.starts_with("wit/v1.2/rules.wit:") && wit.contains("`after: func(`"),
                "{wit}"
            );
            assert!(exported.contains("`dossier:rules/hooks@1.0.0`"), "{exported}");
        }
        other => panic!("{other}"),
    }

    let other_world = "package acme:till@1.0.0; world till { export ring: func(); }";
    let component = Guest { extra: r#"(func (export "ring"))"#.to_owned(), ..Guest::good() }
        .component_for(&[other_world], "acme:till/till");
    let error = engine.compile("till", component).await.expect_err("another world");
    match mismatch(error) {
        WorldMismatch::MissingExport { name, exported, .. } => {
            assert_eq!(name, "dossier:rules/hooks@1.0.0");
            assert!(exported.contains("nothing of the package"), "{exported}");
        }
        other => panic!("{other}"),
    }
    assert_next_call_works(&engine).await;
}

/// An interpreter takes half a minute to compile: what its names tell is told ahead of that.
#[tokio::test]
async fn what_does_not_fit_by_its_names_is_not_compiled() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = CodeCache::open(folder.path()).expect("a cache");
    let engine =
        PluginEngine::with_code_cache(PluginSettings::default(), cache).expect("the engine starts");
    let other_world = "package acme:till@1.0.0; world till { export ring: func(); }";
    let component = Guest { extra: r#"(func (export "ring"))"#.to_owned(), ..Guest::good() }
        .component_for(&[other_world], "acme:till/till");
    mismatch(engine.compile("till", component).await.expect_err("another world"));
    assert_eq!(engine.code_counts().expect("a cache").compiled, 0);
    engine.compile("good", Guest::good().component()).await.expect("it fits");
    assert_eq!(engine.code_counts().expect("a cache").compiled, 1);
}

#[tokio::test]
async fn an_export_of_another_type_is_named() {
    let other_type = WIT.replace("    max-length: u32,", "    max-length: s32,");
    let component = Guest::good().component_for(&[&other_type], "dossier:rules/rules");
    let error = engine().compile("other", component).await.expect_err("another type");
    match mismatch(error) {
        WorldMismatch::ExportType { name, wit, detail } => {
            assert_eq!(name, "dossier:rules/hooks@1.0.0#before");
            assert!(wit.contains("`before: func(`"), "{wit}");
            assert!(!detail.is_empty());
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_import_the_host_does_not_offer_is_named() {
    let world = "package acme:till@1.0.0;
                 interface drawer { open: func() -> u32; }
                 world till { import drawer; export dossier:rules/hooks@1.0.0; }";
    let component = Guest {
        extra: r#"(import "acme:till/drawer@1.0.0" "open" (func $open (result i32)))"#.to_owned(),
        after: "(call $open)".to_owned(),
        ..Guest::good()
    }
    .component_for(&[WIT, world], "acme:till/till");
    let error = engine().compile("till", component).await.expect_err("no such import");
    match mismatch(error) {
        WorldMismatch::Import { name, wit, offered, .. } => {
            assert_eq!(name, "acme:till/drawer@1.0.0");
            assert_eq!(wit, "`import acme:till/drawer@1.0.0;`");
            assert!(offered.contains("WASI 0.2.12"), "{offered}");
        }
        other => panic!("{other}"),
    }
}

/// A later version is told apart from a missing one.
#[tokio::test]
async fn a_component_of_another_version_is_told_both() {
    let later = WIT.replace("@1.0.0", "@2.0.0");
    let names = ["describe", "before", "after"];
    let mut module = Guest::good().core_module();
    for name in names {
        module = module.replace(&format!("hooks@1.0.0#{name}"), &format!("hooks@2.0.0#{name}"));
    }
    let component = Guest::encode(&module, &[&later], "dossier:rules/rules");
    let error = engine().compile("later", component).await.expect_err("no such version");
    match mismatch(error) {
        WorldMismatch::MissingExport { name, exported, .. } => {
            assert_eq!(name, "dossier:rules/hooks@1.0.0");
            assert_eq!(
                exported,
                "it exports `dossier:rules/hooks@2.0.0`, and this host speaks 1.0.0, 1.1.0 and 1.2.0"
            );
        }
        other => panic!("{other}"),
    }
}

/// `wit/README.md`: a later minor number is taken for the hooks it has of 1.0.0, whose types are compared.
#[tokio::test]
async fn a_component_of_a_later_minor_version_is_taken_if_its_hooks_are_the_same() {
    let module = |mut module: String| {
        for name in ["describe", "before", "after"] {
            module = module.replace(&format!("hooks@1.0.0#{name}"), &format!("hooks@1.9.0#{name}"));
        }
        module
    };
    let later = WIT.replace("@1.0.0", "@1.9.0");
    let beyond = later.replace("    after: func(", "    beyond: func() -> u32;\n    after: func(");
    let guest = Guest {
        extra: r#"(func (export "dossier:rules/hooks@1.9.0#beyond") (result i32) unreachable)"#
            .to_owned(),
        ..Guest::good()
    };
    let component = Guest::encode(&module(guest.core_module()), &[&beyond], "dossier:rules/rules");
    let plugin = engine().compile("later", component).await.expect("the hooks are those of 1.0.0");
    let report = crate::after(&plugin).await.expect("it answers");
    assert_eq!(report.fields[0].value.as_ref().expect("a value").expose(), "ERIKSSON");

    let other_type = later.replace("    max-length: u32,", "    max-length: s32,");
    let module = module(Guest::good().core_module());
    let component = Guest::encode(&module, &[&other_type], "dossier:rules/rules");
    let error = engine().compile("later", component).await.expect_err("another type");
    assert!(matches!(mismatch(error), WorldMismatch::ExportType { .. }));
}

/// The version that errors name is the one that is linked.
#[test]
fn the_version_of_wasi_is_that_of_the_crate() {
    let offered = Guest {
        extra: r#"(import "wasi:clocks/monotonic-clock@0.2.12" "now" (func $now (result i64)))"#
            .to_owned(),
        after: "(drop (call $now)) unreachable".to_owned(),
        ..Guest::good()
    };
    let wasi = "package wasi:clocks@0.2.12; interface monotonic-clock { now: func() -> u64; }";
    let world = "package test:clock@1.0.0; world clock {
        import wasi:clocks/monotonic-clock@0.2.12; export dossier:rules/hooks@1.0.0; }";
    let component = offered.component_for(&[WIT, wasi, world], "test:clock/clock");
    let inspection = Inspection::of("clock", &component, 1 << 20).expect("a component");
    assert_eq!(inspection.imports, ["wasi:clocks/monotonic-clock@0.2.12"]);
    assert_eq!(inspection.not_offered, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_no_component_is_refused_by_what_it_is() {
    let engine = engine();
    let core = wat::parse_str(Guest::good().core_module()).expect("a core module");
    let mut cut = Guest::good().component();
    cut.truncate(cut.len() / 2);
    let elf = b"\x7fELF\x02\x01\x01\x00 compiled code".to_vec();
    for (bytes, code, says) in [
        (Vec::new(), "plugin.not_a_component", "nothing"),
        (b"PK\x03\x04".to_vec(), "plugin.not_a_component", "no WebAssembly"),
        (core, "plugin.not_a_component", "core module"),
        (elf, "plugin.not_a_component", "machine code"),
        (b"\0asm\x0d\0\x02\0".to_vec(), "plugin.not_a_component", "unknown layer"),
        (b"(component)".to_vec(), "plugin.not_a_component", "no WebAssembly"),
        (
            b"version https://git-lfs.github.com/spec/v1\n".to_vec(),
            "plugin.not_a_component",
            "git-lfs pointer",
        ),
        (cut, "plugin.compile_failed", "compile"),
        (b"\0asm\x0d\0\x01\0".to_vec(), "plugin.wrong_world", "dossier:rules/hooks@1.0.0"),
    ] {
        let error = engine.compile("odd", bytes).await.expect_err("no rules");
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    assert_next_call_works(&engine).await;
}

#[tokio::test]
async fn a_component_larger_than_allowed_is_not_even_parsed() {
    let settings = PluginSettings { component_bytes: 1000, ..PluginSettings::default() };
    let engine = PluginEngine::new(settings).expect("the engine starts");
    let error = engine.compile("large", vec![0; 1001]).await.expect_err("too large");
    assert_eq!(error.code(), "plugin.component_too_large");
}
