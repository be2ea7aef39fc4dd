//! Connections that are kept for a moment, to servers that the operator configured: speaking to one of them many times a
//! second needs no name, no handshake and no certificate each time. An address that somebody gave us never gets here.
//!
//! What is said on a kept connection in the moment in which the other side hangs up may be lost with nobody knowing; so none
//! is kept for nearly as long as servers keep theirs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::ask::Asked;
use super::exchange::Wire;
use super::target::Target;

/// Servers end connections on which nothing is said after five seconds and more.
const IDLE_MAX: Duration = Duration::from_secs(2);
/// Of one server. As many sends as there are at once on a busy day.
const KEPT_MAX: usize = 256;
/// How long the end of what was said before may take to be noticed.
const READY_MAX: Duration = Duration::from_millis(100);

/// Connections by server; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Idle>>);

#[derive(Default)]
struct Idle {
    /// The newest last.
    wires: HashMap<String, Vec<(Wire<Asked>, Instant)>>,
    /// Whether a task ends what has been here for too long.
    is_watched: bool,
}

impl Kept {
    /// A connection that still stands.
    pub async fn take(&self, target: &Target) -> Option<Wire<Asked>> {
        loop {
            let (mut wire, since) = self.idle().wires.get_mut(&place(target))?.pop()?;
            let is_fresh = since.elapsed() < IDLE_MAX;
            if is_fresh && timeout(READY_MAX, wire.is_ready()).await.unwrap_or(false) {
                return Some(wire);
            }
        }
    }

    /// Keeps a connection on which all was heard.
    pub fn put(&self, target: &Target, wire: Wire<Asked>) {
        let mut idle = self.idle();
        let of_it = idle.wires.entry(place(target)).or_default();
        if of_it.len() < KEPT_MAX {
            of_it.push((wire, Instant::now()));
        }
        if !idle.is_watched {
            idle.is_watched = true;
            tokio::spawn(self.clone().watch());
        }
    }

    /// Ends what nobody has taken, until nothing is left.
    async fn watch(self) {
        loop {
            sleep(IDLE_MAX).await;
            let mut idle = self.idle();
            idle.wires.retain(|_, wires| {
                wires.retain(|(_, since)| since.elapsed() < IDLE_MAX);
                !wires.is_empty()
            });
            if idle.wires.is_empty() {
                idle.is_watched = false;
                return;
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(target: &Target) -> String {
    let scheme = if target.is_https() { "https" } else { "http" };
    format!("{scheme}://{}", target.place())
}
