//! Many clients at once get what each would get alone.

use std::sync::Arc;

use dossier_tests::{DOCUMENT_TYPES, differences, post_all, samples_of};

use crate::shipped;

/// `cargo run -p dossier-tests --bin evaluate -- --compare-serial` does the same with any number.
const CLIENTS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn ten_clients_get_the_answers_of_one() {
    let (server, client) = shipped().await;
    // All types in turn, so that batches mix adapters.
    let samples = DOCUMENT_TYPES.map(|(id, _)| samples_of(id).expect("samples"));
    let count = samples.iter().map(Vec::len).min().unwrap_or_default();
    let documents = (0..count)
        .flat_map(|index| {
            DOCUMENT_TYPES
                .iter()
                .zip(&samples)
                .map(move |((id, _), samples)| ((*id).to_owned(), samples[index].clone()))
        })
        .collect::<Vec<_>>();
    assert!(documents.len() >= 15, "{} documents", documents.len());
    let documents = Arc::new(documents);
    let one_by_one = post_all(&client, &documents, 1).await.expect("every document is answered");
    let together =
        post_all(&client, &documents, CLIENTS).await.expect("every document is answered");
    let different = differences(&one_by_one, &together);
    assert!(different.is_empty(), "documents {different:?} are read differently together");
    server.shutdown().await;
}
