//! The server's edge towards the network: an own accept loop on hyper-util.
//!
//! `axum::serve` has no deadlines: a client that sends half a head, trickles a body or doesn't read its answer keeps a
//! connection for ever. Here every connection is watched (`server/standing.rs`), every size has a limit, and a stop
//! lets running requests finish. This module knows sockets and HTTP framing; what an answer looks like, who the client
//! is and what is logged belongs to `layers`.

mod accept;
mod connection;
mod framing;
mod service;
mod socket;
mod standing;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// After a stop is asked for, idle connections stay open this long, so that a request already on its way is answered
/// (with `Connection: close`) instead of meeting a closed socket.
const LAME_DUCK: Duration = Duration::from_millis(300);

/// Who is at the other end of the socket: the client, or a proxy. A request extension; the address to judge a client
/// by is [`crate::http::client_address::ClientAddress`].
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Limits and deadlines. The defaults are for production; tests shorten them.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// From the accept, or from the first byte of a later request, to the end of its head.
    pub header_timeout: Duration,
    /// For a whole request body. A route may allow more with [`crate::http::layers::AllowBody`].
    pub body_timeout: Duration,
    /// In each of these spans a body that is waited for must bring `progress_bytes_min`.
    pub progress_window: Duration,
    pub progress_bytes_min: u64,
    /// How long a connection may be kept alive with nothing asked and nothing owed. Under 15 s on purpose: that is the
    /// time in which a thousand idle connections have to be gone.
    pub idle_timeout: Duration,
    /// How long a client may leave us with bytes it doesn't take.
    pub write_timeout: Duration,
    /// Beyond it a connection gets a 503 and is closed. Lowered at start to what the open-files limit carries.
    pub connections_max: usize,
    /// The same for one peer address. Off by default: behind a proxy all clients have one.
    pub connections_per_address_max: Option<usize>,
    /// A whole request head; 431 above. hyper wants at least 8 KiB.
    pub header_bytes_max: usize,
    /// Header lines; 431 above.
    pub headers_max: usize,
    /// Path and query; 414 above.
    pub uri_bytes_max: usize,
    /// A request body; 413 above. At most 2 MiB, axum's own limit; routes raise it with
    /// [`crate::http::layers::AllowBody`].
    pub body_bytes_max: u64,
    /// Concurrent HTTP/2 streams of a connection.
    pub streams_max: u32,
    /// From the stop to the moment what still runs is cut. A second less than the ten the process has to exit in.
    pub shutdown_grace: Duration,
}

impl Default for ServerOptions {
    fn default() -> ServerOptions {
        ServerOptions {
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            progress_window: Duration::from_secs(10),
            progress_bytes_min: 1024,
            idle_timeout: Duration::from_secs(12),
            write_timeout: Duration::from_secs(10),
            connections_max: 4096,
            connections_per_address_max: None,
            header_bytes_max: 32 * 1024,
            headers_max: 100,
            uri_bytes_max: 8 * 1024,
            body_bytes_max: 1024 * 1024,
            streams_max: 100,
            shutdown_grace: Duration::from_secs(9),
        }
    }
}

/// How far a stop has come; every connection listens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Serving,
    /// Close what is idle, let the rest finish.
    Closing,
    /// The grace is over.
    Cutting,
}

/// What all connections of one server share.
struct Shared {
    router: Router,
    options: ServerOptions,
    builder: auto::Builder<TokioExecutor>,
    /// Set with the stop: answers from here on say `Connection: close`.
    stopping: AtomicBool,
    stage: watch::Sender<Stage>,
    tasks: TaskTracker,
    connections: metrics::Gauge,
}

/// Serves until `shutdown`, then stops accepting, lets what runs finish and returns at the latest
/// `shutdown_grace` later. Fails only if the listener itself is unusable.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    options: ServerOptions,
    shutdown: CancellationToken,
) -> io::Result<()> {
    listener.local_addr()?;
    let grace = options.shutdown_grace;
    let shared = Arc::new(Shared {
        router,
        builder: builder(&options),
        options,
        stopping: AtomicBool::new(false),
        stage: watch::Sender::new(Stage::Serving),
        tasks: TaskTracker::new(),
        connections: metrics::gauge!("partyline_http_connections"),
    });
    accept::accept_until(listener, &shared, shutdown).await;
    stop(&shared, grace).await;
    Ok(())
}

async fn stop(shared: &Shared, grace: Duration) {
    let cut_at = tokio::time::Instant::now() + grace;
    shared.stopping.store(true, Ordering::Relaxed);
    shared.tasks.close();
    if tokio::time::timeout(LAME_DUCK.min(grace), shared.tasks.wait()).await.is_ok() {
        return;
    }
    shared.stage.send_replace(Stage::Closing);
    if tokio::time::timeout_at(cut_at, shared.tasks.wait()).await.is_err() {
        tracing::warn!(connections = shared.tasks.len(), "cutting connections that outlived the grace of a stop");
        shared.stage.send_replace(Stage::Cutting);
        shared.tasks.wait().await;
    }
}

/// hyper's own header timeout stays off: it allocates a timer for each request, and [`standing`] sees the same.
fn builder(options: &ServerOptions) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(options.header_bytes_max.max(8192));
    if options.headers_max != 100 {
        // 100 is hyper's own number, for which it needs no allocation.
        builder.http1().max_headers(options.headers_max);
    }
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(options.streams_max)
        .max_header_list_size(u32::try_from(options.header_bytes_max).unwrap_or(u32::MAX))
        .max_send_buf_size(64 * 1024);
    builder
}
