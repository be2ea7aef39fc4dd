//! Connections that are kept between posts: a webhook's receiver hears many events, and opening a connection for each costs
//! both sides more than the event does.
//!
//! Only the workspace that opened a connection uses it again, and only for the same scheme, host and port. What it leads to was
//! judged when it was opened and can't change; it lives for a minute, so that a name that moves is followed and judged anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use tokio::time::{Instant, sleep, timeout};
use url::Host;

use super::line::Line;
use super::target::Target;
use crate::id::WorkspaceId;

/// How long a connection is kept that nobody uses, and how long in all.
const IDLE_MAX: Duration = Duration::from_secs(30);
const LIFE_MAX: Duration = Duration::from_secs(60);
/// How often those are closed whose time is over.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// Connections kept for one receiver, as many as a webhook has attempts under way, and for all.
const OF_ONE_MAX: usize = 32;
const ALL_MAX: usize = 512;
/// How long a connection has to notice that its answer is over.
const READY_WITHIN: Duration = Duration::from_millis(100);

pub(super) type PostLine = Line<Full<Bytes>>;

/// Who speaks with whom.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Receiver {
    workspace: WorkspaceId,
    is_https: bool,
    host: Host,
    port: u16,
}

impl Receiver {
    pub fn of(workspace: WorkspaceId, target: &Target) -> Receiver {
        Receiver { workspace, is_https: target.is_https(), host: target.host().clone(), port: target.port() }
    }
}

/// The connections that nobody uses just now; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Kept {
    shelves: Arc<Mutex<Shelves>>,
}

#[derive(Default)]
struct Shelves {
    /// Those used last at the end.
    idle: HashMap<Receiver, Vec<Idle>>,
    count: usize,
    /// Whether somebody closes those whose time is over.
    is_swept: bool,
}

struct Idle {
    line: PostLine,
    since: Instant,
}

impl Kept {
    /// A connection to this receiver on which the next request can be made.
    pub fn take(&self, receiver: &Receiver) -> Option<PostLine> {
        let now = Instant::now();
        let mut shelves = lock(&self.shelves);
        loop {
            let shelf = shelves.idle.get_mut(receiver)?;
            let Some(idle) = shelf.pop() else {
                shelves.idle.remove(receiver);
                return None;
            };
            shelves.count -= 1;
            if idle.is_good(now) {
                return Some(idle.line);
            }
        }
    }

    /// Keeps a connection whose answer was read to its end, if its receiver lets us and there is room.
    pub async fn give(&self, receiver: Receiver, mut line: PostLine) {
        if timeout(READY_WITHIN, line.becomes_ready()).await != Ok(true) {
            return;
        }
        let idle = Idle { line, since: Instant::now() };
        let mut shelves = lock(&self.shelves);
        if shelves.count >= ALL_MAX || !idle.is_good(idle.since) {
            return;
        }
        let shelf = shelves.idle.entry(receiver).or_default();
        if shelf.len() >= OF_ONE_MAX {
            return;
        }
        shelf.push(idle);
        shelves.count += 1;
        if !std::mem::replace(&mut shelves.is_swept, true) {
            tokio::spawn(sweep(Arc::downgrade(&self.shelves)));
        }
    }
}

impl Shelves {
    /// Closes the connections whose time is over, or that their receivers closed.
    fn forget_old(&mut self, now: Instant) {
        self.idle.retain(|_, shelf| {
            shelf.retain(|idle| idle.is_good(now));
            !shelf.is_empty()
        });
        self.count = self.idle.values().map(Vec::len).sum();
    }
}

impl Idle {
    fn is_good(&self, now: Instant) -> bool {
        self.line.is_ready()
            && now.saturating_duration_since(self.since) < IDLE_MAX
            && now.saturating_duration_since(self.line.opened_at) < LIFE_MAX
    }
}

fn lock(shelves: &Mutex<Shelves>) -> MutexGuard<'_, Shelves> {
    shelves.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes what is too old until nothing is kept.
async fn sweep(shelves: Weak<Mutex<Shelves>>) {
    loop {
        sleep(SWEEP_EVERY).await;
        let Some(shelves) = shelves.upgrade() else { return };
        let mut shelves = lock(&shelves);
        shelves.forget_old(Instant::now());
        if shelves.count == 0 {
            shelves.is_swept = false;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;
    use crate::outbound::exchange::{Exchange, request};

    const OURS: WorkspaceId = WorkspaceId(1);

    fn receiver(workspace: WorkspaceId, url: &str) -> Receiver {
        Receiver::of(workspace, &Target::parse(url).expect("an address"))
    }

    /// A connection on which one post was answered, and its other end.
    async fn used() -> (PostLine, DuplexStream) {
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let mut line = Line::over(Box::new(ours)).await.expect("it speaks");
        let target = Target::parse("http://crm.example/").expect("an address");
        let request = request(hyper::Method::POST, &target, Bytes::new()).expect("a request");
        let mut request = request;
        request.headers_mut().remove("connection");
        let answer = async {
            let mut asked = [0; 4096];
            assert!(theirs.read(&mut asked).await.expect("a request") > 0);
            theirs.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.expect("told");
        };
        let (answer, ()) = tokio::join!(line.ask(request, Duration::from_secs(20)), answer);
        assert!(Exchange::from(answer.expect("an answer")).is_over());
        (line, theirs)
    }

    #[tokio::test]
    async fn a_connection_is_only_for_the_same_workspace_scheme_host_and_port() {
        let (kept, (line, _theirs)) = (Kept::default(), used().await);
        kept.give(receiver(OURS, "http://crm.example/one"), line).await;
        let others = [
            receiver(WorkspaceId(2), "http://crm.example/one"),
            receiver(OURS, "https://crm.example/one"),
            receiver(OURS, "http://crm.example:8080/one"),
            receiver(OURS, "http://other.example/one"),
        ];
        for other in others {
            assert!(kept.take(&other).is_none(), "{other:?}");
        }
        assert!(kept.take(&receiver(OURS, "http://CRM.example:80/two")).is_some());
        assert!(kept.take(&receiver(OURS, "http://crm.example/one")).is_none(), "one at a time");
    }

    #[tokio::test]
    async fn a_connection_is_forgotten_when_nobody_used_it_and_when_it_is_old() {
        let (kept, (line, _theirs)) = (Kept::default(), used().await);
        let (crm, opened_at) = (receiver(OURS, "http://crm.example/"), line.opened_at);
        kept.give(crm.clone(), line).await;
        lock(&kept.shelves).forget_old(opened_at + IDLE_MAX - Duration::from_millis(1));
        let line = kept.take(&crm).expect("it was used a moment ago");
        kept.give(crm.clone(), line).await;
        lock(&kept.shelves).forget_old(opened_at + IDLE_MAX + Duration::from_secs(1));
        assert!(kept.take(&crm).is_none(), "nobody used it");

        let (mut line, _theirs) = used().await;
        line.opened_at -= LIFE_MAX;
        kept.give(crm.clone(), line).await;
        assert!(kept.take(&crm).is_none(), "its life is over, however much it was used");
        assert_eq!(lock(&kept.shelves).count, 0);
    }

    #[tokio::test]
    async fn so_many_are_kept_for_one_receiver() {
        let (kept, crm) = (Kept::default(), receiver(OURS, "http://crm.example/"));
        let mut ends = Vec::new();
        for _ in 0..=OF_ONE_MAX {
            let (line, theirs) = used().await;
            ends.push(theirs);
            kept.give(crm.clone(), line).await;
        }
        let taken: Vec<_> = std::iter::from_fn(|| kept.take(&crm)).collect();
        assert_eq!((taken.len(), lock(&kept.shelves).count), (OF_ONE_MAX, 0));
    }
}
