//! Pages of other sizes than the base's, on the shipped base.

use std::path::PathBuf;

use dossier_document::{Digest, FieldRequest, PageImage, Point};
use dossier_inference::{Backend as _, ReadRequest};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{AdapterPool, Base, DeviceKind, ModelBackend, PoolSettings, debug};

fn folder_of_base() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../adapters/base/dossier-small")
}

fn base() -> Base {
    Base::load(&folder_of_base(), DeviceKind::Cpu).expect("the shipped base")
}

fn config(changes: Value) -> Value {
    let text = std::fs::read(folder_of_base().join("preprocessor_config.json")).expect("a file");
    let mut config = serde_json::from_slice::<Value>(&text).expect("JSON");
    for (key, value) in changes.as_object().expect("an object") {
        config[key] = value.clone();
    }
    config
}

fn form_of(base: &Base, changes: Value) -> Result<Arc<PageForm>, ModelError> {
    let (file, text) = (Path::new("preprocessor_config.json"), config(changes).to_string());
    base.parts().forms.of(file, ImageProcessor::parse(file, text.as_bytes())?)
}

fn sized(width: usize, height: usize) -> Value {
    json!({"size": {"width": width, "height": height}})
}

#[test]
fn a_size_is_worth_as_many_pages_as_it_has_pixels() {
    let base = base();
    let large = form_of(&base, sized(768, 512)).expect("a form");
    assert_eq!((large.size, large.grid), ([512, 768], [32, 96]));
    let own = base.parts().forms.own();
    assert!(Arc::ptr_eq(own, &form_of(&base, sized(384, 256)).expect("a form")));
    assert_eq!((large.worth(own), own.worth(own)), (4, 1));
    assert_eq!(form_of(&base, sized(392, 256)).expect("a form").worth(own), 2);
    assert_eq!(form_of(&base, sized(192, 144)).expect("a form").worth(own), 1);
}

#[test]
fn what_is_not_a_size_or_too_much_of_it_is_refused_by_name() {
    let base = base();
    for (changes, key) in [
        (json!({"image_mean": [0.4, 0.5, 0.5]}), "size"),
        (json!({"resample": 3}), "size"),
        (json!({"do_pad": false}), "size"),
        (json!({"surprise": 1}), "surprise"),
        (sized(1600, 512), "at most"),
        (sized(384, 112), "window_size"),
    ] {
        let error = form_of(&base, changes.clone()).expect_err("refused").to_string();
        assert!(
            error.contains("preprocessor_config.json") && error.contains(key),
            "{changes}: {error}"
        );
    }
}

#[test]
fn the_next_base_is_one_of_ours_and_takes_larger_pages() {
    let folder = folder_of_base().with_file_name("dossier-reader");
    let next = Base::load(&folder, DeviceKind::Cpu).expect("a base that is shipped");
    let (folder, pool, digests) = pool(&next, &[(768, 512)]);
    let mut backend = ModelBackend::new(next, pool).expect("a backend");
    let answer = backend.read_batch(&[request(Some(digests[0]))]).remove(0);
    assert_eq!(answer.expect("an answer").readings.len(), 3);
    drop(folder);
}

#[test]
fn what_is_laid_out_is_kept_for_some_sizes_and_made_again_for_any() {
    let base = base();
    let forms = &base.parts().forms;
    let of_width = |width| form_of(&base, sized(width, 256)).expect("a form");
    let first = forms.layout(&of_width(400)).expect("windows");
    for index in 1..KEPT_LAYOUTS {
        forms.layout(&of_width(400 + 8 * index)).expect("windows");
    }
    assert!(Arc::ptr_eq(&first, &forms.layout(&of_width(400)).expect("windows")), "kept, and used");
    for index in 0..KEPT_LAYOUTS {
        forms.layout(&of_width(600 + 8 * index)).expect("windows");
        assert!(forms.layouts().len() <= KEPT_LAYOUTS);
    }
    assert!(!Arc::ptr_eq(&first, &forms.layout(&of_width(400)).expect("windows")), "made again");
}

/// A pool with adapters of random numbers for pages of these sizes.
fn pool(base: &Base, sizes: &[(usize, usize)]) -> (TempDir, AdapterPool, Vec<Digest>) {
    let folder = tempfile::tempdir().expect("a folder");
    let pool = AdapterPool::new(base, PoolSettings::default()).expect("a thread");
    let digests = sizes.iter().enumerate().map(|(index, &(width, height))| {
        let adapter = folder.path().join(index.to_string());
        debug::write_random_adapter(base, &adapter, 4, 7).expect("an adapter");
        let file = adapter.join("preprocessor_config.json");
        std::fs::write(file, config(sized(width, height)).to_string()).expect("a file");
        pool.add(&adapter).expect("an adapter")
    });
    let digests = digests.collect();
    (folder, pool, digests)
}

fn request(adapter: Option<Digest>) -> ReadRequest {
    let pixels = (0..3 * 90 * 130u32).map(|value| (value * 37 % 251) as u8).collect();
    let page = PageImage::new(130, 90, pixels).expect("pixels");
    let field = |name: &str, page| FieldRequest {
        name: name.parse().expect("a name"),
        page,
        characters: "A-Z0-9".parse().expect("a set"),
        max_length: 6,
        shape: None,
        zone: None,
        any_lines: false,
    };
    let fields = vec![field("surname", 0), field("document_number", 1), field("authority", 0)];
    ReadRequest { pages: vec![page.clone(), page], fields, adapter, embed: false }
}

#[test]
fn pages_of_several_sizes_are_read_together_as_each_alone() {
    let base = base();
    let (_folder, pool, digests) = pool(&base, &[(384, 256), (512, 192), (768, 512), (512, 192)]);
    assert_eq!(digests[1], digests[3], "the same files");
    assert!(digests[0] != digests[1] && digests[1] != digests[2], "a size is part of an adapter");
    let mut backend = ModelBackend::new(base, pool).expect("a backend");
    let worth =
        digests.iter().map(|digest| backend.preparer().pages_worth(&request(Some(*digest))));
    assert_eq!(worth.collect::<Vec<_>>(), [2, 2, 8, 2]);
    let adapters = [Some(digests[2]), None, Some(digests[1]), Some(digests[0]), Some(digests[2])];
    let requests = adapters.map(request);
    let mut read = |requests: &[ReadRequest]| {
        let answers = backend.read_batch(requests).into_iter();
        let told = answers.map(|answer| {
            let readings = answer.expect("an answer").readings.into_iter();
            let told = readings.map(|reading| {
                let sure = (reading.confidence * 1e3).round() as i64;
                (reading.raw.expose().to_owned(), sure, reading.polygon)
            });
            told.collect::<Vec<_>>()
        });
        told.collect::<Vec<_>>()
    };
    let together = read(&requests);
    let alone = requests.iter().flat_map(|request| read(std::slice::from_ref(request)));
    assert_eq!(together, alone.collect::<Vec<_>>());
    assert_eq!(together[0], together[4]);
    assert!(together[0] != together[2] && together[2] != together[3], "sizes make a difference");
    let on_the_page = |(_, _, polygon): &(String, i64, Option<[Point; 4]>)| {
        polygon.is_none_or(|corners| {
            corners.iter().all(|p| (0.0..=130.0).contains(&p.x) && (0.0..=90.0).contains(&p.y))
        })
    };
    assert!(
        together.iter().flatten().all(on_the_page),
        "places are those of the page that was sent"
    );
}
