//! The document types of every state; written by `python -m dossier_training.rules_table`.

use crate::DocumentType;

mod anatolis;
mod costaluz;
mod helvetara;
mod hokuto;
mod karvonia;
mod kumasia;
mod norvaria;
mod parsavand;
mod siamara;
mod veligrad;

/// Every document type that these rules judge.
pub fn all() -> impl Iterator<Item = &'static DocumentType> {
    anatolis::DOCUMENT_TYPES
        .iter()
        .chain(&costaluz::DOCUMENT_TYPES)
        .chain(&helvetara::DOCUMENT_TYPES)
        .chain(&hokuto::DOCUMENT_TYPES)
        .chain(&karvonia::DOCUMENT_TYPES)
        .chain(&kumasia::DOCUMENT_TYPES)
        .chain(&norvaria::DOCUMENT_TYPES)
        .chain(&parsavand::DOCUMENT_TYPES)
        .chain(&siamara::DOCUMENT_TYPES)
        .chain(&veligrad::DOCUMENT_TYPES)
}
