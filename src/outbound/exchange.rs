//! One request and its answer, as a rule on a connection of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::ext::on_informational;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use url::Position;

use super::Outbound;
use super::error::{Fault, OutboundError, Stage};
use super::target::Target;

/// An answer's status line and headers, and the same again for trailers.
const HEAD_BYTES_MAX: usize = 32 * 1024;
const HEAD_LINES_MAX: usize = 100;
/// What is read ahead of being taken.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Answers before the answer (1xx).
const INTERIM_MAX: usize = 8;

const US: &str = concat!("Partyline/", env!("CARGO_PKG_VERSION"));

/// A connection that can be spoken on. It ends with this.
pub(super) struct Wire<B> {
    sender: SendRequest<B>,
    _connection: AbortOnDropHandle<()>,
}

/// An answer whose body is still on its way. Its connection ends with it.
pub(super) struct Exchange<B = Full<Bytes>> {
    pub status: u16,
    pub headers: HeaderMap,
    body: Incoming,
    wire: Wire<B>,
}

/// How talking failed.
pub(super) struct Untold<B> {
    pub error: OutboundError,
    /// The request, where nothing of it was said: the other side had hung up before.
    pub request: Option<Box<Request<B>>>,
}

impl<B> Exchange<B> {
    /// The connection, for whoever has heard the body to its end.
    pub fn into_wire(self) -> Wire<B> {
        self.wire
    }

    /// The body's length, where the answer says it.
    pub fn length(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// The next bytes of the body; nothing at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OutboundError> {
        while let Some(frame) = self.body.frame().await {
            // What isn't data is a trailer, and nobody asked for trailers.
            if let Ok(data) = frame.map_err(fault)?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// A header's value, where it is plain text.
    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A request for the target, with the headers that every one of ours has.
pub(super) fn request(method: Method, target: &Target, body: Bytes) -> Result<Request<Full<Bytes>>, OutboundError> {
    let path = &target.url()[Position::BeforePath..Position::AfterQuery];
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, target.place())
        .header(USER_AGENT, US)
        .header(ACCEPT, HeaderValue::from_static("*/*"))
        .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
        .header(CONNECTION, HeaderValue::from_static("close"));
    request.body(Full::new(body)).map_err(|error| {
        OutboundError::because(Fault::Url("its path can't be sent; percent-encode what is odd in it".to_owned()), error)
    })
}

impl Outbound {
    /// Connects, asks, and waits for the head of the answer.
    pub(super) async fn exchange<B>(
        &self,
        target: &Target,
        request: Request<B>,
        connect_max: Duration,
        head_max: Duration,
    ) -> Result<Exchange<B>, OutboundError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let wire = self.open(target, connect_max).await?;
        wire.talk(request, head_max).await.map_err(|untold| untold.error)
    }

    /// Connects.
    pub(super) async fn open<B>(&self, target: &Target, connect_max: Duration) -> Result<Wire<B>, OutboundError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let pipe = self.connect(target, connect_max).await?;
        let (sender, connection) = http1::Builder::new()
            .max_header_size(HEAD_BYTES_MAX)
            .max_headers(HEAD_LINES_MAX)
            .max_buf_size(BUFFER_BYTES_MAX)
            .handshake(TokioIo::new(pipe))
            .await
            .map_err(fault)?;
        let connection = AbortOnDropHandle::new(tokio::spawn(async move {
            // How it ended, the one who waits for the answer hears.
            let _ = connection.await;
        }));
        Ok(Wire { sender, _connection: connection })
    }
}

impl<B> Wire<B>
where
    B: Body<Data = Bytes> + Send + 'static,
{
    /// Whether it may be spoken on; waits until what was said before is over.
    pub async fn is_ready(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Asks, and waits for the head of the answer.
    pub async fn talk(mut self, mut request: Request<B>, head_max: Duration) -> Result<Exchange<B>, Untold<B>> {
        let flooded = Arc::new(Notify::new());
        let (seen, bell) = (AtomicUsize::new(0), Arc::clone(&flooded));
        on_informational(&mut request, move |_| {
            if seen.fetch_add(1, Ordering::Relaxed) >= INTERIM_MAX {
                bell.notify_one();
            }
        });
        let answered = async {
            tokio::select! {
                biased;
                () = flooded.notified() => Err(Untold::of(OutboundError::because(Fault::NotHttp, "too many 1xx answers"))),
                answer = self.sender.try_send_request(request) => answer.map_err(|mut error| {
                    let request = error.take_message().map(Box::new);
                    Untold { error: fault(error.into_error()), request }
                }),
            }
        };
        let late = Fault::TimedOut { stage: Stage::Head, after: head_max };
        let answer = timeout(head_max, answered).await.unwrap_or_else(|_| Err(Untold::of(late.into())))?;
        let (head, body) = answer.into_parts();
        Ok(Exchange { status: head.status.as_u16(), headers: head.headers, body, wire: self })
    }
}

impl<B> Untold<B> {
    fn of(error: OutboundError) -> Untold<B> {
        Untold { error, request: None }
    }
}

fn fault(error: hyper::Error) -> OutboundError {
    let fault = if error.is_parse_too_large() {
        Fault::HeadTooLarge
    } else if error.is_parse() {
        Fault::NotHttp
    } else {
        Fault::BrokenOff
    };
    OutboundError::because(fault, error)
}
