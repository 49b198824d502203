//! Evidence: the optional interface of `dossier:rules@1.2.0`.

use dossier_document::{Barcode, Check, CheckOutcome, FieldText, Point, Symbology};
use dossier_plugin::{Evidence, Hook, InvalidResult, Plugin, PluginError, SeenPage};

use crate::guest::{DOCUMENT_TYPE, Guest, LOOP, RawCheck};
use crate::{TODAY, assert_discreet, assert_next_call_works, document_type, engine, readings};

const WIT: &str = include_str!("../../../../wit/v1.2/rules.wit");
/// A world that looks and has nothing to set.
const LOOKING: &str = "package test:looking@1.0.0; world looking {
    export dossier:rules/hooks@1.2.0; export dossier:rules/evidence@1.2.0; }";
const CONTENT: &str = "KEPT FROM LOGS 4711";

/// Rules that search for what `searches` says, and whose `observe` does `body`: its parameters are the document
/// type, then address and length of each list: pages, checks, candidates, barcodes.
fn component(mut guest: Guest, searches: &[(&str, &[&str])], body: &str) -> Vec<u8> {
    let mut words = Vec::new();
    for (document_type, sources) in searches {
        words.extend(guest.data.text(document_type));
        let list = sources.iter().flat_map(|source| guest.data.text(source)).collect::<Vec<_>>();
        words.extend([guest.data.words(&list), u32::try_from(sources.len()).expect("few")]);
    }
    let list = guest.data.words(&words);
    let result = guest.data.words(&[list, u32::try_from(searches.len()).expect("few")]);
    guest.extra += &format!(
        r#"(global $seen (mut i32) (i32.const 0))
           (func (export "dossier:rules/evidence@1.2.0#searches") (result i32) (i32.const {result}))
           (func (export "dossier:rules/evidence@1.2.0#observe")
             (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) {body})"#
    );
    let module = guest.core_module().replace("hooks@1.0.0#", "hooks@1.2.0#");
    Guest::encode(&module, &[WIT, LOOKING], "test:looking/looking")
}

/// Traps unless it was told of so many pages, checks, candidates and barcodes, and `content_bytes` in the first
/// barcode; takes a field from it.
fn looking(counts: [usize; 4], content_bytes: usize) -> Vec<u8> {
    let mut guest = Guest::good();
    let fields = [("surname", Some("DOE"), "visual"), ("given_names", None, "barcode.pdf417")];
    guest.reports(&fields, &[RawCheck::default()]);
    guest.after = format!("(if (i32.eqz (global.get $seen)) (then unreachable)) {}", guest.after);
    let is_right = counts.iter().enumerate().map(|(list, count)| {
        format!("(if (i32.ne (local.get {}) (i32.const {count})) (then unreachable))", 3 + 2 * list)
    });
    let body = format!(
        "{}
         (if (i32.ne (i32.load offset=16 (local.get 8)) (i32.const {content_bytes})) (then unreachable))
         (global.set $seen (i32.const 1))",
        is_right.collect::<String>()
    );
    component(guest, &[(DOCUMENT_TYPE, &["barcode.pdf417"])], &body)
}

fn barcode(symbology: Symbology) -> Barcode {
    let corners = [Point { x: 0.0, y: 0.0 }; 4];
    Barcode { symbology, page: 0, content: FieldText::new(CONTENT), corners }
}

fn evidence() -> Evidence {
    let page = SeenPage { picture: 0, is_rectified: true, rotation_degrees: 90.0, score: None };
    let check = Check {
        code: "image.blur".to_owned(),
        outcome: CheckOutcome::Passed,
        fields: Vec::new(),
        message: "sharp".to_owned(),
    };
    Evidence {
        pages: vec![page, page],
        checks: vec![check],
        candidates: vec![(document_type(DOCUMENT_TYPE), 0.9)],
        barcodes: vec![barcode(Symbology::Pdf417), barcode(Symbology::Qr)],
    }
}

async fn after(plugin: &Plugin, evidence: &Evidence) -> Result<Vec<String>, PluginError> {
    let readings = readings(&[("surname", "DOE")]);
    let paper = document_type(DOCUMENT_TYPE);
    let (report, _usage) = plugin.after_with_usage(&paper, &readings, evidence, TODAY).await?;
    Ok(report.fields.into_iter().map(|field| field.source).collect())
}

#[tokio::test]
async fn rules_see_what_they_search_for_and_may_take_fields_from_it() {
    let component = looking([2, 1, 1, 1], CONTENT.len());
    let plugin = engine().compile("looking", component).await.expect("it compiles");
    assert_eq!(plugin.searches(&document_type(DOCUMENT_TYPE)), [Symbology::Pdf417]);
    assert_eq!(plugin.searches(&document_type("test/paper/2")), []);
    let sources =
        after(&plugin, &evidence()).await.expect("it was told all of it, in its own instance");
    assert_eq!(sources, ["visual", "barcode.pdf417"]);
}

#[tokio::test]
async fn a_field_is_never_taken_from_a_barcode_that_nobody_found() {
    let mut guest = Guest::good();
    let fields = [("surname", Some("DOE"), "visual"), ("given_names", Some("J"), "barcode.qr")];
    guest.reports(&fields, &[RawCheck::default()]);
    // The page bears a QR Code, but these rules don't search for it, so they were not told of it.
    let component = component(guest, &[(DOCUMENT_TYPE, &["barcode.pdf417"])], "");
    let plugin = engine().compile("looking", component).await.expect("it compiles");
    let error = after(&plugin, &evidence()).await.expect_err("there is no such reading");
    assert!(
        matches!(
            error,
            PluginError::InvalidResult { what: InvalidResult::UnknownField { position: 1 }, .. }
        ),
        "{error}"
    );
    assert_discreet(&error);
}

#[tokio::test]
async fn searches_are_judged_when_the_component_is_loaded() {
    let paper = DOCUMENT_TYPE;
    let pdf417: &[&str] = &["barcode.pdf417"];
    for searches in [
        vec![(paper, &["barcode.code39"][..])],
        vec![(paper, &["barcode.qr", "barcode.qr"][..])],
        vec![(paper, &[][..])],
        vec![("test/other/1", pdf417)],
        vec![("no type", pdf417)],
        vec![(paper, pdf417), (paper, pdf417)],
    ] {
        let component = component(Guest::good(), &searches, "");
        let error = engine().compile("bad", component).await.expect_err("no valid searches");
        assert!(
            matches!(error, PluginError::InvalidResult { hook: Hook::Searches, .. }),
            "{searches:?}: {error}"
        );
    }
}

#[tokio::test]
async fn a_hostile_observe_costs_its_own_call_only() {
    let engine = engine();
    for (body, code) in [(LOOP, "plugin.timeout"), ("unreachable", "plugin.trap")] {
        let component = component(Guest::good(), &[], body);
        let plugin = engine.compile("bad", component).await.expect("it compiles");
        let error = after(&plugin, &evidence()).await.expect_err("it misbehaves");
        assert_eq!(error.code(), code, "{error}");
        match &error {
            PluginError::Timeout { hook, .. } | PluginError::Trap { hook, .. } => {
                assert_eq!(*hook, Hook::Observe);
            }
            other => panic!("{other}"),
        }
        assert_discreet(&error);
    }
    assert_next_call_works(&engine).await;
}

#[tokio::test]
async fn rules_that_do_not_look_are_told_nothing() {
    let plugin = engine().compile("good", Guest::good().component()).await.expect("it compiles");
    assert_eq!(after(&plugin, &evidence()).await.expect("it answers"), ["visual"]);
}
