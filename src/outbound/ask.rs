//! Asking a server for something: reading and posting, with headers of ours and a body that may come in pieces.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request};
use tokio::time::{Instant, timeout_at};

use super::Outbound;
use super::error::{Fault, OutboundError, Stage};
use super::exchange::request;
use super::target::Target;
use crate::id::WorkspaceId;

/// A body's bytes in their order.
pub type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// What is asked.
pub struct Ask {
    pub url: String,
    /// Beside ours; one of the same name replaces ours.
    pub headers: Vec<(String, String)>,
    pub body: AskBody,
}

/// With what it is asked: without a body it is read, with one it is posted.
pub enum AskBody {
    Nothing,
    Whole(Bytes),
    Pieces {
        /// In bytes; what comes must be so long.
        length: u64,
        pieces: Pieces,
    },
}

/// How long an answer may take, and how long it may be.
#[derive(Clone, Debug)]
pub struct AskLimits {
    pub connect_max: Duration,
    /// From there to the end of the answer, the sending of the body included.
    pub answer_max: Duration,
    pub answer_bytes_max: usize,
}

/// What was answered, whatever its status. Redirects are answers like any other.
#[derive(Clone, Debug)]
pub struct Answered {
    pub status: u16,
    pub body: Bytes,
    headers: HeaderMap,
}

impl Answered {
    /// A header, where it is there and plain text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Outbound {
    /// Asks, for this workspace, and hears the whole answer.
    ///
    /// # Errors
    /// The address may not be asked, nothing answered in time, or the answer is longer than is taken.
    pub async fn ask(&self, workspace: WorkspaceId, ask: Ask, limits: &AskLimits) -> Result<Answered, OutboundError> {
        let _place = self.posts.enter(workspace)?;
        self.hear_answer(ask, limits).await.inspect_err(OutboundError::log)
    }

    async fn hear_answer(&self, ask: Ask, limits: &AskLimits) -> Result<Answered, OutboundError> {
        let target = Target::parse(&ask.url)?;
        let place = target.place();
        let request = asked(&target, ask)?;
        let until = Instant::now() + limits.connect_max + limits.answer_max;
        let exchange = self.exchange(&target, request, limits.connect_max, limits.answer_max).await;
        let mut exchange = exchange.map_err(|error| error.at(place.clone(), false))?;
        let mut body = BytesMut::new();
        loop {
            let late = || Fault::TimedOut { stage: Stage::Body, after: limits.answer_max }.into();
            let chunk = timeout_at(until, exchange.chunk()).await.unwrap_or_else(|_| Err(late()));
            let Some(chunk) = chunk.map_err(|error| error.at(place.clone(), false))? else { break };
            body.extend_from_slice(&chunk);
            if body.len() > limits.answer_bytes_max {
                let fault = Fault::TooLarge { bytes_max: limits.answer_bytes_max as u64 };
                return Err(OutboundError::from(fault).at(place, false));
            }
        }
        Ok(Answered { status: exchange.status, headers: exchange.headers.clone(), body: body.freeze() })
    }
}

fn asked(target: &Target, ask: Ask) -> Result<Request<UnsyncBoxBody<Bytes, io::Error>>, OutboundError> {
    let method = if matches!(ask.body, AskBody::Nothing) { Method::GET } else { Method::POST };
    let mut request = request(method, target, Bytes::new())?;
    add_headers(request.headers_mut(), &ask.headers)?;
    let body = match ask.body {
        AskBody::Nothing => whole(Bytes::new()),
        AskBody::Whole(bytes) => whole(bytes),
        AskBody::Pieces { length, pieces } => {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
            StreamBody::new(pieces.map_ok(Frame::data)).boxed_unsync()
        }
    };
    Ok(request.map(|_| body))
}

fn whole(bytes: Bytes) -> UnsyncBoxBody<Bytes, io::Error> {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// Adds headers, each in place of one of the same name.
pub(super) fn add_headers(all: &mut HeaderMap, headers: &[(String, String)]) -> Result<(), OutboundError> {
    for (name, value) in headers {
        let pair = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
        let (Ok(name), Ok(value)) = pair else {
            return Err(Fault::Url(format!("the header \"{}\" can't be sent", name.escape_debug())).into());
        };
        all.insert(name, value);
    }
    Ok(())
}
