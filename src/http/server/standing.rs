//! How a connection stands: what we owe it, what it owes us, and since when.
//!
//! One rule serves HTTP/1 and HTTP/2, slow heads, idle connections and slow readers: **while we owe the client
//! something (a handler runs, or a body waits for the application) it may wait; when we owe nothing and nothing moves
//! for a while, it goes.** The socket and the service write down what happens in a few relaxed atomics, and one timer
//! per connection looks at them now and then, so a request costs no timer work. Request bodies have a clock of their
//! own, in `layers/request_body.rs`: while a handler waits for one, we seem to owe.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::ServerOptions;

/// "Not now" in the fields that hold a moment.
const NEVER: u64 = u64::MAX;

/// The notes on one connection. Moments are milliseconds since it was opened.
pub(super) struct Standing {
    opened: Instant,
    /// Handlers running, and answer bodies whose next piece the application hasn't made yet.
    owed: AtomicUsize,
    /// Requests whose head was complete.
    requests: AtomicU64,
    /// The last request begun or piece of an answer made.
    moved_ms: AtomicU64,
    /// The last time the client took bytes from us.
    written_ms: AtomicU64,
    /// Since when the socket takes no more bytes.
    blocked_ms: AtomicU64,
    /// When the first byte of the unfinished head came.
    head_ms: AtomicU64,
    /// Number of the request whose framing is refused.
    refused: AtomicU64,
    http2: AtomicBool,
}

/// What a look at a connection led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Fine; look again after this long.
    Again(Duration),
    /// Nobody waits for anything: say goodbye in order.
    Idle,
    /// The client is too slow, for this reason: cut it.
    Slow(&'static str),
}

impl Standing {
    pub(super) fn new() -> Standing {
        Standing {
            opened: Instant::now(),
            owed: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            moved_ms: AtomicU64::new(0),
            written_ms: AtomicU64::new(0),
            blocked_ms: AtomicU64::new(NEVER),
            head_ms: AtomicU64::new(NEVER),
            refused: AtomicU64::new(NEVER),
            http2: AtomicBool::new(false),
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(NEVER - 1)
    }

    /// A request's head is complete; the handler's answer is owed. Gives the request's number, from 1.
    pub(super) fn request_begun(&self) -> u64 {
        self.moved_ms.store(self.now_ms(), Relaxed);
        self.owe();
        self.requests.fetch_add(1, Relaxed) + 1
    }

    pub(super) fn owe(&self) {
        self.owed.fetch_add(1, Relaxed);
    }

    pub(super) fn settle(&self) {
        self.moved();
        self.owed.fetch_sub(1, Relaxed);
    }

    pub(super) fn moved(&self) {
        self.moved_ms.store(self.now_ms(), Relaxed);
    }

    pub(super) fn written(&self) {
        self.written_ms.store(self.now_ms(), Relaxed);
        self.blocked_ms.store(NEVER, Relaxed);
    }

    pub(super) fn write_blocked(&self) {
        if self.blocked_ms.load(Relaxed) == NEVER {
            self.blocked_ms.store(self.now_ms(), Relaxed);
        }
    }

    /// Whether bytes wait that the client doesn't take.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked_ms.load(Relaxed) != NEVER
    }

    /// Whether a head has begun and not ended.
    pub(super) fn head_unfinished(&self, unfinished: bool) {
        let begun = self.head_ms.load(Relaxed) != NEVER;
        if unfinished != begun {
            self.head_ms.store(if unfinished { self.now_ms() } else { NEVER }, Relaxed);
        }
    }

    pub(super) fn refuse(&self, request: u64) {
        self.refused.store(request, Relaxed);
    }

    pub(super) fn is_refused(&self, request: u64) -> bool {
        self.refused.load(Relaxed) == request
    }

    pub(super) fn speaks_http2(&self) {
        self.http2.store(true, Relaxed);
    }

    /// Judges the connection as it stands now.
    pub(super) fn look(&self, options: &ServerOptions) -> Look {
        self.look_at(self.now_ms(), options)
    }

    fn look_at(&self, now_ms: u64, options: &ServerOptions) -> Look {
        if self.is_blocked() {
            return judge(now_ms, self.blocked_ms.load(Relaxed), options.write_timeout, Look::Slow("write"));
        }
        if self.owed.load(Relaxed) > 0 {
            // Nothing can be overdue earlier than this, whatever happens in between.
            return Look::Again(options.write_timeout.min(options.header_timeout).min(options.idle_timeout));
        }
        if self.requests.load(Relaxed) == 0 {
            // From the accept, not from the first byte: else a client could wait and then trickle.
            return judge(now_ms, 0, options.header_timeout, Look::Slow("header"));
        }
        let head_ms = self.head_ms.load(Relaxed);
        if head_ms != NEVER {
            return judge(now_ms, head_ms, options.header_timeout, Look::Slow("header"));
        }
        let mut since_ms = self.moved_ms.load(Relaxed);
        if !self.http2.load(Relaxed) {
            // Not on HTTP/2, where a client makes us write by sending pings.
            since_ms = since_ms.max(self.written_ms.load(Relaxed));
        }
        judge(now_ms, since_ms, options.idle_timeout, Look::Idle)
    }
}

fn judge(now_ms: u64, since_ms: u64, limit: Duration, overdue: Look) -> Look {
    match limit.checked_sub(Duration::from_millis(now_ms.saturating_sub(since_ms))) {
        Some(left) if !left.is_zero() => Look::Again(left),
        _ => overdue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(standing: &Standing, now_s: u64) -> Look {
        standing.look_at(now_s * 1000, &ServerOptions::default())
    }

    #[test]
    fn a_connection_that_says_nothing_is_slow_after_the_header_timeout() {
        let standing = Standing::new();
        assert_eq!(look(&standing, 4), Look::Again(Duration::from_secs(6)));
        assert_eq!(look(&standing, 10), Look::Slow("header"));
    }

    #[test]
    fn while_a_handler_runs_the_client_may_wait() {
        let standing = Standing::new();
        standing.request_begun();
        assert!(matches!(look(&standing, 3600), Look::Again(_)));
        standing.settle();
        assert_eq!(look(&standing, 3600), Look::Idle);
    }

    #[test]
    fn a_client_that_does_not_take_its_bytes_is_slow_even_while_we_owe_more() {
        let standing = Standing::new();
        standing.request_begun();
        standing.write_blocked();
        assert_eq!(look(&standing, 10), Look::Slow("write"));
        standing.written();
        assert!(matches!(look(&standing, 10), Look::Again(_)));
    }

    #[test]
    fn writes_keep_http1_alive_but_pings_do_not_keep_http2_alive() {
        let standing = Standing::new();
        standing.request_begun();
        standing.settle();
        standing.written_ms.store(20_000, Relaxed);
        assert!(matches!(look(&standing, 30), Look::Again(_)));
        standing.speaks_http2();
        assert_eq!(look(&standing, 30), Look::Idle);
    }
}
