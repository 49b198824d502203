//! What is counted, and that levels multiply.

use super::*;

fn outline(text: &str) -> Outline {
    Outline::of(&wat::parse_str(text).expect("valid WebAssembly text")).expect("well-formed")
}

#[test]
fn modules_functions_and_instances_are_counted() {
    let outline = outline(
        "(component
           (core module $m (func) (func (result i32) i32.const 7))
           (core instance (instantiate $m))
           (core instance (instantiate $m))
           (component $c (core module (func))))",
    );
    assert_eq!((outline.modules, outline.functions, outline.nesting), (2, 3, 1));
    assert_eq!(outline.instances, 3);
    assert!(outline.largest_function_bytes >= 4 && outline.code_bytes > 6);
    assert_eq!(outline.out_of_bounds(), None);
}

#[test]
fn levels_of_instances_multiply() {
    let mut text = "(component $c0)".to_owned();
    for level in 1..=6 {
        let inner = format!("(instance (instantiate $c{}))", level - 1);
        text = format!("(component $c{level} {text} {})", inner.repeat(8));
    }
    let outline = outline(&text);
    assert_eq!(outline.nesting, 6);
    assert_eq!(outline.instances, (0..=6).map(|level| 8_u64.pow(level)).sum::<u64>());
    assert_eq!(outline.out_of_bounds().map(|bound| bound.what), Some("instances"));
}

#[test]
fn what_is_not_known_counts_as_too_much() {
    let imported =
        outline(r#"(component (import "c" (component $c)) (instance (instantiate $c)))"#);
    assert_eq!(imported.instances, u64::MAX);
}

#[test]
fn outer_components_are_followed() {
    let outline = outline(
        "(component $outer
           (component $leaf)
           (component $inner
             (alias outer $outer $leaf (component $again))
             (instance (instantiate $again)) (instance (instantiate $again)))
           (instance (instantiate $inner)) (instance (instantiate $inner)))",
    );
    assert_eq!(outline.instances, 1 + 2 * (1 + 2));
}

#[test]
fn what_is_no_component_has_no_outline() {
    assert_eq!(Outline::of(b"\0asm\x0d\0\x01\0 rubbish"), None);
}
