//! What it takes to find out what kind of document a page is.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use dossier_document::{DocumentTypeId, Embedding};
use dossier_engine::folders::Prototypes;
use dossier_engine::identify::{Reach, identify};
use dossier_inference::{Backend as _, ReadRequest};
use dossier_model::{AdapterPool, Base, ModelBackend, ModelSettings, PoolSettings};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::Serialize;

use crate::workload::{Workload, median};

/// What was measured, the median of all rounds.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    types: usize,
    rounds: u32,
    /// A page through the encoder, on all cores that one page takes.
    pub(crate) embed_ms: f64,
    /// Its embedding beside those of all types, on one core.
    pub(crate) identify_ms: f64,
    pub(crate) identify_to_embed: f64,
    /// The likeness of the page to the nearest type whose prototype points anywhere.
    pub(crate) nearest: f64,
}

/// Measures a base with so many document types of which one is that of the page.
///
/// # Errors
/// When the base can't be loaded or can't tell types apart, or the page is not taken for what it is.
pub(crate) fn run(
    base: &Path,
    model: ModelSettings,
    types: usize,
    rounds: u32,
) -> anyhow::Result<Report> {
    let base = Base::load_as(base, model)?;
    let likeness = base.type_likeness().context("the base can't tell document types apart")?;
    let pool = AdapterPool::new(&base, PoolSettings::default())?;
    let mut backend = ModelBackend::new(base, pool)?;
    let page = Workload::new(1, 1)?.request(None).pages;
    let request = ReadRequest { pages: page, fields: Vec::new(), adapter: None, embed: true };
    let mut embed = || -> anyhow::Result<Embedding> {
        let answer = backend.read_batch(std::slice::from_ref(&request)).remove(0)?;
        answer.embedding.context("the page has no embedding")
    };
    let page = embed()?;
    let mut rng = StdRng::seed_from_u64(1);
    let mut anywhere = || {
        let values = StandardNormal.sample_iter(&mut rng).take(likeness.dimensions).collect();
        Embedding::new(values).context("a direction")
    };
    let own = "bench/own".parse::<DocumentTypeId>()?;
    let mut known = vec![(own.clone(), Prototypes::of(vec![page.clone()]))];
    for number in 1..types {
        known.push((format!("bench/{number}").parse()?, Prototypes::of(vec![anywhere()?])));
    }
    let others = known.iter().skip(1).map(|(_, prototypes)| prototypes.likeness(&page));
    let nearest = others.fold(-1.0, f64::max);
    let (mut embedding, mut comparing) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        let started = Instant::now();
        let page = embed()?;
        embedding.push(started.elapsed().as_secs_f64() * 1000.0);
        let started = Instant::now();
        let types = known.iter().map(|(id, prototypes)| (id, prototypes));
        let found = identify(types, &page, &likeness, &Reach::default());
        comparing.push(started.elapsed().as_secs_f64() * 1000.0);
        ensure!(found.document_type.as_ref() == Some(&own), "taken for {found:?}");
    }
    let (embed_ms, identify_ms) = (median(embedding), median(comparing));
    let identify_to_embed = identify_ms / embed_ms;
    Ok(Report { types, rounds, embed_ms, identify_ms, identify_to_embed, nearest })
}
