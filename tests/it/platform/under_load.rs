//! Rules are swapped while many clients read: no request fails, none sees two versions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use super::{Host, read, version_of};
use dossier_tests::Client;

const CLIENTS: usize = 4;
const RELOADS: u32 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_and_none_is_of_two_versions() {
    let host = Host::start().await;
    let mut digests = BTreeMap::from([version_of(&host.read().await)]);
    let done = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (client, done) = (Client::new(host.client.address()), Arc::clone(&done));
        clients.spawn(async move {
            let mut seen = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let answer = read(&client).await;
                // Fails when it was refused, or when two versions made it.
                let (version, digest) = version_of(&answer);
                let generation = answer.body["served_by"]["generation"].as_u64();
                seen.push((generation.expect("a generation"), version, digest));
            }
            seen
        });
    }
    let mut generations = BTreeMap::from([(1, 1)]);
    for reload in 0..RELOADS {
        let version = 2 + reload % 3;
        let publication = host.publish(version).await;
        digests.insert(version, publication.artifact.clone());
        generations.insert(host.activate(&publication).await, version);
        // What is acknowledged is what the next request sees.
        assert_eq!(version_of(&host.read().await), (version, publication.artifact));
    }
    done.store(true, Ordering::Relaxed);
    let mut answers = 0;
    for seen in clients.join_all().await {
        for (generation, version, digest) in seen {
            assert_eq!(generations[&generation], version, "generation {generation}");
            assert_eq!(digests[&version], digest);
            answers += 1;
        }
    }
    assert!(answers >= CLIENTS, "{answers} answers");
    host.end().await;
}
