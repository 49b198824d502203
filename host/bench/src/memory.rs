//! How much memory this process takes.

/// The operating system does not tell.
#[derive(Debug, thiserror::Error)]
#[error("the memory in use is told by Linux alone")]
pub(crate) struct UnknownMemory;

/// Memory of this process that is in RAM, in MiB, as Linux tells it.
pub(super) fn resident_mb() -> Result<f64, UnknownMemory> {
    status_mb("VmRSS:")
}

/// Memory of another process that is in RAM, in MiB.
pub(super) fn resident_mb_of(process: u32) -> Result<f64, UnknownMemory> {
    status_mb_of(&process.to_string(), "VmRSS:")
}

/// The most that [`resident_mb`] was since [`forget_peak`], in MiB.
pub(super) fn peak_mb() -> Result<f64, UnknownMemory> {
    status_mb("VmHWM:")
}

/// Lets the peak begin at what is in RAM now (Linux, `proc_pid_clear_refs(5)`).
pub(super) fn forget_peak() -> Result<(), UnknownMemory> {
    std::fs::write("/proc/self/clear_refs", "5").map_err(|_| UnknownMemory)
}

fn status_mb(key: &str) -> Result<f64, UnknownMemory> {
    status_mb_of("self", key)
}

fn status_mb_of(process: &str, key: &str) -> Result<f64, UnknownMemory> {
    let status =
        std::fs::read_to_string(format!("/proc/{process}/status")).map_err(|_| UnknownMemory)?;
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kib.map(|kib| (kib / 1024.0 * 100.0).round() / 100.0).ok_or(UnknownMemory)
}
