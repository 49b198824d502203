//! Inputs as strangers send them, changed at random, into what reads them first.
//!
//! It runs with the stable compiler on what the tests have built anyway, so it is not told which code
//! an input reaches. It goes by the answers instead: an input with an answer that was not seen before
//! is kept and changed further. A panic in the code of this workspace is a finding, also where a
//! `catch_unwind` would hide it; so is an answer that its reader promises never to give.

use std::collections::HashSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

mod mutate;
use mutate::mutated;

mod targets;
pub use targets::{Prepared, Target};

/// What a target was put through.
#[derive(Debug)]
pub struct FuzzReport {
    target: Target,
    inputs: u64,
    answers: usize,
    panics_of_others: u64,
}

impl fmt::Display for FuzzReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, inputs, answers, panics_of_others } = self;
        write!(f, "{target}: {inputs} inputs, {answers} kinds of answers, ")?;
        write!(f, "{panics_of_others} panics caught in libraries")
    }
}

/// Inputs that are kept for further changes, beside those that were there at the start.
const MAX_KEPT: usize = 2000;

/// Tries a target for a while.
///
/// # Errors
/// At the first finding; the message says where the input lies.
pub fn run(target: Target, duration: Duration, seed: u64) -> anyhow::Result<FuzzReport> {
    let prepared = target.prepare()?;
    let mut corpus = prepared.seeds();
    anyhow::ensure!(!corpus.is_empty(), "{target} has no input to begin with");
    let mut random = StdRng::seed_from_u64(seed);
    let mut answers = HashSet::new();
    let mut report = FuzzReport { target, inputs: 0, answers: 0, panics_of_others: 0 };
    let start = Instant::now();
    for seed in corpus.clone() {
        answers.insert(tried(&prepared, &seed, &mut report)?);
    }
    let seeds = corpus.len();
    while start.elapsed() < duration {
        let input = mutated(&corpus, &mut random);
        if answers.insert(tried(&prepared, &input, &mut report)?) && corpus.len() < seeds + MAX_KEPT
        {
            corpus.push(input);
        }
    }
    report.answers = answers.len();
    Ok(report)
}

/// The answer to one input.
fn tried(prepared: &Prepared, input: &[u8], report: &mut FuzzReport) -> anyhow::Result<String> {
    report.inputs += 1;
    let (answer, panics) = watched(|| prepared.answer(input));
    report.panics_of_others += panics.iter().filter(|place| !is_own(place)).count() as u64;
    let finding = match (panics.iter().find(|place| is_own(place)), answer) {
        (Some(place), _) => format!("a panic at {place}"),
        (None, None) => format!("a panic that nobody catches: {}", panics.join(", ")),
        (None, Some(Err(broken))) => broken.to_string(),
        (None, Some(Ok(answer))) => return Ok(answer),
    };
    let kept = keep(report.target, input)?;
    bail!("{}: {finding}; the input is {}", report.target, kept.display())
}

impl Prepared {
    /// Tries one input, and panics where its reader does.
    ///
    /// # Errors
    /// When the answer is one that its reader promises never to give.
    pub fn try_once(&self, input: &[u8]) -> anyhow::Result<()> {
        self.answer(input).map(|_| ())
    }
}

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What `work` answers, unless it panics; and where it panicked, caught by itself or not.
fn watched<T>(work: impl FnOnce() -> T) -> (Option<T>, Vec<String>) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(note_panic));
    let answer = catch_unwind(AssertUnwindSafe(work)).ok();
    std::panic::set_hook(before);
    let panics = PANICS.lock().map(|mut panics| std::mem::take(&mut *panics)).unwrap_or_default();
    (answer, panics)
}

fn note_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    if let Ok(mut panics) = PANICS.lock() {
        panics.push(place);
    }
}

/// Whether a place is in this workspace, whose files the compiler names from its root.
fn is_own(place: &str) -> bool {
    ["host/", "plugins/", "tests/"].iter().any(|folder| place.starts_with(folder))
}

/// Writes the input to where the next look at it finds it.
fn keep(target: Target, input: &[u8]) -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join("dossier-fuzz");
    std::fs::create_dir_all(&folder).context("the folder for findings")?;
    let path = folder.join(format!("{target}-{}", std::process::id()));
    std::fs::write(&path, input).context("the input that was found")?;
    Ok(path)
}
