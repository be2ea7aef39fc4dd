//! Keeps one worker running per linked account: starts them a few at a time, notices accounts that come and go, brings back
//! a worker that broke, and ends them all when the server stops.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{self, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use transport::SendError;

use crate::accounts::worker::Worker;
use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::id::{AccountId, WorkspaceId};
use crate::store::accounts::{AccountRow, account_all_linked};
use crate::transports;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Workers started at one look; the next look then comes sooner. Thousands of sockets opened at once would look like an
/// attack.
const STARTS_MAX: usize = 20;
const NEXT_STARTS_AFTER: Duration = Duration::from_millis(100);
const RESTART_FIRST: Duration = Duration::from_secs(1);
const RESTART_MAX: Duration = Duration::from_secs(60);
/// A worker that ran this long is healthy: its next fall is its first.
const HEALTHY_AFTER: Duration = Duration::from_secs(5 * 60);

/// An account, and which linking of it: one that was unlinked and linked again gets a new worker.
type Key = (WorkspaceId, AccountId, Time);
type Ended = Result<(task::Id, (Key, Result<(), SendError>)), task::JoinError>;

/// All workers of this server.
pub struct Supervisor {
    task: JoinHandle<()>,
}

impl Supervisor {
    /// Starts the workers of all linked accounts, and keeps doing so until `shutdown`.
    pub fn start(app: App, shutdown: CancellationToken) -> Supervisor {
        Supervisor { task: tokio::spawn(Keeper::new(app, shutdown).run()) }
    }

    /// Ends when every worker has: some seconds after `shutdown` at the latest.
    pub async fn finished(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the accounts' supervisor broke");
        }
    }
}

struct Keeper {
    app: App,
    shutdown: CancellationToken,
    workers: HashMap<Key, Post>,
    running: JoinSet<(Key, Result<(), SendError>)>,
    /// Whose task is whose; a task that panicked can't tell.
    keys: HashMap<task::Id, Key>,
}

/// One account's place, with a worker in it or waiting for the next.
struct Post {
    stop: CancellationToken,
    runs: bool,
    /// By the application's clock.
    started_at: Duration,
    falls: u32,
    start_at: Duration,
}

impl Keeper {
    fn new(app: App, shutdown: CancellationToken) -> Keeper {
        Keeper { app, shutdown, workers: HashMap::new(), running: JoinSet::new(), keys: HashMap::new() }
    }

    async fn run(mut self) {
        while !self.shutdown.is_cancelled() {
            let wait = match self.look().await {
                Ok(true) => NEXT_STARTS_AFTER,
                Ok(false) => self.app.clock.look_every(LOOK_EVERY),
                Err(error) => {
                    tracing::warn!(%error, "the accounts can't be looked at; trying again");
                    LOOK_EVERY
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                Some(ended) = self.running.join_next_with_id() => self.note_end(ended),
                () = self.shutdown.cancelled() => {}
            }
        }
        for post in self.workers.values() {
            post.stop.cancel();
        }
        while self.running.join_next().await.is_some() {}
    }

    /// Compares what runs with what is linked. `true` if there are more to start.
    async fn look(&mut self) -> Result<bool, Error> {
        let linked: Vec<AccountRow> = self.app.read(|snapshot| Ok(account_all_linked(snapshot)?)).await?;
        let linked: HashMap<Key, AccountRow> = linked.into_iter().map(|account| (key(&account), account)).collect();
        self.workers.retain(|key, post| {
            let stays = linked.contains_key(key);
            if !stays {
                post.stop.cancel();
            }
            // An account that is linked anew must not have two workers: the old one's place is kept until it has ended.
            stays || post.runs
        });
        let now = self.app.clock.monotonic();
        let mut started = 0;
        for (key, account) in &linked {
            if started == STARTS_MAX {
                return Ok(true);
            }
            let taken = self.workers.keys().any(|other| (other.0, other.1) == (key.0, key.1) && other.2 != key.2);
            let due = self.workers.get(key).is_none_or(|post| !post.runs && post.start_at <= now);
            if due && !taken && self.start(*key, account, now) {
                started += 1;
            }
        }
        Ok(false)
    }

    fn start(&mut self, key: Key, account: &AccountRow, now: Duration) -> bool {
        let falls = self.workers.get(&key).map_or(0, |post| post.falls);
        let stop = CancellationToken::new();
        let world = super::world(&self.app);
        let Some(transport) = transports::open(&world, account) else {
            // Once, not every second: its place stays, and no worker comes.
            tracing::error!(account = %account.id, transport = %account.transport, "this version can't reach the account");
            self.workers.insert(key, Post { stop, runs: false, started_at: now, falls, start_at: Duration::MAX });
            return false;
        };
        let worker = Worker::new(self.app.clone(), account, transport);
        let told = stop.clone();
        let task = self.running.spawn(async move { (key, worker.run(told).await) });
        self.keys.insert(task.id(), key);
        self.workers.insert(key, Post { stop, runs: true, started_at: now, falls, start_at: now });
        true
    }

    /// A worker ended: told to, or because its transport didn't start or something broke. The latter start again, later and
    /// later.
    fn note_end(&mut self, ended: Ended) {
        let (id, why) = match ended {
            Ok((id, (_, Ok(())))) => (id, None),
            Ok((id, (_, Err(error)))) => (id, Some(error.to_string())),
            Err(error) => (error.id(), Some(error.to_string())),
        };
        let Some(key) = self.keys.remove(&id) else { return };
        let now = self.app.clock.monotonic();
        let Some(post) = self.workers.get_mut(&key) else { return };
        post.runs = false;
        let Some(why) = why else { return };
        post.falls = if now.saturating_sub(post.started_at) >= HEALTHY_AFTER { 1 } else { post.falls + 1 };
        let pause = restart_pause(post.falls);
        post.start_at = now + pause;
        tracing::error!(workspace = %key.0, account = %key.1, why, ?pause, "a worker ended and will start again");
    }
}

fn key(account: &AccountRow) -> Key {
    (account.workspace, account.id, account.linked_at)
}

fn restart_pause(falls: u32) -> Duration {
    RESTART_FIRST.saturating_mul(1 << falls.clamp(1, 16).saturating_sub(1)).min(RESTART_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_keeps_falling_is_started_later_and_later() {
        let pauses: Vec<u64> = (1..9).map(|falls| restart_pause(falls).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
