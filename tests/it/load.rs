//! Many clients at once get what each would get alone.

use std::sync::Arc;

use dossier_tests::{differences, in_turn, post_all, samples_of, shipped_types};

use crate::shipped;

/// `cargo run -p dossier-tests --bin evaluate -- --compare-serial` does the same with any number.
const CLIENTS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn ten_clients_get_the_answers_of_one() {
    let (server, client) = shipped().await;
    let types = shipped_types().expect("manifests").into_iter().map(|manifest| {
        let id = manifest.document_type.as_str();
        (id.to_owned(), samples_of(id).expect("samples"))
    });
    let documents = in_turn(&types.collect::<Vec<_>>());
    assert!(documents.len() >= 15, "{} documents", documents.len());
    let documents = Arc::new(documents);
    let one_by_one = post_all(&client, &documents, 1).await.expect("every document is answered");
    let together =
        post_all(&client, &documents, CLIENTS).await.expect("every document is answered");
    let different = differences(&one_by_one, &together);
    assert!(different.is_empty(), "documents {different:?} are read differently together");
    server.shutdown().await;
}
