//! Who had which document read, by what, and what came of it: a line of JSON a document, on the disk before
//! its client has the answer. No value of a document is ever in one.
//!
//! Where a line can't be written, the document is not answered: what is not in the audit was not read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use std::{io, iter, thread};

use dossier_document::DocumentTypeId;
use dossier_engine::pipeline::ServedBy;
use dossier_engine::{Extraction, RequestId};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::auth::Caller;

mod file;
use file::AuditFile;

/// Lines that may wait for the disk: as many as documents may be in work.
const WAITING_LINES: usize = 4_096;

/// How long a file that can't be written is left alone.
const TRIED_AGAIN: Duration = Duration::from_secs(1);

/// A line can't be written now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit file can't be written")]
pub struct Unwritten;

/// The audit file, and the thread that writes it.
#[derive(Debug)]
pub(crate) struct Audit {
    lines: SyncSender<Line>,
    is_writable: Arc<AtomicBool>,
}

/// A document that was taken to be read. Dropped without an outcome, it was not answered.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    audit: &'a Audit,
    caller: &'a Caller,
    request_id: &'a RequestId,
    document_type: Option<DocumentTypeId>,
    is_told: bool,
}

/// What a line tells.
#[derive(Serialize)]
struct Entry<'a> {
    /// When it was answered, as RFC 3339 writes it.
    time: String,
    request_id: &'a str,
    tenant: &'a str,
    /// The id of the token or certificate, or the `sub` of an identity provider's; none where nobody is told apart.
    token: Option<&'a str>,
    /// What it was said to be, or was found to be; none where neither.
    document_type: Option<&'a str>,
    /// `read`, `read_before` for an answer that is given again, `not_answered` where its client left or its
    /// time was over, or the code of the problem.
    outcome: &'a str,
    #[serde(flatten)]
    read: Option<ReadBy>,
}

/// What a document was read by, and what came of it.
#[derive(Serialize)]
struct ReadBy {
    verdict: &'static str,
    base: String,
    adapter: Option<String>,
    calibration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_reader: Option<String>,
    rules: String,
    generation: u64,
}

/// A line, and who waits until it is on the disk.
struct Line {
    text: Vec<u8>,
    written: Option<oneshot::Sender<Result<(), Unwritten>>>,
}

impl Audit {
    /// Opens the file to add to it, and starts the thread that does.
    ///
    /// # Errors
    /// When it can't be opened, or the operating system starts no thread.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = AuditFile::open(path)?;
        let (lines, taken) = sync_channel(WAITING_LINES);
        let is_writable = Arc::new(AtomicBool::new(true));
        let writer = Writer { file, path: path.to_owned(), is_writable: Arc::clone(&is_writable) };
        thread::Builder::new().name("audit".to_owned()).spawn(move || writer.run(&taken))?;
        Ok(Self { lines, is_writable })
    }

    /// Whether the last line could be written. Where it could not, the thread tries again every second.
    pub(crate) fn is_writable(&self) -> bool {
        self.is_writable.load(Ordering::Relaxed)
    }

    /// A document is taken, of somebody who may have it read; of what type, where that is said.
    pub(crate) fn attempt<'a>(
        &'a self,
        caller: &'a Caller,
        request_id: &'a RequestId,
        document_type: Option<DocumentTypeId>,
    ) -> Attempt<'a> {
        Attempt { audit: self, caller, request_id, document_type, is_told: false }
    }
}

impl Attempt<'_> {
    /// The document was read.
    pub(crate) async fn read(mut self, extraction: &Extraction) -> Result<(), Unwritten> {
        self.document_type = Some(extraction.document_type.clone());
        let ServedBy { base, adapter, calibration, zone_reader, rules, generation } =
            &extraction.served_by;
        let read = ReadBy {
            verdict: extraction.verdict.as_str(),
            base: base.to_string(),
            adapter: adapter.as_ref().map(ToString::to_string),
            calibration: calibration.as_ref().map(ToString::to_string),
            zone_reader: zone_reader.as_ref().map(ToString::to_string),
            rules: rules.to_string(),
            generation: *generation,
        };
        self.tell("read", Some(read)).await
    }

    /// Its answer is given again.
    pub(crate) async fn read_before(self) -> Result<(), Unwritten> {
        self.tell("read_before", None).await
    }

    /// It was not read, for the reason of this code.
    pub(crate) async fn failed(self, code: &str) -> Result<(), Unwritten> {
        self.tell(code, None).await
    }

    /// Writes the line, and waits until it is on the disk.
    async fn tell(mut self, outcome: &str, read: Option<ReadBy>) -> Result<(), Unwritten> {
        self.is_told = true;
        let (written, answer) = oneshot::channel();
        let text = self.text(outcome, read).ok_or(Unwritten)?;
        let line = Line { text, written: Some(written) };
        self.audit.lines.try_send(line).map_err(|_| Unwritten)?;
        answer.await.unwrap_or(Err(Unwritten))
    }

    fn text(&self, outcome: &str, read: Option<ReadBy>) -> Option<Vec<u8>> {
        let entry = Entry {
            time: Timestamp::now().to_string(),
            request_id: self.request_id.as_str(),
            tenant: self.caller.tenant().as_str(),
            token: self.caller.token(),
            document_type: self.document_type.as_ref().map(DocumentTypeId::as_str),
            outcome,
            read,
        };
        let mut text = serde_json::to_vec(&entry).ok()?;
        text.push(b'\n');
        Some(text)
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.is_told
            && let Some(text) = self.text("not_answered", None)
            && self.audit.lines.try_send(Line { text, written: None }).is_err()
        {
            // Nobody waits for it, and nobody was given anything.
            tracing::warn!("a document that was not answered is not in the audit file");
        }
    }
}

/// What runs on the thread.
struct Writer {
    file: AuditFile,
    path: PathBuf,
    is_writable: Arc<AtomicBool>,
}

impl Writer {
    /// Until nobody can tell anything any more.
    fn run(mut self, taken: &Receiver<Line>) {
        loop {
            let first = match self.is_writable.load(Ordering::Relaxed) {
                true => taken.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => taken.recv_timeout(TRIED_AGAIN),
            };
            match first {
                // What came meanwhile goes to the disk together.
                Ok(first) => self.append(iter::once(first).chain(taken.try_iter()).collect()),
                Err(RecvTimeoutError::Timeout) => self.append(vec![written_again()]),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn append(&mut self, lines: Vec<Line>) {
        let text = lines.iter().flat_map(|line| &line.text).copied().collect::<Vec<_>>();
        let written = self.file.append(&text);
        let was_writable = self.is_writable.swap(written.is_ok(), Ordering::Relaxed);
        let path = self.path.display();
        match &written {
            Err(error) if was_writable => {
                tracing::error!(%path, %error, "the audit file can't be written: no document is answered");
            }
            Ok(()) if !was_writable => tracing::info!(%path, "the audit file is written again"),
            _ => {}
        }
        let answer = written.map_err(|_| Unwritten);
        for answered in lines.into_iter().filter_map(|line| line.written) {
            // Its client may have left.
            let _ = answered.send(answer);
        }
    }
}

/// What is tried while nothing can be written: a line of its own tells from when on documents are answered again.
fn written_again() -> Line {
    let time = Timestamp::now();
    let text = format!("{{\"time\":\"{time}\",\"outcome\":\"written_again\"}}\n").into_bytes();
    Line { text, written: None }
}

#[cfg(test)]
mod tests;
