//! Documents of several decoders, on the shipped base.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use candle_core::Tensor;
use dossier_document::FieldRequest;

use super::*;
use crate::constraint::FieldConstraint;
use crate::decode::Copied;
use crate::lora::AdapterRows;
use crate::model::PageMemory;
use crate::{Base, DeviceKind};

type Key = (usize, usize);

fn base() -> Base {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../adapters/base/dossier-small");
    Base::load(&folder, DeviceKind::Cpu).expect("the shipped base")
}

fn vocabulary(base: &Base) -> &Vocabulary {
    base.parts().vocabulary.as_deref().expect("a vocabulary")
}

/// Some fields of one page, under keys that begin with `number`. No two pages are alike.
fn document(base: &Base, number: usize, fields: usize) -> Vec<(Key, FieldRow)> {
    let parts = base.parts();
    let form = parts.forms.own();
    let [height, width] = form.size;
    let pixels = Tensor::arange(0f32, (3 * height * width) as f32, &Device::Cpu)
        .and_then(|pixels| (pixels / (7.0 + 90.0 * number as f64))?.sin())
        .and_then(|pixels| pixels.reshape((1, 3, height, width)))
        .expect("pixels");
    let rows = AdapterRows::new([None]);
    let layout = parts.forms.layout(form).expect("windows");
    let states = parts.model.encoder_states(&pixels, &layout, &rows).expect("states");
    let pages = Arc::new(parts.model.encoded_pages(&states, form, &rows).expect("keys and values"));
    let field = |field: usize| {
        let request = FieldRequest {
            name: ["surname", "document_number", "authority"][field % 3].parse().expect("a name"),
            page: 0,
            characters: "A-Z0-9".parse().expect("a set"),
            max_length: 3 + field as u32,
            shape: None,
            zone: None,
            any_lines: false,
        };
        let mut prompt = vec![1];
        prompt.extend(vocabulary(base).field_prompt(&request.name).expect("a prompt"));
        let constraint = FieldConstraint::new(&request, vocabulary(base), 2).expect("a constraint");
        let page = PageMemory { pages: pages.clone(), index: 0 };
        ((number, field), FieldRow { page, adapter: None, prompt, constraint })
    };
    (0..fields).map(field).collect()
}

const FIELDS: [usize; 5] = [5, 1, 2, 1, 4];

fn filled(base: &Base, number: usize) -> FieldDecoders<Key> {
    let mut decoders =
        FieldDecoders::several(number, &base.parts().model, &Device::Cpu).expect("decoders");
    let documents = (0..).zip(FIELDS).map(|(number, fields)| document(base, number, fields));
    decoders.add(documents).expect("room");
    decoders
}

fn finish(base: &Base, decoders: &mut FieldDecoders<Key>) -> BTreeMap<Key, DecodedField> {
    let mut finished = BTreeMap::new();
    while decoders.decoders.iter().any(|decoder| !decoder.sequences.is_empty()) {
        for (key, field) in decoders.step(&base.parts().model, vocabulary(base)).expect("a step") {
            assert!(finished.insert(key, field).is_none(), "{key:?} is answered twice");
        }
    }
    finished
}

#[test]
fn a_document_goes_where_the_fewest_fields_are() {
    let decoders = filled(&base(), 3);
    let fields =
        decoders.decoders.iter().map(|decoder| decoder.sequences.len()).collect::<Vec<_>>();
    assert_eq!(fields, [5, 6, 2]);
}

#[test]
fn several_decoders_read_what_one_reads() {
    let base = base();
    let alone = finish(&base, &mut filled(&base, 1));
    let beside = finish(&base, &mut filled(&base, 3));
    assert_eq!(alone.len(), FIELDS.iter().sum::<usize>());
    assert_eq!(alone.len(), beside.len());
    for ((key, alone), beside) in alone.iter().zip(beside.values()) {
        assert_eq!(alone.text, beside.text, "{key:?}");
        assert!((alone.confidence - beside.confidence).abs() < 1e-4, "{key:?}");
    }
}

#[test]
fn what_is_forgotten_is_not_answered() {
    let base = base();
    let mut decoders = filled(&base, 3);
    decoders.forget(|(number, _)| number == 4);
    let finished = finish(&base, &mut decoders);
    assert_eq!(finished.len(), 9);
    assert!(finished.keys().all(|(number, _)| *number != 4));
}

/// As on a device, where only the logits of tokens that some row may choose are copied.
#[test]
fn candidates_alone_read_what_all_logits_read() {
    let base = base();
    let all = finish(&base, &mut filled(&base, 2));
    let mut decoders = filled(&base, 2);
    for decoder in &mut decoders.decoders {
        assert!(matches!(decoder.copied, Copied::All), "on the CPU they lie there");
        decoder.copied = Copied::Candidates(None);
    }
    let candidates = finish(&base, &mut decoders);
    assert_eq!(all.len(), candidates.len());
    for ((key, all), candidates) in all.iter().zip(candidates.values()) {
        assert_eq!(all.text, candidates.text, "{key:?}");
        assert!((all.confidence - candidates.confidence).abs() < 1e-6, "{key:?}");
    }
}
