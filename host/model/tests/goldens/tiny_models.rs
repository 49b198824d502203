//! Small random models of many shapes, with adapters.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dossier_model::{Adapter, Base, debug};
use serde::Deserialize;

use crate::fixtures::{Tensors, UPDATE, assert_close, device, goldens, page, read_json};

#[derive(Deserialize)]
struct Facts {
    prompt: Vec<u32>,
    tokens: Vec<u32>,
    new_tokens: usize,
    /// For each image the greedy tokens, of the base and of each adapter.
    images: BTreeMap<String, BTreeMap<String, Vec<u32>>>,
}

fn compare(model: &str, adapters: &[&str]) {
    let folder = goldens().join(model);
    let base = Base::load(&folder, device()).expect("a base");
    let facts = read_json::<Facts>(&folder.join("golden.json"));
    let golden = Tensors::read(&folder.join("golden.safetensors"));
    assert_eq!(facts.images.len(), 2, "two images");
    for image in facts.images.keys() {
        compare_one(&base, None, "", image, &facts, &golden);
    }
    compare_adapters(&base, &folder, adapters.iter().copied());
}

/// Compares each adapter of a folder with the goldens beside it.
pub(crate) fn compare_adapters<'a>(
    base: &Base,
    folder: &Path,
    adapters: impl IntoIterator<Item = &'a str>,
) {
    let facts = read_json::<Facts>(&folder.join("golden.json"));
    let golden = Tensors::read(&folder.join("golden.safetensors"));
    for name in adapters {
        let adapter = load_adapter(base, &folder.join("adapters").join(name));
        for image in facts.images.keys() {
            compare_one(base, Some(&adapter), &format!("{name}."), image, &facts, &golden);
        }
    }
}

fn compare_one(
    base: &Base,
    adapter: Option<&Arc<Adapter>>,
    prefix: &str,
    image: &str,
    facts: &Facts,
    golden: &Tensors,
) {
    let page = page(image);
    let name = format!("{image}.{prefix}encoder_states");
    let states = debug::encoder_states(base, adapter, &page).expect("states");
    assert_close(&states, golden.get(&name), &name);
    let name = format!("{image}.{prefix}logits");
    let logits = debug::forward(base, adapter, &page, &facts.tokens).expect("logits");
    assert_close(&logits, golden.get(&name), &name);
    let greedy = debug::generate(base, adapter, &page, &facts.prompt, facts.new_tokens);
    let expected = &facts.images[image][&format!("{prefix}greedy")];
    assert_eq!(&greedy.expect("tokens"), expected, "{image}, {prefix}; {UPDATE}");
}

pub(crate) fn load_adapter(base: &Base, folder: &Path) -> Arc<Adapter> {
    let (_, adapter) = base.load_adapter(folder).expect("an adapter");
    Arc::new(adapter)
}

#[test]
fn tied_head_and_single_sizes() {
    compare("models/tied", &["list", "all-linear"]);
}

#[test]
fn patch_list_and_projection() {
    compare("models/patch-list", &["regex"]);
}

#[test]
fn padding_in_three_stages() {
    compare("models/padding", &["layers"]);
}

#[test]
fn window_as_large_as_the_grid_and_generation_options() {
    compare("models/window-is-grid", &[]);
}

#[test]
fn a_checkpoint_of_transformers_4() {
    compare("saved-by-4", &[]);
}
