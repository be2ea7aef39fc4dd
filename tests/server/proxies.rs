//! Who is asking: what proxies may say, what strangers may not, and who gets to see the metrics.

use axum::routing::get as on_get;
use axum::{Extension, Router};
use partyline::http::client_address::{ClientAddress, TrustedProxies};
use partyline::http::health::{HealthOptions, router as health};
use partyline::http::server::ServerOptions;
use partyline::telemetry::Metrics;

use crate::support::{Answer, TestServer};

async fn server(trusted: &[&str], readers: &[&str], ready: bool) -> TestServer {
    let proxies = TrustedProxies::new(trusted.iter().map(|network| network.parse().expect("a network")).collect());
    let options = HealthOptions {
        readiness: Box::new(move || if ready { Ok(()) } else { Err("the database is locked".into()) }),
        metrics: Metrics::install().expect("a recorder"),
        metrics_readers: readers.iter().map(|network| network.parse().expect("a network")).collect(),
        proxies,
    };
    let router = Router::new()
        .route(
            "/who",
            on_get(|Extension(ClientAddress(address)): Extension<ClientAddress>| async move { address.to_string() }),
        )
        .route("/chats/{id}", on_get(|| async { "a chat" }))
        .merge(health(options));
    TestServer::start_behind(router, ServerOptions::default(), trusted).await
}

async fn ask(server: &TestServer, path: &str, headers: &str) -> Answer {
    server.ask(&format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n")).await
}

#[tokio::test]
async fn a_stranger_cannot_choose_its_address_or_id() {
    let server = server(&[], &[], true).await;
    let answer = ask(&server, "/who", "X-Forwarded-For: 198.51.100.7\r\nX-Request-Id: spoofed-id\r\n").await;
    assert_eq!(answer.text(), "127.0.0.1");
    assert_ne!(answer.header("x-request-id"), Some("spoofed-id"));
    server.stop().await;
}

#[tokio::test]
async fn a_trusted_proxy_says_for_whom_it_asks() {
    let server = server(&["127.0.0.0/8", "10.0.0.0/8"], &[], true).await;
    let spoofed = "X-Forwarded-For: 6.6.6.6, 198.51.100.7, 10.1.2.3\r\nX-Request-Id: from-the-edge-1\r\n";
    let answer = ask(&server, "/who", spoofed).await;
    assert_eq!(answer.text(), "198.51.100.7", "not what the client wrote further left");
    assert_eq!(answer.header("x-request-id"), Some("from-the-edge-1"));
    let unfit = ask(&server, "/who", "X-Request-Id: a b\r\n").await;
    assert_ne!(unfit.header("x-request-id"), Some("a b"));
    server.stop().await;
}

#[tokio::test]
async fn it_lives_even_when_it_is_not_ready() {
    let ready = server(&[], &[], true).await;
    assert_eq!(ready.get("/readyz").await.status, 200);
    ready.stop().await;
    let unready = server(&[], &[], false).await;
    assert_eq!(unready.get("/healthz").await.status, 200);
    let answer = unready.get("/readyz").await;
    assert_eq!((answer.status, &answer.json()["reason"]), (503, &"the database is locked".into()));
    unready.stop().await;
}

#[tokio::test]
async fn metrics_count_by_route_and_never_by_path() {
    let server = server(&[], &[], true).await;
    for path in ["/chats/1", "/chats/2?token=sesame", "/lost-and-found"] {
        ask(&server, path, "Authorization: Bearer sesame\r\n").await;
    }
    let answer = server.get("/metrics").await;
    let text = answer.text();
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/plain; version=0.0.4")));
    let line = |start: &str| {
        text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start} in {text}"))
    };
    let chats =
        text.lines().find(|line| line.starts_with("partyline_http_requests_total") && line.contains("/chats/{id}"));
    let chats = chats.expect("the route's counter");
    assert!(chats.contains("method=\"GET\"") && chats.contains("status=\"2xx\"") && chats.ends_with(" 2"), "{chats}");
    assert!(text.contains("route=\"unmatched\""));
    line("partyline_http_request_duration_seconds_bucket");
    line("partyline_http_connections");
    assert!(!text.contains("sesame") && !text.contains("lost-and-found"), "{text}");
    server.stop().await;
}

#[tokio::test]
async fn metrics_are_for_this_machine_and_the_named_networks() {
    let open = server(&[], &[], true).await;
    assert_eq!(ask(&open, "/metrics", "").await.status, 200);
    let behind_unknown_proxy = ask(&open, "/metrics", "X-Forwarded-For: 127.0.0.1\r\n").await;
    assert_eq!(behind_unknown_proxy.status, 404, "loopback is only the proxy");
    open.stop().await;

    let proxied = server(&["127.0.0.0/8"], &["192.0.2.0/24"], true).await;
    assert_eq!(ask(&proxied, "/metrics", "X-Forwarded-For: 198.51.100.7\r\n").await.status, 404);
    assert_eq!(ask(&proxied, "/metrics", "X-Forwarded-For: 192.0.2.9\r\n").await.status, 200);
    proxied.stop().await;
}
