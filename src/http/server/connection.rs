//! One connection's life: hyper drives it, a timer looks at how it stands, a stop ends it in order.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, sleep};

use super::accept::Slot;
use super::service::ConnectionService;
use super::socket::Socket;
use super::standing::{Look, Standing};
use super::{Shared, Stage};

/// How long an idle connection gets to say goodbye before it is dropped.
const GOODBYE: Duration = Duration::from_secs(2);

pub(super) async fn run(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>, _slot: Slot) {
    let _counted = Counted(&shared.connections);
    let standing = Arc::new(Standing::new());
    let socket = TokioIo::new(Socket::new(stream, standing.clone()));
    let service = ConnectionService::new(shared.clone(), standing.clone(), peer);
    let mut connection = pin!(shared.builder.serve_connection(socket, service));
    let mut stage = shared.stage.subscribe();
    let mut watch = pin!(sleep(shared.options.header_timeout));
    let mut leaving = false;
    // A connection taken in from the queue at the stop may have missed the change of stage, so this one counts too.
    stage.mark_changed();
    loop {
        tokio::select! {
            biased;
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(%peer, error = %Chain(&*error), "connection ended");
                }
                return;
            }
            _ = stage.changed() => {
                let now = *stage.borrow_and_update();
                match now {
                    Stage::Serving => {}
                    Stage::Closing => connection.as_mut().graceful_shutdown(),
                    Stage::Cutting => return,
                }
            }
            () = watch.as_mut() => match standing.look(&shared.options) {
                Look::Again(after) => watch.as_mut().reset(Instant::now() + after),
                Look::Idle if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                    watch.as_mut().reset(Instant::now() + GOODBYE);
                }
                Look::Idle => return,
                Look::Slow(reason) => {
                    metrics::counter!("partyline_http_slow_connections_total", "reason" => reason).increment(1);
                    tracing::debug!(%peer, reason, "closed a slow connection");
                    return;
                }
            },
        }
    }
}

/// Keeps the gauge of open connections right, also when the task panics.
struct Counted<'a>(&'a metrics::Gauge);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// An error with its causes.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(out, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
