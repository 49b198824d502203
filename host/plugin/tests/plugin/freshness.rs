//! A call finds nothing of the call before it, whatever the kernel did with its pages meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dossier_plugin::{PluginEngine, PluginSettings};

use crate::guest::{ALARM, Guest, sleep};
use crate::{after, sandbox};

/// The first document, as a guest keeps it.
const SECRET: u32 = 0x5ec3_e700;
/// Where: in what a place keeps when a call ends, at the edge of that, and in what it gives back.
const PLACES: [u32; 4] = [0x3_0000, 0x9_0000, 0x10_0000, 0x20_0000];

/// Rules that look for the document of the call before, keep their own, and sleep while its pages may be
/// swapped out.
fn keeps_what_it_read() -> Vec<u8> {
    let mut guest = Guest { extra: ALARM.to_owned(), memory: "40", ..Guest::good() };
    let look = PLACES.map(sandbox::assert_zero).concat();
    let keep = PLACES.map(|place| format!("(i32.store (i32.const {place}) (i32.const {SECRET}))"));
    let sleep = sleep(Duration::from_millis(150));
    guest.after = format!("{look} {} {sleep} {}", keep.concat(), guest.after);
    guest.sleeping_component()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_call_never_reads_the_document_before_it() {
    let settings = PluginSettings { concurrent_calls: 1, ..PluginSettings::default() };
    let engine = PluginEngine::new(settings).expect("the engine starts");
    let plugin = engine.compile("keeping", keeps_what_it_read()).await.expect("it compiles");
    let done = Arc::new(AtomicBool::new(false));
    let pager = {
        let done = Arc::clone(&done);
        std::thread::spawn(move || {
            let mut paged_out = 0;
            while !done.load(Ordering::Relaxed) {
                paged_out += paging::page_out();
                std::thread::sleep(Duration::from_millis(20));
            }
            paged_out
        })
    };
    for call in 0..4 {
        let report = after(&plugin).await;
        report.unwrap_or_else(|error| panic!("call {call} found the one before it: {error}"));
    }
    done.store(true, Ordering::Relaxed);
    let paged_out = pager.join().expect("it pages out");
    assert!(paged_out > 0, "nothing was asked for");
    if !has_swap() {
        // The kernel keeps private pages in memory then: what was asked for above did nothing.
        eprintln!("no swap on this machine: nothing was swapped out during the calls");
    }
}

fn has_swap() -> bool {
    let swaps = std::fs::read_to_string("/proc/swaps").unwrap_or_default();
    swaps.lines().count() > 1
}

/// The one module of these tests with `unsafe`.
mod paging {
    use rustix::mm::{Advice, madvise};

    /// Asks the kernel to swap out every private page of this process; how many mappings it took.
    pub(super) fn page_out() -> usize {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
        let mut taken = 0;
        for line in maps.lines() {
            let mut columns = line.split_whitespace();
            let (range, rights) = (columns.next(), columns.next());
            let (Some(range), Some("rw-p")) = (range, rights) else { continue };
            let ends = range.split_once('-');
            let address = |text: &str| usize::from_str_radix(text, 16).expect("an address");
            let (start, end) = ends.map(|(a, b)| (address(a), address(b))).expect("a range");
            // SAFETY: MADV_PAGEOUT changes no byte of any page; a page that is used again is read back.
            // A mapping that was unmapped meanwhile is an error, which is no fault.
            let advised = unsafe {
                madvise(start as *mut std::ffi::c_void, end - start, Advice::LinuxPageOut)
            };
            taken += usize::from(advised.is_ok());
        }
        taken
    }
}
