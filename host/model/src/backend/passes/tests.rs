//! Pages a pass, for pages and memories of several sizes.

use super::*;

/// Donut-base's largest tensors, as `model::extent` counts them.
const FULL_SIZE: usize = 640 * 480 * 512;
const ID_SIZE: usize = 240 * 168 * 512;

#[test]
fn no_pass_makes_a_tensor_that_kernels_can_not_count() {
    for numbers in [1, 1000, ID_SIZE, FULL_SIZE, device::MOST_NUMBERS / 2, device::MOST_NUMBERS] {
        let pages = on_device(numbers, usize::MAX).expect("one page fits");
        assert!(pages * numbers <= device::MOST_NUMBERS, "{pages} of {numbers}");
        assert!((pages + 1) * numbers > device::MOST_NUMBERS, "{pages} of {numbers}");
    }
    assert!(on_device(FULL_SIZE, usize::MAX).expect("pages") < 18, "18 were one too many");
}

#[test]
fn a_pass_takes_its_share_of_the_memory_and_one_page_at_least() {
    assert_eq!(on_device(FULL_SIZE, 140 << 30), Some(9));
    assert_eq!(on_device(FULL_SIZE, 24 << 30), Some(1));
    assert_eq!(on_device(FULL_SIZE, 1 << 30), Some(1));
    assert_eq!(on_device(ID_SIZE, 24 << 30), Some(13));
}

#[test]
fn a_page_that_can_not_be_counted_is_refused_by_its_size() {
    assert_eq!(on_device(device::MOST_NUMBERS + 1, usize::MAX), None);
    assert_eq!(on_device(usize::MAX, usize::MAX), None);
    let error = page_too_large(&Device::Cpu, [9000, 8000], 5_000_000_000).to_string();
    assert!(error.contains("9000 x 8000") && error.contains("5000000000"), "{error}");
}
