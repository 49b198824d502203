//! Who waits is counted, and woken once.

use std::time::Duration;

use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn who_waits_is_counted_for_as_long_as_it_does() {
    let waiting = Waiting::default();
    let no_time = Duration::from_millis(1);
    assert!(timeout(no_time, waiting.wanted()).await.is_err(), "nobody waits");
    assert!(timeout(no_time, waiting.told()).await.is_err(), "nobody tells");
    assert_eq!(*waiting.count.borrow(), 0, "who gave up waits no more");
    tokio::join!(waiting.told(), async {
        waiting.wanted().await;
        assert_eq!(*waiting.count.borrow(), 1);
        waiting.wake();
    });
    assert_eq!(*waiting.count.borrow(), 0);
    // Nobody waited: the next who does is woken.
    waiting.wake();
    waiting.told().await;
}
