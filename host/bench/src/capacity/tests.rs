//! What is known of queues and rings holds here too.

use super::costs::CostsError;
use super::host::HostSize;
use super::router::Router;
use super::*;

fn costs() -> Costs {
    Costs {
        batch_ms: 20.0,
        document_ms: 30.0,
        batch: 16,
        disk_load_ms: 2.0,
        host_load_ms: 1.0,
        adapter_bytes: 1_000,
        base_bytes: 10_000,
        document_bytes: 100,
        joint_speed: 1.05,
    }
}

fn scenario(hosts: usize, documents_per_s: f64) -> Scenario {
    Scenario {
        hosts,
        size: HostSize { adapters: 100 * 1_000, files: 0, queue: 256 },
        routing: Routing::ByType { balance: 2.0 },
        types: 100,
        skew: 1.0,
        documents_per_s,
        seconds: 600.0,
        event: Event::Nothing,
        seed: 3,
    }
}

#[test]
fn a_document_alone_takes_what_one_takes() {
    let figures = scenario(1, 0.2).run(&costs());
    assert!((figures.p50_ms - 50.0).abs() < 1e-6, "{figures:?}");
    assert_eq!((figures.refused, figures.lost), (0, 0));
    assert!(figures.loads_per_1000 < f64::EPSILON, "everything fits: {figures:?}");
}

#[test]
fn beyond_what_a_host_reads_documents_are_refused() {
    let most = costs().most_per_s();
    assert!((most - 32.0).abs() < 1e-9, "{most}");
    let below = scenario(1, 0.8 * most).run(&costs());
    assert_eq!(below.refused, 0, "{below:?}");
    let beyond = scenario(1, 1.5 * most).run(&costs());
    let read = beyond.documents - beyond.refused;
    let per_s = read as f64 / 600.0;
    assert!((per_s - most).abs() < 0.03 * most, "it reads what it can: {per_s}");
}

/// Batches are taken as they are found, so the queue is at most that of one server which reads one after the other,
/// whose mean wait is known (Pollaczek-Khinchine); the busier, the larger the batches.
#[test]
fn latency_grows_with_load_and_stays_below_that_of_one_by_one() {
    let at = |share: f64| scenario(1, share * 20.0).run(&costs()).p50_ms;
    let (calm, busy) = (at(0.3), at(0.9));
    assert!(calm < busy, "{calm} {busy}");
    // One by one at 18 a second of 50 ms: 50 + 0.9 / (2 * 0.1) * 50 = 275 ms in the mean.
    assert!(busy < 275.0, "{busy}");
}

#[test]
fn a_run_is_the_same_each_time() {
    let one = scenario(3, 60.0);
    assert_eq!(one.run(&costs()), one.run(&costs()));
    assert_ne!(one.run(&costs()), Scenario { seed: 4, ..one }.run(&costs()));
}

/// Four hosts, room for 14 of 32 adapters each, eight clients: the hosts behind HAProxy loaded 35 times by type and
/// 436 times in turn for 1,500 documents (`tests/routing/adapter_loads.json`), once all types had been through.
#[test]
fn routing_by_type_saves_as_many_loads_as_were_counted_behind_haproxy() {
    let four = Scenario {
        hosts: 4,
        size: HostSize { adapters: 14 * 1_000, files: 0, queue: 256 },
        types: 32,
        documents_per_s: 60.0,
        seconds: 120.0,
        ..scenario(4, 0.0)
    };
    let by_type = four.run(&costs()).loads_per_1000;
    let in_turn = Scenario { routing: Routing::InTurn, ..four }.run(&costs()).loads_per_1000;
    assert!(in_turn > 200.0, "{in_turn}: counted 291");
    assert!(by_type < 0.2 * in_turn, "{by_type} of {in_turn}: counted 0.08");
}

#[test]
fn a_ring_moves_only_what_a_lost_host_had() {
    let at = |router: &mut Router| {
        (0..1_000)
            .map(|document_type| {
                let host = router.send(document_type).expect("a host");
                router.done(host);
                host
            })
            .collect::<Vec<_>>()
    };
    let mut router = Router::new(Routing::ByType { balance: 2.0 }, 8);
    let before = at(&mut router);
    router.lose(3);
    let after = at(&mut router);
    for (before, after) in before.iter().zip(&after) {
        assert!(*before == 3 || before == after);
        assert_ne!(*after, 3);
    }
    let had = before.iter().filter(|host| **host == 3).count();
    assert!((60..250).contains(&had), "an eighth, more or less: {had}");
}

#[test]
fn no_host_has_more_than_its_bound() {
    let mut router = Router::new(Routing::ByType { balance: 1.5 }, 4);
    let mut counts = [0_usize; 4];
    for _ in 0..100 {
        // All of one type.
        counts[router.send(7).expect("a host")] += 1;
    }
    assert!(counts.iter().all(|count| *count <= 38), "{counts:?}");
}

#[test]
fn a_lost_host_takes_what_it_had_and_no_more() {
    let loss = Scenario { event: Event::Loss, ..scenario(3, 40.0) }.run(&costs());
    assert!(loss.lost <= 64, "{loss:?}");
    assert_eq!(loss.refused, 0, "two read 64 a second: {loss:?}");
    assert!(loss.p99_after_ms >= loss.p50_ms);
}

#[test]
fn a_rollout_loads_what_it_replaces_where_there_is_no_room() {
    let calm = Scenario {
        size: HostSize { adapters: 40 * 1_000, files: 0, queue: 256 },
        ..scenario(2, 20.0)
    };
    let rolled = Scenario { event: Event::Rollout { types_per_s: 1.0 }, ..calm };
    let (calm, rolled) = (calm.run(&costs()), rolled.run(&costs()));
    assert!(rolled.loads_per_1000 > calm.loads_per_1000, "{calm:?} {rolled:?}");
    assert_eq!(rolled.refused, 0);
}

#[test]
fn a_plan_holds_what_is_wanted_and_one_host_fewer_does_not() {
    let wanted = Wanted {
        types: 100,
        skew: 1.0,
        p99_ms: 1_000.0,
        resident: 0.5,
        rollout_per_s: 1.0,
        seconds: 120.0,
        models_a_host: 4,
        most_hosts: 20,
        host_usd: Some(400.0),
    };
    let plan = Plan::make(&costs(), &wanted, 100.0).expect("a plan");
    assert!(plan.loss.p99_after_ms <= 1_000.0 && plan.loss.refused == 0);
    assert!(plan.hosts >= 5, "four read 128 a second: {}", plan.hosts);
    assert_eq!(plan.instead.hosts_with_a_model_a_type, 25);
    assert!(plan.instead.hosts_of_a_joint_model <= plan.hosts);
    let fewer = plan.by_hosts.iter().find(|(hosts, _)| *hosts + 1 == plan.hosts);
    assert!(fewer.is_none_or(|(_, p99)| *p99 > 1_000.0), "{plan:?}");
    let none = Plan::make(&costs(), &Wanted { most_hosts: 3, ..wanted }, 100.0);
    assert!(none.is_err());
}

#[test]
fn costs_come_from_a_report_of_the_bench() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("measured.json");
    let report = |alone: f64| {
        serde_json::json!({
            "adapters": 10, "batch": 16, "docs_per_s_base": 32.0,
            "docs_per_s": [{"adapters": 1, "docs_per_s": 99.0}, {"adapters": 10, "docs_per_s": 20.0}],
            "latency_ms_alone": alone, "load_again_ms": {"from_disk": 2.0, "from_host": 1.0},
            "pool_bytes": 10_000, "base_bytes": 5, "document": {"in_work_mb": 2.0},
        })
    };
    std::fs::write(&path, report(80.0).to_string()).expect("written");
    let costs = Costs::read(&path).expect("costs");
    assert!((costs.document_ms - 48.0).abs() < 1e-9 && (costs.batch_ms - 32.0).abs() < 1e-9);
    assert!((costs.most_per_s() - 20.0).abs() < 1e-9);
    assert_eq!((costs.adapter_bytes, costs.document_bytes), (1_000, 2_000_000));
    assert!((costs.joint_speed - 1.6).abs() < 1e-9);

    std::fs::write(&path, report(900.0).to_string()).expect("written");
    assert!(matches!(Costs::read(&path), Err(CostsError::Senseless { .. })), "slower alone");
    std::fs::write(&path, "{}").expect("written");
    assert!(matches!(Costs::read(&path), Err(CostsError::NoReport { .. })));
}
