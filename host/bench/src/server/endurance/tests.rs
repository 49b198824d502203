//! What is made of the looks at the memory, and components that differ in nothing but their digest.

use super::*;

#[test]
fn memory_that_fills_up_and_stays_has_not_grown() {
    let filling = (0..FILLING).map(|look| 10.0 * look as f64);
    let flat = filling.clone().chain([200.0; 48]).collect::<Vec<_>>();
    assert_eq!(growth(&flat), 0.0);
    let rises = filling.chain((0..48).map(|look| 200.0 + look as f64)).collect::<Vec<_>>();
    // From 203.5 on average of the first sixth that counts to 243.5 of the last.
    assert!((growth(&rises) - 0.197).abs() < 0.001, "{}", growth(&rises));
}

#[test]
fn a_numbered_component_is_another_with_the_same_code() {
    let component = b"\0asm\x0d\0\x01\0";
    let (one, other) = (numbered(component, 1), numbered(component, 2));
    assert_ne!(one, other);
    for numbered in [one, other] {
        assert_eq!(&numbered[..component.len()], component);
        let section = &numbered[component.len()..];
        // A custom section: 0, its length, and its name with a length of its own.
        assert_eq!((section[0], usize::from(section[1])), (0, section.len() - 2));
        assert_eq!(&section[2..9], b"\x06number");
    }
}
