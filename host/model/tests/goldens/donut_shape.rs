//! Donut-base's own shape: 200 million weights from a formula, so that none are committed.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use dossier_model::{Adapter, Base, debug};
use serde::Deserialize;
use serde_json::json;

use crate::fixtures::{Tensors, UPDATE, assert_close, device, goldens, page, read_json, sample};
use crate::tiny_models::load_adapter;

#[derive(Deserialize)]
struct Parameters {
    base: Vec<Parameter>,
    adapter: Vec<Parameter>,
}

/// Name, shape, the middle of its values, and the exponent of their step.
#[derive(Deserialize)]
struct Parameter(String, Vec<usize>, f32, i32);

#[derive(Deserialize)]
struct Facts {
    prompt: Vec<u32>,
    tokens: Vec<u32>,
    new_tokens: usize,
    image: String,
    #[serde(rename = "base.greedy")]
    base_greedy: Vec<u32>,
    #[serde(rename = "adapter.greedy")]
    adapter_greedy: Vec<u32>,
}

#[test]
fn donut_base_with_and_without_an_adapter() {
    let golden_folder = goldens().join("donut-shape");
    let parameters = read_json::<Parameters>(&golden_folder.join("parameters.json"));
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["config.json", "generation_config.json", "preprocessor_config.json"] {
        fs::copy(golden_folder.join(file), folder.path().join(file)).expect("a copy");
    }
    fill(&folder.path().join("model.safetensors"), &parameters.base);
    let adapter_folder = folder.path().join("adapter");
    fs::create_dir(&adapter_folder).expect("a folder");
    let config = "adapter_config.json";
    fs::copy(golden_folder.join("adapter").join(config), adapter_folder.join(config))
        .expect("a copy");
    fill(&adapter_folder.join("adapter_model.safetensors"), &parameters.adapter);

    let base = Base::load(folder.path(), device()).expect("a base");
    let adapter = load_adapter(&base, &adapter_folder);
    let facts = read_json::<Facts>(&golden_folder.join("golden.json"));
    let golden = Tensors::read(&golden_folder.join("golden.safetensors"));
    compare(&base, None, "base", &facts, &facts.base_greedy, &golden);
    compare(&base, Some(&adapter), "adapter", &facts, &facts.adapter_greedy, &golden);
}

fn compare(
    base: &Base,
    adapter: Option<&Arc<Adapter>>,
    name: &str,
    facts: &Facts,
    greedy: &[u32],
    golden: &Tensors,
) {
    let page = page(&facts.image);
    let states = debug::encoder_states(base, adapter, &page).expect("states");
    let what = format!("{name}.encoder_states");
    assert_close(&sample(&states, 7, 64), golden.get(&what), &what);
    let logits = debug::forward(base, adapter, &page, &facts.tokens).expect("logits");
    let what = format!("{name}.logits");
    assert_close(&logits, golden.get(&what), &what);
    let found = debug::generate(base, adapter, &page, &facts.prompt, facts.new_tokens);
    assert_eq!(found.expect("tokens"), greedy, "{name}; {UPDATE}");
}

/// Writes a safetensors file whose values follow from the names alone (`values` in
/// `tests/goldens/donut_shape.py`): matrices as bf16, vectors as f32, both exact.
fn fill(path: &Path, parameters: &[Parameter]) {
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for Parameter(name, shape, ..) in parameters {
        let start = end;
        let (dtype, bytes) = if shape.len() == 1 { ("F32", 4) } else { ("BF16", 2) };
        end += shape.iter().product::<usize>() * bytes;
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [start, end]});
        header.insert(name.clone(), entry);
    }
    let mut header = serde_json::Value::Object(header).to_string();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    file.write_all(&(header.len() as u64).to_le_bytes()).expect("a write");
    file.write_all(header.as_bytes()).expect("a write");
    for Parameter(name, shape, offset, exponent) in parameters {
        let step = 2f32.powi(*exponent);
        let seed = name.bytes().fold(0xCBF2_9CE4_8422_2325, |seed: u64, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        for index in 1..=shape.iter().product::<usize>() as u64 {
            let odd = 2 * i32::from(splitmix64(seed, index).to_le_bytes()[7]) - 255;
            let value = (offset + odd as f32 * step).to_le_bytes();
            let bytes = if shape.len() == 1 { &value[..] } else { &value[2..] };
            file.write_all(bytes).expect("a write");
        }
    }
    file.flush().expect("a write");
}

fn splitmix64(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
