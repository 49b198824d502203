//! Changes of the file. It is written beside and put in its place whole, so that no host reads half of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use super::*;

/// Adds a token, and gives it out: this once.
///
/// # Errors
/// When the entry makes no sense, its id is taken, the file can't be read or written, or is full.
pub fn add(path: &Path, mut entry: TokenEntry) -> Result<Secret, FileError> {
    let unwritable = |source| FileError::Unwritable { path: path.to_owned(), source };
    let secret = Secret::generate().map_err(|error| unwritable(io::Error::other(error)))?;
    entry.sha256 = Some(secret.sha256());
    append(path, entry)?;
    Ok(secret)
}

/// Adds a client that is known by the certificate in a PEM file.
///
/// # Errors
/// As [`add`], or when the file has no certificate.
pub fn add_certificate(
    path: &Path,
    mut entry: TokenEntry,
    certificate: &Path,
) -> Result<(), FileError> {
    let Fingerprint(digest) = Fingerprint::of_file(certificate)?;
    entry.certificate_sha256 = Some(entry::hexadecimal(&digest));
    append(path, entry)
}

fn append(path: &Path, entry: TokenEntry) -> Result<(), FileError> {
    let draft = Draft::begin(path)?;
    let mut file = match read_bounded(path, MOST_BYTES) {
        Ok(bytes) => TokenFile::parse(&bytes, path)?,
        Err(FileError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            TokenFile::default()
        }
        Err(error) => return Err(error),
    };
    file.tokens.push(entry);
    draft.write(&file)
}

/// Takes the token of this id away.
///
/// # Errors
/// When there is none, or the file can't be read or written.
pub fn revoke(path: &Path, id: &str) -> Result<(), FileError> {
    let draft = Draft::begin(path)?;
    let mut file = TokenFile::parse(&read_bounded(path, MOST_BYTES)?, path)?;
    let before = file.tokens.len();
    file.tokens.retain(|entry| entry.id != id);
    if file.tokens.len() == before {
        let reason = format!("there is no token `{}`", dossier_document::plain_text(id));
        return Err(FileError::Content { path: path.to_owned(), reason });
    }
    draft.write(&file)
}

/// The file as it will be, beside the one that is. There is one at a time, so that two commands don't
/// undo each other's change.
struct Draft<'a> {
    path: &'a Path,
    beside: PathBuf,
    new: File,
}

impl<'a> Draft<'a> {
    fn begin(path: &'a Path) -> Result<Self, FileError> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
        match new {
            Ok(new) => Ok(Self { path, beside, new }),
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                let reason = "another command changes the tokens; if none does, one was killed and \
                              left this file: remove it";
                Err(FileError::Content { path: beside, reason: reason.to_owned() })
            }
            Err(source) => Err(FileError::Unwritable { path: beside, source }),
        }
    }

    fn unwritable(&self, source: io::Error) -> FileError {
        FileError::Unwritable { path: self.path.to_owned(), source }
    }

    fn write(mut self, file: &TokenFile) -> Result<(), FileError> {
        let text = serde_json::to_string_pretty(file);
        let text = text.map_err(|error| self.unwritable(error.into()))? + "\n";
        // What the host would not read is not written.
        if text.len() > MOST_BYTES {
            return Err(FileError::TooLong { path: self.path.to_owned(), limit: MOST_BYTES });
        }
        ClientTokens::of(&TokenFile::parse(text.as_bytes(), self.path)?, self.path)?;
        self.put(text.as_bytes()).map_err(|source| self.unwritable(source))
    }

    fn put(&mut self, text: &[u8]) -> io::Result<()> {
        self.new.write_all(text)?;
        match std::fs::metadata(self.path) {
            // Who could read it may go on: a host may run as somebody else.
            Ok(old) => {
                std::os::unix::fs::fchown(&self.new, Some(old.uid()), Some(old.gid()))?;
                self.new.set_permissions(old.permissions())?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.new.sync_all()?;
        std::fs::rename(&self.beside, self.path)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        // An error says that it has taken its place.
        let _ = std::fs::remove_file(&self.beside);
    }
}
