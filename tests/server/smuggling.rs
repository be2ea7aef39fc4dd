//! Requests that two readers could read in two ways: one answer, 400, and the connection ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use partyline::http::server::ServerOptions;

use crate::support::{TestServer, get, impatient};

/// Counts the requests that reach a handler.
async fn counting() -> (TestServer, Arc<AtomicUsize>) {
    let reached = Arc::new(AtomicUsize::new(0));
    let counter = reached.clone();
    let router = Router::new().fallback(move |body: Bytes| async move {
        counter.fetch_add(1, Ordering::SeqCst);
        body
    });
    (
        TestServer::start(router, ServerOptions { header_timeout: crate::support::PATIENCE, ..impatient() }).await,
        reached,
    )
}

#[tokio::test]
async fn ambiguous_heads_are_refused_and_nothing_after_them_is_read() {
    let (server, reached) = counting().await;
    let smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    for head in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\n: nameless\r\n\r\n",
        "POST  / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        client.say(&format!("{head}{smuggled}")).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 400, "{head:?} got {answer:?}");
        assert!(answer.says_close(), "{head:?} got {answer:?}");
        assert_eq!(client.until_closed().await, b"", "{head:?}: one answer only");
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0, "no handler saw any of them");
    server.stop().await;
}

#[tokio::test]
async fn honest_requests_before_a_bad_one_are_answered() {
    let (server, reached) = counting().await;
    let mut client = server.connect().await;
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: v\r\n\r\n";
    let bad = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    client.say(&format!("{}{chunked}{chunked}{bad}{}", get("/"), get("/after"))).await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(client.answer().await.text(), "hello");
    assert_eq!(client.answer().await.text(), "hello");
    let refused = client.answer().await;
    assert_eq!((refused.status, refused.says_close()), (400, true));
    assert_eq!(refused.json()["error_code"], "validation_error");
    assert_eq!(client.until_closed().await, b"");
    assert_eq!(reached.load(Ordering::SeqCst), 3);
    server.stop().await;
}

#[tokio::test]
async fn broken_chunks_are_400_and_the_end() {
    let (server, reached) = counting().await;
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in [
        "xyz\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "3;a\nb\r\nabc\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "\r\n3\r\nabc\r\n0\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        client.say(&format!("{head}{body}{}", get("/smuggled"))).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 400, "{body:?} got {answer:?}");
        assert_eq!(client.until_closed().await, b"", "{body:?}: one answer only");
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0, "no handler got a body");
    server.stop().await;
}
