//! How large every number, text and list of every file of a package may be: one table a format.
//!
//! The tables say how much, not what: a key that no table has is the format's owner to refuse, by name.

use dossier_document::is_plain;
use serde_json::Value;

use crate::MAX_SETTINGS_BYTES;

/// What stands at one place of a JSON file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A whole number from the first to the second, both included.
    Whole(u64, u64),
    /// A number of at most this size, above or below 0.
    Number(f64),
    /// A text of at most so many bytes.
    Text(usize),
    /// The same on one line, without characters that are invisible, or steer a terminal.
    Line(usize),
    /// A list or an object of at most so many members, with keys of at most 128 bytes.
    Members(usize),
    /// Anything, with everything below: texts of at most so many bytes, numbers below 10^12, lists and
    /// objects of 4096 members, 16 deep.
    Anything(usize),
}

/// A JSON file of packages.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Longest file in bytes.
    pub bytes: usize,
    /// Its places, `*` for any member. A place that may be of two kinds stands there twice.
    pub places: &'static [(&'static str, Bound)],
}

/// Something is larger than its bound, or of another kind.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum OutOfBounds {
    /// The file is.
    #[error("it has {bytes} bytes, more than the {most} allowed")]
    File {
        /// Its length.
        bytes: usize,
        /// The bound.
        most: usize,
    },
    /// What stands at a place is.
    #[error("`{place}`: must be {bound}")]
    Place {
        /// The place as the table names it: nothing that somebody else wrote.
        place: &'static str,
        /// The bound.
        bound: Bound,
    },
}

/// Longest key of any object in bytes.
const KEY_BYTES: usize = 128;
/// Members of what may be anything.
const ANY_MEMBERS: usize = 4096;
/// Its depth.
const ANY_DEPTH: usize = 16;
/// Its greatest number.
const ANY_NUMBER: f64 = 1e12;

/// Pages of the longest document: more than a passport's data page and its neighbours.
pub const MOST_PAGES: u64 = 16;
/// Pixels of a page's side, as an adapter may ask for it: more than any base reads.
const MOST_PAGE_PIXELS: u64 = 8192;
/// More changes than a host makes.
const MOST_GENERATIONS: u64 = 1_000_000_000_000;

/// `plugin.json`.
pub const PLUGIN: Format = Format {
    bytes: 1 << 20,
    places: &[
        ("name", Bound::Line(64)),
        ("version", Bound::Line(32)),
        ("document_types", Bound::Members(4096)),
        ("document_types.*", Bound::Line(128)),
        ("settings", Bound::Members(16)),
        ("settings.canary_min_calls", Bound::Whole(1, 1_000_000)),
        ("settings.canary_max_failure_percent", Bound::Whole(0, 100)),
    ],
};

/// `document-type.json`.
pub const DOCUMENT_TYPE: Format = Format {
    bytes: 2 * MAX_SETTINGS_BYTES,
    places: &[
        ("document_type", Bound::Line(128)),
        ("title", Bound::Line(256)),
        ("pages", Bound::Whole(1, MOST_PAGES)),
        ("base", Bound::Line(64)),
        ("rules", Bound::Line(64)),
        ("version", Bound::Line(32)),
        ("fields", Bound::Members(64)),
        ("fields.*", Bound::Line(64)),
        ("zone", Bound::Line(16)),
        ("any_issuer", Bound::Anything(8)),
        ("settings", Bound::Members(256)),
        ("settings.*", Bound::Anything(MAX_SETTINGS_BYTES)),
    ],
};

/// What sets the settings of a document type on a host.
pub const SETTINGS_CHANGE: Format = Format {
    bytes: 2 * MAX_SETTINGS_BYTES,
    places: &[
        ("generation", Bound::Whole(0, MOST_GENERATIONS)),
        ("settings", Bound::Members(256)),
        ("settings.*", Bound::Anything(MAX_SETTINGS_BYTES)),
    ],
};

/// `calibration.json`.
pub const CALIBRATION: Format = Format {
    bytes: 64 << 10,
    places: &[
        ("method", Bound::Line(32)),
        ("fields", Bound::Members(64)),
        ("fields.*", Bound::Members(16)),
        ("fields.*.slope", Bound::Number(1000.0)),
        ("fields.*.intercept", Bound::Number(1000.0)),
    ],
};

/// `prototypes.json`.
pub const PROTOTYPES: Format = Format {
    bytes: 256 << 10,
    places: &[
        ("embedding", Bound::Line(80)),
        ("prototypes", Bound::Members(16)),
        ("prototypes.*", Bound::Members(4096)),
        ("prototypes.*.*", Bound::Number(1000.0)),
    ],
};

/// `signature.json`.
pub const SIGNATURE: Format = Format {
    bytes: 1 << 10,
    places: &[("public_key", Bound::Line(80)), ("signature", Bound::Line(128))],
};

/// `fixtures/*.json`: bounded as what rules may answer.
pub const FIXTURE: Format = Format {
    bytes: 256 << 10,
    places: &[
        ("document_type", Bound::Line(128)),
        ("today", Bound::Line(10)),
        ("fields", Bound::Members(64)),
        ("fields.*", Bound::Text(4096)),
        ("barcodes", Bound::Members(64)),
        ("barcodes.*", Bound::Members(16)),
        ("barcodes.*.source", Bound::Line(64)),
        ("barcodes.*.page", Bound::Whole(0, MOST_PAGES)),
        ("barcodes.*.content", Bound::Text(8 << 10)),
        ("settings", Bound::Members(256)),
        ("settings.*", Bound::Anything(MAX_SETTINGS_BYTES)),
        ("requests", Bound::Members(16)),
        ("requests.pages", Bound::Whole(0, MOST_PAGES)),
        ("requests.fields", Bound::Members(64)),
        ("requests.fields.*", Bound::Line(64)),
        ("requests.expected", Bound::Members(64)),
        ("requests.expected.refused", Bound::Line(128)),
        ("requests.expected.*", Bound::Members(16)),
        ("requests.expected.*.name", Bound::Line(64)),
        ("requests.expected.*.page", Bound::Whole(0, MOST_PAGES)),
        ("requests.expected.*.characters", Bound::Text(1024)),
        ("requests.expected.*.max_length", Bound::Whole(0, 1024)),
        ("requests.expected.*.shape", Bound::Members(16)),
        ("requests.expected.*.shape.lines", Bound::Whole(0, 1024)),
        ("requests.expected.*.shape.characters_per_line", Bound::Whole(0, 1024)),
        ("expected", Bound::Members(16)),
        ("expected.refused", Bound::Line(128)),
        ("expected.fields", Bound::Members(128)),
        ("expected.fields.*", Bound::Text(4096)),
        ("expected.checks", Bound::Members(256)),
        ("expected.checks.*", Bound::Members(16)),
        ("expected.checks.*.code", Bound::Line(128)),
        ("expected.checks.*.outcome", Bound::Line(32)),
        ("expected.checks.*.fields", Bound::Members(64)),
        ("expected.checks.*.fields.*", Bound::Line(64)),
        ("expected.checks.*.message", Bound::Text(512)),
    ],
};

/// `adapter_config.json`: PEFT writes many more keys than are read, so those have a bound in common.
pub const ADAPTER_CONFIG: Format = Format {
    bytes: 1 << 20,
    places: &[
        ("r", Bound::Whole(1, 1 << 14)),
        ("lora_alpha", Bound::Number(1e6)),
        ("rank_pattern", Bound::Members(4096)),
        ("rank_pattern.*", Bound::Number(16_384.0)),
        ("alpha_pattern", Bound::Members(4096)),
        ("alpha_pattern.*", Bound::Number(1e6)),
        ("*", Bound::Anything(4096)),
    ],
};

/// `preprocessor_config.json` of an adapter, as transformers writes it.
pub const PREPROCESSOR_CONFIG: Format = Format {
    bytes: 16 << 10,
    places: &[
        ("size", Bound::Members(8)),
        ("size.*", Bound::Whole(1, MOST_PAGE_PIXELS)),
        ("*", Bound::Anything(256)),
    ],
};

impl Format {
    /// Whether a file keeps to its bounds. One that is no JSON has none.
    ///
    /// # Errors
    /// The first that it does not keep to.
    pub fn check(&self, bytes: &[u8]) -> Result<(), OutOfBounds> {
        if bytes.len() > self.bytes {
            return Err(OutOfBounds::File { bytes: bytes.len(), most: self.bytes });
        }
        match serde_json::from_slice::<Value>(bytes) {
            Ok(Value::Object(members)) => {
                members.iter().try_for_each(|(key, value)| self.walk(&mut vec![key], value))
            }
            _ => Ok(()),
        }
    }

    /// The places of an example that no table has: for the tests of whoever reads the format.
    #[must_use]
    pub fn unbounded(&self, example: &Value) -> Vec<String> {
        fn gather(format: &Format, path: &mut Vec<String>, value: &Value, found: &mut Vec<String>) {
            let keys = path.iter().map(String::as_str).collect::<Vec<_>>();
            let bound = format.places.iter().find(|(place, _)| is_at(place, &keys));
            if bound.is_none() && !path.is_empty() {
                found.push(path.join("."));
            }
            if matches!(bound, Some((_, Bound::Anything(_)))) {
                return;
            }
            let below = match value {
                Value::Array(items) => items.iter().map(|item| ("*".to_owned(), item)).collect(),
                Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
                _ => Vec::new(),
            };
            for (key, value) in below {
                path.push(key);
                gather(format, path, value, found);
                path.pop();
            }
        }
        let mut found = Vec::new();
        gather(self, &mut Vec::new(), example, &mut found);
        found
    }

    fn walk<'a>(&self, path: &mut Vec<&'a str>, value: &'a Value) -> Result<(), OutOfBounds> {
        let mut known = self.places.iter().filter(|(place, _)| is_at(place, path)).peekable();
        let Some(&&(place, bound)) = known.peek() else { return Ok(()) };
        // The more exact place stands first, and what may be of two kinds stands twice.
        let same_place = known.take_while(|(other, _)| *other == place);
        if !value.is_null() && !same_place.into_iter().any(|(_, bound)| bound.holds(value)) {
            return Err(OutOfBounds::Place { place, bound });
        }
        let below: Vec<(&str, &Value)> = match value {
            Value::Array(items) => items.iter().map(|item| ("*", item)).collect(),
            Value::Object(members) => members.iter().map(|(k, v)| (k.as_str(), v)).collect(),
            _ => return Ok(()),
        };
        for (key, value) in below {
            path.push(key);
            self.walk(path, value)?;
            path.pop();
        }
        Ok(())
    }
}

impl Bound {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Whole(least, most) => {
                value.as_u64().is_some_and(|number| (least..=most).contains(&number))
            }
            Self::Number(most) => value.as_f64().is_some_and(|number| number.abs() <= most),
            Self::Text(most) => value.as_str().is_some_and(|text| text.len() <= most),
            Self::Line(most) => {
                value.as_str().is_some_and(|text| text.len() <= most && text.chars().all(is_plain))
            }
            Self::Members(most) => has_members(value, most) == Some(true),
            Self::Anything(text_bytes) => holds_anything(value, text_bytes, ANY_DEPTH),
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(least, most) => write!(f, "a whole number, {least} to {most}"),
            Self::Number(most) => write!(f, "a number, {} to {most}", -most),
            Self::Text(most) => write!(f, "a text of at most {most} bytes"),
            Self::Line(most) => {
                write!(f, "a text of at most {most} bytes without invisible characters")
            }
            Self::Members(most) => {
                write!(f, "of at most {most} members with keys of at most {KEY_BYTES} bytes")
            }
            Self::Anything(text_bytes) => write!(
                f,
                "of texts of at most {text_bytes} bytes, numbers below {ANY_NUMBER}, lists and objects \
                 of at most {ANY_MEMBERS} members, {ANY_DEPTH} deep"
            ),
        }
    }
}

/// None if the value has no members at all.
fn has_members(value: &Value, most: usize) -> Option<bool> {
    match value {
        Value::Array(items) => Some(items.len() <= most),
        Value::Object(members) => {
            let keys_fit = members.keys().all(|key| key.len() <= KEY_BYTES);
            Some(members.len() <= most && keys_fit)
        }
        _ => None,
    }
}

fn holds_anything(value: &Value, text_bytes: usize, depth: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(number) => number.as_f64().is_some_and(|number| number.abs() < ANY_NUMBER),
        Value::String(text) => text.len() <= text_bytes,
        Value::Array(items) => {
            depth > 0
                && items.len() <= ANY_MEMBERS
                && items.iter().all(|item| holds_anything(item, text_bytes, depth - 1))
        }
        Value::Object(members) => {
            depth > 0
                && members.len() <= ANY_MEMBERS
                && members.iter().all(|(key, value)| {
                    key.len() <= text_bytes && holds_anything(value, text_bytes, depth - 1)
                })
        }
    }
}

fn is_at(place: &str, path: &[&str]) -> bool {
    let mut segments = place.split('.');
    let fits = path
        .iter()
        .all(|key| segments.next().is_some_and(|segment| segment == "*" || segment == *key));
    fits && segments.next().is_none()
}

#[cfg(test)]
mod tests;
