//! Listening to an answer that has no end, at an address that the operator gave.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use tokio::time::timeout;

use super::Outbound;
use super::error::{Fault, OutboundError, Stage};
use super::exchange::{Exchange, request};
use super::target::Target;

/// How long to wait; the whole has no end.
#[derive(Clone, Debug)]
pub struct ListenLimits {
    /// From the name's resolving to the head of the answer.
    pub head_max: Duration,
    /// Between bytes: longer than the heartbeat of what is listened to.
    pub idle_max: Duration,
}

/// An answer that goes on. Dropping it ends the connection.
pub struct Listening {
    pub status: u16,
    exchange: Exchange,
    idle_max: Duration,
    host: String,
}

impl Listening {
    /// The next bytes; nothing at the end.
    ///
    /// # Errors
    /// Nothing came for too long, or the connection broke.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OutboundError> {
        let late = || Fault::TimedOut { stage: Stage::Body, after: self.idle_max }.into();
        let chunk = timeout(self.idle_max, self.exchange.chunk()).await.unwrap_or_else(|_| Err(late()));
        chunk.map_err(|error| error.at(self.host.clone(), false))
    }
}

impl Outbound {
    /// Asks for `url` with these headers and answers as soon as the head of the answer is there.
    ///
    /// # Errors
    /// The address may not be asked, or nothing answered in time.
    pub async fn listen(
        &self,
        url: &str,
        headers: &[(&str, String)],
        limits: &ListenLimits,
    ) -> Result<Listening, OutboundError> {
        let target = Target::parse(url)?;
        let place = target.place();
        let mut request = request(Method::GET, &target, Bytes::new())?;
        for (name, value) in headers {
            let pair = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
            let (Ok(name), Ok(value)) = pair else {
                return Err(Fault::Url(format!("the header \"{}\" can't be sent", name.escape_debug())).into());
            };
            request.headers_mut().insert(name, value);
        }
        let exchange = self.exchange(&target, request, limits.head_max, limits.head_max).await;
        let exchange = exchange.map_err(|error| error.at(place.clone(), false))?;
        Ok(Listening { status: exchange.status, exchange, idle_max: limits.idle_max, host: place })
    }
}
