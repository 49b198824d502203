//! Mixed batches of all kinds of adapters: each row answers what it answers alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use dossier_document::Digest;
use dossier_inference::{Backend, ReadOutput, ReadRequest};
use dossier_model::{AdapterPool, Base, ModelBackend, PoolSettings};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

use crate::adapter_kinds::kinds_of;
use crate::fixtures::{Tensors, device, goldens, page, read_json};
use crate::properties::{assert_same, field, readable_base, zone};

/// The digests of adapters on `tied`: every kind of the goldens, and others made of them.
struct Rig {
    base: Base,
    pool: AdapterPool,
    digests: Vec<Digest>,
}

fn rig() -> &'static Rig {
    static RIG: OnceLock<Rig> = OnceLock::new();
    RIG.get_or_init(|| {
        let folder = readable_base("tied");
        let base = Base::load(folder.path(), device()).expect("a base");
        let pool = AdapterPool::new(&base, PoolSettings::default()).expect("a thread");
        let mut digests = Vec::new();
        let mut kinds = fs::read_dir(kinds_of("tied").join("adapters"))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect::<Vec<_>>();
        kinds.sort();
        for kind in &kinds {
            digests.push(pool.add(kind).expect("an adapter"));
        }
        let sources = [
            goldens().join("models/tied/adapters/all-linear"),
            kinds_of("tied").join("adapters/dora"),
        ];
        for (rank, seed) in [(1, 1), (2, 2), (5, 3), (8, 4), (16, 5), (5, 6)] {
            for source in &sources {
                let other = folder.path().join("other");
                write_another(source, &other, rank, seed);
                digests.push(pool.add(&other).expect("an adapter"));
            }
        }
        Rig { base, pool, digests }
    })
}

/// An adapter of `source`'s kind and layers, of another rank and with other A and B.
fn write_another(source: &Path, folder: &Path, rank: usize, seed: u64) {
    fs::create_dir_all(folder).expect("a folder");
    let mut config = read_json::<Value>(&source.join("adapter_config.json"));
    config["r"] = json!(rank);
    fs::write(folder.join("adapter_config.json"), config.to_string()).expect("a file");
    let tensors = Tensors::read(&source.join("adapter_model.safetensors"));
    let mut state = seed;
    let bytes = tensors.names().map(|name| {
        let (shape, values) = tensors.get(name);
        let mut shape = shape.clone();
        if name.contains("lora_A") {
            shape[0] = rank;
        } else if name.contains("lora_B") {
            shape[1] = rank;
        } else {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
            return (name.clone(), shape, bytes);
        }
        let values = (0..shape.iter().product::<usize>()).map(|_| {
            // Knuth's MMIX generator, its high bits as -0.5 to 0.5.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
        });
        (name.clone(), shape.clone(), values.flat_map(f32::to_le_bytes).collect())
    });
    let bytes = bytes.collect::<Vec<_>>();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).expect("a tensor"))
    });
    let path = folder.join("adapter_model.safetensors");
    safetensors::serialize_to_file(views, None, &path).expect("a file");
}

impl Rig {
    /// One of two documents, with an adapter or, behind the last, without.
    fn document(&self, layout: usize, adapter: usize) -> ReadRequest {
        let (pages, fields) = match layout {
            0 => (
                vec!["landscape", "square"],
                vec![field("ab", 0, "a-z", 6), zone(0), field("c", 1, "0-9É", 4)],
            ),
            _ => (vec!["tiny"], vec![field("name", 0, "A-Ca-z", 8)]),
        };
        ReadRequest {
            pages: pages.into_iter().map(page).collect(),
            fields,
            adapter: self.digests.get(adapter).copied(),
            embed: false,
        }
    }

    fn read(&self, batch: &[ReadRequest]) -> Vec<ReadOutput> {
        let mut backend =
            ModelBackend::new(self.base.clone(), self.pool.clone()).expect("a backend");
        let answers = backend.read_batch(batch).into_iter();
        answers.map(|answer| answer.expect("a good document")).collect()
    }

    /// What each document of each adapter reads alone.
    fn alone(&self) -> &'static BTreeMap<(usize, usize), ReadOutput> {
        static ALONE: OnceLock<BTreeMap<(usize, usize), ReadOutput>> = OnceLock::new();
        ALONE.get_or_init(|| {
            let documents = (0..2)
                .flat_map(|layout| (0..=rig().digests.len()).map(move |adapter| (layout, adapter)));
            let read = |(layout, adapter)| {
                let answer = rig().read(&[rig().document(layout, adapter)]).remove(0);
                ((layout, adapter), answer)
            };
            documents.map(read).collect()
        })
    }
}

/// Kinds of the goldens, adapters made of them, and none.
const ADAPTERS: usize = 13 + 12 + 1;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Texts are equal and confidences within 1e-4, whatever stands beside a document.
    #[test]
    fn mixed_equals_single(documents in prop::collection::vec((0..2usize, 0..ADAPTERS), 2..9)) {
        let rig = rig();
        let batch = documents.iter().map(|(layout, adapter)| rig.document(*layout, *adapter));
        let together = rig.read(&batch.collect::<Vec<_>>());
        for (document, together) in documents.iter().zip(&together) {
            assert_same(together, &rig.alone()[document]);
        }
    }
}

/// A document, the step it joins before, and whether its caller leaves three steps later.
type Visit = ((usize, usize), usize, bool);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A document that joins in the middle, or whose neighbours come and go, reads what it reads
    /// alone.
    #[test]
    fn joining_and_leaving_changes_no_answer(
        visits in prop::collection::vec(
            ((0..2usize, 0..ADAPTERS), 0..12usize, prop::bool::weighted(0.3)), 1..9)
    ) {
        let answers = read_visits(&visits);
        for (number, (document, _, leaves)) in visits.iter().enumerate() {
            match answers.get(&number) {
                Some(answer) => assert_same(answer, &rig().alone()[document]),
                None => prop_assert!(leaves, "document {number} was not answered"),
            }
        }
    }
}

fn read_visits(visits: &[Visit]) -> BTreeMap<usize, ReadOutput> {
    let rig = rig();
    let mut backend = ModelBackend::new(rig.base.clone(), rig.pool.clone()).expect("a backend");
    let mut answers = BTreeMap::new();
    let last = visits.iter().map(|(_, step, _)| step + 3).max().unwrap_or(0);
    let mut step = 0;
    while step <= last || !backend.is_idle() {
        let joins = visits.iter().enumerate().filter(|(_, (_, joins, _))| *joins == step);
        let joins = joins
            .map(|(number, ((layout, adapter), ..))| (number, rig.document(*layout, *adapter)));
        backend.admit(joins.collect());
        for (number, (_, joins, leaves)) in visits.iter().enumerate() {
            if *leaves && joins + 3 == step {
                backend.forget(number);
            }
        }
        for (number, answer) in backend.step() {
            let again = answers.insert(number, answer.expect("a good document"));
            assert!(again.is_none(), "document {number} was answered twice");
        }
        step += 1;
    }
    answers
}

/// Or the properties above would not notice another adapter's weights.
#[test]
fn no_two_adapters_read_alike() {
    let rig = rig();
    assert_eq!(rig.digests.len() + 1, ADAPTERS);
    let answers = (0..ADAPTERS).map(|adapter| {
        let answer = &rig.alone()[&(0, adapter)];
        let reading = |reading: &dossier_document::FieldReading| {
            (reading.raw.expose().to_owned(), (reading.confidence * 1e3).round() as i64)
        };
        answer.readings.iter().map(reading).collect::<Vec<_>>()
    });
    assert_eq!(answers.collect::<std::collections::BTreeSet<_>>().len(), ADAPTERS);
}
