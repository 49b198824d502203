//! Components that answer nonsense.

use dossier_plugin::{Hook, InvalidResult, PluginError};

use crate::guest::{DOCUMENT_TYPE, Guest, RawCheck, RawRequest};
use crate::{
    TODAY, after, assert_discreet, assert_next_call_works, before, document_type, engine, name,
};

/// What is wrong with the answer, by the error.
fn fault(error: PluginError, expected: Hook) -> InvalidResult {
    assert_discreet(&error);
    assert_eq!(error.code(), "plugin.invalid_result", "{error}");
    match error {
        PluginError::InvalidResult { hook, what, .. } => {
            assert_eq!(hook, expected);
            what
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn descriptions_are_validated() {
    let engine = engine();
    for (rules, version, types) in [
        ("", "1.0.0", &[DOCUMENT_TYPE][..]),
        ("Rules", "1.0.0", &[DOCUMENT_TYPE]),
        ("rules", "1.0", &[DOCUMENT_TYPE]),
        ("rules", "01.0.0", &[DOCUMENT_TYPE]),
        ("rules", "1.0.0-pre", &[DOCUMENT_TYPE]),
        ("rules", "1.0.0", &[]),
        ("rules", "1.0.0", &["no type"]),
        ("rules", "1.0.0", &["../etc/passwd"]),
        ("rules", "1.0.0", &[DOCUMENT_TYPE, DOCUMENT_TYPE]),
    ] {
        let mut guest = Guest::good();
        guest.describes(rules, version, types);
        let error =
            engine.compile("bad", guest.component()).await.expect_err("not as the WIT says");
        fault(error, Hook::Describe);
    }
}

#[tokio::test]
async fn field_requests_are_validated() {
    let engine = engine();
    let good = RawRequest::default;
    type Case<'a> = (Vec<RawRequest<'a>>, fn(&InvalidResult) -> bool);
    let cases: Vec<Case<'_>> = vec![
        (vec![], |what| matches!(what, InvalidResult::Nothing { .. })),
        (vec![RawRequest { name: "Sur name", ..good() }], |what| {
            matches!(what, InvalidResult::Form { .. })
        }),
        (vec![good(), good()], |what| matches!(what, InvalidResult::Duplicate { position: 1, .. })),
        (vec![RawRequest { page: 1, ..good() }], |what| {
            matches!(what, InvalidResult::PageOutOfRange { page: 1, page_count: 1, .. })
        }),
        (vec![RawRequest { characters: "", ..good() }], |what| {
            matches!(what, InvalidResult::Characters { .. })
        }),
        (vec![RawRequest { characters: "Z-A", ..good() }], |what| {
            matches!(what, InvalidResult::Characters { .. })
        }),
        (vec![RawRequest { characters: "A\nB", ..good() }], |what| {
            matches!(what, InvalidResult::Characters { .. })
        }),
        (vec![RawRequest { max_length: 0, ..good() }], |what| {
            matches!(what, InvalidResult::MaxLength { max_length: 0, .. })
        }),
        (vec![RawRequest { max_length: u32::MAX, ..good() }], |what| {
            matches!(what, InvalidResult::MaxLength { .. })
        }),
        (vec![RawRequest { shape: Some((2, 44)), max_length: 90, ..good() }], |what| {
            matches!(what, InvalidResult::Shape { lines: 2, characters_per_line: 44, .. })
        }),
        (vec![RawRequest { shape: Some((0, 44)), max_length: 1, ..good() }], |what| {
            matches!(what, InvalidResult::Shape { .. })
        }),
        (vec![RawRequest { shape: Some((u32::MAX, u32::MAX)), ..good() }], |what| {
            matches!(what, InvalidResult::Shape { .. })
        }),
    ];
    for (requests, expected) in cases {
        let mut guest = Guest::good();
        guest.requests(&requests);
        let plugin = engine.compile("bad", guest.component()).await.expect("it compiles");
        let what = fault(before(&plugin).await.expect_err("not as the WIT says"), Hook::Before);
        assert!(expected(&what), "{what:?}");
    }
    assert_next_call_works(&engine).await;
}

#[tokio::test]
async fn a_shape_that_fits_is_fine() {
    let mut guest = Guest::good();
    guest.requests(&[RawRequest { shape: Some((2, 44)), max_length: 89, ..RawRequest::default() }]);
    let plugin = engine().compile("good", guest.component()).await.expect("it compiles");
    before(&plugin).await.expect("as the WIT says");
}

#[tokio::test]
async fn rules_choose_what_was_requested_and_nothing_else() {
    let plugin = engine().compile("good", Guest::good().component()).await.expect("it compiles");
    let paper = document_type(DOCUMENT_TYPE);
    let requested = [name("surname")];
    plugin.before(&paper, 1, Some(&requested), TODAY).await.expect("exactly that");
    for requested in [vec![name("given_names")], vec![name("surname"), name("sex")]] {
        let error =
            plugin.before(&paper, 1, Some(&requested), TODAY).await.expect_err("not as requested");
        let what = fault(error, Hook::Before);
        assert!(matches!(what, InvalidResult::NotAsRequested { .. }), "{what:?}");
    }
    let other = document_type("test/paper/2");
    let error = plugin.before(&other, 1, None, TODAY).await.expect_err("no rules for it");
    assert_eq!(error.code(), "plugin.unsupported_document_type");
}

#[tokio::test]
async fn reports_are_validated() {
    let engine = engine();
    let surname = ("surname", None, "visual");
    let check = RawCheck::default;
    let long = "x".repeat(513);
    type Case<'a> =
        (Vec<(&'a str, Option<&'a str>, &'a str)>, Vec<RawCheck<'a>>, fn(&InvalidResult) -> bool);
    let cases: Vec<Case<'_>> = vec![
        (vec![], vec![], |what| matches!(what, InvalidResult::DroppedReading { .. })),
        (vec![surname, ("age", None, "visual")], vec![], |what| {
            matches!(what, InvalidResult::UnknownField { position: 1 })
        }),
        (vec![surname, ("age", None, "stars")], vec![], |what| {
            matches!(what, InvalidResult::UnknownField { position: 1 })
        }),
        (vec![("surname", None, "stars")], vec![], |what| {
            matches!(what, InvalidResult::UnknownField { position: 0 })
        }),
        (vec![surname, surname], vec![], |what| {
            matches!(what, InvalidResult::Duplicate { position: 1, .. })
        }),
        (vec![surname, ("UNMISTAKABLE", None, "surname")], vec![], |what| {
            matches!(what, InvalidResult::Form { position: 1, .. })
        }),
        (vec![surname], vec![RawCheck { code: "", ..check() }], |what| {
            matches!(what, InvalidResult::Form { .. })
        }),
        (vec![surname], vec![RawCheck { code: "UNMISTAKABLE", ..check() }], |what| {
            matches!(what, InvalidResult::Form { .. })
        }),
        (vec![surname], vec![RawCheck { field: "Sur name", ..check() }], |what| {
            matches!(what, InvalidResult::Form { .. })
        }),
        (vec![surname], vec![RawCheck { message: &long, ..check() }], |what| {
            matches!(what, InvalidResult::Form { .. })
        }),
        (vec![surname], vec![RawCheck { outcome: 3, ..check() }], |what| {
            matches!(what, InvalidResult::Malformed)
        }),
        (vec![surname], vec![check(), check()], |what| {
            matches!(what, InvalidResult::Duplicate { position: 1, .. })
        }),
        (vec![surname], (0..257).map(|_| check()).collect(), |what| {
            matches!(what, InvalidResult::TooMany { count: 257, .. })
        }),
    ];
    for (fields, checks, expected) in cases {
        let mut guest = Guest::good();
        guest.reports(&fields, &checks);
        let plugin = engine.compile("bad", guest.component()).await.expect("it compiles");
        let what = fault(after(&plugin).await.expect_err("not as the WIT says"), Hook::After);
        assert!(expected(&what), "{what:?}");
    }
    assert_next_call_works(&engine).await;
}

#[tokio::test]
async fn a_derived_field_names_the_reading_it_comes_from() {
    let mut guest = Guest::good();
    guest.reports(&[("surname", None, "visual"), ("initial", Some("U"), "surname")], &[]);
    let plugin = engine().compile("good", guest.component()).await.expect("it compiles");
    let report = after(&plugin).await.expect("as the WIT says");
    assert_eq!(report.fields[1].source, "surname");
    assert_eq!(report.fields[0].value, None);
}

/// Makes `after` answer with the numbers as its result.
async fn answer(build: impl FnOnce(&mut Guest) -> [u32; 5]) -> InvalidResult {
    let engine = engine();
    let mut guest = Guest::good();
    let words = build(&mut guest);
    let result = guest.data.words(&words);
    guest.after = format!("(i32.const {result})");
    let plugin = engine.compile("bad", guest.component()).await.expect("it compiles");
    let what = fault(after(&plugin).await.expect_err("no valid answer"), Hook::After);
    assert_next_call_works(&engine).await;
    what
}

#[tokio::test]
async fn results_that_break_the_canonical_abi_are_malformed() {
    // No such case of the result type.
    assert_eq!(answer(|_| [7, 0, 0, 0, 0]).await, InvalidResult::Malformed);
    // A list that ends behind the memory.
    assert_eq!(answer(|_| [0, 1024, 10_000, 0, 0]).await, InvalidResult::Malformed);
    // A text that is no UTF-8.
    let what = answer(|guest| {
        let text = guest.data.bytes(&[0xff, 0xfe, 0xc0]);
        let visual = guest.data.text("visual");
        let field = guest.data.words(&[text, 3, 0, 0, 0, visual[0], visual[1]]);
        [0, field, 1, 0, 0]
    });
    assert_eq!(what.await, InvalidResult::Malformed);
}

#[tokio::test]
async fn a_result_without_end_is_too_large() {
    let engine = engine();
    let mut guest = Guest { memory: "64", ..Guest::good() };
    // One value of 2 MiB.
    let surname = guest.data.text("surname");
    let visual = guest.data.text("visual");
    let field =
        guest.data.words(&[surname[0], surname[1], 1, 65536, 2 << 20, visual[0], visual[1]]);
    let result = guest.data.words(&[0, field, 1, 0, 0]);
    guest.after = format!("(i32.const {result})");
    let plugin = engine.compile("huge", guest.component()).await.expect("it compiles");
    let what = fault(after(&plugin).await.expect_err("too large"), Hook::After);
    assert_eq!(what, InvalidResult::TooLarge { limit_bytes: 1 << 20 });
    // A list of a hundred thousand checks, all in the same place.
    let result = guest.data.words(&[0, 0, 0, 65536, 100_000]);
    guest.after = format!("(i32.const {result})");
    let plugin = engine.compile("huge", guest.component()).await.expect("it compiles");
    let what = fault(after(&plugin).await.expect_err("too large"), Hook::After);
    assert_eq!(what, InvalidResult::TooLarge { limit_bytes: 1 << 20 });
    assert_next_call_works(&engine).await;
}

/// A refusal may quote the document; the error that carries it doesn't.
#[tokio::test]
async fn a_refusal_after_reading_keeps_its_text_to_itself() {
    let mut guest = Guest::good();
    let code = guest.data.text("paper.torn");
    let result = guest.data.words(&[1, code[0], code[1], 0, 0]);
    // The message is the first reading's raw text: address and length at 12 and 16 of the record.
    guest.after = format!(
        "(i32.store (i32.const {message}) (i32.load offset=12 (local.get 2)))
         (i32.store (i32.const {length}) (i32.load offset=16 (local.get 2)))
         (i32.const {result})",
        message = result + 12,
        length = result + 16,
    );
    let plugin = engine().compile("torn", guest.component()).await.expect("it compiles");
    let error = after(&plugin).await.expect_err("it refuses");
    assert_eq!(error.code(), "plugin.refused");
    assert_discreet(&error);
    match error {
        PluginError::Refused { code, message, .. } => {
            assert_eq!((code.as_str(), message.expose()), ("paper.torn", crate::SECRET));
        }
        other => panic!("{other}"),
    }
}
