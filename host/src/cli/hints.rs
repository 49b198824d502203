//! What to do next, said behind an error where this machine knows it.

use std::path::Path;

use dossier_engine::EngineError;
use dossier_engine::folders::Manifest;

/// What to do about a document that was not read; `named` is the type that was asked for.
pub(super) fn next_step(
    error: &EngineError,
    data_root: &Path,
    named: Option<&str>,
) -> Option<String> {
    match error {
        EngineError::UnknownDocumentType => {
            let known = Manifest::find_all(&data_root.join("adapters")).unwrap_or_default();
            let known = known.iter().map(|manifest| manifest.document_type.as_str());
            let near = named.and_then(|named| nearest(named, known));
            let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            Some(format!("{near}`dossier document-types` lists them"))
        }
        EngineError::UnknownField(_) => {
            Some("`dossier document-types` lists the fields of each type".to_owned())
        }
        EngineError::Unrecognised { .. } => {
            Some("name its type with --document-type, if you know that it is served".to_owned())
        }
        _ => None,
    }
}

/// The one of `known` that is meant, if a few slips explain what was typed.
fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let slips = |known: &str| strsim::damerau_levenshtein(typed, known);
    let near = known.min_by_key(|known| slips(known))?;
    (slips(near) <= (typed.chars().count() / 4).max(2)).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_name_is_not() {
        let known = ["utopia/passport/2024", "utopia/id-card/2023", "norvaria/passport/2024"];
        let nearest = |typed: &str| nearest(typed, known.into_iter());
        assert_eq!(nearest("utopia/pasport/2024"), Some("utopia/passport/2024"));
        assert_eq!(nearest("utopia/passport/2025"), Some("utopia/passport/2024"));
        assert_eq!(nearest("atlantis/visa/1999"), None);
        assert_eq!(nearest(""), None);
    }
}
