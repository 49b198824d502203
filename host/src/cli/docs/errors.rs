//! `reference/errors.md`: every refusal of the listener for documents.

use std::fmt::Write as _;

use super::{head, row};
use crate::api::{About, known_refusals};

const TOP: &str = "\
# Codes of refusals

`dossier docs` writes this page from the catalogue in `host/src/api/error/catalogue.rs`: change it there.

Every refusal has a `code` that stays the same, and a sentence that may change ([their form](../client.md#refusals)).
What publishing refuses with stands in [plugins/README.md](../../../plugins/README.md#what-a-package-must-pass).
Whether the same request may be answered later is judged, code by code, by the clients for
[Python](../../clients/python/src/dossier_client/codes.py) and [TypeScript](../../clients/typescript/src/problems.ts).
";

/// The page.
pub(super) fn page() -> String {
    let mut page = TOP.to_owned();
    let mut about = None;
    for refusal in known_refusals() {
        if about.replace(refusal.about) != Some(refusal.about) {
            // Writing to a String can't fail.
            let _ = write!(page, "\n## {}\n\n", heading(refusal.about));
            page += &head(["code", "status", "meaning"]);
        }
        let code = format!("`{}`", refusal.code);
        page += &row([&code, &refusal.status.to_string(), refusal.meaning]);
    }
    page
}

fn heading(about: About) -> &'static str {
    match about {
        About::Request => "Any request",
        About::Caller => "Who asks",
        About::Reach => "What the caller reaches",
        About::Document => "A document, and its way to the model",
        About::DocumentType => "The document type that is named",
        About::Look => "A document whose type is not named",
        About::Generation => "What must serve it",
        About::Form => "A form",
        About::Json => "JSON",
        About::Fields => "Fields by name",
        About::Page => "A page as the body",
        About::Base64 => "Pages in base64",
        About::Tensors => "Tensors",
        About::Jobs => "Jobs",
        About::JobAsked => "What a job asks for",
        About::Readiness => "Whether requests are wanted",
    }
}
