//! Clients that take their time, each in another way.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::routing::{get as on_get, post as on_post};
use futures_util::stream;
use partyline::http::server::ServerOptions;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::support::{PATIENCE, TestServer, get, impatient, post};

fn router() -> Router {
    Router::new().route("/", on_get(|| async { "hello" })).route("/echo", on_post(|body: Bytes| async move { body }))
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    let server = TestServer::start(router(), impatient()).await;
    for beginning in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nX-A: ", "PRI * HTTP/2.0\r\n\r\nS"] {
        let mut client = server.connect().await;
        let started = Instant::now();
        client.say(beginning).await;
        assert_eq!(client.until_closed().await, b"", "{beginning:?}");
        assert!(started.elapsed() >= Duration::from_millis(350), "{beginning:?} got its time");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_head_in_drops_is_not_waited_for_either() {
    let server = TestServer::start(router(), impatient()).await;
    let mut client = server.connect().await;
    let started = Instant::now();
    let endless = "GET / HTTP/1.1\r\nHost: a\r\nX-Long: ".bytes().chain(std::iter::repeat(b'a'));
    for byte in endless {
        if tokio::io::AsyncWriteExt::write_all(&mut client.stream, &[byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_millis(10)).await;
        assert!(started.elapsed() < PATIENCE, "the server never closed");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_second_head_has_its_own_deadline() {
    let server = TestServer::start(router(), ServerOptions { idle_timeout: PATIENCE, ..impatient() }).await;
    let mut client = server.connect().await;
    client.say(&get("/")).await;
    assert_eq!(client.answer().await.status, 200);
    client.say("GET / HTTP/1.1\r\nHo").await;
    let started = Instant::now();
    assert_eq!(client.until_closed().await, b"");
    assert!(started.elapsed() < PATIENCE / 2, "closed by the head's deadline, not the idle one");
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_stalls_is_answered_408_and_closed() {
    let server = TestServer::start(router(), ServerOptions { body_timeout: 2 * PATIENCE, ..impatient() }).await;
    let mut client = server.connect().await;
    client.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc").await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 408);
    assert_eq!(answer.json()["status"], "error");
    assert_eq!(client.until_closed().await, b"");
    server.stop().await;
}

#[tokio::test]
async fn a_slow_body_may_finish_if_it_moves() {
    let server = TestServer::start(router(), ServerOptions { body_timeout: PATIENCE, ..impatient() }).await;
    let mut client = server.connect().await;
    client.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n").await;
    for _ in 0..10 {
        client.say(&"x".repeat(50)).await;
        sleep(Duration::from_millis(90)).await;
    }
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.len()), (200, 500), "it took longer than two windows");
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_moves_for_ever_meets_the_whole_deadline() {
    let server = TestServer::start(router(), impatient()).await;
    let mut client = server.connect().await;
    client.say("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let (mut reader, mut writer) = client.stream.into_split();
    let dripping = tokio::spawn(async move {
        while tokio::io::AsyncWriteExt::write_all(&mut writer, b"20\r\n01234567890123456789012345678901\r\n")
            .await
            .is_ok()
        {
            sleep(Duration::from_millis(50)).await;
        }
    });
    let mut said = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut said);
    let _ = timeout(PATIENCE, reading).await.expect("the server closes");
    assert!(said.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&said));
    timeout(PATIENCE, dripping).await.expect("the drip ends").expect("no panic");
    server.stop().await;
}

#[tokio::test]
async fn an_answer_nobody_reads_is_dropped() {
    // The permit comes back when the server lets go of the body.
    let permits = Arc::new(Semaphore::new(1));
    let inside = permits.clone();
    let endless = Router::new().route(
        "/endless",
        on_get(move || async move {
            let piece = Bytes::from(vec![b'x'; 64 * 1024]);
            let held = inside.try_acquire_owned().expect("asked once");
            Body::from_stream(stream::repeat_with(move || {
                let _held = &held;
                Ok::<_, Infallible>(piece.clone())
            }))
        }),
    );
    let server = TestServer::start(endless, ServerOptions { idle_timeout: 2 * PATIENCE, ..impatient() }).await;
    let mut client = server.connect().await;
    client.say(&get("/endless")).await;
    assert_eq!(client.head().await.expect("an answer").status, 200);
    timeout(PATIENCE, permits.acquire()).await.expect("the server gives up").expect("a permit").forget();
    server.stop().await;
}

#[tokio::test]
async fn a_connection_nobody_uses_is_closed() {
    let server = TestServer::start(router(), impatient()).await;
    let mut client = server.connect().await;
    client.say(&get("/")).await;
    assert_eq!(client.answer().await.status, 200);
    let started = Instant::now();
    assert_eq!(client.until_closed().await, b"");
    assert!(started.elapsed() >= Duration::from_millis(500), "but not before its time");
    server.stop().await;
}

#[tokio::test]
async fn a_slow_handler_and_a_quiet_event_stream_are_no_slow_clients() {
    // Longer than any deadline of an impatient server, and the two seconds for goodbye.
    const QUIET: Duration = Duration::from_secs(3);
    let patient = Router::new()
        .route(
            "/slow",
            on_get(|| async {
                sleep(QUIET).await;
                "done"
            }),
        )
        .route(
            "/events",
            on_get(|| async {
                let events = stream::unfold(0, |n| async move {
                    sleep(QUIET).await;
                    Some((Ok::<_, Infallible>(format!("data: {n}\n\n")), n + 1))
                });
                ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(events))
            }),
        );
    let server = TestServer::start(patient, impatient()).await;
    let mut listener = server.connect().await;
    listener.say(&get("/events")).await;
    assert_eq!(listener.head().await.expect("an answer").status, 200);
    assert_eq!(server.get("/slow").await.text(), "done");
    assert_eq!(listener.chunk().await.flatten().expect("an event"), b"data: 0\n\n");
    server.stop().await;
}

#[tokio::test]
async fn beyond_the_cap_new_connections_are_told_so() {
    let options = ServerOptions { connections_max: 2, idle_timeout: PATIENCE, ..ServerOptions::default() };
    let server = TestServer::start(router(), options).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    for client in [&mut first, &mut second] {
        client.say(&get("/")).await;
        assert_eq!(client.answer().await.status, 200);
    }
    let mut third = server.connect().await;
    let told = third.answer().await;
    assert_eq!((told.status, told.header("retry-after")), (503, Some("5")));
    assert_eq!(told.json()["error_code"], "internal_error");
    drop(first);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut next = server.connect().await;
        let _ = tokio::io::AsyncWriteExt::write_all(&mut next.stream, get("/").as_bytes()).await;
        if next.try_answer().await.is_some_and(|answer| answer.status == 200) {
            break;
        }
        assert!(Instant::now() < deadline, "the place was never given back");
    }
    second.say(&post("/echo", "still here")).await;
    assert_eq!(second.answer().await.text(), "still here");
    server.stop().await;
}

#[tokio::test]
async fn one_address_may_be_kept_to_a_few_connections() {
    let options = ServerOptions { connections_per_address_max: Some(1), ..ServerOptions::default() };
    let server = TestServer::start(router(), options).await;
    let mut first = server.connect().await;
    first.say(&get("/")).await;
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(server.connect().await.answer().await.status, 503);
    server.stop().await;
}
