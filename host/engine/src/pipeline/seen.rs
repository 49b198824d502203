//! What a document is, before it is read: named by whoever sent it, or seen by how its first page looks.

use std::time::{Duration, Instant};

use bytes::Bytes;
use dossier_document::{DocumentTypeId, PageImage};
use dossier_inference::ReadRequest;

use crate::admission::Permit;
use crate::error::EngineError;
use crate::identify::{Candidate, Reach, identify};
use crate::page_decoder::DecodedPages;
use crate::reader::Reader;
use crate::snapshot::Snapshot;

use super::by_zone::{ByZone, by_its_zone, of_any_issuer};

/// A document whose type is known.
pub(super) struct Seen {
    pub(super) document_type: DocumentTypeId,
    /// What else it may have been.
    pub(super) candidates: Vec<Candidate>,
    /// Its pages, where they were looked at.
    pub(super) pages: Option<LookedAt>,
    /// When work on it began.
    pub(super) started: Instant,
}

/// Pages that were looked at, and how long that took.
pub(super) struct LookedAt {
    pub(super) decoded: DecodedPages,
    pub(super) decoding: Duration,
    pub(super) identifying: Duration,
}

impl Seen {
    /// A document that is said to be of this type.
    pub(super) fn named(document_type: DocumentTypeId) -> Self {
        Self { document_type, candidates: Vec::new(), pages: None, started: Instant::now() }
    }

    /// A document that nobody says the type of: pages of any type that `reach` has are taken.
    ///
    /// # Errors
    /// [`EngineError::TypeNotNamed`] where the base can't tell, [`EngineError::Unrecognised`] where no type is
    /// sure enough, or what is wrong with the files.
    pub(super) async fn by_its_look(
        reader: &Reader,
        snapshot: &Snapshot,
        files: Vec<Bytes>,
        permit: Option<&Permit>,
        reach: &Reach,
    ) -> Result<Self, EngineError> {
        let started = Instant::now();
        let likeness = snapshot.type_likeness.as_ref().ok_or(EngineError::TypeNotNamed)?;
        super::refuse_page_count(files.len(), reader.max_pages())?;
        let tenant = Permit::tenant_of(permit);
        let page_decoder = reader.page_decoder();
        let mut decoded = page_decoder.decode(files, reader.max_pages(), &tenant).await?;
        let decoding = started.elapsed();
        let first = decoded.found.images.first().ok_or(EngineError::NoPages)?;
        let to_embed = embedding_of(first);
        let output = page_decoder.read(reader.inference(), to_embed, &tenant).await?;
        let unrecognised = |candidates: Vec<Candidate>| EngineError::Unrecognised { candidates };
        let page = output.embedding.ok_or_else(|| unrecognised(Vec::new()))?;
        let identified = identify(snapshot.prototypes(), &page, likeness, reach);
        let mut candidates = identified.candidates;
        let document_type = match identified.document_type {
            Some(document_type) => document_type,
            None => {
                let types = of_any_issuer(snapshot, reach);
                let DecodedPages { found, last_picture, .. } = &decoded;
                let by_zone = by_its_zone(reader, &types, found, last_picture, &tenant).await?;
                let ByZone { found, candidate } =
                    by_zone.ok_or_else(|| unrecognised(candidates.clone()))?;
                decoded.found = found;
                candidates.insert(0, candidate.clone());
                candidate.document_type
            }
        };
        let identifying = started.elapsed().saturating_sub(decoding);
        let pages = Some(LookedAt { decoded, decoding, identifying });
        Ok(Self { document_type, candidates, pages, started })
    }
}

fn embedding_of(page: &PageImage) -> ReadRequest {
    ReadRequest { pages: vec![page.clone()], fields: Vec::new(), adapter: None, embed: true }
}
