//! Somebody's own server that hears from us: it keeps what it was sent and answers as it was told.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

#[derive(Clone, Default)]
pub struct Receiver {
    heard: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answers: Arc<Mutex<Vec<Response>>>,
}

impl Receiver {
    /// Listens on a free loopback port; returns itself and its URL.
    pub async fn listen() -> (Receiver, String) {
        let receiver = Receiver::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(hear).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        (receiver, url)
    }

    /// Answers the next request with this status instead of 200.
    pub fn answer_next(&self, status: StatusCode) {
        self.answer_next_with(status.into_response());
    }

    /// Answers the next request with this instead of 200.
    pub fn answer_next_with(&self, answer: Response) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
    }

    /// What was heard so far.
    pub fn heard(&self) -> Vec<(HeaderMap, Bytes)> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn hear(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    receiver.heard.lock().unwrap_or_else(PoisonError::into_inner).push((headers, body));
    receiver.answers.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
}
