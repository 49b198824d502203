//! What the pages must have.

use super::*;
use crate::config::groups;

#[test]
fn every_key_has_its_row_with_its_bounds() {
    let text = configuration::page();
    let keys = groups().into_iter().flat_map(|group| group.keys).collect::<Vec<_>>();
    assert!(keys.len() > 30, "{}", keys.len());
    for key in keys {
        let row = text.lines().find(|line| line.starts_with(&format!("| `{}` |", key.name())));
        let row = row.unwrap_or_else(|| panic!("{} has no row", key.name()));
        if let crate::config::Form::Number { range, .. } = key.form() {
            assert!(row.contains(&format!("{} to {}", range.start(), range.end())), "{row}");
        }
    }
}

#[test]
fn a_bar_in_a_cell_ends_no_cell() {
    assert_eq!(row(["a|b", "c"]), "| a\\|b | c |\n");
}
