//! Where `partyline listen` hears from: the server on this machine over its control socket, or any server's stream.

use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use super::frames::{Frame, Frames};
use crate::cli::unexpected;
use crate::config::Config;
use crate::control::reach::{IfMissing, Reach};
use crate::control::{Command, Output};
use crate::failure::Failure;
use crate::http::event_stream::HEARTBEAT;
use crate::http::openapi::BASE_PATH;
use crate::outbound::{ListenLimits, Listening, Outbound};

/// How long one look over the control socket waits for news.
const WAIT_MS: u64 = 2_000;
/// Before a broken line is tried again.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);
/// So much of a refusal is read.
const REFUSAL_BYTES_MAX: usize = 4_096;

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// An event, as `GET /events` shows it.
    Event(Value),
    /// Events were missed that nobody can bring back.
    Reset,
    /// The line broke, and why; it is tried again by asking for more.
    Broken(String),
}

/// Where to listen.
pub enum Source {
    Here(Here),
    There(Box<There>),
}

/// The server of this data folder.
pub struct Here {
    reach: Reach,
    workspace: Option<String>,
    after: Option<i64>,
}

/// A server by its address.
pub struct There {
    outbound: Outbound,
    address: String,
    token: String,
    after: Option<String>,
    line: Option<(Listening, Frames)>,
}

impl Source {
    /// # Errors
    /// No server runs here.
    pub fn here(config: &Config, workspace: Option<String>, after: Option<i64>) -> Result<Source, Failure> {
        let reach = Reach::open(config, IfMissing::Refuse)?;
        if !reach.has_server() && config.database.value.is_none() {
            return Err(Failure::new(
                "No server runs on this data folder, so nothing happens there.\nTo fix it, start `partyline`, or name \
                 another server with --server and --token.",
            ));
        }
        Ok(Source::Here(Here { reach, workspace, after }))
    }

    pub fn there(outbound: Outbound, address: &str, token: String, after: Option<i64>) -> Source {
        let (address, after) = (address.trim_end_matches('/').to_owned(), after.map(|after| after.to_string()));
        Source::There(Box::new(There { outbound, address, token, after, line: None }))
    }

    /// What comes next; nothing where it was quiet for a moment.
    ///
    /// # Errors
    /// The server refuses to tell.
    pub fn next(&mut self, runtime: &Runtime) -> Result<Vec<News>, Failure> {
        match self {
            Source::Here(here) => here.next(),
            Source::There(there) => runtime.block_on(there.next()),
        }
    }
}

impl Here {
    fn next(&mut self) -> Result<Vec<News>, Failure> {
        let command = Command::Events { workspace: self.workspace.clone(), after: self.after, wait_ms: WAIT_MS };
        match self.reach.run(command)? {
            Output::Events { events, after, reset } => {
                self.after = Some(after);
                let lost = reset.then_some(News::Reset);
                Ok(lost.into_iter().chain(events.into_iter().map(News::Event)).collect())
            }
            other => Err(unexpected(&other)),
        }
    }
}

impl There {
    async fn next(&mut self) -> Result<Vec<News>, Failure> {
        let Some((line, frames)) = &mut self.line else { return self.connect().await };
        let frames = match line.chunk().await {
            Ok(Some(piece)) => frames.feed(&piece),
            Ok(None) => return Ok(self.broken("the server ended the stream")),
            Err(error) => return Ok(self.broken(&error.to_string())),
        };
        match frames {
            Some(frames) => Ok(frames.into_iter().filter_map(|frame| self.understand(&frame)).collect()),
            None => Ok(self.broken("what came is no stream of events")),
        }
    }

    fn broken(&mut self, why: &str) -> Vec<News> {
        self.line = None;
        vec![News::Broken(why.to_owned())]
    }

    fn understand(&mut self, frame: &Frame) -> Option<News> {
        if frame.id.is_some() {
            self.after.clone_from(&frame.id);
        }
        match frame.event.as_str() {
            "reset" => Some(News::Reset),
            _ => serde_json::from_str(&frame.data).ok().map(News::Event),
        }
    }

    async fn connect(&mut self) -> Result<Vec<News>, Failure> {
        let mut headers = vec![("authorization", format!("Bearer {}", self.token))];
        headers.extend(self.after.clone().map(|after| ("last-event-id", after)));
        let limits = ListenLimits { head_max: Duration::from_secs(10), idle_max: HEARTBEAT * 3 };
        let url = format!("{}{BASE_PATH}/events/stream", self.address);
        let mut line = match self.outbound.listen(&url, &headers, &limits).await {
            Ok(line) => line,
            Err(error) => return Ok(vec![News::Broken(error.to_string())]),
        };
        if line.status == 200 {
            self.line = Some((line, Frames::default()));
            return Ok(Vec::new());
        }
        let mut body = Vec::new();
        while body.len() < REFUSAL_BYTES_MAX
            && let Ok(Some(piece)) = line.chunk().await
        {
            body.extend_from_slice(&piece);
        }
        let told: Value = serde_json::from_slice(&body).unwrap_or_default();
        let why = told["message"].as_str().map_or_else(|| format!("it answered {}", line.status), str::to_owned);
        // Too fast, or a server that is stopping or starting: that passes.
        if line.status == 429 || line.status >= 500 {
            return Ok(vec![News::Broken(why)]);
        }
        Err(Failure::new(format!("{} refused: {why}", self.address)))
    }
}
