//! A document that waits, as bytes: what is asked of it, then its pages. It is sealed before it is kept.

use bytes::{Buf as _, Bytes};
use dossier_document::{Digest, DocumentTypeId, FieldName};
use serde::{Deserialize, Serialize};

/// A document, as it is asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// Its type.
    pub document_type: DocumentTypeId,
    /// The files of its pages, in order.
    pub pages: Vec<Bytes>,
    /// The fields to read; without it, all that the rules read.
    pub fields: Option<Vec<FieldName>>,
    /// What must serve it.
    pub wanted: Wanted,
}

/// What must serve a document; what is not named may be any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The generation of the catalogue.
    pub generation: Option<u64>,
    /// The base.
    pub base: Option<Digest>,
    /// The adapter.
    pub adapter: Option<Digest>,
    /// The rules.
    pub rules: Option<Digest>,
}

/// Bytes are no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no document")]
pub struct InvalidDocument;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    document_type: String,
    fields: Option<Vec<String>>,
    generation: Option<u64>,
    base: Option<String>,
    adapter: Option<String>,
    rules: Option<String>,
    /// Of each page, in bytes.
    pages: Vec<u64>,
}

impl Document {
    /// The document as bytes: the length of its head in four bytes, the head, the pages.
    ///
    /// # Errors
    /// When it is longer than lengths can say.
    pub fn to_bytes(&self) -> Result<Vec<u8>, InvalidDocument> {
        let head = Head {
            document_type: self.document_type.as_str().to_owned(),
            fields: self
                .fields
                .as_ref()
                .map(|fields| fields.iter().map(|field| field.as_str().to_owned()).collect()),
            generation: self.wanted.generation,
            base: self.wanted.base.map(|digest| digest.to_string()),
            adapter: self.wanted.adapter.map(|digest| digest.to_string()),
            rules: self.wanted.rules.map(|digest| digest.to_string()),
            pages: self.pages.iter().map(|page| page.len() as u64).collect(),
        };
        let head = serde_json::to_vec(&head).map_err(|_| InvalidDocument)?;
        let length = u32::try_from(head.len()).map_err(|_| InvalidDocument)?;
        let pages = self.pages.iter().map(Bytes::len).sum::<usize>();
        let mut bytes = Vec::with_capacity(4 + head.len() + pages);
        bytes.extend(length.to_le_bytes());
        bytes.extend(head);
        self.pages.iter().for_each(|page| bytes.extend_from_slice(page));
        Ok(bytes)
    }

    /// The document that bytes are. Its pages are copied nowhere.
    ///
    /// # Errors
    /// [`InvalidDocument`].
    pub fn from_bytes(mut bytes: Bytes) -> Result<Self, InvalidDocument> {
        let length = bytes.try_get_u32_le().map_err(|_| InvalidDocument)? as usize;
        if bytes.len() < length {
            return Err(InvalidDocument);
        }
        let head = bytes.split_to(length);
        let head = serde_json::from_slice::<Head>(&head).map_err(|_| InvalidDocument)?;
        let mut pages = Vec::with_capacity(head.pages.len());
        for length in head.pages {
            let length = usize::try_from(length).map_err(|_| InvalidDocument)?;
            if bytes.len() < length {
                return Err(InvalidDocument);
            }
            pages.push(bytes.split_to(length));
        }
        if !bytes.is_empty() {
            return Err(InvalidDocument);
        }
        let digest = |text: Option<String>| {
            text.map(|text| text.parse::<Digest>()).transpose().map_err(|_| InvalidDocument)
        };
        let fields = head.fields.map(|fields| {
            fields.iter().map(|field| field.parse()).collect::<Result<Vec<FieldName>, _>>()
        });
        Ok(Self {
            document_type: head.document_type.parse().map_err(|_| InvalidDocument)?,
            pages,
            fields: fields.transpose().map_err(|_| InvalidDocument)?,
            wanted: Wanted {
                generation: head.generation,
                base: digest(head.base)?,
                adapter: digest(head.adapter)?,
                rules: digest(head.rules)?,
            },
        })
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pages = self.pages.len();
        f.debug_struct("Document").field("pages", &pages).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
