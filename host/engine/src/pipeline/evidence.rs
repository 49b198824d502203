//! What is seen of a document beside its fields: where its pages were, how well they were photographed, which
//! type it looks like, which barcodes it bears.

use dossier_document::{Barcode, Check, CheckOutcome, PageImage, Symbology, Tenant};
use dossier_plugin::{Evidence, SeenPage};

use crate::error::EngineError;
use crate::identify::Candidate;
use crate::page_decoder::PageDecoder;
use crate::page_finder::PagePlace;
use crate::page_quality::check;

/// Whether the pages were searched for the barcodes that the rules ask for.
const SEARCHED: &str = "barcode.search";

/// The barcodes of a document, and what is to be said of the search; nothing where none is wanted.
pub(super) async fn search(
    page_decoder: &PageDecoder,
    pages: &[PageImage],
    wanted: &[Symbology],
    tenant: &Tenant,
) -> Result<(Vec<Barcode>, Option<Check>), EngineError> {
    if wanted.is_empty() {
        return Ok((Vec::new(), None));
    }
    let found = page_decoder.barcodes(pages, wanted, tenant).await?;
    let (outcome, message) = match found {
        Some(_) => (CheckOutcome::Passed, "the pages were searched for barcodes"),
        None => (CheckOutcome::NotPerformed, "a decoder of barcodes failed on a page"),
    };
    let searched = check(SEARCHED, outcome, message.to_owned());
    Ok((found.unwrap_or_default(), Some(searched)))
}

/// What rules are told of it.
pub(super) fn evidence(
    places: &[PagePlace],
    checks: &[Check],
    candidates: &[Candidate],
    barcodes: &[Barcode],
) -> Evidence {
    let pages = places.iter().map(|place| SeenPage {
        picture: place.picture,
        is_rectified: place.is_rectified(),
        rotation_degrees: place.rotation_degrees,
        score: place.score,
    });
    let candidates = candidates
        .iter()
        .map(|candidate| (candidate.document_type.clone(), candidate.confidence as f32));
    Evidence {
        pages: pages.collect(),
        checks: checks.to_vec(),
        candidates: candidates.collect(),
        barcodes: barcodes.to_vec(),
    }
}
