//! One request and its answer.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{ACCEPT, ACCEPT_ENCODING, CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response};
use tokio_util::task::AbortOnDropHandle;
use url::Position;

use super::Outbound;
use super::error::{Fault, OutboundError};
use super::line::{Line, fault};
use super::target::Target;

const US: &str = concat!("Partyline/", env!("CARGO_PKG_VERSION"));

/// An answer whose body is still on its way.
pub(super) struct Exchange {
    pub status: u16,
    pub headers: HeaderMap,
    body: Incoming,
    /// Its connection, where nobody else holds it; that ends with the answer.
    _connection: Option<AbortOnDropHandle<()>>,
}

impl From<Response<Incoming>> for Exchange {
    fn from(answer: Response<Incoming>) -> Exchange {
        let (head, body) = answer.into_parts();
        Exchange { status: head.status.as_u16(), headers: head.headers, body, _connection: None }
    }
}

impl Exchange {
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

    /// Whether nothing of the body is left, where its length was told.
    pub fn is_over(&self) -> bool {
        self.body.is_end_stream()
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
    ) -> Result<Exchange, OutboundError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut line = Line::over(self.connect(target, connect_max).await?).await?;
        let answer = line.ask(request, head_max).await?;
        Ok(Exchange { _connection: Some(line.into_task()), ..Exchange::from(answer) })
    }
}
