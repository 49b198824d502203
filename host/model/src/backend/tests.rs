//! What a backend does beside documents, on the shipped base.

use std::path::Path;

use dossier_document::PageImage;

use super::*;
use crate::PoolSettings;

fn backend() -> ModelBackend {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../adapters/base/dossier-small");
    let base = Base::load(&folder, DeviceKind::Cpu).expect("the shipped base");
    let pool = AdapterPool::new(&base, PoolSettings::default()).expect("a thread");
    ModelBackend::new(base, pool).expect("a backend")
}

fn request() -> ReadRequest {
    let pixels = (0..3 * 60 * 80u32).map(|value| (value * 37 % 251) as u8).collect();
    let field = FieldRequest {
        name: "surname".parse().expect("a name"),
        page: 0,
        characters: "A-Z".parse().expect("a set"),
        max_length: 5,
        shape: None,
        zone: None,
        any_lines: false,
    };
    let page = PageImage::new(80, 60, pixels).expect("pixels");
    ReadRequest { pages: vec![page], fields: vec![field], adapter: None, embed: false }
}

#[test]
fn a_blank_page_leaves_nothing_behind() {
    let (mut warm, mut cold) = (backend(), backend());
    warm.read_blank_page().expect("read");
    assert!(warm.is_idle());
    assert!(warm.step().is_empty());
    let read = |backend: &mut ModelBackend| {
        let answer = backend.read_batch(&[request()]).remove(0).expect("an answer");
        let reading = &answer.readings[0];
        (reading.raw.expose().to_owned(), reading.confidence.to_bits())
    };
    assert_eq!(read(&mut warm), read(&mut cold));
}

#[test]
fn the_processor_is_never_lost() {
    assert_eq!(backend().probe(), Ok(()));
}

#[test]
fn pages_wait_in_the_memory_of_the_host() {
    let plan = backend().planner.plan(&request(), None).expect("a plan");
    assert!(plan.prepared.pages.iter().all(|page| page.pixels.device().is_cpu()));
}

#[test]
fn memory_that_runs_out_fails_a_document_and_is_no_fault_of_the_device() {
    let mut backend = backend();
    for (cause, is_memory) in
        [("CUDA_ERROR_OUT_OF_MEMORY", true), ("CUDA_ERROR_ILLEGAL_ADDRESS", false)]
    {
        backend.fail(1, candle_core::Error::msg(cause).into());
        let answers = backend.step();
        let [(1, Err(error))] = answers.as_slice() else { panic!("one answer") };
        assert_eq!(matches!(error, BackendError::OutOfMemory(_)), is_memory, "{error}");
        assert_eq!(matches!(error, BackendError::Compute(_)), !is_memory, "{error}");
    }
}
