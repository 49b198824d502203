//! What a decoder step asks of a GPU, counted by a driver that computes nothing (`tests/gpu/counting/driver.c`), on
//! Donut-base's shape: 16 documents of 8 fields, each with an adapter of its own or all with none.
//!
//! `.ci/counting-driver` builds that driver and runs this.

use std::path::Path;

use dossier_document::{FieldRequest, LineShape, PageImage};
use dossier_inference::{Backend as _, ReadRequest};
use dossier_model::{
    AdapterPool, AdapterPrecision, Base, DeviceKind, ModelBackend, ModelSettings, PoolSettings,
    WeightPrecision, debug,
};

mod calls;
use calls::Calls;

mod donut_base;

const DOCUMENTS: usize = 16;
const FIELDS: [&str; 8] =
    ["surname", "given_names", "sex", "mrz", "authority", "place", "name", "number"];
const CHARACTERS: u32 = 24;

/// The most that a step may ask for, once every row has one new token.
struct Bounds {
    submissions: u64,
    uploads: u64,
    allocations: u64,
}

#[test]
fn a_step_asks_for_little_however_many_adapters_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    donut_base::write(folder.path());
    for (weights, adapters, bounds) in [
        (WeightPrecision::F32, AdapterPrecision::F32, IN_F32),
        (WeightPrecision::Bf16, AdapterPrecision::Bf16, IN_BF16),
    ] {
        let settings = ModelSettings { device: DeviceKind::Cuda(0), weights, adapters };
        let base = Base::load_as(folder.path(), settings).expect("a base");
        let alone = steady_step(&base, folder.path(), 0);
        let mixed = steady_step(&base, folder.path(), DOCUMENTS);
        for (calls, what) in [(&alone, "no adapter"), (&mixed, "16 adapters")] {
            calls.print(&format!("{weights}, {what}"));
            assert!(calls.submissions() <= bounds.submissions, "{what}: {calls:?}");
            assert!(calls.of("upload") <= bounds.uploads, "{what}: {calls:?}");
            assert!(calls.of("allocation") <= bounds.allocations, "{what}: {calls:?}");
            // The one copy of what the rows choose from waits for the step; nothing else does.
            assert_eq!(calls.of("download"), 1, "{what}: {calls:?}");
            for call in ["synchronisation", "event", "wait", "record"] {
                assert_eq!(calls.of(call), 0, "{call}; {what}: {calls:?}");
            }
        }
    }
}

/// 22 a layer: 8 products with what stands behind them, 3 norms, 2 attentions and a GELU.
const IN_F32: Bounds = Bounds { submissions: 101, uploads: 4, allocations: 68 };
/// And a cast before each product.
const IN_BF16: Bounds = Bounds { submissions: 136, uploads: 4, allocations: 135 };

/// What a step in the middle of 16 documents asks for, `adapters` of them with one of their own.
fn steady_step(base: &Base, folder: &Path, adapters: usize) -> Calls {
    let pool = AdapterPool::new(base, PoolSettings::default()).expect("a thread");
    let digests = (0..adapters).map(|number| {
        let folder = folder.join(format!("adapter-{number}"));
        // What the ranks are does not matter, but that they differ.
        if !folder.exists() {
            let (rank, seed) = (2 + number % 3, number as u64);
            debug::write_random_adapter(base, &folder, rank, seed).expect("an adapter");
        }
        pool.add(&folder).expect("an adapter")
    });
    let digests = digests.collect::<Vec<_>>();
    let mut backend = ModelBackend::new(base.clone(), pool).expect("a backend");
    let documents = (0..DOCUMENTS).map(|number| {
        let fields = FIELDS.map(|name| FieldRequest {
            name: name.parse().expect("a name"),
            page: 0,
            characters: "A-Z0-9".parse().expect("a set"),
            max_length: CHARACTERS,
            shape: Some(LineShape { lines: 1, characters_per_line: CHARACTERS }),
            zone: None,
            any_lines: false,
        });
        let pages = vec![PageImage::white(32, 32)];
        let adapter = digests.get(number).copied();
        (number, ReadRequest { pages, fields: fields.to_vec(), adapter, embed: false })
    });
    backend.admit(documents.collect());
    let mut steps = Vec::new();
    let mut answers = Vec::new();
    while !backend.is_idle() {
        let before = Calls::read();
        answers.extend(backend.step());
        steps.push(Calls::read().since(&before));
    }
    assert_eq!(answers.len(), DOCUMENTS);
    for (number, answer) in answers {
        answer.unwrap_or_else(|error| panic!("document {number}: {error:?}"));
    }
    assert_eq!(steps.len(), CHARACTERS as usize);
    let middle = steps.swap_remove(10);
    assert_eq!(middle.submissions(), steps[11].submissions(), "two steps in the middle differ");
    middle
}
