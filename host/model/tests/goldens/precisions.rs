//! A model kept in fewer bits computes what a file rounded to them computes in f32.

use std::path::Path;

use dossier_inference::{Backend as _, ReadRequest};
use dossier_model::{
    AdapterPool, AdapterPrecision, Base, ModelBackend, ModelSettings, PoolSettings,
    WeightPrecision, debug,
};
use half::{bf16, f16};
use serde_json::Value;

use crate::fixtures::{Tensors, device, greatest_difference, in_f32, page, read_json};
use crate::properties::{assert_same, field, readable_base, zone};
use crate::tiny_models::load_adapter;

const NARROW: [(WeightPrecision, AdapterPrecision); 3] = [
    (WeightPrecision::Bf16, AdapterPrecision::F16),
    (WeightPrecision::F16, AdapterPrecision::Bf16),
    (WeightPrecision::Int8, AdapterPrecision::F32),
];
const TOKENS: [u32; 5] = [1, 20, 9, 33, 2];

fn settings((weights, adapters): (WeightPrecision, AdapterPrecision)) -> ModelSettings {
    ModelSettings { device: device(), weights, adapters }
}

fn round_weight(values: &mut [f32], width: usize, precision: WeightPrecision) {
    for row in values.chunks_exact_mut(width) {
        let step = row.iter().fold(0f32, |greatest, value| greatest.max(value.abs())) / 127.0;
        for value in row {
            *value = match precision {
                WeightPrecision::F32 => *value,
                WeightPrecision::Bf16 => bf16::from_f32(*value).to_f32(),
                WeightPrecision::F16 => f16::from_f32(*value).to_f32(),
                WeightPrecision::Int8 => (*value / step).round() * step,
            };
        }
    }
}

/// Whether a tensor of a base's file is a matrix to be kept narrow: neither vectors nor positions.
fn is_matrix(name: &str, shape: &[usize]) -> bool {
    let is_position = name.ends_with("relative_position_bias_table")
        || name.ends_with("relative_position_index")
        || name.ends_with("positions.weight");
    shape.len() >= 2 && !is_position
}

/// Rounds the matrices of a base's file.
fn round_base(file: &Path, precision: WeightPrecision) {
    let mut weights = Tensors::read(file);
    for (name, (shape, values)) in weights.iter_mut() {
        if is_matrix(name, shape) {
            let width = shape[1..].iter().product();
            round_weight(values, width, precision);
        }
    }
    weights.write(file);
}

/// Rounds an adapter's file: A, and B with the scaling in it.
fn round_adapter(folder: &Path, precision: AdapterPrecision) {
    let config = read_json::<Value>(&folder.join("adapter_config.json"));
    let number = |key: &str| config[key].as_f64().expect("a number") as f32;
    let scaling = number("lora_alpha") / number("r");
    let file = folder.join("adapter_model.safetensors");
    let mut weights = Tensors::read(&file);
    for (name, (_, values)) in weights.iter_mut() {
        let scaling = if name.ends_with("lora_B.weight") { scaling } else { 1.0 };
        for value in values {
            *value = match precision {
                AdapterPrecision::F32 => *value,
                AdapterPrecision::Bf16 => bf16::from_f32(*value * scaling).to_f32() / scaling,
                AdapterPrecision::F16 => f16::from_f32(*value * scaling).to_f32() / scaling,
            };
        }
    }
    weights.write(&file);
}

#[test]
fn what_is_kept_narrow_equals_a_rounded_file_in_f32() {
    for precisions in NARROW {
        for adapter in ["list", "all-linear"] {
            let folder = readable_base("tied");
            let adapter_folder = folder.path().join("adapters").join(adapter);
            let logits = |settings| {
                let base = Base::load_as(folder.path(), settings).expect("a base");
                let adapter = load_adapter(&base, &adapter_folder);
                [None, Some(&adapter)].map(|adapter| {
                    debug::forward(&base, adapter, &page("landscape"), &TOKENS).expect("logits")
                })
            };
            let exact = logits(in_f32());
            let narrow = logits(settings(precisions));
            round_base(&folder.path().join("model.safetensors"), precisions.0);
            round_adapter(&adapter_folder, precisions.1);
            let rounded = logits(in_f32());
            for ((narrow, rounded), exact) in narrow.iter().zip(&rounded).zip(&exact) {
                let flat =
                    |logits: &[Vec<f32>]| (vec![logits.len(), logits[0].len()], logits.concat());
                let off = greatest_difference(narrow, &flat(rounded), adapter);
                assert!(off < 1e-4, "{precisions:?}, {adapter}: off by {off}");
                let rounding = greatest_difference(narrow, &flat(exact), adapter);
                assert!(rounding > off, "{precisions:?}: nothing was rounded");
            }
        }
    }
}

#[test]
fn a_mixed_batch_of_a_narrow_model_reads_what_each_document_reads_alone() {
    for precisions in NARROW {
        let folder = readable_base("tied");
        let base = Base::load_as(folder.path(), settings(precisions)).expect("a base");
        let pool = AdapterPool::new(&base, PoolSettings::default()).expect("a thread");
        let add = |name| pool.add(&folder.path().join("adapters").join(name)).expect("an adapter");
        let adapters = [None, Some(add("list")), Some(add("all-linear"))];
        let mut backend = ModelBackend::new(base, pool.clone()).expect("a backend");
        let batch = adapters.map(|adapter| ReadRequest {
            pages: vec![page("landscape")],
            fields: vec![field("ab", 0, "a-z", 9), zone(0)],
            adapter,
            embed: false,
        });
        let together = backend.read_batch(&batch);
        for (request, together) in batch.iter().zip(together) {
            let alone = backend.read_batch(std::slice::from_ref(request)).remove(0);
            assert_same(&together.expect("an answer"), &alone.expect("an answer"));
        }
    }
}

#[test]
fn half_the_bits_take_half_the_memory() {
    let folder = readable_base("tied");
    let kept = |precisions| {
        let base = Base::load_as(folder.path(), settings(precisions)).expect("a base");
        let adapter = load_adapter(&base, &folder.path().join("adapters/list"));
        (base.bytes(), adapter.bytes())
    };
    let (mut numbers, mut rows, mut others) = (0, 0, 0);
    for (name, (shape, values)) in
        Tensors::read(&folder.path().join("model.safetensors")).iter_mut()
    {
        match is_matrix(name, shape) {
            true => (numbers, rows) = (numbers + values.len(), rows + shape[0]),
            false => others += values.len(),
        }
    }
    let (base, adapter) = kept((WeightPrecision::F32, AdapterPrecision::F32));
    assert_eq!(base, 4 * (numbers + others));
    let (base, half_adapter) = kept((WeightPrecision::Bf16, AdapterPrecision::F16));
    assert_eq!((base, half_adapter), (2 * numbers + 4 * others, adapter / 2));
    let (base, _) = kept((WeightPrecision::Int8, AdapterPrecision::F32));
    assert_eq!(base, numbers + 4 * (rows + others));
}

#[test]
fn what_has_no_place_in_fewer_bits_is_refused_by_name() {
    let f16 = (WeightPrecision::F16, AdapterPrecision::F16);
    let folder = readable_base("tied");
    let adapter_folder = folder.path().join("adapters/list");
    let file = adapter_folder.join("adapter_model.safetensors");
    let mut weights = Tensors::read(&file);
    let (_, (_, values)) = weights.iter_mut().find(|(name, _)| name.contains("lora_A")).expect("A");
    values[0] = 1e6;
    weights.write(&file);
    let base = Base::load_as(folder.path(), settings(f16)).expect("a base");
    let error = base.load_adapter(&adapter_folder).expect_err("it must be refused").to_string();
    assert!(error.contains("adapter_model.safetensors") && error.contains("f16"), "{error}");

    let file = folder.path().join("model.safetensors");
    let name = "decoder.model.decoder.layers.0.fc1.weight";
    let mut weights = Tensors::read(&file);
    weights.get_mut(name).1[0] = 1e6;
    weights.write(&file);
    let error = Base::load_as(folder.path(), settings(f16)).expect_err("it must be refused");
    assert!(error.to_string().contains(name) && error.to_string().contains("f16"), "{error}");
    assert!(Base::load(folder.path(), device()).is_ok(), "f32 has room for it");

    weights.get_mut(name).1[0] = f32::NAN;
    weights.write(&file);
    let int8 = settings((WeightPrecision::Int8, AdapterPrecision::F32));
    let error = Base::load_as(folder.path(), int8).expect_err("it must be refused").to_string();
    assert!(error.contains(name) && error.contains("int8"), "{error}");
}
