//! The promise of RELIABILITY.md with the deadlines of production: a thousand slow clients are gone within 15 seconds,
//! and meanwhile the others are served as if nothing were.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get as on_get, post as on_post};
use futures_util::stream;
use partyline::http::server::ServerOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::support::{Client, TestServer, get};

const EACH_KIND: usize = 200;
const GONE_WITHIN: Duration = Duration::from_secs(15);
const P99_MAX: Duration = Duration::from_millis(250);

/// Answers held by the server: one permit is missing for each.
static ENDLESS: Semaphore = Semaphore::const_new(EACH_KIND);

fn router() -> Router {
    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
    let endless = move || async move {
        let held = ENDLESS.try_acquire().expect("no more clients than that");
        Body::from_stream(stream::repeat_with(move || {
            let _held = &held;
            Ok::<_, Infallible>(piece.clone())
        }))
    };
    Router::new()
        .route("/", on_get(|| async { "hello" }))
        .route("/echo", on_post(|body: Bytes| async { body }))
        .route("/endless", on_get(endless))
}

/// Sends a byte a second until the server has closed.
async fn trickle(mut client: Client, beginning: &str) {
    client.say(beginning).await;
    let (mut reader, mut writer) = client.stream.into_split();
    let mut sink = [0; 1024];
    loop {
        tokio::select! {
            read = reader.read(&mut sink) => if matches!(read, Ok(0) | Err(_)) { return },
            () = sleep(Duration::from_secs(1)) => if writer.write_all(b"a").await.is_err() { return },
        }
    }
}

/// Reads a byte a second of an answer without end; gone when the server has let go of all of them.
async fn sip(mut client: Client) {
    client.say(&get("/endless")).await;
    assert_eq!(client.head().await.expect("an answer").status, 200);
    while ENDLESS.available_permits() < EACH_KIND {
        let _ = client.stream.read(&mut [0; 1]).await;
        sleep(Duration::from_secs(1)).await;
    }
}

async fn silent(mut client: Client, beginning: &str) {
    client.say(beginning).await;
    client.until_closed().await;
}

#[allow(clippy::print_stderr, reason = "measured numbers for whoever runs it with --no-capture")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_slow_clients_are_gone_in_time_and_nobody_else_notices() {
    let server = TestServer::start(router(), ServerOptions::default()).await;
    let mut slow = JoinSet::new();
    for _ in 0..EACH_KIND {
        slow.spawn(trickle(server.connect().await, "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "));
        slow.spawn(trickle(server.connect().await, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n"));
        slow.spawn(silent(server.connect().await, ""));
        slow.spawn(silent(server.connect().await, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        slow.spawn(sip(server.connect().await));
    }
    let opened = Instant::now();
    let gone = async {
        while slow.join_next().await.is_some() {}
        opened.elapsed()
    };
    let serve_others = async {
        let mut took = Vec::new();
        let mut steady = server.connect().await;
        loop {
            let asked = Instant::now();
            steady.say(&get("/")).await;
            assert_eq!(steady.answer().await.status, 200);
            took.push(asked.elapsed());
            let asked = Instant::now();
            assert_eq!(server.get("/").await.status, 200, "on a new connection");
            took.push(asked.elapsed());
            sleep(Duration::from_millis(10)).await;
            if opened.elapsed() > Duration::from_secs(11) {
                break took;
            }
        }
    };
    let (gone, mut took) = tokio::join!(timeout(2 * GONE_WITHIN, gone), serve_others);
    let gone = gone.expect("the slow ones leave");
    took.sort();
    let p99 = took[took.len() * 99 / 100];
    assert!(gone < GONE_WITHIN, "the last left after {gone:?}");
    assert!(p99 < P99_MAX, "p99 of {} requests was {p99:?}", took.len());
    assert!(took.len() > 200, "only {} requests were served", took.len());
    eprintln!("1,000 slow clients gone after {gone:.1?}; p99 of {} other requests {p99:.1?}", took.len());
    server.stop().await;
}
