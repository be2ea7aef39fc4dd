//! Fetching a file that somebody gave the address of.

use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use hyper::Method;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, TRANSFER_ENCODING};
use tokio::time::{Instant, timeout_at};

use super::Outbound;
use super::ask::add_headers;
use super::error::{Fault, OutboundError, Stage};
use super::exchange::{Exchange, request};
use super::filename;
use super::room::Place;
use super::target::Target;
use crate::id::WorkspaceId;

const REDIRECTS_MAX: usize = 3;
const CONTENT_TYPE_CHARS_MAX: usize = 140;

/// How much of a host's time and bytes is taken.
#[derive(Clone, Debug)]
pub struct DownloadLimits {
    pub bytes_max: u64,
    /// For each address on the way: its name, a connection, TLS.
    pub connect_max: Duration,
    /// From then to the end of the answer's head.
    pub head_max: Duration,
    /// Between bytes of the body.
    pub idle_max: Duration,
    /// All of it, redirects included.
    pub whole_max: Duration,
}

impl DownloadLimits {
    /// The usual times, and this many bytes.
    pub fn bytes(bytes_max: u64) -> DownloadLimits {
        DownloadLimits {
            bytes_max,
            connect_max: Duration::from_secs(10),
            head_max: Duration::from_secs(15),
            idle_max: Duration::from_secs(15),
            whole_max: Duration::from_secs(120),
        }
    }
}

/// A file on its way. What it says of itself is its server's word, not a fact.
#[derive(Debug)]
pub struct Download {
    /// As the server says it, without its parameters, in lower case; at most 140 characters.
    pub content_type: Option<String>,
    /// From `Content-Disposition`, else from the address: one name without folders and control characters, at most 255
    /// characters.
    pub filename: Option<String>,
    /// In bytes, where the server says it; at most `bytes_max`.
    pub length: Option<u64>,
    pub bytes: DownloadBytes,
}

/// The bytes of a [`Download`]. Dropping it ends the connection.
pub struct DownloadBytes {
    exchange: Exchange,
    limits: DownloadLimits,
    taken: u64,
    until: Instant,
    host: String,
    is_redirected: bool,
    _place: Place,
}

impl std::fmt::Debug for DownloadBytes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "DownloadBytes({}, {} taken)", self.host, self.taken)
    }
}

impl DownloadBytes {
    /// The next bytes; nothing at the end of the file. More than `bytes_max` in all are never given out.
    ///
    /// # Errors
    /// The file is too large, too slow, or its connection ended before it did. After an error there is no more.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OutboundError> {
        let chunk = self.next().await.map_err(|error| error.at(self.host.clone(), self.is_redirected));
        chunk.inspect_err(OutboundError::log)
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, OutboundError>> + Send {
        try_unfold(self, |mut bytes| async move { Ok(bytes.chunk().await?.map(|chunk| (chunk, bytes))) })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, OutboundError> {
        let idle = Instant::now() + self.limits.idle_max;
        let chunk = match timeout_at(idle.min(self.until), self.exchange.chunk()).await {
            Ok(chunk) => chunk?,
            Err(_) if self.until <= idle => return Err(late(&self.limits).into()),
            Err(_) => return Err(Fault::TimedOut { stage: Stage::Body, after: self.limits.idle_max }.into()),
        };
        self.taken += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        if self.taken > self.limits.bytes_max {
            return Err(Fault::TooLarge { bytes_max: self.limits.bytes_max }.into());
        }
        Ok(chunk)
    }
}

fn late(limits: &DownloadLimits) -> Fault {
    Fault::TimedOut { stage: Stage::Whole, after: limits.whole_max }
}

impl Outbound {
    /// Asks for the file at `url`, for this workspace, and answers as soon as its bytes begin. At most three redirects are followed, each judged
    /// as if it had been given.
    ///
    /// # Errors
    /// The address may not be asked, can't be, or answers with anything but a file of at most `bytes_max`.
    pub async fn download(
        &self,
        workspace: WorkspaceId,
        url: &str,
        limits: &DownloadLimits,
    ) -> Result<Download, OutboundError> {
        self.download_with(workspace, url, &[], limits).await
    }

    /// As [`Outbound::download`], with headers of ours; a redirect is followed without them.
    ///
    /// # Errors
    /// As [`Outbound::download`].
    pub async fn download_with(
        &self,
        workspace: WorkspaceId,
        url: &str,
        headers: &[(String, String)],
        limits: &DownloadLimits,
    ) -> Result<Download, OutboundError> {
        let place = self.downloads.enter(workspace)?;
        self.follow(place, url, headers, limits).await.inspect_err(OutboundError::log)
    }

    async fn follow(
        &self,
        place: Place,
        url: &str,
        headers: &[(String, String)],
        limits: &DownloadLimits,
    ) -> Result<Download, OutboundError> {
        let until = Instant::now() + limits.whole_max;
        let mut target = Target::parse(url)?;
        for redirects in 0..=REDIRECTS_MAX {
            let told = |error: OutboundError| error.at(target.place(), redirects > 0);
            let headers = if redirects == 0 { headers } else { &[] };
            let asked = timeout_at(until, self.get(&target, headers, limits)).await;
            let exchange = asked.unwrap_or_else(|_| Err(late(limits).into())).map_err(told)?;
            if !matches!(exchange.status, 301 | 302 | 303 | 307 | 308) {
                check(&exchange, limits).map_err(told)?;
                let (content_type, length) = (content_type(&exchange), exchange.length());
                let given = exchange.header(CONTENT_DISPOSITION).and_then(filename::from_disposition);
                let filename = given.or_else(|| filename::from_path(target.url().path()));
                let (limits, host, is_redirected) = (limits.clone(), target.place(), redirects > 0);
                let bytes = DownloadBytes { exchange, limits, taken: 0, until, host, is_redirected, _place: place };
                return Ok(Download { content_type, filename, length, bytes });
            }
            let location = exchange.header(LOCATION).ok_or(Fault::RedirectUnusable);
            let next = location.map_err(OutboundError::from).and_then(|location| target.join(location));
            target = next.map_err(|error| error.at(target.place(), true))?;
        }
        Err(OutboundError::from(Fault::TooManyRedirects).at(target.place(), true))
    }

    async fn get(
        &self,
        target: &Target,
        headers: &[(String, String)],
        limits: &DownloadLimits,
    ) -> Result<Exchange, OutboundError> {
        let mut request = request(Method::GET, target, Bytes::new())?;
        add_headers(request.headers_mut(), headers)?;
        self.exchange(target, request, limits.connect_max, limits.head_max).await
    }
}

/// Whether the answer is a file, as it is, of a size that is taken.
fn check(exchange: &Exchange, limits: &DownloadLimits) -> Result<(), OutboundError> {
    if exchange.status != 200 {
        return Err(Fault::Status(exchange.status).into());
    }
    let is_only = |name, plain: &str| {
        exchange
            .headers
            .get_all(name)
            .iter()
            .all(|value| value.as_bytes().trim_ascii().eq_ignore_ascii_case(plain.as_bytes()))
    };
    if !is_only(CONTENT_ENCODING, "identity") || !is_only(TRANSFER_ENCODING, "chunked") {
        return Err(Fault::Compressed.into());
    }
    if exchange.length().is_some_and(|length| length > limits.bytes_max) {
        return Err(Fault::TooLarge { bytes_max: limits.bytes_max }.into());
    }
    Ok(())
}

fn content_type(exchange: &Exchange) -> Option<String> {
    let kind = exchange.header(CONTENT_TYPE)?.split(';').next()?.trim().to_ascii_lowercase();
    let fits = kind.contains('/') && kind.len() <= CONTENT_TYPE_CHARS_MAX && kind.chars().all(|c| c.is_ascii_graphic());
    fits.then_some(kind)
}
