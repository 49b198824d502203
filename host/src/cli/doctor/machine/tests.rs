//! What is said of machines other than this one.

use super::super::Finding;
use super::*;

#[test]
fn files_of_the_kernel_are_understood() {
    let meminfo = "MemTotal:       24689764 kB\nMemFree:  1 kB\nMemAvailable:   2048 kB\n";
    assert_eq!(available_bytes(meminfo), Some(2 << 20));
    assert_eq!(available_bytes("MemTotal: 1 kB\n"), None);
    let limits = |soft: &str| {
        format!(
            "Limit      Soft Limit  Hard Limit  Units\nMax open files   {soft}   4096   files\n"
        )
    };
    assert_eq!(open_files(&limits("1024")), Some(1024));
    assert_eq!(open_files(&limits("unlimited")), Some(u64::MAX));
    assert_eq!(open_files("nothing"), None);
}

#[test]
fn little_is_told_with_what_to_do() {
    let poor = [
        processor(&["fma"], 1),
        memory(Some(1 << 20)),
        files(Some(256)),
        memory(None),
        files(None),
    ];
    for look in poor {
        assert_eq!(look.finding, Finding::Advice, "{look:?}");
        assert!(look.next.is_some(), "{look:?}");
    }
}

#[test]
fn enough_is_good() {
    let rich = [processor(&["avx2", "fma"], 2), memory(Some(2 << 30)), files(Some(1_048_576))];
    for look in rich {
        assert_eq!((look.finding, look.next), (Finding::Good, None));
    }
    assert_eq!(memory(Some(3 << 29)).found, "1.5 GiB free");
}
