//! One component that is any number of rules and versions: `plugins/marked`.

use serde_json::Value;

/// What stands in front of the numbers.
const MARK: &[u8] = b"dossier-mark:";
/// How the numbers stand behind it: two digits of the rules, four of the version.
const NUMBERS: &[u8] = b"00.0000";

/// The component, and where its numbers stand.
pub(super) struct Marked {
    component: Vec<u8>,
    place: usize,
}

impl Marked {
    /// None if the numbers do not stand there exactly once.
    pub(super) fn new(component: Vec<u8>) -> Option<Self> {
        let mark = [MARK, NUMBERS].concat();
        let windows = component.windows(mark.len()).enumerate();
        let mut places = windows.filter(|(_, window)| *window == mark);
        let (place, _) = places.next()?;
        if places.next().is_some() {
            return None;
        }
        Some(Self { place: place + MARK.len(), component })
    }

    /// The component of these rules in this version.
    pub(super) fn component(&self, rules: u32, version: u32) -> Vec<u8> {
        let mut component = self.component.clone();
        let numbers = format!("{rules:02}.{version:04}");
        component[self.place..][..NUMBERS.len()].copy_from_slice(numbers.as_bytes());
        component
    }
}

/// The name that the rules of this number describe themselves with.
pub(super) fn rules_name(rules: u32) -> String {
    format!("marked-{rules}")
}

/// The document type that they describe.
pub(super) fn document_type(rules: u32) -> String {
    format!("marked/paper/{rules}")
}

/// Whether both hooks of an answer are of one version: `before` asks for as many characters as the
/// version says that `after` tells.
pub(super) fn is_of_one_version(answer: &Value) -> bool {
    let before = answer["fields"][0]["raw"].as_str().map(str::len);
    let after = answer["checks"][0]["message"].as_str().and_then(|text| text.parse::<usize>().ok());
    before.is_some() && before == after.map(|version| 1 + version % 8)
}

#[cfg(test)]
mod tests;
