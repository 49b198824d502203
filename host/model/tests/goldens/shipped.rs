//! The shipped base and one of its adapters, once they are there.

use std::path::PathBuf;
use std::sync::Arc;

use dossier_document::Embedding;
use dossier_inference::{Backend as _, ReadRequest};
use dossier_model::{Adapter, AdapterPool, Base, ModelBackend, PoolSettings, debug};
use serde::Deserialize;

use crate::fixtures::{
    Tensors, UPDATE, assert_close, device, goldens, read_json, read_page, repository, sample,
};
use crate::tiny_models::load_adapter;

#[derive(Deserialize)]
struct Facts {
    paths: Paths,
    prompt: Vec<u32>,
    tokens: Vec<u32>,
    new_tokens: usize,
    #[serde(rename = "base.greedy")]
    base_greedy: Vec<u32>,
    #[serde(rename = "adapter.greedy")]
    adapter_greedy: Option<Vec<u32>>,
}

#[derive(Deserialize)]
struct Paths {
    base: PathBuf,
    adapter: Option<PathBuf>,
    image: PathBuf,
}

#[test]
fn shipped_base_equals_transformers() {
    let folder = goldens().join("shipped");
    let shipped = repository().join("adapters/base/dossier-small");
    if !shipped.exists() {
        assert!(!folder.exists(), "goldens of a base that is not there");
        return;
    }
    let facts = read_json::<Facts>(&folder.join("golden.json"));
    let golden = Tensors::read(&folder.join("golden.safetensors"));
    let base = Base::load(&repository().join(&facts.paths.base), device()).expect("a base");
    compare(&base, None, "base", &facts, &facts.base_greedy, &golden);
    compare_embedding(base.clone(), &facts, &golden);
    if let (Some(adapter), Some(greedy)) = (&facts.paths.adapter, &facts.adapter_greedy) {
        let adapter = load_adapter(&base, &repository().join(adapter));
        compare(&base, Some(&adapter), "adapter", &facts, greedy, &golden);
    }
}

fn compare_embedding(base: Base, facts: &Facts, golden: &Tensors) {
    let pool = AdapterPool::new(&base, PoolSettings::default()).expect("a pool");
    let mut backend = ModelBackend::new(base, pool).expect("a backend");
    let page = read_page(&repository().join(&facts.paths.image));
    let request = ReadRequest { pages: vec![page], fields: Vec::new(), adapter: None, embed: true };
    // One that is embedded beside others is embedded all the same.
    for answer in backend.read_batch(&[request.clone(), request]) {
        let output = answer.expect("an answer");
        assert!(output.readings.is_empty());
        let (_, wanted) = golden.get("base.embedding");
        let wanted = Embedding::new(wanted.clone()).expect("a direction");
        let likeness = output.embedding.and_then(|found| found.likeness(&wanted));
        assert!(likeness.is_some_and(|likeness| likeness > 0.999_99), "{likeness:?}");
    }
}

fn compare(
    base: &Base,
    adapter: Option<&Arc<Adapter>>,
    name: &str,
    facts: &Facts,
    greedy: &[u32],
    golden: &Tensors,
) {
    let page = read_page(&repository().join(&facts.paths.image));
    let states = debug::encoder_states(base, adapter, &page).expect("states");
    let what = format!("{name}.encoder_states");
    assert_close(&sample(&states, 7, 8), golden.get(&what), &what);
    let logits = debug::forward(base, adapter, &page, &facts.tokens).expect("logits");
    let what = format!("{name}.logits");
    assert_close(&logits, golden.get(&what), &what);
    let found = debug::generate(base, adapter, &page, &facts.prompt, facts.new_tokens);
    assert_eq!(found.expect("tokens"), greedy, "{name}; {UPDATE} --shipped-base ...");
}
