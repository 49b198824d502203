//! Golden files, and what compares with them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dossier_document::PageImage;
use dossier_model::{DeviceKind, ModelSettings};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::de::DeserializeOwned;

/// What to do when a comparison fails.
pub(crate) const UPDATE: &str = "to update: python tests/goldens/make_goldens.py";

/// Greatest difference between a logit here and there.
pub(crate) const TOLERANCE: f32 = 1e-3;

/// Where the goldens are computed: the device that DOSSIER_TEST_DEVICE names, or the CPU.
pub(crate) fn device() -> DeviceKind {
    match std::env::var("DOSSIER_TEST_DEVICE") {
        Ok(name) => name.parse().unwrap_or_else(|error| panic!("DOSSIER_TEST_DEVICE: {error}")),
        Err(_) => DeviceKind::Cpu,
    }
}

/// Everything kept in f32, on [`device`].
pub(crate) fn in_f32() -> ModelSettings {
    ModelSettings { device: device(), ..ModelSettings::default() }
}

/// The folder of the golden files.
pub(crate) fn goldens() -> PathBuf {
    repository().join("tests/fixtures/goldens")
}

/// Where the tests were built, or what DOSSIER_TEST_REPOSITORY names where they were carried elsewhere.
pub(crate) fn repository() -> PathBuf {
    let named = std::env::var_os("DOSSIER_TEST_REPOSITORY").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The image of the goldens with this name.
pub(crate) fn page(name: &str) -> PageImage {
    read_page(&goldens().join(format!("images/{name}.png")))
}

pub(crate) fn read_page(path: &Path) -> PageImage {
    let image = image::open(path).expect("an image").into_rgb8();
    let (width, height) = image.dimensions();
    PageImage::new(width, height, image.into_raw()).expect("RGB pixels")
}

/// Tensors of a file, as f32 with their shapes.
pub(crate) struct Tensors(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Tensors {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
        let float = |view: &TensorView<'_>| match view.dtype() {
            Dtype::F32 => view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
            _ => Vec::new(),
        };
        let tensors = file.tensors().into_iter();
        Self(tensors.map(|(name, view)| (name, (view.shape().to_vec(), float(&view)))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> &(Vec<usize>, Vec<f32>) {
        self.0.get(name).unwrap_or_else(|| panic!("no tensor {name}"))
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> &mut (Vec<usize>, Vec<f32>) {
        self.0.get_mut(name).unwrap_or_else(|| panic!("no tensor {name}"))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    pub(crate) fn iter_mut(
        &mut self,
    ) -> impl Iterator<Item = (&String, &mut (Vec<usize>, Vec<f32>))> {
        self.0.iter_mut()
    }

    /// Writes all of them as f32, but for the index buffers: the model does without those.
    pub(crate) fn write(&self, path: &Path) {
        let floats = self.0.iter().filter(|(name, _)| !name.ends_with("relative_position_index"));
        let bytes = floats.map(|(name, (shape, values))| {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
            (name, shape, bytes)
        });
        let bytes = bytes.collect::<Vec<_>>();
        let views = bytes.iter().map(|(name, shape, bytes)| {
            (name, TensorView::new(Dtype::F32, (*shape).clone(), bytes).expect("a tensor"))
        });
        safetensors::serialize_to_file(views, None, path).expect("a file");
    }
}

/// The greatest difference, after the shapes were compared.
pub(crate) fn greatest_difference(
    found: &[Vec<f32>],
    expected: &(Vec<usize>, Vec<f32>),
    what: &str,
) -> f32 {
    let (shape, values) = expected;
    let width = found.first().map_or(0, Vec::len);
    assert_eq!([found.len(), width].as_slice(), shape.as_slice(), "{what}: shape; {UPDATE}");
    let pairs = found.iter().flatten().zip(values);
    pairs.map(|(found, expected)| (found - expected).abs()).fold(0.0, |worst, difference| {
        assert!(difference.is_finite(), "{what}: not a number");
        f32::max(worst, difference)
    })
}

/// Refuses a difference above the tolerance and prints what it was.
#[expect(clippy::print_stdout, reason = "the measured error is worth seeing: --nocapture")]
pub(crate) fn assert_close(found: &[Vec<f32>], expected: &(Vec<usize>, Vec<f32>), what: &str) {
    let difference = greatest_difference(found, expected, what);
    println!("{what}: off by at most {difference:.2e}");
    assert!(difference <= TOLERANCE, "{what}: off by {difference}; {UPDATE}");
}

/// Every `rows`-th row and every `columns`-th column.
pub(crate) fn sample(values: &[Vec<f32>], rows: usize, columns: usize) -> Vec<Vec<f32>> {
    let row = |row: &Vec<f32>| row.iter().copied().step_by(columns).collect();
    values.iter().step_by(rows).map(row).collect()
}
