//! What is asked of a page whose zone nobody knows.

use super::*;

#[test]
fn every_format_fits_into_what_is_asked_for() {
    let asked = zone_field().expect("a field");
    assert!(asked.name.is_zone() && asked.any_lines && asked.zone.is_none());
    for format in ZoneFormat::ALL {
        let shape = format.shape();
        assert!(shape.lines <= LARGEST.lines && shape.total_characters() <= asked.max_length);
        assert!(shape.characters_per_line <= LARGEST.characters_per_line);
    }
}
