//! How long clients wait, and what they are told.

use super::*;

fn waiting_for(milliseconds: &'static str) -> Request {
    let mut request = passport("surname");
    let value = axum::http::HeaderValue::from_static(milliseconds);
    request.headers_mut().insert("x-request-timeout-ms", value);
    request
}

#[tokio::test]
async fn a_client_that_waits_less_is_told_so_and_nothing_of_its_document_is_read() {
    let config = config();
    let (engine, mut let_go) = held_engine(&config).await;
    let app = router(Arc::new(App::new(engine.reader, config.http)), None);
    let ask = |request| {
        let app = app.clone();
        tokio::spawn(async move { send(&app, request).await })
    };
    let first = ask(passport("surname"));
    assert_eq!(let_go.arrival().await, 1);
    send(&app, waiting_for("50")).await.is_problem(504, "deadline");
    let third = ask(waiting_for("600000"));
    for _ in 0..4 {
        let_go.send(()).expect("the model waits");
    }
    for answer in [first, third] {
        assert_eq!(answer.await.expect("no panic").status, 200);
    }
    assert_eq!(let_go.arrived_since(), 1, "the second was not read");
}

#[tokio::test]
async fn a_time_that_is_none_is_refused_before_anything_is_read() {
    let app = app(&config()).await;
    send(&app, waiting_for("soon")).await.is_problem(400, "deadline.header");
    assert_eq!(send(&app, waiting_for("60000")).await.status, 200);
}

#[tokio::test]
async fn an_overloaded_host_tells_how_long_documents_took_of_late() {
    let mut config = config();
    config.http.concurrent_requests = 1;
    let (engine, mut let_go) = held_engine(&config).await;
    let app = router(Arc::new(App::new(engine.reader, config.http)), None);
    let ask = |request| {
        let app = app.clone();
        tokio::spawn(async move { send(&app, request).await })
    };
    // Two that are done make one interval.
    for _ in 0..2 {
        let_go.send(()).expect("the model waits");
        assert_eq!(send(&app, passport("surname")).await.status, 200);
        let_go.arrival().await;
    }
    let working = ask(passport("surname"));
    let_go.arrival().await;
    let refused = send(&app, passport("surname")).await;
    refused.is_problem(429, "overloaded");
    let seconds = refused.headers[RETRY_AFTER].to_str().expect("text").parse::<u64>();
    assert!((1..=60).contains(&seconds.expect("a number")));
    let_go.send(()).expect("the model waits");
    assert_eq!(working.await.expect("no panic").status, 200);
}
