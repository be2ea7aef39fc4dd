//! The socket as hyper sees it: it notes what moves, follows the framing, and closes without cutting an answer off.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, Sleep, sleep_until};

use super::framing::Framing;
use super::standing::Standing;

/// What is read and thrown away, at most, after our last byte; how long in all; how long while nothing comes after a
/// request cut short; and how long after whole ones, when little speaks for more to come.
const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;
const LINGER_MAX: Duration = Duration::from_secs(5);
const LINGER_QUIET: Duration = Duration::from_secs(1);
const LINGER_DONE: Duration = Duration::from_millis(200);

pub(super) struct Socket {
    stream: TcpStream,
    standing: Arc<Standing>,
    framing: Framing,
    peer_closed: bool,
    linger: Option<Linger>,
}

/// What is noted from the moment our side is closed.
struct Linger {
    until: Instant,
    quiet: Pin<Box<Sleep>>,
    bytes: usize,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, standing: Arc<Standing>) -> Socket {
        Socket { stream, standing, framing: Framing::default(), peer_closed: false, linger: None }
    }

    fn wrote(&self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Ready(Ok(_)) => self.standing.written(),
            Poll::Pending => self.standing.write_blocked(),
            Poll::Ready(Err(_)) => {}
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let bytes = &buf.filled()[before..];
        if bytes.is_empty() {
            this.peer_closed = true;
            return Poll::Ready(Ok(()));
        }
        let seen = this.framing.feed(bytes);
        this.standing.head_unfinished(seen.head_unfinished);
        if let Some(request) = seen.refused {
            this.standing.refuse(request);
        }
        if seen.http2 {
            this.standing.speaks_http2();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.wrote(&result);
        result
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.wrote(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    /// Sends our end of the stream, then reads what the client still sends until it closes too: a socket closed with
    /// unread bytes is reset, and a reset can overtake a 413 or 431 the client hasn't read.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let now = Instant::now();
        let linger = this.linger.get_or_insert_with(|| {
            let quiet = if this.framing.is_between_requests() { LINGER_DONE } else { LINGER_QUIET };
            Linger { until: now + LINGER_MAX, quiet: Box::pin(sleep_until(now + quiet)), bytes: 0 }
        });
        let mut scratch = [0; 8192];
        while !this.peer_closed && linger.bytes < LINGER_BYTES_MAX && now < linger.until {
            let mut buf = ReadBuf::new(&mut scratch);
            match Pin::new(&mut this.stream).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) => {
                    this.peer_closed = buf.filled().is_empty();
                    linger.bytes += buf.filled().len();
                    linger.quiet.as_mut().reset(linger.until.min(now + LINGER_QUIET));
                }
                Poll::Ready(Err(_)) => break,
                Poll::Pending => return linger.quiet.as_mut().poll(cx).map(Ok),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Socket {
    /// A client that doesn't take its bytes would keep them in the kernel for minutes after a plain close.
    fn drop(&mut self) {
        if self.standing.is_blocked() {
            let _ = self.stream.set_zero_linger();
        }
    }
}
