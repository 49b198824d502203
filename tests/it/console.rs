//! The console, on both listeners of a host at work. What it does in a browser is tried in `tests/console`.

use dossier_tests::{Client, TestRoot, platform_config};

const FILES: [&str; 4] = [
    "/console/console.js",
    "/console/console.css",
    "/console/icon.svg",
    "/console/samples/photograph.jpg",
];

#[tokio::test(flavor = "multi_thread")]
async fn both_listeners_serve_it_and_one_key_takes_it_away() {
    for is_on in [true, false] {
        let root = TestRoot::with_base().expect("a data root");
        root.add_shipped(crate::PASSPORT).expect("a document type");
        let data_dir = tempfile::tempdir().expect("a folder");
        let mut config = platform_config(root.path(), data_dir.path()).expect("a configuration");
        config.console = is_on;
        config.metrics.on_listen = true;
        let server = dossier::serve(config).await.expect("starts");
        let documents = Client::new(server.address());
        let admin = Client::new(server.admin_address().expect("an admin API"));
        for (client, listener) in [(&documents, "documents"), (&admin, "admin")] {
            let page = client.get("/").await.expect("an answer");
            if is_on {
                assert_eq!(page.status, 200, "{listener}");
                assert_eq!(page.content_type, "text/html; charset=utf-8");
                let told = format!("name=\"dossier-listener\" content=\"{listener}\"");
                assert!(page.text.contains(&told), "{}", page.text);
            } else {
                // As for any path that is not there: the admin listener tells that to its tokens alone.
                let code =
                    if listener == "admin" { "admin.unauthenticated" } else { "route.unknown" };
                assert_eq!(page.code(), code, "{listener}");
            }
            for file in FILES {
                let is_there = client.get(file).await.expect("an answer").status == 200;
                assert_eq!(is_there, is_on, "{listener} {file}");
            }
        }
        // It is counted by the host's own words, whatever is asked for below it.
        documents.get("/console/samples/no-such-thing.jpg").await.expect("an answer");
        let metrics = documents.get("/metrics").await.expect("an answer").text;
        assert_eq!(metrics.contains(r#"route="/console/samples/{file}""#), is_on);
        assert!(!metrics.contains("no-such-thing"), "a path of a client is no label");
        server.shutdown().await;
    }
}
