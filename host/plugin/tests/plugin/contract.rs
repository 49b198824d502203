//! The WIT file, and what fits it.

use dossier_plugin::{PluginEngine, PluginError, PluginSettings, WorldMismatch};
use sha2::{Digest as _, Sha256};

use crate::guest::Guest;
use crate::{assert_next_call_works, engine};

const WIT: &str = include_str!("../../../../wit/v1/rules.wit");
const CHANGELOG: &str = include_str!("../../../../wit/CHANGELOG.md");

#[test]
fn the_changelog_knows_the_wit_file() {
    let hash = Sha256::digest(WIT.as_bytes());
    let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let line = format!("- `v1/rules.wit` sha256:{hash}");
    assert!(
        CHANGELOG.lines().any(|known| known == line),
        "wit/v1/rules.wit has changed: say how in wit/CHANGELOG.md, and that it is now\n{line}"
    );
}

fn mismatch(error: PluginError) -> WorldMismatch {
    assert_eq!(error.code(), "plugin.wrong_world", "{error}");
    match error {
        PluginError::WrongWorld { mismatch, .. } => mismatch,
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
    assert_eq!(
        mismatch(error),
        WorldMismatch::MissingExport { name: "dossier:rules/hooks@1.0.0#after".to_owned() }
    );

    let other_world = "package acme:till@1.0.0; world till { export ring: func(); }";
    let component = Guest { extra: r#"(func (export "ring"))"#.to_owned(), ..Guest::good() }
        .component_for(&[other_world], "acme:till/till");
    let error = engine.compile("till", component).await.expect_err("another world");
    assert_eq!(
        mismatch(error),
        WorldMismatch::MissingExport { name: "dossier:rules/hooks@1.0.0".to_owned() }
    );
    assert_next_call_works(&engine).await;
}

#[tokio::test]
async fn an_export_of_another_type_is_named() {
    let other_type = WIT.replace("    max-length: u32,", "    max-length: s32,");
    let component = Guest::good().component_for(&[&other_type], "dossier:rules/rules");
    let error = engine().compile("other", component).await.expect_err("another type");
    match mismatch(error) {
        WorldMismatch::ExportType { name, detail } => {
            assert_eq!(name, "dossier:rules/hooks@1.0.0#before");
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
        WorldMismatch::Import { name, .. } => assert_eq!(name, "acme:till/drawer@1.0.0"),
        other => panic!("{other}"),
    }
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
