//! Documents a second with given adapters, to set beside another program on the same work.

use std::path::PathBuf;

use dossier_document::PageImage;
use dossier_model::{AdapterPool, Base, ModelSettings, PoolSettings};
use serde::Serialize;

use super::workload::inference;
use super::{Workload, WorkloadError};

/// What is measured.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The folder of the base.
    pub(crate) base: PathBuf,
    /// Where it computes, and in what it is kept.
    pub(crate) model: ModelSettings,
    /// Folders of adapters, taken in turn document by document; none for the base alone.
    pub(crate) adapters: Vec<PathBuf>,
    /// The page of every document, or `None` for noise.
    pub(crate) page: Option<PageImage>,
    /// Documents that wait at once.
    pub(crate) documents: usize,
    /// Documents in one batch at most.
    pub(crate) batch: usize,
    /// Measurements, after one that does not count.
    pub(crate) rounds: usize,
    /// Fields of a document.
    pub(crate) fields: usize,
    /// Characters of a field, each a decoder step.
    pub(crate) characters: u32,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// Adapters in use.
    pub(crate) adapters: usize,
    /// Documents a second, round by round.
    pub(crate) docs_per_s: Vec<f64>,
}

/// Measures.
///
/// # Errors
/// When the base or an adapter does not load, or a document is not read.
pub(crate) async fn run(settings: &Settings) -> Result<Report, WorkloadError> {
    let base = Base::load_as(&settings.base, settings.model)?;
    let mut workload = Workload::new(settings.fields, settings.characters)?;
    if let Some(page) = &settings.page {
        workload = workload.with_page(page.clone());
    }
    let pool = AdapterPool::new(&base, PoolSettings::default())?;
    let digests = settings.adapters.iter().map(|folder| pool.add(folder));
    let digests = digests.collect::<Result<Vec<_>, _>>()?;
    let adapters = (0..settings.documents)
        .map(|document| digests.get(document % digests.len().max(1)).copied())
        .collect::<Vec<_>>();
    let thread = inference(&base, &pool, settings.documents, settings.batch)?;
    workload.read_all(&thread.handle(), &adapters).await?;
    let mut docs_per_s = Vec::with_capacity(settings.rounds);
    for _ in 0..settings.rounds {
        let took = workload.read_all(&thread.handle(), &adapters).await?;
        docs_per_s.push(adapters.len() as f64 / took.as_secs_f64());
    }
    Ok(Report { adapters: digests.len(), docs_per_s })
}
