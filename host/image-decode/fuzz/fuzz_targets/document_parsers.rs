//! Any text is an identifier, a field name, a character set or a digest, or an error; what is taken
//! shows as it was written.
#![no_main]

use dossier_document::{CharacterSet, Digest, DocumentTypeId, FieldName};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(id) = text.parse::<DocumentTypeId>() {
        assert_eq!(id.as_str(), text);
    }
    if let Ok(name) = text.parse::<FieldName>() {
        assert_eq!(name.as_str(), text);
    }
    if let Ok(set) = text.parse::<CharacterSet>() {
        assert_eq!(set.as_str(), text);
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
    }
});
