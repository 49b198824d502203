//! What clients send: a document of each type that is served, as the body of a form.

use std::path::Path;

use bytes::Bytes;
use dossier_engine::folders::Manifest;

use super::ServerBenchError;

/// Stands between the parts of a form; no page has it in it.
const BOUNDARY: &str = "dossier-bench-part-7d1c9b4e0f";

/// A document.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// Its type.
    pub(super) document_type: String,
    /// The rules of its type.
    pub(super) rules: String,
    /// Its pages.
    pub(super) pages: Vec<Bytes>,
    /// The form that asks for it to be read.
    pub(super) body: Bytes,
}

/// What stands in the head of a request with a document's body.
pub(super) fn content_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// The first document of each type that `data_root` has and `folder` has pages of.
pub(super) fn read(folder: &Path, data_root: &Path) -> Result<Vec<Document>, ServerBenchError> {
    let manifests = Manifest::find_all(&data_root.join("adapters"))
        .map_err(|error| ServerBenchError::NotReady(error.to_string()))?;
    let mut documents = Vec::with_capacity(manifests.len());
    for manifest in manifests {
        let document_type = manifest.document_type.as_str();
        let first = folder.join(document_type).join("1");
        let mut pages = Vec::new();
        for number in 1..=manifest.pages {
            match page_of(&first, number)? {
                Some(page) => pages.push(page),
                None => break,
            }
        }
        if pages.is_empty() {
            continue;
        }
        documents.push(Document {
            body: form(document_type, &pages),
            document_type: document_type.to_owned(),
            rules: manifest.rules,
            pages: pages.into_iter().map(Bytes::from).collect(),
        });
    }
    match documents.is_empty() {
        true => Err(ServerBenchError::NoDocuments(folder.to_owned())),
        false => Ok(documents),
    }
}

/// A page of a document, if there is such a file.
fn page_of(folder: &Path, number: usize) -> Result<Option<Vec<u8>>, ServerBenchError> {
    for extension in ["png", "jpg"] {
        let path = folder.join(format!("page-{number}.{extension}"));
        match std::fs::read(&path) {
            Ok(page) => return Ok(Some(page)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(ServerBenchError::File { path, source }),
        }
    }
    Ok(None)
}

/// The form of `POST /v1/extract`.
fn form(document_type: &str, pages: &[Vec<u8>]) -> Bytes {
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"document_type\"\r\n\r\n{document_type}\r\n"
    )
    .into_bytes();
    for page in pages {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"page\"; filename=\"page\"\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(page);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body.into()
}

#[cfg(test)]
mod tests;
