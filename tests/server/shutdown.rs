//! A stop: nobody who asked goes without an answer, and it ends in time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::header;
use axum::routing::get as on_get;
use futures_util::stream;
use partyline::http::server::ServerOptions;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::support::{Answer, Client, TestServer, get, impatient};

/// Asks over and over on one connection until the server says it is the last answer; the number of answers.
async fn ask_until_told_to_stop(mut client: Client, pause: Duration) -> Result<u32, String> {
    for count in 1.. {
        tokio::time::sleep(pause).await;
        if let Err(error) = client.stream.write_all(get("/").as_bytes()).await {
            return Err(format!("request {count} could not be sent: {error}"));
        }
        match client.try_answer().await {
            Some(Answer { status: 200, head, body }) => {
                if (Answer { status: 200, head, body }).says_close() {
                    return Ok(count);
                }
            }
            other => return Err(format!("request {count} got {other:?}")),
        }
    }
    unreachable!("a client asks for ever")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_no_request_fails() {
    let working = Router::new().route(
        "/",
        on_get(|| async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            "hello"
        }),
    );
    for _ in 0..3 {
        let server = TestServer::start(working.clone(), ServerOptions::default()).await;
        let mut clients = JoinSet::new();
        for n in 0..50 {
            // Some ask at once, some think for a while.
            let pause = Duration::from_millis(n % 5 * 20);
            clients.spawn(ask_until_told_to_stop(server.connect().await, pause));
        }
        // The load has begun when a client of ours was answered beside the others.
        for _ in 0..100 {
            assert_eq!(server.get("/").await.status, 200);
        }
        let started = Instant::now();
        server.stop().await;
        assert!(started.elapsed() < Duration::from_secs(5), "it took {:?}", started.elapsed());
        while let Some(told) = clients.join_next().await {
            let answers = told.expect("no panic").unwrap_or_else(|failure| panic!("{failure}"));
            assert!(answers > 1, "it was under load");
        }
    }
}

#[tokio::test]
async fn what_runs_may_finish_and_what_is_idle_is_closed() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begun_inside, go_inside) = (begun.clone(), go.clone());
    let router = Router::new().route("/", on_get(|| async { "hello" })).route(
        "/long",
        on_get(move || async move {
            begun_inside.notify_one();
            go_inside.notified().await;
            "finished"
        }),
    );
    let server = TestServer::start(router, ServerOptions::default()).await;
    let (mut idle, mut busy, mut silent) = (server.connect().await, server.connect().await, server.connect().await);
    idle.say(&get("/")).await;
    idle.answer().await;
    busy.say(&get("/long")).await;
    begun.notified().await;
    server.shutdown.cancel();
    assert_eq!(idle.until_closed().await, b"");
    assert_eq!(silent.until_closed().await, b"");
    go.notify_one();
    let answer = busy.answer().await;
    assert_eq!((answer.text(), answer.says_close()), ("finished", true));
    server.stopped().await;
}

#[tokio::test]
async fn an_event_stream_ends_in_order() {
    let router = Router::new().route(
        "/events",
        on_get(|| async {
            let quiet = stream::pending::<Result<String, Infallible>>();
            ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(quiet))
        }),
    );
    let server = TestServer::start(router, ServerOptions::default()).await;
    let mut client = server.connect().await;
    client.say(&get("/events")).await;
    assert_eq!(client.head().await.expect("an answer").status, 200);
    server.shutdown.cancel();
    assert_eq!(client.chunk().await.expect("the last chunk, not a cut"), None);
    server.stopped().await;
}

#[tokio::test]
async fn what_never_finishes_is_cut_when_the_grace_is_over() {
    let begun = Arc::new(Notify::new());
    let inside = begun.clone();
    let stuck = on_get(move || async move {
        inside.notify_one();
        std::future::pending::<()>().await
    });
    let options = ServerOptions { shutdown_grace: Duration::from_millis(700), ..impatient() };
    let server = TestServer::start(Router::new().route("/", stuck), options).await;
    let mut client = server.connect().await;
    client.say(&get("/")).await;
    begun.notified().await;
    let started = Instant::now();
    server.stop().await;
    assert!((Duration::from_millis(650)..Duration::from_secs(5)).contains(&started.elapsed()));
    assert_eq!(client.until_closed().await, b"");
}
