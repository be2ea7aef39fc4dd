//! Sizes: each limit has its answer, and the client can read it although it was still sending.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::routing::{any, post as on_post};
use http_body_util::BodyExt;
use partyline::http::layers::AllowBody;
use partyline::http::server::ServerOptions;

use crate::support::{TestServer, get, post};

const LARGE: AllowBody = AllowBody { bytes_max: 5_000_000, timeout: Duration::from_secs(60) };

async fn server() -> TestServer {
    let router = Router::new()
        .route("/", any(|| async { "hello" }))
        .route("/length", on_post(|body: Bytes| async move { body.len().to_string() }))
        .route("/upload", on_post(|body: Bytes| async move { body.len().to_string() }).layer(LARGE))
        .route(
            "/raw",
            on_post(|request: Request| async move {
                // What a handler makes of a body error is its own affair; the client is told the right thing.
                let body = request.into_body().collect().await.map_err(|_| axum::http::StatusCode::BAD_GATEWAY)?;
                Ok::<_, axum::http::StatusCode>(body.to_bytes().len().to_string())
            }),
        );
    let options = ServerOptions { body_bytes_max: 100_000, header_bytes_max: 16 * 1024, ..ServerOptions::default() };
    TestServer::start(router, options).await
}

#[tokio::test]
async fn a_long_uri_is_414() {
    let server = server().await;
    assert_eq!(server.get(&format!("/?{}", "q".repeat(8000))).await.status, 200);
    let mut client = server.connect().await;
    client.say(&get(&format!("/?{}", "q".repeat(8192)))).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.says_close()), (414, true));
    assert_eq!(answer.json()["error_code"], "validation_error");
    assert_eq!(client.until_closed().await, b"");
    server.stop().await;
}

#[tokio::test]
async fn large_and_many_headers_are_431() {
    let server = server().await;
    let large = format!("X-Large: {}\r\n", "x".repeat(40_000));
    let many = (0..101).map(|n| format!("X-{n}: y\r\n")).collect::<String>();
    let uri_beyond_all = format!("/{}", "u".repeat(40_000));
    for (path, headers) in [("/", large.as_str()), ("/", many.as_str()), (uri_beyond_all.as_str(), "")] {
        let mut client = server.connect().await;
        client.say(&format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n")).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.says_close()), (431, true), "{} bytes of path", path.len());
        assert_eq!(client.until_closed().await, b"");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_large_body_is_413_whoever_reads_it() {
    let server = server().await;
    for path in ["/length", "/raw"] {
        assert_eq!(server.ask(&post(path, &"x".repeat(100_000))).await.text(), "100000");
        let stated = server.ask(&post(path, &"x".repeat(100_001))).await;
        assert_eq!((stated.status, &stated.json()["error_code"]), (413, &"file_too_large".into()), "{path}");
        let mut chunked = format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        for _ in 0..101 {
            chunked.push_str(&format!("3e8\r\n{}\r\n", "x".repeat(1000)));
        }
        chunked.push_str("0\r\n\r\n");
        assert_eq!(server.ask(&chunked).await.status, 413, "{path} in chunks");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_asks_first_need_not_send_the_body() {
    let server = server().await;
    let mut client = server.connect().await;
    client.say("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 413, "and not 100");
    let mut client = server.connect().await;
    client.say("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 100);
    client.say("abc").await;
    assert_eq!(client.answer().await.text(), "3");
    server.stop().await;
}

#[tokio::test]
async fn a_route_may_allow_more() {
    let server = server().await;
    assert_eq!(server.ask(&post("/upload", &"x".repeat(5_000_000))).await.text(), "5000000");
    assert_eq!(server.ask(&post("/upload", &"x".repeat(5_000_001))).await.status, 413);
    server.stop().await;
}
