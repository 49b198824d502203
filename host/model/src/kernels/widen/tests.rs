//! Against `half`.

use super::*;

#[test]
fn every_number_becomes_what_it_is() {
    let values = (0..=u16::MAX).map(f16::from_bits).collect::<Vec<_>>();
    for length in [values.len(), 16, 15, 3, 0] {
        let mut wide = vec![1f32; length];
        widen_f16(&values[..length], &mut wide);
        for (wide, value) in wide.iter().zip(&values) {
            let expected = value.to_f32();
            assert!(wide.to_bits() == expected.to_bits() || wide.is_nan() && expected.is_nan());
        }
    }
}
