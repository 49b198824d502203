//! Loads and leases, with a tiny model.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures_executor::block_on;
use tempfile::TempDir;

use super::*;

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/goldens/models/tied")
}

/// A pool with room for `resident` of the base's adapters, and copies of two of them.
fn pool(resident: usize) -> (TempDir, AdapterPool, [Digest; 2]) {
    let base = Base::load(&model(), DeviceKind::Cpu).expect("a base");
    let folder = tempfile::tempdir().expect("a folder");
    let mut largest = 0;
    for name in NAMES {
        let (from, to) = (model().join("adapters").join(name), folder.path().join(name));
        std::fs::create_dir(&to).expect("a folder");
        for file in ["adapter_config.json", "adapter_model.safetensors"] {
            std::fs::copy(from.join(file), to.join(file)).expect("a copy");
        }
        largest = largest.max(base.load_adapter(&to).expect("an adapter").1.bytes());
    }
    let memory_bytes = resident * largest;
    let settings = PoolSettings { memory_bytes, host_memory_bytes: 1 << 20, max_waiting: 2 };
    let pool = AdapterPool::new(&base, settings).expect("a thread");
    let digests = NAMES.map(|name| pool.add(&folder.path().join(name)).expect("an adapter"));
    (folder, pool, digests)
}

const NAMES: [&str; 2] = ["list", "all-linear"];

#[test]
fn an_adapter_out_of_memory_is_loaded_when_it_is_leased() {
    let (_folder, pool, [first, second]) = pool(1);
    assert!(pool.get(&first).is_some());
    assert!(pool.get(&second).is_none(), "no room for both");
    let lease = block_on(pool.lease(second)).expect("a lease");
    assert!(pool.get(&second).is_some());
    assert!(pool.get(&first).is_none(), "the other went");
    let statistics = pool.statistics();
    assert_eq!((statistics.misses, statistics.evictions, statistics.resident), (1, 1, 1));

    // The first has to wait for the second's lease to end.
    let mut waiting = pool.lease(first);
    let polled =
        waiting.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(polled.is_pending());
    drop(lease);
    let lease = block_on(waiting).expect("a lease");
    assert!(pool.get(&first).is_some());
    drop(lease);
}

#[test]
fn what_comes_back_again_comes_from_the_host_s_memory() {
    let (folder, pool, [first, second]) = pool(1);
    assert_eq!(pool.statistics().host_bytes, 0, "nothing had to come back yet");
    for digest in [second, first] {
        drop(block_on(pool.lease(digest)).expect("a lease"));
    }
    assert_eq!(pool.statistics().host_hits, 0);
    assert!(pool.statistics().host_bytes > 0);
    folder.close().expect("the files are gone");
    for digest in [second, first] {
        drop(block_on(pool.lease(digest)).expect("from memory"));
        assert!(pool.get(&digest).is_some());
    }
    let statistics = pool.statistics();
    assert_eq!((statistics.misses, statistics.host_hits, statistics.failures), (4, 2, 0));

    // What nobody may ask for any more is not kept.
    assert!(pool.remove(&first) && pool.remove(&second));
    assert_eq!(pool.statistics().host_bytes, 0);
}

#[test]
fn one_that_is_removed_serves_those_who_hold_it() {
    let (_folder, pool, [first, second]) = pool(2);
    let lease = block_on(pool.lease(first)).expect("a lease");
    assert!(pool.remove(&first));
    assert!(!pool.remove(&first));
    assert_eq!(pool.digests(), [second]);
    assert!(pool.get(&first).is_some(), "leased");
    let refused = block_on(pool.lease(first)).expect_err("nobody new");
    assert!(matches!(refused, BackendError::UnknownAdapter(digest) if digest == first));
    drop(lease);
    assert!(pool.get(&first).is_none());
    assert_eq!(pool.statistics().resident, 1);
}

#[test]
fn files_that_changed_are_not_served() {
    let (folder, pool, [_, second]) = pool(1);
    let path = folder.path().join("all-linear/adapter_config.json");
    let text = std::fs::read_to_string(&path)
        .expect("a file")
        .replace("lora_alpha\": ", "lora_alpha\": 1");
    std::fs::write(&path, text).expect("a file");
    let refused = block_on(pool.lease(second)).expect_err("another adapter by now");
    assert!(matches!(refused, BackendError::AdapterLost { adapter, .. } if adapter == second));
    std::fs::remove_file(&path).expect("a file");
    assert!(block_on(pool.lease(second)).is_err());
    let statistics = pool.statistics();
    assert_eq!((statistics.failures, statistics.resident_bytes), (2, 0));
}

#[test]
fn a_wish_that_is_given_up_blocks_nobody() {
    let (_folder, pool, [first, second]) = pool(1);
    let lease = block_on(pool.lease(first)).expect("a lease");
    // Both places of those who may wait, given up at once.
    drop(pool.lease(second));
    drop(pool.lease(second));
    let started = Instant::now();
    while pool.shared.ledger().waiting() > 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "the loader forgot them");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(lease);
    assert!(block_on(pool.lease(second)).is_ok());
}

#[test]
fn an_adapter_larger_than_the_budget_is_refused() {
    let base = Base::load(&model(), DeviceKind::Cpu).expect("a base");
    let settings = PoolSettings { memory_bytes: 100, ..PoolSettings::default() };
    let pool = AdapterPool::new(&base, settings).expect("a thread");
    let refused = pool.add(&model().join("adapters/list")).expect_err("too large");
    assert!(matches!(refused, ModelError::AdapterTooLarge { limit: 100, .. }));
}
