//! Results on disk, a line a document: what a later run goes on from.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::de::{DeserializeOwned, IgnoredAny};

use super::FolderError;
use super::asked::AskedBody;
use super::record::{FileBody, Record, RecordBody};

/// Bytes of one line at most: an answer has some hundred fields of some hundred characters.
const LONGEST_LINE: u64 = 16 << 20;
/// How every line begins.
const BEGINNING: &[u8] = br#"{"document":"#;

/// A file of results that grows.
///
/// A line is whole, or the last one: what a crash left of a line is cut off by whoever goes on. A document may
/// have several lines, of which the last counts, until [`Journal::finish`] leaves it one.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
}

/// What need not be read again.
#[derive(Debug, Default)]
pub(super) struct Before(HashMap<String, Vec<FileBody>>);

impl Before {
    /// Whether the document was read as it is now.
    pub(super) fn has(&self, document: &str, files: &[FileBody]) -> bool {
        self.0.get(document).is_some_and(|before| before == files)
    }
}

impl Journal {
    /// Goes on where a run stopped, or begins. What was asked for something else, or failed, is read again.
    ///
    /// # Errors
    /// When the file can't be opened, is none of results, or another run writes it.
    pub(super) fn open(path: &Path, asked: &AskedBody) -> Result<(Self, Before), FolderError> {
        let io = |source| FolderError::io(path, source);
        let mut options = File::options();
        // People's data: nobody else's to read.
        options.read(true).append(true).create(true).mode(0o600);
        let file = options.open(path).map_err(io)?;
        if file.try_lock().is_err() {
            return Err(FolderError::InUse { path: path.to_owned() });
        }
        let mut read = HashMap::new();
        let mut lines = Lines::of(path)?;
        while let Some(record) = lines.next::<IgnoredAny>()? {
            if record.answer.is_some() && record.asked == *asked {
                read.insert(record.document, record.files);
            } else {
                read.remove(&record.document);
            }
        }
        file.set_len(lines.whole_bytes).map_err(io)?;
        Ok((Self { path: path.to_owned(), file }, Before(read)))
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn add(&mut self, record: &RecordBody<'_>) -> Result<(), FolderError> {
        let line = line_of(record).map_err(|source| FolderError::io(&self.path, source))?;
        self.file.write_all(&line).map_err(|source| FolderError::io(&self.path, source))
    }

    /// Leaves each document its last line, and makes it durable.
    ///
    /// # Errors
    /// When it can't be read or written.
    pub(super) fn finish(self) -> Result<(), FolderError> {
        let io = |source| FolderError::io(&self.path, source);
        let mut last = HashMap::new();
        let mut lines = Lines::of(&self.path)?;
        while let Some(record) = lines.next::<IgnoredAny>()? {
            last.insert(record.document, lines.number);
        }
        if last.len() == lines.number {
            return self.file.sync_all().map_err(io);
        }
        let mut part = Part::beside(&self.path).map_err(io)?;
        let mut lines = Lines::of(&self.path)?;
        while let Some(record) = lines.next::<IgnoredAny>()? {
            if last.get(&record.document) == Some(&lines.number) {
                part.write_all(&lines.line).map_err(io)?;
            }
        }
        part.keep().map_err(io)
    }
}

/// A record as its line, the end of line included.
///
/// # Errors
/// Never in practice: a record is plain data.
pub(super) fn line_of(record: &RecordBody<'_>) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(record).map_err(io::Error::other)?;
    line.push(b'\n');
    Ok(line)
}

/// A file that takes another's place once it is whole.
pub(super) struct Part {
    file: BufWriter<tempfile::NamedTempFile>,
    path: PathBuf,
}

impl Part {
    /// Begins one that will stand at `path`; nobody else may read it.
    ///
    /// # Errors
    /// When it can't be made.
    pub(super) fn beside(path: &Path) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Self { file: BufWriter::new(file), path: path.to_owned() })
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// When it can't be written whole.
    pub(super) fn keep(self) -> io::Result<()> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

impl io::Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The whole lines of a file of results.
pub(super) struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    line: Vec<u8>,
    /// The line that was read last, counted from 1.
    number: usize,
    /// Bytes of the lines that were read.
    whole_bytes: u64,
}

impl Lines {
    /// Begins at the first.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub(super) fn of(path: &Path) -> Result<Self, FolderError> {
        let file = File::open(path).map_err(|source| FolderError::io(path, source))?;
        let reader = BufReader::new(file);
        Ok(Self { path: path.to_owned(), reader, line: Vec::new(), number: 0, whole_bytes: 0 })
    }

    /// The next line; none where the file ends, or where a line begins that was never finished.
    ///
    /// # Errors
    /// When the file can't be read, or the line is no result.
    pub(super) fn next<A: DeserializeOwned>(&mut self) -> Result<Option<Record<A>>, FolderError> {
        self.line.clear();
        let mut limited = (&mut self.reader).take(LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut self.line);
        read.map_err(|source| FolderError::io(&self.path, source))?;
        let foreign = |line| FolderError::Foreign { path: self.path.clone(), line };
        if self.line.last() != Some(&b'\n') {
            let begins = self.line.len().min(BEGINNING.len());
            // Whatever else ends without a line's end is not ours to cut off.
            return match self.line[..begins] == BEGINNING[..begins] {
                true => Ok(None),
                false => Err(foreign(self.number + 1)),
            };
        }
        self.number += 1;
        self.whole_bytes += self.line.len() as u64;
        // What it says of the line would quote it.
        serde_json::from_slice(&self.line).map(Some).map_err(|_| foreign(self.number))
    }
}

/// Takes a file away that was needed until now.
///
/// # Errors
/// When that is not allowed.
pub(super) fn remove(path: &Path) -> Result<(), FolderError> {
    fs::remove_file(path).map_err(|source| FolderError::io(path, source))
}

#[cfg(test)]
mod tests;
