//! The documents that paths name.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use walkdir::{DirEntry, WalkDir};

use super::FolderError;

/// Documents that one command reads at most.
const MOST_DOCUMENTS: usize = 1_000_000;
/// How far below a folder a document may lie.
const DEEPEST: usize = 32;
/// What the names of pictures end with. HEIC and AVIF are among them although they are not read: whoever has
/// some of them is told so, file by file.
const PICTURES: [&str; 10] =
    ["jpg", "jpeg", "png", "webp", "tif", "tiff", "pdf", "heic", "heif", "avif"];

/// What one document is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Each {
    /// Each file is a document.
    #[default]
    File,
    /// The pictures of each folder are the pages of one document, in the order of their names.
    Folder,
}

/// One document, not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    /// Its file, or its folder, as the paths say it.
    pub name: String,
    /// Its pages, in order.
    pub files: Vec<PathBuf>,
}

/// All documents, in the order of their names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Documents {
    /// Them.
    pub documents: Vec<Document>,
    /// Files below the folders whose names do not end as those of pictures do.
    pub left_alone: usize,
}

impl Documents {
    /// What stands below `paths`. What is hidden is passed over, and no link to a folder is followed.
    ///
    /// # Errors
    /// When a folder can't be listed, nothing is there, or more than a command reads.
    pub(super) fn below(paths: &[PathBuf], each: Each) -> Result<Self, FolderError> {
        let mut files = Vec::new();
        let mut left_alone = 0;
        for path in paths {
            // A name that was mistyped is no document that could not be read.
            let metadata = path.metadata().map_err(|source| FolderError::io(path, source))?;
            if !metadata.is_dir() {
                files.push(path.clone());
                continue;
            }
            for entry in WalkDir::new(path).max_depth(DEEPEST).into_iter().filter_entry(is_shown) {
                let entry = entry.map_err(|error| FolderError::listing(path, error))?;
                if entry.file_type().is_dir() {
                    continue;
                }
                match is_picture(entry.path()) {
                    true if files.len() == MOST_DOCUMENTS => {
                        return Err(FolderError::TooMany { limit: MOST_DOCUMENTS });
                    }
                    true => files.push(entry.into_path()),
                    false => left_alone += 1,
                }
            }
        }
        files.sort();
        files.dedup();
        if files.is_empty() {
            return Err(FolderError::Nothing { left_alone });
        }
        let documents = match each {
            Each::File => files.into_iter().map(|file| Document::of(&file.clone(), vec![file])),
            Each::Folder => return Ok(Self { documents: by_folder(files), left_alone }),
        };
        Ok(Self { documents: documents.collect(), left_alone })
    }
}

impl Document {
    fn of(name: &Path, files: Vec<PathBuf>) -> Self {
        Self { name: name.to_string_lossy().into_owned(), files }
    }
}

fn by_folder(files: Vec<PathBuf>) -> Vec<Document> {
    let mut folders = BTreeMap::<PathBuf, Vec<PathBuf>>::new();
    for file in files {
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        folders.entry(folder).or_default().push(file);
    }
    folders.into_iter().map(|(folder, files)| Document::of(&folder, files)).collect()
}

/// The folder that was asked for is read whatever its name.
fn is_shown(entry: &DirEntry) -> bool {
    entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_picture(path: &Path) -> bool {
    let end = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    end.is_some_and(|end| PICTURES.contains(&end.as_str()))
}

#[cfg(test)]
mod tests;
