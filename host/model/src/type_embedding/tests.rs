//! Embeddings of states that can be reckoned by hand.

use std::fs;

use candle_core::safetensors;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// Two rows and one column of cells over a grid of 4 x 2 tokens of 2 numbers, of which the first counts.
fn files(changes: &Value, mean: Tensor, projection: &[[f32; 2]]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let mut described = json!({"likeness": 4.0, "lead": 2.0, "intercept": -3.0, "apart": 8.0});
    for (key, value) in changes.as_object().expect("an object") {
        described[key] = value.clone();
    }
    fs::write(folder.path().join("type_embedding.json"), described.to_string()).expect("written");
    let tensors = [
        ("channels", Tensor::new(&[[1_f32], [0.0]], &Device::Cpu)),
        ("mean", Ok(mean)),
        (
            "projection",
            Tensor::from_slice(projection.as_flattened(), (projection.len(), 2), &Device::Cpu),
        ),
    ];
    let tensors = tensors.map(|(name, tensor)| (name.to_owned(), tensor.expect("a tensor")));
    let file = folder.path().join("type_embedding.safetensors");
    safetensors::save(&tensors.into(), file).expect("written");
    folder
}

fn mean_of(shape: &[usize], values: f32) -> Tensor {
    Tensor::full(values, shape, &Device::Cpu).expect("a tensor")
}

fn fitting() -> TempDir {
    files(&json!({}), mean_of(&[2, 1, 1], 1.0), &[[1.0, 0.0], [0.0, 2.0]])
}

fn read(folder: &TempDir) -> Result<Option<TypeEmbedding>, ModelError> {
    TypeEmbedding::read(folder.path(), [4, 2], 2)
}

#[test]
fn a_page_points_where_its_cells_differ_from_the_mean() {
    let embedding = read(&fitting()).expect("fits").expect("is there");
    // The upper cell is 4 in the mean of its four tokens, the lower 3: 3 and 2 beyond the mean.
    let token = |first: f32| [first, 9.0];
    let page = [2.0, 6.0, 4.0, 4.0, 3.0, 3.0, 0.0, 6.0].map(token);
    let states = Tensor::new(&[page], &Device::Cpu).expect("states");
    let found = embedding.of(&states, [4, 2]).expect("computed").remove(0).expect("a direction");
    let wanted = Embedding::new(vec![3.0, 4.0]).expect("a direction");
    assert!((found.likeness(&wanted).expect("of two values") - 1.0).abs() < 1e-6);
}

#[test]
fn a_page_that_is_the_mean_has_no_direction() {
    let embedding = read(&fitting()).expect("fits").expect("is there");
    let states = Tensor::ones((1, 8, 2), DType::F32, &Device::Cpu).expect("states");
    assert_eq!(embedding.of(&states, [4, 2]).expect("computed"), [None]);
}

#[test]
fn a_base_without_the_files_tells_no_types_apart() {
    let folder = TempDir::new().expect("a folder");
    assert!(read(&folder).expect("nothing is wrong").is_none());
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let fits = || mean_of(&[2, 1, 1], 1.0);
    let (two, one) = ([[1.0, 0.0], [0.0, 2.0]], [[1.0, 0.0]]);
    for (changes, mean, projection, part) in [
        (json!({"lead": "far"}), fits(), &two[..], "lead"),
        (json!({"apart": null}), fits(), &two, "apart"),
        (json!({"threshold": 1}), fits(), &two, "threshold"),
        (json!({}), mean_of(&[3, 1, 1], 1.0), &two, "mean"),
        (json!({}), mean_of(&[0, 1, 1], 1.0), &two, "mean"),
        (json!({}), mean_of(&[2], 1.0), &two, "mean"),
        (json!({}), mean_of(&[2, 1, 1], f32::NAN), &two, "mean"),
        (json!({}), mean_of(&[2, 1, 2], 1.0), &two, "channels"),
        (json!({}), fits(), &one, "projection"),
    ] {
        let Err(error) = read(&files(&changes, mean, projection)) else {
            panic!("{changes} is taken")
        };
        assert!(error.to_string().contains(part), "{changes}: {error}");
    }
    let folder = fitting();
    fs::remove_file(folder.path().join("type_embedding.json")).expect("removed");
    assert!(read(&folder).is_err(), "half of the files are not none");
}

#[test]
fn sure_is_who_is_like_the_type_and_like_no_other() {
    let likeness = read(&fitting()).expect("fits").expect("is there").likeness();
    let sure = likeness.confidence(0.9, 0.1);
    assert!(sure > likeness.confidence(0.9, 0.8) && sure > likeness.confidence(0.6, -0.2));
    // Between two that look alike it is an even chance at most, however like both are.
    let even = likeness.confidence(0.999, 0.999);
    assert!(even > 0.3 && even <= 0.5, "{even}");
    assert!(likeness.confidence(0.9, 0.95) < even);
}
