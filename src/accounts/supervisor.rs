//! Keeps one worker running per linked account: starts them a few at a time, notices accounts that come and go, brings back
//! a worker that broke, and ends them all when the server stops.

use std::collections::HashMap;
use std::time::Duration;

use database::Priority;
use tokio::task::{self, AbortHandle, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use transport::{Kind, SendError};

use crate::accounts::health::{Gate, Health, gate, meet_deadline};
use crate::accounts::pacing::Dice;
use crate::accounts::worker::Worker;
use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::id::{AccountId, WorkspaceId, random_bytes};
use crate::store::Write;
use crate::store::accounts::{AccountRow, account_all_linked};
use crate::transports;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Workers started at one look; the next look then comes sooner. Thousands of sockets opened at once would look like an
/// attack.
const STARTS_MAX: usize = 20;
const NEXT_STARTS_AFTER: Duration = Duration::from_millis(100);
const RESTART_FIRST: Duration = Duration::from_secs(1);
const RESTART_MAX: Duration = Duration::from_secs(60);
/// How far a pause varies to either side, so that accounts which fell together don't come back together.
const RESTART_JITTER: f64 = 0.25;
/// How long a worker that was told to stop may take. One that hangs is left then: what it held up is rows, and whatever it
/// still does, the rows tell it that its account is gone.
const LEAVE_AFTER: Duration = Duration::from_millis(3_800);
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
    dice: Dice,
}

/// One account's place, with a worker in it or waiting for the next.
struct Post {
    stop: CancellationToken,
    runs: bool,
    /// By the application's clock.
    started_at: Duration,
    falls: u32,
    start_at: Duration,
    /// When it was told to stop.
    told_at: Option<Duration>,
    abort: Option<AbortHandle>,
}

impl Keeper {
    fn new(app: App, shutdown: CancellationToken) -> Keeper {
        let dice = Dice::new(u64::from_le_bytes(random_bytes()));
        Keeper { app, shutdown, workers: HashMap::new(), running: JoinSet::new(), keys: HashMap::new(), dice }
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
        let now = self.app.clock.monotonic();
        self.workers.retain(|key, post| linked.contains_key(key) || post.leaves(key, now));
        count(linked.values());
        self.meet_deadlines(linked.values()).await;
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
            let post =
                Post { stop, runs: false, started_at: now, falls, start_at: Duration::MAX, told_at: None, abort: None };
            self.workers.insert(key, post);
            return false;
        };
        let worker = Worker::new(self.app.clone(), account, transport);
        let told = stop.clone();
        let task = self.running.spawn(async move { (key, worker.run(told).await) });
        self.keys.insert(task.id(), key);
        let abort = Some(task);
        self.workers
            .insert(key, Post { stop, runs: true, started_at: now, falls, start_at: now, told_at: None, abort });
        true
    }

    /// What a worker would note, for accounts whose worker can't: its transport doesn't start.
    async fn meet_deadlines<'a>(&self, linked: impl Iterator<Item = &'a AccountRow>) {
        let now = self.app.clock.now();
        for account in linked.filter(|account| gate(account, now) == Gate::Overdue) {
            let (workspace, id) = (account.workspace, account.id);
            let work = move |write: &mut Write<'_, '_>| meet_deadline(write, id);
            if let Err(error) = self.app.write(workspace, Priority::Background, work).await {
                tracing::warn!(account = %id, %error, "what follows for the account was not noted; trying again");
            }
        }
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
        let pause = restart_pause(post.falls, &mut self.dice);
        post.start_at = now + pause;
        tracing::error!(workspace = %key.0, account = %key.1, why, ?pause, "a worker ended and will start again");
    }
}

impl Post {
    /// Tells a worker to go, whose account isn't linked any more; whether its place must still be kept. An account that is
    /// linked anew must not have two workers, so the old one's place is kept until it has ended or was left.
    fn leaves(&mut self, key: &Key, now: Duration) -> bool {
        self.stop.cancel();
        let told_at = *self.told_at.get_or_insert(now);
        if self.runs && now.saturating_sub(told_at) >= LEAVE_AFTER {
            tracing::error!(workspace = %key.0, account = %key.1, "a worker that hangs was left; its account is unlinked");
            self.abort.as_ref().inspect(|task| task.abort());
            return false;
        }
        self.runs
    }
}

/// How many accounts there are of each kind and health.
fn count<'a>(linked: impl Iterator<Item = &'a AccountRow>) {
    let mut counts: HashMap<(Kind, &str), u32> = HashMap::new();
    for account in linked {
        *counts.entry((account.transport, account.health.as_str())).or_default() += 1;
    }
    for kind in [Kind::Sandbox, Kind::Web, Kind::Cloud] {
        for health in Health::ALL.map(Health::as_str) {
            let accounts = counts.get(&(kind, health)).copied().unwrap_or(0);
            metrics::gauge!("partyline_accounts", "transport" => kind.as_str(), "health" => health)
                .set(f64::from(accounts));
        }
    }
}

fn key(account: &AccountRow) -> Key {
    (account.workspace, account.id, account.linked_at)
}

fn restart_pause(falls: u32, dice: &mut Dice) -> Duration {
    let pause = RESTART_FIRST.saturating_mul(1 << falls.clamp(1, 16).saturating_sub(1)).min(RESTART_MAX);
    pause.mul_f64(1.0 - RESTART_JITTER + 2.0 * RESTART_JITTER * dice.roll())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::link_sandbox;
    use crate::app::app_in;
    use crate::clock::Clock;
    use crate::workspace::settings::create_workspace;

    #[tokio::test]
    async fn a_worker_that_hangs_is_left_soon_after_its_account_was_unlinked() {
        let task = tokio::spawn(std::future::pending::<()>());
        let mut post = Post {
            stop: CancellationToken::new(),
            runs: true,
            started_at: Duration::ZERO,
            falls: 0,
            start_at: Duration::ZERO,
            told_at: None,
            abort: Some(task.abort_handle()),
        };
        let (key, told) = ((WorkspaceId(1), AccountId(1), Time::NEVER), Duration::from_secs(100));
        assert!(post.leaves(&key, told) && post.stop.is_cancelled(), "told to go, its place kept");
        assert!(post.leaves(&key, told + Duration::from_secs(3)), "it may still be putting things in order");
        // With the second until the supervisor looks, these are the five that unlinking may take.
        assert!(!post.leaves(&key, told + LEAVE_AFTER));
        assert!(task.await.expect_err("aborted").is_cancelled());
    }

    #[test]
    fn a_worker_that_keeps_falling_is_started_later_and_later_and_never_with_others() {
        let mut dice = Dice::new(7);
        for (falls, secs) in [(1, 1), (2, 2), (3, 4), (6, 32), (9, 60), (400, 60)] {
            let pauses: Vec<Duration> = (0..50).map(|_| restart_pause(falls, &mut dice)).collect();
            let usual = Duration::from_secs(secs);
            assert!(pauses.iter().all(|one| *one >= usual.mul_f64(0.75) && *one < usual.mul_f64(1.25)), "{pauses:?}");
            assert!(pauses.windows(2).any(|two| two[0] != two[1]));
        }
    }

    #[tokio::test]
    async fn many_numbers_start_a_few_at_a_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Clock::mock(Time::from_ms(1_790_000_000_000));
        let app = app_in(folder.path(), &clock);
        let now = clock.now();
        for number in 0..2 * STARTS_MAX + 5 {
            let make = move |tx: &mut database::Tx<'_>| create_workspace(tx, now, &format!("Harbour {number}"), "UTC");
            let workspace = app.database.write(1, Priority::Foreground, make).await.expect("made");
            let link = |write: &mut Write<'_, '_>| link_sandbox(write, "Shop phone").map(drop);
            app.write(workspace, Priority::Foreground, link).await.expect("linked");
        }
        let mut keeper = Keeper::new(app, CancellationToken::new());
        for (run, is_more) in [(STARTS_MAX, true), (2 * STARTS_MAX, true), (2 * STARTS_MAX + 5, false)] {
            assert_eq!(keeper.look().await.expect("a look"), is_more);
            assert_eq!(keeper.workers.values().filter(|post| post.runs).count(), run);
        }
    }
}
