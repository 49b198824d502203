//! Every hostile component ends in its code, and good ones beside it never notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::hostile_cases::{all, good_traffic};
use crate::{assert_next_call_works, engine};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_ends_in_its_code_beside_good_traffic() {
    for case in all() {
        let engine = engine();
        let is_over = Arc::new(AtomicBool::new(false));
        let traffic = tokio::spawn(good_traffic(engine.clone(), Arc::clone(&is_over)));
        let code = case.run(&engine).await;
        is_over.store(true, Ordering::Release);
        assert_eq!(code, case.code, "{}", case.name);
        // Each of its calls is held against the report that good rules give.
        traffic.await.unwrap_or_else(|error| panic!("good rules beside {}: {error}", case.name));
        assert_next_call_works(&engine).await;
    }
}
