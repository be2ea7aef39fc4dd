//! A connection, and one request after another on it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::ext::on_informational;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::connect::Pipe;
use super::error::{Fault, OutboundError, Stage};

/// An answer's status line and headers, and the same again for trailers.
const HEAD_BYTES_MAX: usize = 32 * 1024;
const HEAD_LINES_MAX: usize = 100;
/// What is read ahead of being taken.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Answers before the answer (1xx).
const INTERIM_MAX: usize = 8;

/// A connection to one server, which ends when it is dropped.
pub(super) struct Line<B> {
    sender: SendRequest<B>,
    /// Whether the other side said anything since the last request.
    heard: Arc<AtomicBool>,
    pub opened_at: Instant,
    task: AbortOnDropHandle<()>,
}

impl<B> Line<B>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    pub async fn over(pipe: Box<dyn Pipe>) -> Result<Line<B>, OutboundError> {
        let heard = Arc::new(AtomicBool::new(false));
        let (sender, connection) = http1::Builder::new()
            .max_header_size(HEAD_BYTES_MAX)
            .max_headers(HEAD_LINES_MAX)
            .max_buf_size(BUFFER_BYTES_MAX)
            .handshake(TokioIo::new(Overheard { pipe, heard: Arc::clone(&heard) }))
            .await
            .map_err(fault)?;
        let task = AbortOnDropHandle::new(tokio::spawn(async move {
            // How it ended, the one who waits for the answer hears.
            let _ = connection.await;
        }));
        Ok(Line { sender, heard, opened_at: Instant::now(), task })
    }

    /// Asks, and waits for the head of the answer.
    pub async fn ask(
        &mut self,
        mut request: Request<B>,
        head_max: Duration,
    ) -> Result<Response<Incoming>, OutboundError> {
        self.heard.store(false, Ordering::Relaxed);
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
                () = flooded.notified() => Err(OutboundError::because(Fault::NotHttp, "too many 1xx answers")),
                answer = self.sender.send_request(request) => answer.map_err(fault),
            }
        };
        let late = Fault::TimedOut { stage: Stage::Head, after: head_max };
        timeout(head_max, answered).await.unwrap_or_else(|_| Err(late.into()))
    }

    /// Whether the other side said anything since it was last asked.
    pub fn was_heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    /// Whether another request can be made just now.
    pub fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    /// Waits until another request can be made; `false` if none ever can.
    pub async fn becomes_ready(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// The connection alone, for as long as an answer is read from it.
    pub fn into_task(self) -> AbortOnDropHandle<()> {
        self.task
    }
}

/// Tells whether the other side said anything.
struct Overheard {
    pipe: Box<dyn Pipe>,
    heard: Arc<AtomicBool>,
}

impl AsyncRead for Overheard {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.pipe).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Overheard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.pipe.is_write_vectored()
    }
}

pub(super) fn fault(error: hyper::Error) -> OutboundError {
    let fault = if error.is_parse_too_large() {
        Fault::HeadTooLarge
    } else if error.is_parse() {
        Fault::NotHttp
    } else {
        Fault::BrokenOff
    };
    OutboundError::because(fault, error)
}
