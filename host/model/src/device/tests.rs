//! Devices by name, and what is told of those that are not there.

use super::*;

#[test]
fn a_device_reads_as_it_is_written() {
    for (text, kind) in
        [("cpu", DeviceKind::Cpu), ("cuda:0", DeviceKind::Cuda(0)), ("cuda:3", DeviceKind::Cuda(3))]
    {
        assert_eq!(text.parse::<DeviceKind>().expect("a device"), kind);
        assert_eq!(kind.to_string(), text);
    }
    assert_eq!("cuda".parse::<DeviceKind>().expect("a device"), DeviceKind::Cuda(0));
    for text in ["", "gpu", "cuda:", "cuda:-1", "cuda:99999999999999999999", "cpu:0", "CPU"] {
        assert!(text.parse::<DeviceKind>().is_err(), "{text}");
    }
}

#[test]
fn the_processor_answers() {
    assert!(probe(&Device::Cpu).is_ok());
    assert_eq!(DeviceKind::of(&Device::Cpu), DeviceKind::Cpu);
}

#[test]
fn a_device_that_is_not_there_is_refused_in_a_sentence() {
    let none = format!("{}", usize::from(u16::MAX));
    let kind = format!("cuda:{none}").parse::<DeviceKind>().expect("a device");
    let error = kind.open().expect_err("no machine has that many").to_string();
    assert!(error.starts_with("the device cuda:65535 can't be used: "), "{error}");
    assert!(error.contains("feature `cuda`") || error.contains("nvidia-smi"), "{error}");
}
