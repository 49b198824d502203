//! Documents with their truth: `<n>/page-1.png`, `<n>/page-2.png`, …, `<n>/truth.json`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::repository;

/// The document types that are shipped, with their pages.
pub const DOCUMENT_TYPES: [(&str, usize); 3] =
    [("utopia/driving-licence/2022", 1), ("utopia/id-card/2023", 2), ("utopia/passport/2024", 1)];

/// One document.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its folder.
    pub folder: PathBuf,
    /// The files of its pages, in order.
    pub files: Vec<PathBuf>,
    /// The bytes of those files.
    pub pages: Vec<Vec<u8>>,
    /// What stands on it, by field, in the order of the file.
    pub truth: Vec<(String, String)>,
}

impl Sample {
    /// Reads one document.
    ///
    /// # Errors
    /// When a file is missing or the truth has another form.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join("truth.json");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let truth = serde_json::from_str::<Value>(&text)?;
        let fields = truth["fields"].as_object().context("no `fields` in the truth")?;
        let truth = fields
            .iter()
            .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect::<Option<Vec<_>>>()
            .context("a field of the truth is no text")?;
        let files = (1..)
            .map(|page| folder.join(format!("page-{page}.png")))
            .take_while(|file| file.is_file())
            .collect::<Vec<_>>();
        ensure!(!files.is_empty(), "{} has no page", folder.display());
        let pages = files.iter().map(fs::read).collect::<Result<_, _>>()?;
        Ok(Self { folder: folder.to_owned(), files, pages, truth })
    }

    /// What stands in a field.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&str> {
        self.truth.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }
}

/// The documents in the numbered folders of `folder`, by number.
///
/// # Errors
/// When one can't be read, or there is none.
pub fn samples_below(folder: &Path) -> anyhow::Result<Vec<Sample>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut numbered = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse::<u32>().ok()?, path))
        })
        .collect::<Vec<_>>();
    ensure!(!numbered.is_empty(), "{} has no numbered folder", folder.display());
    numbered.sort();
    numbered.iter().map(|(_, path)| Sample::read(path)).collect()
}

/// The committed samples of a document type.
///
/// # Errors
/// When one can't be read, or there is none.
pub fn samples_of(document_type: &str) -> anyhow::Result<Vec<Sample>> {
    samples_below(&repository().join("tests/fixtures/documents").join(document_type))
}
