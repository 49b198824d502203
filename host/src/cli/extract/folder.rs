//! Many documents, into one file of results.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::pin::pin;

use axum::body::Bytes;
use dossier_document::Digest;
use dossier_engine::{EngineError, Extraction, Reader, RequestId, extract as read};
use futures_util::{StreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use super::asked::{Asked, AskedBody};
use super::documents::{Document, Documents};
use super::journal::{self, Before, Journal};
use super::record::{FileBody, ProblemBody, RecordBody, ResultBody};
use super::summary::Summary;
use super::table::{self, TableFormat};
use crate::cli::run::engine_of_folders;
use crate::cli::{CommandError, ExtractArgs, output, progress};
use crate::config::reader_settings;

/// Bytes of one file at most: what a page may have is bounded by its pixels, and this is far beyond.
const LARGEST_FILE: u64 = 256 << 20;
/// The standard output, as a file's name.
const STDOUT: &str = "-";

/// A folder is not read, or not whole.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file can't be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There are too many documents.
    #[error("there are more than {limit} documents: read them folder by folder")]
    TooMany {
        /// How many are read at most.
        limit: usize,
    },
    /// There is no document.
    #[error(
        "there is no picture ({left_alone} files have other endings than .jpg, .png, .webp, .tif and .pdf; \
         a file that is named itself is read whatever its ending)"
    )]
    Nothing {
        /// Files that are none by their names.
        left_alone: usize,
    },
    /// The name of the results says no format.
    #[error("--out {}: end it with .jsonl, .csv or .parquet, or write - for JSON lines here", path.display())]
    NoFormat {
        /// The name.
        path: PathBuf,
    },
    /// The table is there.
    #[error("--out {}: it is there, and whole: name another file, or add --afresh", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Another run writes the same results.
    #[error("{}: another run writes it", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error(
        "{}: line {line} is no result of this command: name another file, or add --afresh, which takes its place",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// The documents have too many fields for a table.
    #[error("the documents have more than {limit} fields, too many for a table: write .jsonl")]
    TooManyColumns {
        /// How many a table has at most.
        limit: usize,
    },
    /// A table can't be written.
    #[error("{}: {reason}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What the writer of the format says.
        reason: String,
    },
    /// Some documents could not be read.
    #[error("{count} of {total} documents could not be read: see `{problem}` in {out}", problem = match is_table {
        true => "_problem",
        false => "problem",
    })]
    Unread {
        /// How many.
        count: usize,
        /// Of how many.
        total: usize,
        /// The results.
        out: String,
        /// Whether they are a table.
        is_table: bool,
    },
    /// What the model computes on was lost.
    #[error("the model is lost: what was read is kept; the same command goes on from there")]
    ModelLost,
    /// Somebody stopped it.
    #[error("stopped: what was read is kept; the same command goes on from there")]
    Stopped,
}

impl FolderError {
    /// A file that can't be read or written.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// A folder that can't be listed.
    pub(super) fn listing(path: &Path, error: walkdir::Error) -> Self {
        let at = error.path().unwrap_or(path).to_owned();
        let source = error.into_io_error().unwrap_or_else(|| io::Error::other("links to itself"));
        Self::Io { path: at, source }
    }
}

/// Where results go.
#[derive(Debug)]
enum Out {
    /// Lines, kept as they are.
    Lines(PathBuf),
    /// A table, made of lines that are kept until it is whole.
    Table { path: PathBuf, lines: PathBuf, format: TableFormat },
    /// Lines on the standard output, kept by nobody.
    Stdout,
}

impl Out {
    fn of(path: &Path, is_afresh: bool) -> Result<Self, FolderError> {
        if path.as_os_str() == STDOUT {
            return Ok(Self::Stdout);
        }
        let path = path.to_owned();
        let out = match path.extension().and_then(OsStr::to_str) {
            Some("jsonl" | "ndjson") => Self::Lines(path),
            Some("csv") => Self::table(path, TableFormat::Csv),
            Some("parquet") => Self::table(path, TableFormat::Parquet),
            _ => return Err(FolderError::NoFormat { path }),
        };
        if is_afresh {
            for path in out.files() {
                match journal::remove(path) {
                    Err(FolderError::Io { source, .. })
                        if source.kind() == io::ErrorKind::NotFound => {}
                    removed => removed?,
                }
            }
        }
        match &out {
            Self::Table { path, .. } if path.exists() => {
                Err(FolderError::Exists { path: path.clone() })
            }
            _ => Ok(out),
        }
    }

    fn table(path: PathBuf, format: TableFormat) -> Self {
        let mut lines = path.clone().into_os_string();
        lines.push(".partial");
        Self::Table { path, lines: lines.into(), format }
    }

    fn files(&self) -> Vec<&Path> {
        match self {
            Self::Lines(path) => vec![path],
            Self::Table { path, lines, .. } => vec![path, lines],
            Self::Stdout => Vec::new(),
        }
    }

    fn begin(&self, asked: &AskedBody) -> Result<(Option<Journal>, Before), FolderError> {
        match self {
            Self::Lines(path) | Self::Table { lines: path, .. } => {
                let (journal, before) = Journal::open(path, asked)?;
                Ok((Some(journal), before))
            }
            Self::Stdout => Ok((None, Before::default())),
        }
    }

    /// Makes what was asked for of the lines.
    fn finish(&self, journal: Option<Journal>) -> Result<(), FolderError> {
        if let Some(journal) = journal {
            journal.finish()?;
        }
        if let Self::Table { path, lines, format } = self {
            table::write(lines, path, *format)?;
            journal::remove(lines)?;
        }
        Ok(())
    }

    fn name(&self) -> String {
        match self {
            Self::Lines(path) | Self::Table { path, .. } => path.display().to_string(),
            Self::Stdout => "the output".to_owned(),
        }
    }
}

/// What came of a document.
struct Done {
    document: Document,
    files: Vec<FileBody>,
    result: Came,
}

enum Came {
    /// It was read before, as it is now.
    Before,
    /// A file of it can't be read.
    Unreadable(ProblemBody),
    /// The engine's answer to the request of this id.
    Answered(RequestId, Box<Result<Extraction, EngineError>>),
}

/// Reads the documents that `args` name into `out`, and goes on where an earlier run stopped.
///
/// # Errors
/// When nothing can be read, the results can't be written, or some documents could not be read.
pub(super) async fn extract(
    args: &ExtractArgs,
    asked: &Asked,
    out: &Path,
) -> Result<(), CommandError> {
    let Documents { documents, left_alone } = Documents::below(&args.files, args.each)?;
    let settings = reader_settings(args.reader.clone())?;
    // A batch is gathered while another is read.
    let in_work = (2 * settings.batch.documents).min(settings.queue_documents).max(1);
    let body = asked.body();
    let out = Out::of(out, args.afresh)?;
    let (mut journal, before) = out.begin(&body)?;
    let engine = engine_of_folders(settings, asked.document_type.clone()).await?;
    let reader = &engine.reader;
    asked.refuse_unknown_fields(&reader.snapshot().pin()).map_err(CommandError::Extract)?;

    let total = documents.len();
    let mut summary = Summary::begin(total, left_alone);
    let bar = progress::counted(total, "documents");
    let each = |document| read_one(reader, asked, &before, document);
    // In the order of the names, whichever is done first.
    let mut reading = stream::iter(documents).map(each).buffered(in_work);
    let mut told_to_stop = pin!(tokio::signal::ctrl_c());
    loop {
        let done = tokio::select! {
            biased;
            told = &mut told_to_stop => {
                told.map_err(|error| CommandError::Process(error.into()))?;
                bar.abandon();
                // Those in work are read again by the next run.
                summary.tell(&out.name());
                return Err(FolderError::Stopped.into());
            }
            done = reading.next() => done,
        };
        let Some(Done { document, files, result }) = done else { break };
        let result = match &result {
            Came::Before => {
                summary.count_before();
                bar.inc(1);
                continue;
            }
            Came::Unreadable(problem) => ResultBody::Problem(problem.clone()),
            Came::Answered(id, answered) => ResultBody::of(answered, id),
        };
        if reader.is_lost() {
            return Err(CommandError::Folder(FolderError::ModelLost));
        }
        summary.count(&result);
        let record = RecordBody { document: &document.name, files: &files, asked: &body, result };
        match &mut journal {
            Some(journal) => journal.add(&record)?,
            None => print_line(&record).map_err(CommandError::Output)?,
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    out.finish(journal)?;
    summary.tell(&out.name());
    match summary.unread() {
        0 => Ok(()),
        count => {
            let is_table = matches!(out, Out::Table { .. });
            Err(FolderError::Unread { count, total, out: out.name(), is_table }.into())
        }
    }
}

async fn read_one(reader: &Reader, asked: &Asked, before: &Before, document: Document) -> Done {
    let paths = document.files.clone();
    let load_all = move || paths.iter().map(|path| load(path)).collect::<Vec<_>>();
    let loaded = match tokio::task::spawn_blocking(load_all).await {
        Ok(loaded) => loaded,
        Err(_) => {
            let problem = LoadError::Failed.body(&document.name);
            return Done { document, files: Vec::new(), result: Came::Unreadable(problem) };
        }
    };
    let files = loaded.iter().map(|file| file.body.clone()).collect::<Vec<_>>();
    let mut pages = Vec::with_capacity(files.len());
    for Loaded { bytes, body } in loaded {
        match bytes {
            Ok(bytes) => pages.push(bytes),
            Err(problem) => {
                let problem = problem.body(&body.path);
                return Done { document, files, result: Came::Unreadable(problem) };
            }
        }
    }
    if before.has(&document.name, &files) {
        return Done { document, files, result: Came::Before };
    }
    let id = RequestId::new();
    let answered = read(reader, asked.request(pages), &id).await;
    Done { document, files, result: Came::Answered(id, Box::new(answered)) }
}

/// A file, and what a line says of it.
struct Loaded {
    body: FileBody,
    bytes: Result<Bytes, LoadError>,
}

/// A file of a document can't be read.
#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the file has more than {LARGEST_FILE} bytes")]
    TooLarge,
    #[error("what reads files has failed, which is a defect of this program")]
    Failed,
}

impl LoadError {
    fn body(&self, path: &str) -> ProblemBody {
        let code = match self {
            Self::Io(_) | Self::Failed => "file.unreadable",
            Self::TooLarge => "file.too_large",
        };
        ProblemBody { code: code.to_owned(), detail: format!("{path}: {self}") }
    }
}

fn load(path: &Path) -> Loaded {
    let bytes = read_whole(path);
    let sha256 = bytes.as_ref().ok().map(|bytes| Digest::from_sha256(Sha256::digest(bytes).into()));
    let body = FileBody {
        path: path.to_string_lossy().into_owned(),
        sha256: sha256.map(|digest| digest.to_string()),
    };
    Loaded { body, bytes }
}

fn read_whole(path: &Path) -> Result<Bytes, LoadError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LARGEST_FILE {
        true => Err(LoadError::TooLarge),
        false => Ok(bytes.into()),
    }
}

fn print_line(record: &RecordBody<'_>) -> io::Result<()> {
    output::print(&String::from_utf8_lossy(&journal::line_of(record)?))
}

#[cfg(test)]
mod tests;
