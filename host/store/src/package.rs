//! A package: a handful of files that are published, signed and activated together.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use dossier_document::{is_git_lfs_pointer, plain_text};
use sha2::{Digest as _, Sha256};

use crate::bounds::{self, Format, OutOfBounds};
use crate::digest::to_hex;
use crate::{PackageDigest, PackageSignature, PublicKey, SecretKey, SigningError};

mod archive;
mod parts;
pub use parts::PackageParts;

/// The manifest of rules.
pub const RULES_MANIFEST: &str = "plugin.json";
/// The component of rules.
pub const COMPONENT: &str = "component.wasm";
/// The manifest of a document type; its package holds the adapter.
pub const DOCUMENT_TYPE_MANIFEST: &str = "document-type.json";
/// PEFT's configuration of the adapter.
pub const ADAPTER_CONFIG: &str = "adapter_config.json";
/// PEFT's weights of the adapter.
pub const ADAPTER_WEIGHTS: &str = "adapter_model.safetensors";
/// What confidences of the adapter's readings should be, field by field.
pub const CALIBRATION: &str = "calibration.json";
/// What first pages of an adapter's document type look like.
pub const PROTOTYPES: &str = "prototypes.json";
/// The record of `dossier-train` in an adapter's package.
pub const TRAINING_RECORD: &str = "training.json";
/// What LoRA-XS needs beside them.
pub const LORA_XS_FACTORS: &str = "lora_xs_factors.safetensors";

/// What size an adapter's pages have, where it is not that of its base's: transformers' file.
pub const PREPROCESSOR_CONFIG: &str = "preprocessor_config.json";

/// The signature; the one file that is not part of the digest.
const SIGNATURE: &str = "signature.json";
/// For people; PEFT writes one beside every adapter.
const README: &str = "README.md";
const FIXTURES: &str = "fixtures/";

/// Longest of the files that nobody here reads, in bytes.
const UNREAD_BYTES: usize = 1 << 20;

/// First line of what is hashed and signed: no other list of files means a package.
const STATEMENT_HEAD: &str = "dossier package 1\n";

/// What a package holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PackageKind {
    /// The rules of document types: a component, its manifest and fixtures.
    Rules,
    /// A document type: its manifest and its adapter.
    Adapter,
}

/// How large a package may be.
#[derive(Clone, Copy, Debug)]
pub struct PackageLimits {
    /// Bytes of all files together.
    pub bytes: usize,
    /// Number of files.
    pub files: usize,
}

/// A package in memory. Its names are checked: they are the files of one kind, and no paths.
#[derive(Clone, PartialEq, Eq)]
pub struct Package {
    kind: PackageKind,
    files: BTreeMap<String, Vec<u8>>,
    signature: Option<PackageSignature>,
}

/// Files are no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The bytes are no tar archive.
    #[error("no tar archive: {0}")]
    Archive(io::Error),
    /// A folder or file can't be read.
    #[error("{}: can't be read: {source}", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The archive holds something other than plain files, such as a link.
    #[error("`{}` is no plain file", plain_text(name))]
    NotAFile {
        /// Its name in the archive.
        name: String,
    },
    /// A file is in the archive twice.
    #[error("`{}` is there twice", plain_text(name))]
    Repeated {
        /// Its name.
        name: String,
    },
    /// A file that no package of this kind has.
    #[error("`{}` is no file of a package", plain_text(name))]
    UnknownFile {
        /// Its name.
        name: String,
    },
    /// A file that the kind needs is not there.
    #[error("`{name}` is missing")]
    MissingFile {
        /// Its name.
        name: &'static str,
    },
    /// A file was never fetched: git-lfs keeps it elsewhere.
    #[error("`{name}` is a git-lfs pointer in place of the file; fetch it with `git lfs pull`")]
    GitLfsPointer {
        /// Its name.
        name: String,
    },
    /// The archive gives a file a name that no package could have.
    #[error("a file's name has {bytes} bytes, more than the {limit} allowed")]
    NameTooLong {
        /// Length of the name.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A number, a text or a list of a file is too large, or the file is.
    #[error("{file}: {source}")]
    OutOfBounds {
        /// The file.
        file: String,
        /// What is.
        source: OutOfBounds,
    },
    /// Neither manifest is there, or both are.
    #[error("a package has either {RULES_MANIFEST} or {DOCUMENT_TYPE_MANIFEST}")]
    NoKind,
    /// All files together are too large.
    #[error("the files are larger than {limit_bytes} bytes together")]
    TooLarge {
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// There are too many files.
    #[error("more than {limit} files")]
    TooManyFiles {
        /// The limit.
        limit: usize,
    },
    /// The signature's file is none.
    #[error(transparent)]
    Signature(#[from] SigningError),
}

impl PackageKind {
    /// The kind as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Adapter => "adapter",
        }
    }

    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Rules => &[RULES_MANIFEST, COMPONENT],
            Self::Adapter => &[DOCUMENT_TYPE_MANIFEST, ADAPTER_CONFIG, ADAPTER_WEIGHTS],
        }
    }

    /// What may be there beside them: the calibration, what the type looks like, what LoRA-XS needs, the size
    /// of its pages, and the record of `dossier-train`, which is read for what it says of the adapter.
    fn optional(self) -> &'static [&'static str] {
        match self {
            Self::Rules => &[],
            Self::Adapter => {
                &[TRAINING_RECORD, CALIBRATION, PROTOTYPES, LORA_XS_FACTORS, PREPROCESSOR_CONFIG]
            }
        }
    }

    fn has(self, name: &str) -> bool {
        let fixture = |name: &str| {
            let stem = name.strip_prefix(FIXTURES).and_then(|name| name.strip_suffix(".json"));
            stem.is_some_and(|stem| {
                let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
                !stem.is_empty() && stem.len() <= 100 && stem.bytes().all(is_plain)
            })
        };
        let known = self.required().iter().chain(self.optional());
        name == README
            || known.into_iter().any(|known| *known == name)
            || (self == Self::Rules && fixture(name))
    }
}

impl Default for PackageLimits {
    /// Room for a component with an interpreter, or for an adapter of a hundredth of 4 GB.
    fn default() -> Self {
        Self { bytes: 128 << 20, files: 1024 }
    }
}

impl Package {
    /// A package of these files, `signature.json` among them if it is signed.
    ///
    /// # Errors
    /// When a file is missing, or one is there that does not belong.
    pub fn new(mut files: BTreeMap<String, Vec<u8>>) -> Result<Self, PackageError> {
        let signature =
            files.remove(SIGNATURE).map(|bytes| PackageSignature::parse(&bytes)).transpose()?;
        let kinds =
            (files.contains_key(RULES_MANIFEST), files.contains_key(DOCUMENT_TYPE_MANIFEST));
        let kind = match kinds {
            (true, false) => PackageKind::Rules,
            (false, true) => PackageKind::Adapter,
            _ => return Err(PackageError::NoKind),
        };
        if let Some(name) = kind.required().iter().find(|name| !files.contains_key(**name)) {
            return Err(PackageError::MissingFile { name });
        }
        if let Some(name) = files.keys().find(|name| !kind.has(name)) {
            return Err(PackageError::UnknownFile { name: name.clone() });
        }
        if let Some((name, _)) = files.iter().find(|(_, content)| is_git_lfs_pointer(content)) {
            return Err(PackageError::GitLfsPointer { name: name.clone() });
        }
        for (name, content) in &files {
            let out_of_bounds = |source| PackageError::OutOfBounds { file: name.clone(), source };
            match format_of(name) {
                Some(format) => format.check(content).map_err(out_of_bounds)?,
                None => check_length(name, content.len()).map_err(out_of_bounds)?,
            }
        }
        Ok(Self { kind, files, signature })
    }

    /// Reads a package from a tar archive. Nothing is ever unpacked to a name it chooses.
    ///
    /// # Errors
    /// When it is no archive, too large, or no package.
    pub fn from_tar(bytes: &[u8], limits: PackageLimits) -> Result<Self, PackageError> {
        Self::new(archive::read(bytes, limits)?)
    }

    /// The same from a file or whatever else has the archive.
    ///
    /// # Errors
    /// As [`Package::from_tar`], and when it can't be read.
    pub fn from_archive(
        archive: impl io::Read,
        limits: PackageLimits,
    ) -> Result<Self, PackageError> {
        Self::new(archive::read(archive, limits)?)
    }

    /// Reads a package from a folder.
    ///
    /// # Errors
    /// When a file can't be read, is missing, or does not belong.
    pub fn from_folder(folder: &Path) -> Result<Self, PackageError> {
        let mut files = BTreeMap::new();
        read_folder(folder, "", &mut files)?;
        Self::new(files)
    }

    /// The package as a tar archive: the same bytes for the same files.
    #[must_use]
    pub fn to_tar(&self) -> Vec<u8> {
        let signature = self.signature_file();
        let signature = signature.iter().map(|(name, content)| (*name, content.as_slice()));
        archive::write(self.files().chain(signature))
    }

    /// What it holds.
    #[must_use]
    pub fn kind(&self) -> PackageKind {
        self.kind
    }

    /// A file's contents.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// Every file but the signature, sorted by name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, content)| (name.as_str(), content.as_slice()))
    }

    /// The fixtures of rules, sorted by name: names without folder and ending.
    pub fn fixtures(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files().filter_map(|(name, content)| {
            let name = name.strip_prefix(FIXTURES)?;
            Some((name.strip_suffix(".json").unwrap_or(name), content))
        })
    }

    /// What is hashed and signed: a head, then of each file its SHA-256, two spaces and its name.
    #[must_use]
    pub fn statement(&self) -> String {
        let lines = self
            .files()
            .map(|(name, content)| format!("{}  {name}\n", to_hex(&Sha256::digest(content))));
        STATEMENT_HEAD.to_owned() + &lines.collect::<String>()
    }

    /// The identity: the SHA-256 of the statement.
    #[must_use]
    pub fn digest(&self) -> PackageDigest {
        PackageDigest::of(self.statement().as_bytes())
    }

    /// Who vouches for it, if anybody does.
    #[must_use]
    pub fn signature(&self) -> Option<&PackageSignature> {
        self.signature.as_ref()
    }

    /// Signs it, in place of any signature before.
    pub fn sign(&mut self, key: &SecretKey) {
        self.signature = Some(key.sign(self.statement().as_bytes()));
    }

    /// Whose signature it bears.
    ///
    /// # Errors
    /// [`SigningError::Unsigned`], or [`SigningError::Wrong`] when the signature is of other files.
    pub fn verify(&self) -> Result<PublicKey, SigningError> {
        let signature = self.signature.as_ref().ok_or(SigningError::Unsigned)?;
        signature.verify(self.statement().as_bytes())
    }

    pub(crate) fn signature_file(&self) -> Option<(&'static str, Vec<u8>)> {
        self.signature.as_ref().map(|signature| (SIGNATURE, signature.to_json()))
    }
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Package({}, {} files)", self.kind.as_str(), self.files.len())
    }
}

/// The tables of a JSON file's bounds.
fn format_of(name: &str) -> Option<&'static Format> {
    match name {
        RULES_MANIFEST => Some(&bounds::PLUGIN),
        DOCUMENT_TYPE_MANIFEST => Some(&bounds::DOCUMENT_TYPE),
        ADAPTER_CONFIG => Some(&bounds::ADAPTER_CONFIG),
        CALIBRATION => Some(&bounds::CALIBRATION),
        PROTOTYPES => Some(&bounds::PROTOTYPES),
        PREPROCESSOR_CONFIG => Some(&bounds::PREPROCESSOR_CONFIG),
        SIGNATURE => Some(&bounds::SIGNATURE),
        name if name.starts_with(FIXTURES) => Some(&bounds::FIXTURE),
        _ => None,
    }
}

/// Whether a file of this name may be so long. The large ones are bounded by the whole package.
fn check_length(name: &str, bytes: usize) -> Result<(), OutOfBounds> {
    let most = match name {
        COMPONENT | ADAPTER_WEIGHTS | LORA_XS_FACTORS => return Ok(()),
        name => format_of(name).map_or(UNREAD_BYTES, |format| format.bytes),
    };
    if bytes > most { Err(OutOfBounds::File { bytes, most }) } else { Ok(()) }
}

fn read_folder(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), PackageError> {
    let unreadable =
        |path: &Path, source| PackageError::Unreadable { path: path.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(|source| unreadable(folder, source))? {
        let path = entry.map_err(|source| unreadable(folder, source))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            // One level is all there is; what stands deeper has a name that no package knows.
            if prefix.is_empty() && format!("{name}/") == FIXTURES {
                read_folder(&path, FIXTURES, files)?;
                continue;
            }
            return Err(PackageError::UnknownFile { name });
        }
        let length = std::fs::metadata(&path).map_err(|source| unreadable(&path, source))?.len();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        check_length(&name, length)
            .map_err(|source| PackageError::OutOfBounds { file: plain_text(&name), source })?;
        let content = std::fs::read(&path).map_err(|source| unreadable(&path, source))?;
        files.insert(name, content);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
