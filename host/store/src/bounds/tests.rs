//! Every place of every format: in its table, and refused beyond its bound.

use serde_json::json;

use super::*;

/// A value beyond a bound, and the largest within it.
fn beyond_and_within(bound: Bound) -> Vec<(Value, Value)> {
    let text = |bytes: usize| json!("x".repeat(bytes));
    let list = |members: usize| Value::Array(vec![Value::Null; members]);
    match bound {
        Bound::Whole(_, most) => vec![
            (json!(most + 1), json!(most)),
            (json!(-1), json!(most)),
            (json!(0.5), json!(most)),
            (json!(10_000_000_000_000_u64), json!(most)),
        ],
        Bound::Number(most) => {
            vec![(json!(most * 1.001), json!(most)), (json!(-most * 1.001), json!(-most))]
        }
        Bound::Text(most) => vec![(text(most + 1), text(most)), (json!(7), text(0))],
        Bound::Line(most) => vec![
            (text(most + 1), text(most)),
            (json!("\u{1b}[2J"), text(1)),
            (json!("\u{202e}x"), text(1)),
            (json!("a\nb"), text(1)),
        ],
        Bound::Members(most) => vec![
            (list(most + 1), list(most)),
            (json!("x"), list(0)),
            (json!({"k".repeat(129): null}), json!({"k".repeat(128): null})),
        ],
        Bound::Anything(most) => vec![
            (text(most + 1), text(most)),
            (json!([1e12]), json!([1e11])),
            (list(4097), list(4096)),
            ((0..17).fold(json!(1), |deep, _| json!([deep])), json!([[[1]]])),
        ],
    }
}

/// An object that has `value` at `place`, where `*` is a key or, if `in_list`, an item.
fn at(place: &str, value: &Value, in_list: bool) -> Value {
    place.rsplit('.').fold(value.clone(), |value, key| match (key, in_list) {
        ("*", true) => json!([value]),
        ("*", false) => json!({"key": value}),
        _ => json!({key: value}),
    })
}

const FORMATS: [(&str, &Format); 8] = [
    ("plugin.json", &PLUGIN),
    ("document-type.json", &DOCUMENT_TYPE),
    ("a change of settings", &SETTINGS_CHANGE),
    ("calibration.json", &CALIBRATION),
    ("signature.json", &SIGNATURE),
    ("fixtures/*.json", &FIXTURE),
    ("adapter_config.json", &ADAPTER_CONFIG),
    ("preprocessor_config.json", &PREPROCESSOR_CONFIG),
];

#[test]
fn every_place_of_every_format_has_a_bound_that_holds() {
    for (name, format) in FORMATS {
        for &(place, bound) in format.places {
            for (beyond, within) in beyond_and_within(bound) {
                for in_list in [true, false] {
                    // An object at the root has members of any name: a list of these is none.
                    if in_list && place.starts_with('*') {
                        continue;
                    }
                    let file = |value| at(place, value, in_list).to_string();
                    let refused = format.check(file(&beyond).as_bytes());
                    assert!(refused.is_err(), "{name}: {place}: {bound:?}: {in_list}");
                    let text = refused.expect_err("refused").to_string();
                    assert!(text.len() < 300 && !text.contains('\u{1b}'), "{text}");
                    let file = file(&within);
                    if file.len() <= format.bytes {
                        assert_eq!(format.check(file.as_bytes()), Ok(()), "{name}: {place}");
                    }
                }
            }
        }
        let long = format!("{{\"k\": \"{}\"}}", "x".repeat(format.bytes));
        let error = format.check(long.as_bytes());
        assert!(matches!(error, Err(OutOfBounds::File { .. })), "{name}: {error:?}");
    }
}

#[test]
fn what_is_no_json_is_its_owners_to_refuse() {
    for bytes in [b"".as_slice(), b"{", b"[1e400]", b"\xff\xfe"] {
        assert_eq!(PLUGIN.check(bytes), Ok(()));
    }
}

#[test]
fn an_unknown_key_is_its_owners_to_refuse() {
    assert_eq!(PLUGIN.check(br#"{"surprise": 10000000000000}"#), Ok(()));
}

/// Every place of a full example is in the table: so that a key that is added gets a bound.
#[test]
fn the_tables_know_every_key_of_the_files() {
    let signature = crate::SecretKey::from_seed([1; 32]).sign(b"").to_json();
    for (name, format, example) in [
        ("plugin.json", &PLUGIN, crate::manifest::full_example()),
        ("signature.json", &SIGNATURE, serde_json::from_slice(&signature).expect("JSON")),
    ] {
        assert_eq!(format.unbounded(&example), Vec::<String>::new(), "{name}");
    }
}
