//! What is sent is what was given, and the bar has counted it.

use http_body_util::BodyExt as _;

use super::*;

#[tokio::test]
async fn everything_is_sent_and_counted() {
    for length in [0, 1, CHUNK, CHUNK + 1, 5 * CHUNK + 7] {
        let body = (0..length).map(|index| (index % 251) as u8).collect::<Vec<_>>();
        let bar = ProgressBar::hidden();
        let upload = Upload::new(body.clone(), bar.clone(), "sent".to_owned());
        assert_eq!(upload.size_hint().exact(), Some(length as u64));
        let sent = upload.collect().await.expect("a body").to_bytes();
        assert_eq!(sent, body);
        assert_eq!(bar.position(), length as u64);
    }
}
