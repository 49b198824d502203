//! One value a digest, as long as somebody has it.

use std::path::PathBuf;
use std::sync::Arc;

use dossier_document::Digest;

use super::Shared;
use crate::ModelError;

const ONE: Digest = Digest::from_sha256([1; 32]);
const TWO: Digest = Digest::from_sha256([2; 32]);

fn error() -> ModelError {
    ModelError::PickledAdapter { path: PathBuf::from("adapter_model.bin") }
}

#[test]
fn a_value_is_loaded_once_and_again_when_nobody_has_it() {
    let shared = Shared::default();
    let first = shared.get_or_load(ONE, || Ok(10)).expect("loaded");
    let second = shared.get_or_load(ONE, || panic!("it is there")).expect("found");
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(*shared.get_or_load(TWO, || Ok(20)).expect("loaded"), 20);
    assert_eq!(shared.bytes(|value| *value), 10, "nobody kept the other");
    drop((first, second));
    assert_eq!(*shared.get_or_load(ONE, || Ok(11)).expect("loaded"), 11);
}

#[test]
fn of_two_that_load_at_once_both_get_the_first() {
    let shared = Shared::default();
    let mut first = None;
    let second = shared.get_or_load(ONE, || {
        first = Some(shared.get_or_load(ONE, || Ok(1))?);
        Ok(2)
    });
    let (first, second) = (first.expect("loaded"), second.expect("loaded"));
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(*second, 1);
}

#[test]
fn what_fails_is_not_kept() {
    let shared = Shared::<usize>::default();
    assert!(shared.get_or_load(ONE, || Err(error())).is_err());
    assert_eq!(*shared.get_or_load(ONE, || Ok(3)).expect("loaded"), 3);
}
