//! What is refused for want of room.

use super::*;

#[test]
fn what_has_no_room_is_refused_with_the_setting_that_makes_it_smaller() {
    let memory = DeviceMemory { free: 1000, total: 4000 };
    let check = |needed| memory.check_room(DeviceKind::Cuda(1), "the base", needed, "`a`");
    assert!(check(1000).is_ok());
    let error = check(1001).expect_err("one byte too many").to_string();
    for part in ["cuda:1", "the base", "1001", "1000", "`a`"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn the_processor_has_no_memory_of_its_own() {
    assert_eq!(DeviceMemory::of(&Device::Cpu).expect("nothing to ask"), None);
}
