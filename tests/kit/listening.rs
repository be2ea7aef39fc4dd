//! Somebody who listens to a stream of events.

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::StreamExt;
use serde_json::Value;

/// One event of a stream, as its client sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Empty where it is an ordinary one.
    pub event: String,
    pub id: String,
    pub data: Value,
    /// A comment, or the words at the beginning.
    pub is_quiet: bool,
}

impl Told {
    pub fn event_type(&self) -> &str {
        self.data["event_type"].as_str().unwrap_or_default()
    }
}

pub struct Listening {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: BodyDataStream,
    buffer: String,
}

impl Listening {
    pub fn to(response: Response<Body>) -> Listening {
        let (parts, body) = response.into_parts();
        Listening { status: parts.status, headers: parts.headers, body: body.into_data_stream(), buffer: String::new() }
    }

    /// The next words, also those that tell nothing; `None` once the stream has ended.
    pub async fn words(&mut self) -> Option<Told> {
        loop {
            if let Some((frame, rest)) = self.buffer.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.buffer = rest;
                return Some(parse(&frame));
            }
            let piece = self.body.next().await?.expect("a piece");
            self.buffer.push_str(std::str::from_utf8(&piece).expect("text"));
        }
    }

    /// The next event; `None` once the stream has ended.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            let told = self.words().await?;
            if !told.is_quiet {
                return Some(told);
            }
        }
    }

    /// The next events, so many.
    pub async fn take(&mut self, count: usize) -> Vec<Told> {
        let mut told = Vec::new();
        while told.len() < count {
            told.push(self.next().await.expect("the stream goes on"));
        }
        told
    }
}

fn parse(frame: &str) -> Told {
    let mut told = Told { is_quiet: true, ..Told::default() };
    for line in frame.lines() {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        match name {
            "id" => told.id = value.to_owned(),
            "event" => told.event = value.to_owned(),
            "data" => {
                told.is_quiet = false;
                told.data = serde_json::from_str(value).expect("JSON");
            }
            _ => {}
        }
    }
    told
}
