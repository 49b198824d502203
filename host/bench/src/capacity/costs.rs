//! What a host costs, from a report of `dossier-bench adapters --json`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A file of measurements can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CostsError {
    /// It can't be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no report of `dossier-bench adapters`.
    #[error("{}: no report of `dossier-bench adapters --json`: {source}", path.display())]
    NoReport {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A figure makes no sense.
    #[error("`{key}` of the measurements makes no sense")]
    Senseless {
        /// The figure.
        key: &'static str,
    },
}

/// What one host costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Costs {
    /// Time of a batch of none, in milliseconds: what a batch costs whatever is in it.
    pub(crate) batch_ms: f64,
    /// Time that each document adds to its batch, in milliseconds.
    pub(crate) document_ms: f64,
    /// Documents of one batch at most.
    pub(crate) batch: usize,
    /// Time of a load of an adapter from the disk, in milliseconds.
    pub(crate) disk_load_ms: f64,
    /// The same from the host's memory.
    pub(crate) host_load_ms: f64,
    /// Bytes of an adapter in memory.
    pub(crate) adapter_bytes: usize,
    /// Bytes of the base.
    pub(crate) base_bytes: usize,
    /// Bytes that a document in work takes.
    pub(crate) document_bytes: usize,
    /// How much faster the base alone is than the base with adapters: what one joint model would save.
    pub(crate) joint_speed: f64,
}

#[derive(Deserialize)]
struct Measured {
    adapters: usize,
    batch: usize,
    docs_per_s_base: f64,
    docs_per_s: Vec<Arm>,
    latency_ms_alone: f64,
    load_again_ms: LoadAgain,
    pool_bytes: usize,
    base_bytes: usize,
    document: Option<Document>,
}

#[derive(Deserialize)]
struct Arm {
    adapters: usize,
    docs_per_s: f64,
}

#[derive(Deserialize)]
struct LoadAgain {
    from_disk: f64,
    from_host: f64,
}

#[derive(Deserialize)]
struct Document {
    in_work_mb: f64,
}

impl Costs {
    /// Those of a report.
    ///
    /// # Errors
    /// When it can't be read, or a figure makes no sense.
    pub(crate) fn read(path: &Path) -> Result<Self, CostsError> {
        let unreadable = |source| CostsError::Unreadable { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let no_report = |source| CostsError::NoReport { path: path.to_owned(), source };
        Self::of(&serde_json::from_str(&text).map_err(no_report)?)
    }

    fn of(measured: &Measured) -> Result<Self, CostsError> {
        let senseless = |key| CostsError::Senseless { key };
        let positive = |value: f64, key| match value.is_finite() && value > 0.0 {
            true => Ok(value),
            false => Err(senseless(key)),
        };
        // With as many adapters as were measured, the slowest of the ways they were asked for.
        let arms = measured.docs_per_s.iter().filter(|arm| arm.adapters == measured.adapters);
        let slowest = arms.map(|arm| arm.docs_per_s).fold(f64::INFINITY, f64::min);
        let per_s = positive(slowest, "docs_per_s")?;
        let base_per_s = positive(measured.docs_per_s_base, "docs_per_s_base")?;
        let alone = positive(measured.latency_ms_alone, "latency_ms_alone")?;
        if measured.batch < 2 {
            return Err(senseless("batch"));
        }
        // A batch takes a part that is its own and one for each document: two points make the line.
        let (documents, full) = (measured.batch as f64, measured.batch as f64 / per_s * 1e3);
        let document_ms = positive((full - alone) / (documents - 1.0), "latency_ms_alone")?;
        let in_work = measured.document.as_ref().map_or(0.0, |document| document.in_work_mb);
        Ok(Self {
            batch_ms: (alone - document_ms).max(0.0),
            document_ms,
            batch: measured.batch,
            disk_load_ms: positive(measured.load_again_ms.from_disk, "load_again_ms")?,
            host_load_ms: positive(measured.load_again_ms.from_host, "load_again_ms")?,
            adapter_bytes: measured
                .pool_bytes
                .checked_div(measured.adapters)
                .filter(|bytes| *bytes > 0)
                .ok_or(senseless("pool_bytes"))?,
            base_bytes: measured.base_bytes,
            document_bytes: (in_work * 1e6) as usize,
            joint_speed: base_per_s / per_s,
        })
    }

    /// Documents a second of a host that never waits for anything.
    pub(crate) fn most_per_s(&self) -> f64 {
        let documents = self.batch as f64;
        documents / (self.batch_ms + documents * self.document_ms) * 1e3
    }
}
