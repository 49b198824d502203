//! Reading documents in batches: whatever the neighbours, the answer is the same.

use std::fs;
use std::path::Path;

use dossier_document::{CharacterSet, Digest, FieldRequest, LineShape};
use dossier_inference::{Backend, BackendError, ReadOutput, ReadRequest};
use dossier_model::{AdapterPool, Base, ModelBackend, PoolSettings, debug};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::{TOLERANCE, Tensors, device, goldens, page, read_json};

/// A readable base with two adapters.
struct Rig {
    _folder: TempDir,
    adapters: AdapterPool,
    digests: [Digest; 2],
    backend: ModelBackend,
}

fn rig() -> Rig {
    let folder = readable_base("tied");
    let base = Base::load(folder.path(), device()).expect("a base");
    let adapters = pool(&base);
    let digests = ["list", "all-linear"]
        .map(|name| adapters.add(&folder.path().join("adapters").join(name)).expect("an adapter"));
    let backend = ModelBackend::new(base, adapters.clone()).expect("a backend");
    Rig { _folder: folder, adapters, digests, backend }
}

fn pool(base: &Base) -> AdapterPool {
    AdapterPool::new(base, PoolSettings::default()).expect("a thread")
}

/// A copy of a tiny model with a tokenizer: 50 tokens, letters mostly.
pub(crate) fn readable_base(model: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&goldens().join("models").join(model), folder.path());
    let mut tokens = ["<pad>", "<s>", "</s>", "<unk>", "<field>", "<value>", "<s_mrz>", "\n"]
        .map(str::to_owned)
        .to_vec();
    tokens.extend(('a'..='z').map(String::from));
    tokens.extend(('0'..='9').map(String::from));
    tokens.extend(["_", "<", "A", "B", "C", "É"].map(str::to_owned));
    assert_eq!(tokens.len(), 50);
    let special = |id: usize| json!({"id": id, "content": tokens[id], "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false});
    let vocabulary = tokens.iter().enumerate().map(|(id, token)| (token.clone(), json!(id)));
    let tokenizer = json!({
        "version": "1.0",
        "added_tokens": (0..7).map(special).collect::<Vec<_>>(),
        "model": {
            "type": "WordLevel",
            "vocab": vocabulary.collect::<serde_json::Map<_, _>>(),
            "unk_token": "<unk>",
        },
    });
    fs::write(folder.path().join("tokenizer.json"), tokenizer.to_string()).expect("a file");
    folder
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

pub(crate) fn field(name: &str, page: usize, characters: &str, max_length: u32) -> FieldRequest {
    FieldRequest {
        name: name.parse().expect("a name"),
        page,
        characters: characters.parse::<CharacterSet>().expect("a set"),
        max_length,
        shape: None,
        zone: None,
        any_lines: false,
    }
}

pub(crate) fn zone(page: usize) -> FieldRequest {
    let shape = Some(LineShape { lines: 2, characters_per_line: 6 });
    FieldRequest { shape, ..field("mrz", page, "A-C0-9<", 20) }
}

/// Some document: which of three layouts, and which adapter.
fn document(rig: &Rig, layout: usize, adapter: usize) -> ReadRequest {
    let pages = [["landscape", "portrait"], ["square", "tiny"], ["wide", "page"]][layout];
    let fields = match layout {
        0 => vec![field("ab", 0, "a-z", 9), zone(0), field("c", 1, "0-9É", 4)],
        1 => vec![zone(1)],
        // Nothing stands on page 1, and fields come in no order of pages or prompts.
        _ => vec![field("name", 0, "A-Ca-z", 12), field("z", 0, "a-f", 1), zone(0)],
    };
    ReadRequest {
        pages: pages.map(page).to_vec(),
        fields,
        adapter: rig.digests.get(adapter).copied(),
        embed: false,
    }
}

fn read(rig: &mut Rig, batch: &[ReadRequest]) -> Vec<ReadOutput> {
    let answers = rig.backend.read_batch(batch).into_iter();
    answers.map(|answer| answer.expect("a good document")).collect()
}

pub(crate) fn assert_same(left: &ReadOutput, right: &ReadOutput) {
    assert_eq!(left.readings.len(), right.readings.len());
    for (left, right) in left.readings.iter().zip(&right.readings) {
        assert_eq!(left.name, right.name);
        assert_eq!(left.page, right.page);
        assert_eq!(left.raw.expose(), right.raw.expose(), "{}", left.name);
        assert!((left.confidence - right.confidence).abs() < 1e-4, "{}", left.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Any batch, in any order, with any adapters, answers what each document answers alone.
    #[test]
    fn batched_equals_single(documents in prop::collection::vec((0..3usize, 0..3usize), 1..6)) {
        let mut rig = rig();
        let batch = documents.iter().map(|(layout, adapter)| document(&rig, *layout, *adapter));
        let batch = batch.collect::<Vec<_>>();
        let together = read(&mut rig, &batch);
        let again = read(&mut rig, &batch);
        for ((request, together), again) in batch.iter().zip(&together).zip(&again) {
            assert_same(together, again);
            let alone = read(&mut rig, std::slice::from_ref(request));
            assert_same(together, &alone[0]);
        }
    }
}

#[test]
fn adapters_change_the_answer() {
    let mut rig = rig();
    let batch = [0, 1, 2].map(|adapter| document(&rig, 0, adapter));
    let answers = read(&mut rig, &batch);
    let texts = answers.iter().map(|answer| {
        answer.readings.iter().map(|reading| reading.raw.expose().to_owned()).collect::<Vec<_>>()
    });
    let texts = texts.collect::<std::collections::BTreeSet<_>>();
    assert_eq!(texts.len(), 3, "two adapters and the base read one page alike");
}

#[test]
fn readings_obey_their_fields() {
    let mut rig = rig();
    for adapter in 0..3 {
        let request = document(&rig, 2, adapter);
        let answer = read(&mut rig, std::slice::from_ref(&request)).remove(0);
        for (field, reading) in request.fields.iter().zip(&answer.readings) {
            assert_eq!(field.name, reading.name);
            let text = reading.raw.expose();
            assert!(text.chars().count() <= field.max_length as usize);
            match field.shape {
                None => assert!(text.chars().all(|c| field.characters.contains(c))),
                Some(shape) => {
                    let lines = text.split('\n').collect::<Vec<_>>();
                    assert_eq!(lines.len(), shape.lines as usize);
                    for line in lines {
                        assert_eq!(line.chars().count(), shape.characters_per_line as usize);
                        assert!(line.chars().all(|c| field.characters.contains(c)));
                    }
                }
            }
            assert!((0.0..=1.0).contains(&reading.confidence));
        }
    }
}

#[test]
fn a_bad_document_is_refused_and_its_neighbours_are_read() {
    let mut rig = rig();
    let good = document(&rig, 0, 0);
    let alone = read(&mut rig, std::slice::from_ref(&good)).remove(0);
    let unknown = "sha256:".to_owned() + &"0".repeat(64);
    let unknown = unknown.parse::<Digest>().expect("a digest");
    let with = |change: &dyn Fn(&mut ReadRequest)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let batch = [
        with(&|request| request.adapter = Some(unknown)),
        with(&|request| request.pages.clear()),
        with(&|request| request.fields.clear()),
        with(&|request| request.fields[0].page = 2),
        with(&|request| request.fields[0].max_length = 31),
        with(&|request| request.fields[1].max_length = 12),
        with(&|request| request.fields[1].characters = "X".parse().expect("a set")),
        good,
    ];
    let answers = rig.backend.read_batch(&batch);
    assert!(matches!(&answers[0], Err(BackendError::UnknownAdapter(digest)) if *digest == unknown));
    assert!(matches!(&answers[1], Err(BackendError::NoPages)));
    assert!(matches!(&answers[2], Err(BackendError::NoFields)));
    assert!(matches!(&answers[3], Err(BackendError::NoSuchPage { page: 2, pages: 2, .. })));
    let too_long = &answers[4];
    assert!(matches!(too_long, Err(BackendError::FieldTooLong { needed: 36, available: 32, .. })));
    assert!(matches!(&answers[5], Err(BackendError::UnfillableShape(_))));
    assert!(matches!(&answers[6], Err(BackendError::UnfillableShape(_))));
    assert_same(answers[7].as_ref().expect("the good document"), &alone);
}

#[test]
fn adapters_come_and_go() {
    let mut rig = rig();
    let request = document(&rig, 1, 0);
    let before = read(&mut rig, std::slice::from_ref(&request)).remove(0);
    let in_use = rig.adapters.get(&rig.digests[0]).expect("it is there");
    assert!(rig.adapters.remove(&rig.digests[0]));
    assert!(!rig.adapters.remove(&rig.digests[0]));
    let refused = rig.backend.read_batch(std::slice::from_ref(&request)).remove(0);
    assert!(matches!(refused, Err(BackendError::UnknownAdapter(_))), "never the base instead");
    assert!(in_use.parameters() > 0, "whoever uses it still has it");
    let folder = rig._folder.path().join("adapters/list");
    assert_eq!(rig.adapters.add(&folder).expect("an adapter"), rig.digests[0]);
    assert_same(&before, &read(&mut rig, &[request])[0]);
}

#[test]
fn fields_are_asked_for_by_token_or_letter_by_letter() {
    let folder = readable_base("tied");
    let base = Base::load(folder.path(), device()).expect("a base");
    assert!(base.supports_field(&"mrz".parse().expect("a name")));
    assert!(base.supports_field(&"place_of_birth2".parse().expect("a name")));
    let plain = Base::load(&goldens().join("models/tied"), device()).expect("a base");
    assert!(!plain.supports_field(&"mrz".parse().expect("a name")), "no tokenizer");
    assert!(ModelBackend::new(plain.clone(), pool(&plain)).is_err());
    assert_ne!(base.digest(), plain.digest(), "the tokenizer counts");
}

/// W + scaling * B A in the file gives what the adapter gives beside it.
#[test]
fn unmerged_equals_merged() {
    for (model, adapter) in [("tied", "list"), ("tied", "all-linear")] {
        let folder = readable_base(model);
        let base = Base::load(folder.path(), device()).expect("a base");
        let adapter_folder = folder.path().join("adapters").join(adapter);
        let loaded = crate::tiny_models::load_adapter(&base, &adapter_folder);
        let tokens = [1, 20, 9, 33, 2];
        let unmerged = debug::forward(&base, Some(&loaded), &page("landscape"), &tokens);
        let unmerged = unmerged.expect("logits");

        merge(folder.path(), &adapter_folder);
        let merged = Base::load(folder.path(), device()).expect("a merged base");
        let merged = debug::forward(&merged, None, &page("landscape"), &tokens).expect("logits");
        let flat = merged.concat();
        let shape = vec![merged.len(), merged[0].len()];
        let difference = crate::fixtures::greatest_difference(&unmerged, &(shape, flat), adapter);
        assert!(difference < TOLERANCE, "{adapter}: off by {difference}");
    }
}

fn merge(base: &Path, adapter: &Path) {
    let config = read_json::<Value>(&adapter.join("adapter_config.json"));
    let number = |key: &str| config[key].as_f64().expect("a number") as f32;
    let scaling = number("lora_alpha") / number("r");
    let path = base.join("model.safetensors");
    let mut weights = Tensors::read(&path);
    let loras = Tensors::read(&adapter.join("adapter_model.safetensors"));
    for name in loras.names().filter(|name| name.ends_with(".lora_A.weight")) {
        let module =
            name.trim_start_matches("base_model.model.").trim_end_matches(".lora_A.weight");
        let (a_shape, a) = loras.get(name);
        let (_, b) = loras.get(&name.replace("lora_A", "lora_B"));
        let (shape, weight) = weights.get_mut(&format!("{module}.weight"));
        let [rank, inputs] = [a_shape[0], a_shape[1]];
        for output in 0..shape[0] {
            for input in 0..inputs {
                let delta = (0..rank).map(|k| b[output * rank + k] * a[k * inputs + input]);
                weight[output * inputs + input] += scaling * delta.sum::<f32>();
            }
        }
    }
    weights.write(&path);
}
