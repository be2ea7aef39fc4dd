//! Somebody who speaks HTTP to the server in this process.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::listening::Listening;

const BASE: &str = "/integrations/api";

#[derive(Clone)]
pub struct Actor {
    router: Router,
    token: Option<String>,
    headers: Vec<(String, String)>,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Actor {
    pub fn new(router: Router, token: Option<String>) -> Actor {
        Actor { router, token, headers: Vec::new() }
    }

    /// The same actor before another server.
    pub fn talking_to(&self, router: Router) -> Actor {
        Actor { router, ..self.clone() }
    }

    /// The same actor, sending one more header.
    pub fn with_header(&self, name: &str, value: &str) -> Actor {
        let mut other = self.clone();
        other.headers.push((name.into(), value.into()));
        other
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_raw(path, body.to_string()).await
    }

    pub async fn post_raw(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.ask(Method::POST, path, body.into()).await
    }

    /// Sends a form as a browser does.
    pub async fn post_form(&self, path: &str, form: &str) -> Answer {
        let browser = self.with_header("content-type", "application/x-www-form-urlencoded");
        browser.post_raw(path, form.to_owned()).await
    }

    /// Asks for a path below the API's base, or for a whole one that begins with `//`.
    pub async fn ask(&self, method: Method, path: &str, body: Body) -> Answer {
        let response = self.request(method, path, body).await;
        let (parts, mut body) = response.into_parts();
        let is_stream = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let bytes = if is_stream {
            // It has no end; its first words show that it has begun.
            let first = body.frame().await.expect("a beginning").expect("a frame");
            first.into_data().expect("bytes").to_vec()
        } else {
            body.collect().await.expect("a body").to_bytes().to_vec()
        };
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Opens a stream of events.
    pub async fn listen(&self, path: &str) -> Listening {
        Listening::to(self.request(Method::GET, path, Body::empty()).await)
    }

    async fn request(&self, method: Method, path: &str, body: Body) -> Response<Body> {
        let path =
            path.strip_prefix('/').filter(|rest| rest.starts_with('/')).map_or(format!("{BASE}{path}"), str::to_owned);
        let mut request = Request::builder().method(method).uri(path);
        if !self.headers.iter().any(|(name, _)| name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(body).expect("a request");
        self.router.clone().oneshot(request).await.expect("an answer")
    }

    /// Sends a text to a phone and returns the message's uid.
    pub async fn send(&self, phone: &str, text: &str) -> String {
        let answer = self.post("/messages", serde_json::json!({"phone": phone, "text": text})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.body()["data"]["message_uid"].as_str().expect("a uid").to_owned()
    }
}

impl Answer {
    pub fn body(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Status and body as one text, for a snapshot; ids that differ from run to run are replaced.
    pub fn told(&self) -> String {
        let body = serde_json::to_string_pretty(&self.body()).expect("JSON");
        format!("{}\n{}", self.status, redacted(&body))
    }
}

/// Replaces UUIDs: the one thing in an answer that a mock clock doesn't settle.
fn redacted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.char_indices().map(|(at, _)| at).find(|at| is_uuid(&rest[*at..])) {
        out.push_str(&rest[..at]);
        out.push_str("[uuid]");
        rest = &rest[at + 36..];
    }
    out.push_str(rest);
    out
}

fn is_uuid(text: &str) -> bool {
    let Some(head) = text.as_bytes().get(..36) else { return false };
    head.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}
