//! A small run from end to end: what it says holds together. How fast is not asked.

use super::*;

fn settings(counts: Vec<usize>, plot: Option<PathBuf>) -> Settings {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Settings {
        base: root.join("adapters/base/dossier-small"),
        model: ModelSettings::default(),
        counts,
        ranks: vec![2, 4],
        documents: 3,
        batch: 2,
        rounds: 1,
        fields: 1,
        host_memory_bytes: 1 << 20,
        cycles: 3,
        plot,
    }
}

#[tokio::test]
async fn a_small_run_measures_every_arm() {
    let folder = tempfile::tempdir().expect("a folder");
    let plot = folder.path().join("curve.svg");
    let report = run(&settings(vec![1, 16], Some(plot.clone()))).await.expect("a report");
    assert_eq!((report.adapters, report.docs_per_s.len(), report.latency_ms.len()), (16, 4, 2));
    assert!(report.docs_per_s.iter().all(|arm| arm.docs_per_s > 0.0 && arm.ratio_to_base > 0.0));
    assert!(
        report.latency_ms.iter().all(|latency| latency.refused == 0 && latency.p50 <= latency.p99)
    );
    assert!(report.ratio_all_to_base_quarter_resident > 0.0);
    let again = report.load_again_ms.expect("two adapters");
    assert!(again.from_disk > 0.0 && again.from_host > 0.0);
    // Tests beside this one take and give back memory, so that a figure can be anything.
    assert!(report.document.is_some_and(|memory| memory.in_work_mb.is_finite()));
    let cycles = report.cycles.expect("three cycles");
    assert!(cycles.cycles == 3 && cycles.rss_mb_before > 1.0 && cycles.rss_mb_after > 1.0);
    assert!(report.pool_bytes > 0 && report.base_bytes > 1_000_000);
    assert!(std::fs::read_to_string(plot).expect("a curve").starts_with("<svg"));
}

#[tokio::test]
async fn fewer_adapters_than_four_have_room_for_one() {
    let report = run(&settings(vec![3], None)).await.expect("a report");
    assert!(report.adapters == 3 && report.ratio_all_to_base_quarter_resident > 0.0);
}
