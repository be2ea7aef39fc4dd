//! HTTP/2 without TLS, as a proxy may speak it to us: the same limits and the same stop.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get as on_get, post as on_post};
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::{PATIENCE, TestServer, impatient};

async fn connect(server: &TestServer) -> (SendRequest<Empty<Bytes>>, JoinHandle<hyper::Result<()>>) {
    let stream = TcpStream::connect(server.address).await.expect("a connection");
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    (sender, tokio::spawn(connection))
}

fn ask(server: &TestServer, path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("http://{}{path}", server.address)).body(Empty::new()).expect("a request")
}

fn router() -> Router {
    let large = Bytes::from(vec![b'x'; 8 * 1024 * 1024]);
    Router::new()
        .route("/", on_get(|| async { "hello" }))
        .route("/large", on_get(|| async { Body::from(large) }))
        .route("/echo", on_post(|body: Bytes| async { body }))
}

#[tokio::test]
async fn it_is_spoken_and_an_idle_connection_is_closed() {
    let server = TestServer::start(router(), impatient()).await;
    let (mut sender, connection) = connect(&server).await;
    let answer = sender.send_request(ask(&server, "/")).await.expect("an answer");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.into_body().collect().await.expect("a body").to_bytes(), "hello");
    timeout(PATIENCE, connection).await.expect("the server closes").expect("no panic").expect("in order");
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_an_answer_is_closed() {
    let server = TestServer::start(router(), impatient()).await;
    let (mut sender, connection) = connect(&server).await;
    // The windows fill and are never opened again, while the socket itself stays writable.
    let unread = sender.send_request(ask(&server, "/large")).await.expect("an answer");
    let ended = timeout(PATIENCE, connection).await.expect("the server closes");
    drop(unread);
    drop(ended);
    server.stop().await;
}

#[tokio::test]
async fn a_stop_says_goodbye() {
    let server = TestServer::start(router(), impatient()).await;
    let (mut sender, connection) = connect(&server).await;
    assert_eq!(sender.send_request(ask(&server, "/")).await.expect("an answer").status(), 200);
    let stopping = tokio::time::Instant::now();
    server.stop().await;
    assert!(stopping.elapsed() < Duration::from_secs(3));
    timeout(PATIENCE, connection).await.expect("closed").expect("no panic").expect("in order");
}
