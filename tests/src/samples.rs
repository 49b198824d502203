//! Documents with their truth: `<n>/page-1.png`, `<n>/page-2.png`, …, `<n>/truth.json`; pages may be
//! `.jpg` too.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use dossier_engine::folders::Manifest;
use serde_json::Value;

use crate::{Corners, repository, shipped_root};

/// The document types of states that are shipped, by identifier; those of any issuer are tried by themselves.
///
/// # Errors
/// When a manifest can't be read.
pub fn shipped_types() -> anyhow::Result<Vec<Manifest>> {
    let mut types = Manifest::find_all(&shipped_root().join("adapters"))?;
    types.retain(|manifest| !manifest.any_issuer);
    Ok(types)
}

/// The documents of all types in turn, so that batches mix adapters.
#[must_use]
pub fn in_turn(types: &[(String, Vec<Sample>)]) -> Vec<(String, Sample)> {
    let longest = types.iter().map(|(_, samples)| samples.len()).max().unwrap_or_default();
    let of_turn = |index: usize| {
        let with_one =
            types.iter().filter_map(move |(id, samples)| Some((id, samples.get(index)?)));
        with_one.map(|(id, sample)| (id.clone(), sample.clone()))
    };
    (0..longest).flat_map(of_turn).collect()
}

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
    /// What its barcodes hold, as fixtures of rules have it: a list, empty where it has none.
    pub barcodes: Value,
    /// Where fields stand, by name, if whoever drew the document told.
    pub places: Vec<(String, Place)>,
}

/// Where a field stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The page, from 1.
    pub page: u64,
    /// Clockwise from where the text begins, above; in pixels.
    pub corners: Corners,
}

impl Sample {
    /// Reads one document.
    ///
    /// # Errors
    /// When a file is missing or the truth has another form.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join("truth.json");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let told = serde_json::from_str::<Value>(&text)?;
        let fields = told["fields"].as_object().context("no `fields` in the truth")?;
        let truth = fields
            .iter()
            .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect::<Option<Vec<_>>>()
            .context("a field of the truth is no text")?;
        let places = match &told["places"] {
            Value::Null => Vec::new(),
            places => read_places(places).context("a place of the truth has another form")?,
        };
        let barcodes = told.get("barcodes").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
        let files = (1..).map_while(|page| page_file(folder, page)).collect::<Vec<_>>();
        ensure!(!files.is_empty(), "{} has no page", folder.display());
        let pages = files.iter().map(fs::read).collect::<Result<_, _>>()?;
        Ok(Self { folder: folder.to_owned(), files, pages, truth, barcodes, places })
    }

    /// What stands in a field.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&str> {
        self.truth.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }
}

fn read_places(places: &Value) -> Option<Vec<(String, Place)>> {
    let place = |(name, place): (&String, &Value)| {
        let (page, corners) = (place["page"].as_u64()?, corners(&place["corners"])?);
        Some((name.clone(), Place { page, corners }))
    };
    places.as_object()?.iter().map(place).collect()
}

/// Four corners as JSON has them, in a truth and in an answer.
pub(crate) fn corners(value: &Value) -> Option<Corners> {
    let corner = |corner: &Value| Some([corner[0].as_f64()?, corner[1].as_f64()?]);
    let corners = value.as_array()?.iter().map(corner).collect::<Option<Vec<_>>>()?;
    corners.try_into().ok()
}

fn page_file(folder: &Path, page: u32) -> Option<PathBuf> {
    let file = |suffix| folder.join(format!("page-{page}.{suffix}"));
    ["png", "jpg"].map(file).into_iter().find(|file| file.is_file())
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
