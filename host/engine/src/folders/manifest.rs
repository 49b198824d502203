//! `document-type.json`: what makes a folder of `adapters/` a document type.

use std::path::{Path, PathBuf};

use dossier_document::{DocumentTypeId, FieldName, ZoneFormat};
use dossier_store::bounds::DOCUMENT_TYPE;
use dossier_store::{TypeSettings, VersionNumber};
use serde::Deserialize;

use super::FolderError;

/// The manifest's file name.
pub const MANIFEST_FILE: &str = "document-type.json";

/// Folders of `adapters/` that hold no document types.
const RESERVED_FOLDERS: [&str; 3] = ["base", "locator", "training"];

/// PEFT's file name; a folder that holds it must have a manifest, or its adapter would be ignored.
const ADAPTER_CONFIG_FILE: &str = "adapter_config.json";

/// As many segments as the longest document type has.
const MAX_DEPTH: usize = 6;

/// A document type as its folder describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The folder, which holds the adapter too.
    pub folder: PathBuf,
    /// The identifier; it is also the folder's path below `adapters/`.
    pub document_type: DocumentTypeId,
    /// A title for people, on one line.
    pub title: String,
    /// Pages of a whole document, 1 to [`dossier_store::bounds::MOST_PAGES`].
    pub pages: usize,
    /// The name of the base the adapter was trained on: a folder of `adapters/base/`.
    pub base: String,
    /// The name of the rules: a component of `plugins/prebuilt/`.
    pub rules: String,
    /// The settings of the rules for this document type; the rules say what they mean.
    settings: Option<TypeSettings>,
    /// The version it gives itself: three numbers joined by dots.
    pub version: Option<String>,
    /// The fields that are read where whoever asks names none; all that the rules read, without it.
    pub fields: Option<Vec<FieldName>>,
    /// The format of its machine-readable zone, whose places then hold no other characters than that has.
    pub zone: Option<ZoneFormat>,
    /// Whether it is read by its zone, whoever issued it: what looks like no other type is of this one where
    /// its zone has this format.
    pub any_issuer: bool,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct ManifestFile {
    document_type: String,
    title: String,
    pages: usize,
    base: String,
    rules: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    settings: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    fields: Option<Vec<String>>,
    #[serde(default)]
    zone: Option<String>,
    #[serde(default)]
    any_issuer: bool,
}

impl Manifest {
    /// Finds every manifest below `adapters`, sorted by path.
    ///
    /// # Errors
    /// A folder that can't be listed, a manifest that is not valid, or an adapter without one; the
    /// error names the file and the key.
    pub fn find_all(adapters: &Path) -> Result<Vec<Self>, FolderError> {
        let mut manifests = Vec::new();
        for folder in folders_of(adapters)? {
            let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !RESERVED_FOLDERS.contains(&name) {
                find_below(adapters, &folder, 1, &mut manifests)?;
            }
        }
        Ok(manifests)
    }

    fn read(adapters: &Path, folder: &Path) -> Result<Self, FolderError> {
        let file = folder.join(MANIFEST_FILE);
        let text = std::fs::read(&file)
            .map_err(|source| FolderError::Unreadable { path: file.clone(), source })?;
        let manifest = Self::parse(&text, folder)?;
        let document_type = &manifest.document_type;
        if folder != adapters.join(document_type.as_str()) {
            let reason = format!("`{document_type}` must stand in the folder of that path");
            return Err(FolderError::Value { file, key: "document_type", reason });
        }
        Ok(manifest)
    }

    /// The settings of the rules for this document type, if it brings any.
    #[must_use]
    pub fn settings(&self) -> Option<&TypeSettings> {
        self.settings.as_ref()
    }

    /// Reads the manifest of the adapter in `folder` from its bytes.
    ///
    /// # Errors
    /// When a key is unknown, missing or malformed; the error names it.
    pub fn parse(text: &[u8], folder: &Path) -> Result<Self, FolderError> {
        let file = folder.join(MANIFEST_FILE);
        let invalid = |key, reason: String| FolderError::Value { file: file.clone(), key, reason };
        DOCUMENT_TYPE.check(text).map_err(|source| FolderError::bounds(&file, source))?;
        let typed = serde_json::from_slice::<ManifestFile>(text)
            .map_err(|source| FolderError::Json { file: file.clone(), source })?;
        let document_type = typed
            .document_type
            .parse::<DocumentTypeId>()
            .map_err(|error| invalid("document_type", error.to_string()))?;
        for (key, name) in [("base", &typed.base), ("rules", &typed.rules)] {
            if !is_artifact_name(name) {
                let reason = "a name is made of a-z, 0-9 and `-`".to_owned();
                return Err(invalid(key, reason));
            }
        }
        if let Some(Err(error)) = typed.version.as_deref().map(str::parse::<VersionNumber>) {
            return Err(invalid("version", error.to_string()));
        }
        let settings = typed.settings.map(TypeSettings::new).transpose();
        let settings = settings.map_err(|error| invalid("settings", error.to_string()))?;
        let zone = typed.zone.as_deref().map(str::parse::<ZoneFormat>).transpose();
        let zone = zone.map_err(|error| invalid("zone", error.to_string()))?;
        if typed.any_issuer && zone.is_none() {
            return Err(invalid("any_issuer", "needs `zone`, by which it is known".to_owned()));
        }
        let fields = typed.fields.map(|names| field_names(&names)).transpose();
        let fields = fields.map_err(|reason| invalid("fields", reason))?;
        Ok(Self {
            folder: folder.to_owned(),
            document_type,
            title: typed.title,
            pages: typed.pages,
            base: typed.base,
            rules: typed.rules,
            settings,
            version: typed.version,
            fields,
            zone,
            any_issuer: typed.any_issuer,
        })
    }
}

/// At least one name, and none twice.
fn field_names(names: &[String]) -> Result<Vec<FieldName>, String> {
    let parsed = names.iter().map(|name| name.parse::<FieldName>());
    let fields = parsed.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let is_twice = |(place, field): (usize, &FieldName)| fields[..place].contains(field);
    if fields.is_empty() || fields.iter().enumerate().any(is_twice) {
        return Err("lists fields, each once".to_owned());
    }
    Ok(fields)
}

/// Whether `name` names a base or rules: it becomes part of a path, so it can't climb out.
#[must_use]
pub fn is_artifact_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn find_below(
    adapters: &Path,
    folder: &Path,
    depth: usize,
    manifests: &mut Vec<Manifest>,
) -> Result<(), FolderError> {
    if folder.join(MANIFEST_FILE).is_file() {
        manifests.push(Manifest::read(adapters, folder)?);
    } else if folder.join(ADAPTER_CONFIG_FILE).is_file() {
        return Err(FolderError::NoManifest { folder: folder.to_owned() });
    }
    if depth == MAX_DEPTH {
        return Ok(());
    }
    for below in folders_of(folder)? {
        find_below(adapters, &below, depth + 1, manifests)?;
    }
    Ok(())
}

fn folders_of(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let unreadable = |source| FolderError::Unreadable { path: folder.to_owned(), source };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests;
