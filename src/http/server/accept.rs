//! Taking connections in: the accept loop, its back-off, and the caps.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{Shared, connection};

/// Descriptors left for everything that isn't a client: database, files, outbound requests.
const FILES_KEPT: u64 = 256;
/// Pause after an accept that failed for want of descriptors or memory; doubled while it goes on.
const BACK_OFF_MIN: Duration = Duration::from_millis(20);
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

/// After the stop, so long connections are still taken in that the kernel had completed for us.
const LAST_CALL: Duration = Duration::from_millis(20);

/// Beyond the cap: told so and closed, not left in the kernel's queue. A client or load balancer that is told can go
/// elsewhere; one that waits times out, and the slow connections that fill the cap are gone in seconds anyway.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\n\
content-type: application/json\r\ncontent-length: 98\r\n\r\n\
{\"status\":\"error\",\"message\":\"Too many connections. Try again soon.\",\"error_code\":\"internal_error\"}";

/// Accepts until `shutdown`, then takes in those already in the kernel's queue, which would else be reset.
pub(super) async fn accept_until(listener: TcpListener, shared: &Arc<Shared>, shutdown: CancellationToken) {
    let slots = Slots::new(
        shared.options.connections_max.min(connections_carried()),
        shared.options.connections_per_address_max,
    );
    let mut back_off = BACK_OFF_MIN;
    let mut complained = None;
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                back_off = BACK_OFF_MIN;
                admit(stream, peer, shared, &slots, &mut complained);
            }
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                complain(&mut complained, &format!("can't accept connections: {error}"));
                tokio::select! {
                    () = shutdown.cancelled() => break,
                    () = tokio::time::sleep(back_off) => {}
                }
                back_off = (back_off * 2).min(BACK_OFF_MAX);
            }
        }
    }
    shared.stopping.store(true, Ordering::Relaxed);
    // Those that connected before the stop may not have been reported to us yet; a moment is enough for that.
    let last_call = tokio::time::Instant::now() + LAST_CALL;
    while let Ok(Ok((stream, peer))) = tokio::time::timeout_at(last_call, listener.accept()).await {
        admit(stream, peer, shared, &slots, &mut complained);
    }
}

fn admit(
    stream: TcpStream,
    peer: SocketAddr,
    shared: &Arc<Shared>,
    slots: &Arc<Slots>,
    complained: &mut Option<Instant>,
) {
    let Some(slot) = slots.take(peer.ip().to_canonical()) else {
        metrics::counter!("partyline_http_refused_total", "reason" => "connections").increment(1);
        complain(complained, "too many connections; new ones are refused");
        // A socket just accepted has room for this; if not, the close says enough.
        let _ = stream.try_write(FULL);
        return;
    };
    // Answers are small and written whole: waiting to fill a packet would only cost latency.
    let _ = stream.set_nodelay(true);
    shared.connections.increment(1.0);
    shared.tasks.spawn(connection::run(stream, peer, shared.clone(), slot));
}

/// A client that went away before we got to it; the next accept is fine.
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Warns at most once a second: what goes wrong here goes wrong thousands of times.
fn complain(last: &mut Option<Instant>, what: &str) {
    let now = Instant::now();
    if last.is_none_or(|at| now.duration_since(at) >= Duration::from_secs(1)) {
        *last = Some(now);
        tracing::warn!("{what}");
    }
}

/// Raises the soft limit of open files to the hard one (shells give 1,024, which a thousand slow clients would fill)
/// and says how many connections it carries.
fn connections_carried() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        let _ = setrlimit(Resource::Nofile, limit);
    }
    match getrlimit(Resource::Nofile).current {
        Some(files) => usize::try_from(files.saturating_sub(FILES_KEPT).max(64)).unwrap_or(usize::MAX),
        None => usize::MAX,
    }
}

/// The places for connections, in all and for each address.
struct Slots {
    connections_max: usize,
    per_address_max: Option<usize>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Slots {
    fn new(connections_max: usize, per_address_max: Option<usize>) -> Arc<Slots> {
        Arc::new(Slots { connections_max, per_address_max, taken: Mutex::default() })
    }

    fn take(self: &Arc<Slots>, address: IpAddr) -> Option<Slot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.total >= self.connections_max {
            return None;
        }
        if let Some(max) = self.per_address_max {
            let count = taken.by_address.entry(address).or_default();
            if *count >= max {
                return None;
            }
            *count += 1;
        }
        taken.total += 1;
        Some(Slot { slots: self.clone(), address })
    }
}

/// A connection's place, given back when dropped.
pub(super) struct Slot {
    slots: Arc<Slots>,
    address: IpAddr,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total -= 1;
        if self.slots.per_address_max.is_some()
            && let Some(count) = taken.by_address.get_mut(&self.address)
        {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FULL;

    #[test]
    fn the_answer_beyond_the_cap_states_its_own_length() {
        let text = std::str::from_utf8(FULL).expect("it is ASCII");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("content-length: {}", body.len())), "the body has {} bytes", body.len());
    }
}
