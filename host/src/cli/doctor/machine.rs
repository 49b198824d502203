//! Processors, memory and files that may be open.

use std::fs;
use std::thread::available_parallelism;

use super::Look;

/// Free memory that the shipped types are read in with ease.
const ENOUGH_BYTES: u64 = 1 << 30;
/// Files that a host of the default number of connections opens.
const ENOUGH_FILES: u64 = 1_024;

/// All looks at the machine.
pub(super) fn looks() -> Vec<Look> {
    vec![
        processor(&instructions(), available_parallelism().map_or(1, usize::from)),
        memory(fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(available_bytes)),
        files(fs::read_to_string("/proc/self/limits").ok().as_deref().and_then(open_files)),
    ]
}

/// Those that the products of matrices are written for.
fn instructions() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("fma", std::arch::is_x86_feature_detected!("fma")),
            ("f16c", std::arch::is_x86_feature_detected!("f16c")),
            ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ];
        known.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        Vec::new()
    }
}

fn processor(instructions: &[&str], cores: usize) -> Look {
    let what = "processor";
    let found = format!(
        "{cores} cores, {}",
        match instructions {
            [] => "no instructions that products are written for".to_owned(),
            instructions => instructions.join(" "),
        }
    );
    match instructions.contains(&"avx2") && instructions.contains(&"fma") {
        true => Look::good(what, found),
        false => Look::advice(
            what,
            found,
            "reading takes several times as long without avx2 and fma: take a machine of 2013 or later, or tell \
             the virtual machine to pass them on",
        ),
    }
}

fn memory(available: Option<u64>) -> Look {
    let what = "memory";
    let Some(bytes) = available else {
        return Look::advice(what, "unknown", "see that 1 GiB is free");
    };
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let found = format!("{:.1} GiB free", bytes as f64 / f64::from(1 << 30));
    match bytes >= ENOUGH_BYTES {
        true => Look::good(what, found),
        false => {
            Look::advice(what, found, "free 1 GiB, or lower page_memory_bytes and batch_pages")
        }
    }
}

fn files(limit: Option<u64>) -> Look {
    let what = "open files";
    let Some(limit) = limit else {
        return Look::advice(what, "unknown", "see that 1024 files may be open");
    };
    match limit >= ENOUGH_FILES {
        true => Look::good(what, format!("{limit} at most")),
        false => Look::advice(
            what,
            format!("{limit} at most"),
            "raise the limit (ulimit -n 4096, LimitNOFILE= of systemd) or lower max_connections",
        ),
    }
}

/// What `/proc/meminfo` says may be taken.
fn available_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes = line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?;
    kibibytes.checked_mul(1024)
}

/// The soft limit of `/proc/self/limits`.
fn open_files(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests;
