//! `type_embedding.json` and `type_embedding.safetensors`: what of the encoder's states tells document types
//! apart.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use dossier_document::{Digest, Embedding};

use crate::digest::digest_file;
use crate::json::JsonObject;
use crate::weights::WeightFile;
use crate::{ModelError, WeightPrecision};

/// Turns what the encoder makes of a page, by the base alone, into an [`Embedding`]: states averaged over a grid
/// of cells, less what pages have in common, projected to the directions in which document types differ and
/// captures of one page don't (`adapters/training/dossier_training/identification`).
///
/// The files change no reading, so they are no part of the base's digest, to which adapters are bound. Prototypes
/// of document types are bound to that of the tensors.
pub(crate) struct TypeEmbedding {
    /// Rows and columns of cells.
    cells: [usize; 2],
    /// What of a cell's states counts, `(hidden_size, channels)`.
    channels: Tensor,
    /// What all pages have in common, `(rows * columns * channels)`.
    mean: Vec<f32>,
    /// `(rows * columns * channels, dimensions)`.
    projection: Vec<f32>,
    likeness: TypeLikeness,
}

/// What likeness to a document type's prototypes is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TypeLikeness {
    /// The file of the base that embeddings follow from: prototypes made by another can't be compared.
    pub digest: Digest,
    /// Values of an embedding.
    pub dimensions: usize,
    /// What likeness itself counts.
    likeness: f64,
    /// What the lead over the next likely type counts.
    lead: f64,
    /// What both are worth together where they are 0.
    intercept: f64,
    /// What the lead says of which of two types it is.
    apart: f64,
}

impl TypeLikeness {
    /// How sure it is, 0 to 1, that a page is of a document type: by its likeness to it, and by how far that
    /// exceeds its likeness to the likeliest other one, both -1 to 1.
    #[must_use]
    pub fn confidence(&self, likeness: f64, of_the_likeliest_other: f64) -> f64 {
        let lead = likeness - of_the_likeliest_other;
        let logit = self.likeness.mul_add(likeness, self.lead.mul_add(lead, self.intercept));
        // That it is of one like these, and that of the two it is this one.
        sigmoid(logit) * sigmoid(self.apart * lead)
    }

    /// One that was not fitted to anything, for tests of those who compare.
    #[must_use]
    pub fn unfitted(digest: Digest, dimensions: usize) -> Self {
        Self { digest, dimensions, likeness: 20.0, lead: 5.0, intercept: -12.0, apart: 50.0 }
    }
}

impl TypeEmbedding {
    /// That of a base's folder, if it has one. `grid` is of the base's own pages, rows and columns of tokens.
    ///
    /// # Errors
    /// When one of the files is missing, a key or a tensor is unknown, missing or of another shape, or cells
    /// don't divide the tokens evenly.
    pub(crate) fn read(
        folder: &Path,
        grid: [usize; 2],
        hidden_size: usize,
    ) -> Result<Option<Self>, ModelError> {
        let path = folder.join("type_embedding.safetensors");
        if !path.exists() {
            return Ok(None);
        }
        let mut object = JsonObject::read(&folder.join("type_embedding.json"))?;
        let mut number = |key| object.take_f64(key)?.ok_or_else(|| object.missing(key));
        let (likeness, lead) = (number("likeness")?, number("lead")?);
        let (intercept, apart) = (number("intercept")?, number("apart")?);
        object.finish()?;

        // Little is left to compute, and it is compared in the host's memory.
        let file = WeightFile::open(&path, &Device::Cpu, WeightPrecision::F32)?;
        let shape = |name: &str| file.shape(name).unwrap_or_default();
        let [rows, columns, channels] = shape("mean")[..] else {
            return Err(file.wrong_shape("mean", &[grid[0], grid[1], hidden_size]));
        };
        let divides = |tokens: usize, cells: usize| cells > 0 && tokens.is_multiple_of(cells);
        if !divides(grid[0], rows) || !divides(grid[1], columns) {
            return Err(
                file.contents("mean", "has cells that don't divide the page's tokens evenly")
            );
        }
        let inputs = rows * columns * channels;
        let dimensions = shape("projection").get(1).copied().unwrap_or_default();
        let read = Self {
            cells: [rows, columns],
            channels: file.take_finite("channels", &[hidden_size, channels])?,
            mean: flat(&file.take_finite("mean", &[rows, columns, channels])?)?,
            projection: flat(&file.take_finite("projection", &[inputs, dimensions])?)?,
            likeness: TypeLikeness {
                digest: digest_file(&path)?,
                dimensions,
                likeness,
                lead,
                intercept,
                apart,
            },
        };
        file.finish()?;
        Ok(Some(read))
    }

    pub(crate) fn likeness(&self) -> TypeLikeness {
        self.likeness
    }

    /// The embeddings of pages whose `states` are `(pages, rows * columns, hidden_size)`, of a grid of rows and
    /// columns of tokens; none of a page that is nothing beside what all have in common.
    pub(crate) fn of(
        &self,
        states: &Tensor,
        grid: [usize; 2],
    ) -> candle_core::Result<Vec<Option<Embedding>>> {
        let (pages, _, hidden) = states.dims3()?;
        let ([rows, columns], [high, wide]) = (self.cells, grid);
        let of_cells = states
            .reshape(&[pages, rows, high / rows, columns, wide / columns, hidden][..])?
            .to_dtype(DType::F32)?
            .mean((2, 4))?
            .reshape((pages * rows * columns, hidden))?
            .to_device(&Device::Cpu)?
            .matmul(&self.channels)?
            .reshape((pages, self.mean.len()))?;
        Ok(of_cells.to_vec2()?.iter().map(|cells: &Vec<f32>| self.project(cells)).collect())
    }

    fn project(&self, of_cells: &[f32]) -> Option<Embedding> {
        let mut values = vec![0.0; self.likeness.dimensions];
        let weights = self.projection.chunks_exact(self.likeness.dimensions);
        for ((value, mean), weights) in of_cells.iter().zip(&self.mean).zip(weights) {
            let beyond = value - mean;
            values.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += beyond * weight);
        }
        Embedding::new(values)
    }
}

fn flat(tensor: &Tensor) -> candle_core::Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests;
