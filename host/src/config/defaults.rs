//! Every default of the configuration, in one place.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use dossier_plugin::PluginSettings;

/// Only this machine: opening the server to a network is a decision.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// The current directory.
pub const DATA_ROOT: &str = ".";

/// A few thousand file descriptors are the usual limit of a process; this leaves room.
pub const MAX_CONNECTIONS: usize = 512;
/// Bounds memory: each may hold one body and its decoded pages.
pub const MAX_CONCURRENT_REQUESTS: usize = 32;
/// Two photographs of a phone camera.
pub const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
/// A head is one packet or two.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest body over 10 Mbit/s.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// From head to answer, the wait in the queue included.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// No load balancer is told by default; in Kubernetes, set the time that endpoints take to vanish.
pub const DRAIN_DELAY: Duration = Duration::ZERO;
/// Kubernetes kills after 30 s by default.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(25);

/// Request heads with more lines than this are refused (431).
pub const MAX_HEADERS: usize = 64;
/// Bytes of a request head and of one read of its body; hyper's least is 8,192.
pub const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Documents with more pages than this are refused before any is decoded.
pub const MAX_PAGES: usize = 8;
/// A4 at 600 dpi is 35 million pixels.
pub const MAX_PAGE_PIXELS: u64 = 40_000_000;
/// Three bytes a pixel: 240 MB for the largest document.
pub const MAX_DOCUMENT_PIXELS: u64 = 80_000_000;
/// As many as requests are admitted: the queue refuses only what admission let through by mistake.
pub const QUEUE_DOCUMENTS: usize = 32;
/// 4,000 adapters of 1 MiB.
pub const ADAPTER_MEMORY_BYTES: usize = 4 << 30;
/// As files they are half as large as in f32, and the operating system caches them too.
pub const ADAPTER_HOST_MEMORY_BYTES: usize = 1 << 30;
/// More rows make no better use of a CPU; an accelerator may take more.
pub const BATCH_DOCUMENTS: usize = 8;
/// Two for every document of a batch.
pub const BATCH_PAGES: usize = 16;
/// Sixteen for every document of a batch.
pub const BATCH_ROWS: usize = 128;
/// Decoding a page takes a hundredth of reading it: two threads keep up.
pub const DECODE_THREADS: usize = 2;

/// Rules answer within a millisecond; this is for the ones that never do.
pub const RULES_RUN_BUDGET: Duration = PluginSettings::RUN_BUDGET;
/// For rules that wait instead of running.
pub const RULES_TIMEOUT: Duration = PluginSettings::CALL_TIMEOUT;
/// A rules component needs a few hundred KiB, an interpreter 30 MiB.
pub const RULES_MEMORY_BYTES: usize = PluginSettings::MEMORY_BYTES;

/// A publisher's mistake shows within a few requests.
pub const CANARY_MIN_CALLS: u32 = 20;
/// More failures than the active version has, in percent of the canary's requests.
pub const CANARY_MAX_FAILURE_PERCENT: u32 = 5;
/// Rules in Rust compile in 50 MiB, a component with a Python interpreter in under 1 GiB.
pub const COMPILE_MEMORY_BYTES: u64 = 2 << 30;
/// As long as the engine itself gives a compilation.
pub const COMPILE_TIMEOUT: Duration = PluginSettings::COMPILE_TIMEOUT;
/// A mistake shows within a month; whoever wants an older version publishes it again.
pub const PACKAGE_GRACE_DAYS: u32 = 30;
/// A few hundred adapters of 40 MB.
pub const PUBLISHER_DISK_BYTES: u64 = 16 << 30;
/// A publisher's own automation, and no more: at this rate its own history lasts an hour at least.
pub const PUBLISHER_CHANGES_A_MINUTE: u32 = 120;
/// A compilation of a minute, and as long again for fixtures.
pub const PUBLISH_TIMEOUT: Duration = Duration::from_secs(120);
