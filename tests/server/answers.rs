//! What every answer has, whatever its handler said: an id, safe headers, compression where it helps, and an envelope
//! when the handler fell over. And what the log says of it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::routing::{get as on_get, post as on_post};
use axum::{Extension, Json, Router};
use partyline::http::layers::RequestId;
use partyline::http::server::ServerOptions;
use tokio::sync::Notify;

use crate::support::{Answer, TestServer, get, impatient};

fn router() -> Router {
    let long = "all work and no play ".repeat(200);
    let (json, image, events) = (long.clone(), long.clone(), long.clone());
    Router::new()
        .route("/short", on_get(|| async { "short" }))
        .route("/id", on_get(|Extension(id): Extension<RequestId>| async move { id.to_string() }))
        .route("/cached", on_get(|| async { ([(header::CACHE_CONTROL, "max-age=60")], "asset") }))
        .route("/json", on_get(|| async move { Json(json) }))
        .route("/tagged", on_get(|| async move { ([(header::ETAG, "\"1\"")], long) }))
        .route("/image", on_get(|| async move { ([(header::CONTENT_TYPE, "image/png")], image) }))
        .route("/events", on_get(|| async move { ([(header::CONTENT_TYPE, "text/event-stream")], events) }))
        .route("/panic", on_get(|| async { panic!("at the handler") as () }))
        .route("/chats/{secret}", on_get(|Path(_): Path<String>| async { StatusCode::FORBIDDEN }))
        .route("/upload", on_post(|_: Body| async { "taken" }))
}

async fn ask(path: &str, header: &str) -> Answer {
    let server = TestServer::start(router(), ServerOptions::default()).await;
    let answer = server.ask(&format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{header}\r\n\r\n")).await;
    server.stop().await;
    answer
}

#[tokio::test]
async fn every_answer_has_an_id_which_its_handler_knew() {
    let answer = ask("/id", "X-Request-Id: chosen-by-a-stranger").await;
    let id = answer.header("x-request-id").expect("an id");
    assert_eq!(answer.text(), id);
    assert_eq!(uuid::Uuid::parse_str(id).expect("ours, a uuid").get_version_num(), 7);
    assert!(ask("/nowhere", "A: b").await.header("x-request-id").is_some());
}

#[tokio::test]
async fn answers_are_not_sniffed_and_not_stored_unless_the_handler_says_so() {
    let answer = ask("/short", "A: b").await;
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(ask("/cached", "A: b").await.header("cache-control"), Some("max-age=60"));
}

#[tokio::test]
async fn what_gains_is_compressed() {
    for (accepts, coding) in [("br, gzip", "br"), ("gzip", "gzip"), ("gzip, br;q=0", "gzip")] {
        let answer = ask("/json", &format!("Accept-Encoding: {accepts}")).await;
        assert_eq!(answer.header("content-encoding"), Some(coding));
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
        assert!(answer.body.len() < 500, "{} bytes", answer.body.len());
    }
    assert_eq!(ask("/tagged", "Accept-Encoding: br").await.header("etag"), Some("W/\"1\""));
    assert_eq!(ask("/tagged", "Accept-Encoding: identity").await.header("etag"), Some("\"1\""));
}

#[tokio::test]
async fn what_does_not_gain_is_left_alone() {
    for path in ["/short", "/image", "/events"] {
        assert_eq!(ask(path, "Accept-Encoding: gzip, br").await.header("content-encoding"), None, "{path}");
    }
    for accepts in ["", "identity", "gzip;q=0", "*;q=0"] {
        let answer = ask("/json", &format!("Accept-Encoding: {accepts}")).await;
        assert_eq!((answer.status, answer.header("content-encoding")), (200, None), "{accepts:?}");
    }
}

#[tokio::test]
async fn a_panic_is_a_500_in_the_envelope_and_the_connection_lives() {
    let server = TestServer::start(router(), ServerOptions::default()).await;
    let mut client = server.connect().await;
    client.say(&get("/panic")).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.header("content-type")), (500, Some("application/json")));
    let body = answer.json();
    assert_eq!((&body["status"], &body["error_code"]), (&"error".into(), &"internal_error".into()));
    assert_eq!(body.as_object().expect("an object").len(), 3, "no key beyond the contract's");
    assert!(!answer.text().contains("at the handler"), "the client isn't told what happened inside");
    assert!(answer.header("x-request-id").is_some());
    client.say(&get("/short")).await;
    assert_eq!(client.answer().await.text(), "short");
    server.stop().await;
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text")
    }
}

/// Hears what is logged in this thread; a test's runtime has only one, so that is the server too.
fn listen(lines: &Lines) -> tracing::subscriber::DefaultGuard {
    let writer = lines.clone();
    let lines = tracing_subscriber::fmt().json().with_writer(move || writer.clone());
    tracing::subscriber::set_default(lines.with_max_level(tracing::Level::TRACE).finish())
}

#[tokio::test]
async fn a_client_that_leaves_is_logged_too_and_its_handler_ends() {
    let lines = Lines::default();
    let _heard = listen(&lines);
    let begun = Arc::new(Notify::new());
    let inside = begun.clone();
    let router = Router::new().route(
        "/long",
        on_get(|| async move {
            inside.notify_one();
            std::future::pending::<()>().await
        }),
    );
    let server = TestServer::start(router, ServerOptions::default()).await;
    let mut client = server.connect().await;
    client.say(&get("/long")).await;
    begun.notified().await;
    drop(client);
    server.stop().await;
    assert!(lines.text().contains("\"path\":\"/long\",\"status\":499"), "{}", lines.text());
}

#[tokio::test]
async fn the_log_has_one_line_a_request_and_no_secret() {
    let lines = Lines::default();
    let _heard = listen(&lines);
    let server = TestServer::start(router(), impatient()).await;
    let mut client = server.connect().await;
    let request = "HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sesame\r\nCookie: c=sesame\r\n\r\n";
    for path in ["/chats/sesame?token=sesame", "/panic?sesame", "/lost/sesame-sesame-sesame-sesame"] {
        client.say(&format!("GET {path} {request}")).await;
        client.answer().await;
    }
    client.say("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nsesame").await;
    assert_eq!(client.answer().await.text(), "taken");
    drop(client);
    server.stop().await;

    let text = lines.text();
    let own = text.lines().filter(|line| line.contains("\"partyline"));
    assert!(own.clone().all(|line| !line.contains("sesame")), "a secret got out: {text}");
    let access: Vec<serde_json::Value> = own
        .filter(|line| line.contains("partyline::access"))
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    let fields: Vec<_> = access.iter().map(|line| &line["fields"]).collect();
    let seen: Vec<_> = fields.iter().map(|f| (f["path"].as_str().unwrap_or("?"), f["status"].as_u64())).collect();
    let expected =
        [("/chats/{secret}", Some(403)), ("/panic", Some(500)), ("/lost/*", Some(404)), ("/upload", Some(200))];
    assert_eq!(seen, expected);
    for line in fields {
        assert_eq!(line["client"], "127.0.0.1");
        assert!(line["duration_us"].is_u64() && line["request_id"].as_str().is_some_and(|id| id.len() == 36), "{line}");
    }
    assert!(text.lines().any(|line| line.contains("a handler panicked") && line.contains("request_id")));
}
