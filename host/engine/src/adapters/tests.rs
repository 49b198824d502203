//! An adapter leaves with the last who holds it, and not before.

use super::*;
use crate::testing::FakeAdapters;

#[test]
fn an_adapter_that_packages_share_leaves_with_the_last_of_them() {
    let loader = FakeAdapters::default();
    let adapters = Adapters::new(Box::new(loader.clone()));
    let first = adapters.load(Path::new("one")).expect("loads");
    let second = adapters.load(Path::new("another")).expect("loads");
    assert_eq!(first.digest(), second.digest());
    drop(first);
    assert!(loader.is_loaded(&second.digest()));
    let digest = second.digest();
    drop(second);
    assert!(!loader.is_loaded(&digest));
}

#[test]
fn an_adapter_that_left_is_loaded_again() {
    let loader = FakeAdapters::default();
    let adapters = Adapters::new(Box::new(loader.clone()));
    drop(adapters.load(Path::new("one")).expect("loads"));
    let again = adapters.load(Path::new("one")).expect("loads");
    assert!(loader.is_loaded(&again.digest()));
}

/// The package that brought it first may have been refused, and its folder be gone.
#[test]
fn an_adapter_that_packages_share_is_read_from_the_folder_of_one_that_is_left() {
    let loader = FakeAdapters::default();
    let adapters = Adapters::new(Box::new(loader.clone()));
    let first = adapters.load(Path::new("one")).expect("loads");
    let refused = adapters.load(Path::new("refused")).expect("loads");
    assert_eq!(loader.folders(), [Path::new("one")]);
    drop(refused);
    assert_eq!(loader.folders(), [Path::new("one")]);
    let second = adapters.load(Path::new("another")).expect("loads");
    drop(first);
    assert_eq!(loader.folders(), [Path::new("another")]);
    drop(second);
}
