//! Many clients at once get what each would get alone.

use std::sync::Arc;

use dossier_tests::{differences, post_all, samples_of, shipped_types};

use crate::shipped;

/// `cargo run -p dossier-tests --bin evaluate -- --compare-serial` does the same with any number.
const CLIENTS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn ten_clients_get_the_answers_of_one() {
    let (server, client) = shipped().await;
    let types = shipped_types().expect("manifests");
    let mut documents = Vec::new();
    for shipped in types {
        let samples = samples_of(&shipped.id).expect("samples");
        let numbered = samples.into_iter().enumerate();
        documents.extend(numbered.map(|(number, sample)| (number, shipped.id.clone(), sample)));
    }
    // All types in turn, so that batches mix adapters.
    documents.sort_by_key(|(number, ..)| *number);
    let documents = documents.into_iter().map(|(_, id, sample)| (id, sample)).collect::<Vec<_>>();
    assert!(documents.len() >= 15, "{} documents", documents.len());
    let documents = Arc::new(documents);
    let one_by_one = post_all(&client, &documents, 1).await.expect("every document is answered");
    let together =
        post_all(&client, &documents, CLIENTS).await.expect("every document is answered");
    let different = differences(&one_by_one, &together);
    assert!(different.is_empty(), "documents {different:?} are read differently together");
    server.shutdown().await;
}
