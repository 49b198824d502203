//! Rules that tell which version of them answers, by both hooks. `dossier-bench plugins` writes
//! numbers into their component, so that one build is any number of rules and versions.
#![deny(unsafe_code)]

use std::hint::black_box;

use dossier_rules_sdk::{
    Check, Description, Field, FieldRequest, Outcome, Reading, Refusal, Report, Rules, export_rules,
};

/// A word to find it by, then the number of the rules and the number of the version.
static MARK: [u8; 20] = *b"dossier-mark:00.0000";
/// Where the number of the rules stands, and where that of the version.
const NUMBERS: [std::ops::Range<usize>; 2] = [13..15, 16..20];

/// The rules, as a component exports them.
#[derive(Debug)]
pub struct Marked;

export_rules!(Marked);

impl Rules for Marked {
    fn describe() -> Description {
        let [rules, version] = numbers();
        Description {
            name: format!("marked-{rules}"),
            version: format!("1.0.{version}"),
            document_types: vec![format!("marked/paper/{rules}")],
        }
    }

    fn before(
        _document_type: &str,
        _page_count: u32,
        _requested: Option<&[String]>,
        _today: &str,
    ) -> Result<Vec<FieldRequest>, Refusal> {
        let [_, version] = numbers();
        // A shape of one line makes the model write exactly so many characters.
        let max_length = 1 + version % 8;
        Ok(vec![FieldRequest {
            name: "surname",
            page: 0,
            characters: "A-Z",
            max_length,
            shape: Some((1, max_length)),
        }])
    }

    fn after(_document_type: &str, readings: &[Reading], _today: &str) -> Result<Report, Refusal> {
        let [_, version] = numbers();
        let field =
            |reading: &Reading| Field { name: reading.name.clone(), value: None, source: "visual" };
        let check = Check {
            code: "version.told",
            outcome: Outcome::Passed,
            fields: Vec::new(),
            message: version.to_string().into(),
        };
        Ok(Report { fields: readings.iter().map(field).collect(), checks: vec![check] })
    }
}

/// Read at run time: the compiler must not know what stands there.
fn numbers() -> [u32; 2] {
    let mark = black_box(&MARK);
    NUMBERS.map(|place| {
        mark[place].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    })
}
