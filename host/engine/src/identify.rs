//! Which document type is this? Asked where a request names none.

use std::cmp::Ordering;

use dossier_document::{DocumentTypeId, Embedding};
use dossier_model::TypeLikeness;
use dossier_store::Pattern;

use crate::folders::Prototypes;

/// A page is of the likeliest type only if that is as sure as this: otherwise it is of none that is served, or
/// of two that look alike. More than an even chance, for a document that is read as another is the worse mistake.
const LEAST_CONFIDENCE: f64 = 0.65;

/// Candidates that an answer lists at most.
const MOST_CANDIDATES: usize = 5;

/// A document type that a page may be of.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The document type.
    pub document_type: DocumentTypeId,
    /// How sure it is, 0 to 1; calibrated on pages of types that are served and of types that are not.
    pub confidence: f64,
}

/// The document types that an answer may be of, and that whoever asks may learn of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach(Option<Vec<Pattern>>);

impl Reach {
    /// Those that one of `patterns` matches; all, where there is no list.
    #[must_use]
    pub fn of(patterns: Option<Vec<Pattern>>) -> Self {
        Self(patterns)
    }

    /// Whether it has a document type.
    #[must_use]
    pub fn has(&self, document_type: &DocumentTypeId) -> bool {
        self.0.as_ref().is_none_or(|patterns| {
            patterns.iter().any(|pattern| pattern.matches(document_type.as_str()))
        })
    }
}

/// What a page was taken for.
#[derive(Debug, PartialEq)]
pub struct Identified {
    /// The type that it is of; none where none is sure enough, or it is one that whoever asks does not reach.
    pub document_type: Option<DocumentTypeId>,
    /// The likeliest first; none beyond the reach.
    pub candidates: Vec<Candidate>,
}

/// What a page is likely to be, of document types that say what they look like.
pub fn identify<'a>(
    types: impl Iterator<Item = (&'a DocumentTypeId, &'a Prototypes)>,
    page: &Embedding,
    likeness: &TypeLikeness,
    reach: &Reach,
) -> Identified {
    rank(types.map(|(id, prototypes)| (id, prototypes.likeness(page))), likeness, reach)
}

fn rank<'a>(
    types: impl Iterator<Item = (&'a DocumentTypeId, f64)>,
    likeness: &TypeLikeness,
    reach: &Reach,
) -> Identified {
    let mut types = types.collect::<Vec<_>>();
    types.sort_by(|(_, a), (_, b)| b.partial_cmp(a).unwrap_or(Ordering::Equal));
    // Where there is no other, it is as far as another that is nothing like it.
    let at = |place: usize| types.get(place).map_or(0.0, |(_, likeness)| likeness.max(0.0));
    let (first, second) = (at(0), at(1));
    let candidate = |(place, (id, of_type)): (usize, &(&DocumentTypeId, f64))| Candidate {
        document_type: (*id).clone(),
        confidence: likeness.confidence(*of_type, if place == 0 { second } else { first }),
    };
    // All types are ranked, whoever asks: a page of one that is out of reach is not taken for another.
    let likeliest = types.iter().enumerate().map(candidate).next();
    let is_sure = |candidate: &Candidate| candidate.confidence >= LEAST_CONFIDENCE;
    let document_type = likeliest.filter(is_sure).map(|candidate| candidate.document_type);
    let candidates = types.iter().enumerate().filter(|(_, (id, _))| reach.has(id));
    Identified {
        document_type: document_type.filter(|id| reach.has(id)),
        candidates: candidates.take(MOST_CANDIDATES).map(candidate).collect(),
    }
}

#[cfg(test)]
mod tests;
