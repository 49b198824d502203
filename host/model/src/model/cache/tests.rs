//! Rows come and go, and what others have written stays.

use super::*;
use crate::kernels::{PastSpan, append_and_attend};

const WIDTH: usize = 6;

fn cache() -> KvCache {
    KvCache::new(2, 2, WIDTH / 2, &Device::Cpu).expect("an empty cache")
}

/// Writes `value` as the `past`-th token of a slot, in every layer.
fn write(cache: &KvCache, slot: usize, past: usize, value: f32) {
    let new = Tensor::full(value, (1, WIDTH), &Device::Cpu).expect("a tensor");
    for layer in 0..2 {
        let spans = [PastSpan { slot, vectors: 0..1, past }];
        let (twice, cache) = ((&new * 2.0).expect("a tensor"), cache.layer(layer));
        let (keys, values) = ([&new, &cache.keys], [&twice, &cache.values]);
        append_and_attend(&new, keys, values, &spans, 1.0).expect("room");
    }
}

/// The numbers of a slot's first tokens, one a token.
fn read(cache: &KvCache, slot: usize, length: usize) -> Vec<f32> {
    let layer = &cache.layers[1];
    let values =
        layer.values.get(slot).and_then(|slot| slot.narrow(1, 0, length)?.to_vec3::<f32>());
    let values = values.expect("values");
    assert!(values.iter().all(|head| *head == values[0]), "all heads were written");
    values[0].iter().map(|token| token[0] / 2.0).collect()
}

#[test]
fn rows_keep_what_they_wrote_while_others_come_and_go() {
    let mut cache = cache();
    let first = cache.take_slots(2, 3).expect("memory");
    for (slot, value) in first.iter().zip([1.0, 2.0]) {
        write(&cache, *slot, 0, value);
        write(&cache, *slot, 1, value + 10.0);
    }
    let later = cache.take_slots(3, 8).expect("memory");
    for slot in &later {
        write(&cache, *slot, 7, 5.0);
    }
    assert_eq!(read(&cache, first[0], 2), [1.0, 11.0]);
    assert_eq!(read(&cache, first[1], 2), [2.0, 12.0]);
    cache.release([first[0]]);
    let again = cache.take_slots(1, 8).expect("memory");
    assert_eq!(again, [first[0]], "a free slot is used again");
    write(&cache, again[0], 0, 7.0);
    assert_eq!(read(&cache, again[0], 1), [7.0]);
    assert_eq!(read(&cache, first[1], 2), [2.0, 12.0]);
}

#[test]
fn no_two_rows_share_a_slot() {
    let mut cache = cache();
    let mut taken = Vec::new();
    for rows in [1, 4, 2, 9] {
        taken.extend(cache.take_slots(rows, 2).expect("memory"));
        cache.release([taken.remove(0)]);
    }
    let mut distinct = taken.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), taken.len());
}

#[test]
fn without_rows_it_holds_no_memory() {
    let mut cache = cache();
    let slots = cache.take_slots(5, 4).expect("memory");
    assert!(cache.layers[0].keys.elem_count() > 0);
    cache.release(slots);
    assert_eq!(cache.layers[0].keys.elem_count(), 0);
    assert_eq!(cache.take_slots(1, 2).expect("memory"), [0]);
}
