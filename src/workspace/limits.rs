//! The gate that every API call passes: the rate of the workspace and its calls of the cycle.
//!
//! One node keeps both in memory, exact because nobody else counts. Where nodes share a PostgreSQL, both are judged in
//! the database, in the write that counts the call.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use database::{Engine, Read};

use crate::clock::{Clock, Time};
use crate::error::{Code, Error};
use crate::id::WorkspaceId;
use crate::store::api_calls::api_call_times;
use crate::store::counters::counters_find;
use crate::store::rate_slots::rate_slot_take;
use crate::store::workspaces::Workspace;
use crate::store::{Write, counters::Counters};
use crate::workspace::api_log::Outcome;
use crate::workspace::cycle::{self, Cycle};
use crate::workspace::quota;
use crate::workspace::rate::RateWindow;
use crate::workspace::zone::stored_zone;

const WINDOW: Duration = Duration::from_secs(60);
/// Reads reach the log this much later at the most, so a crash may have forgotten that much.
pub const FLUSH: Duration = Duration::from_millis(200);

/// Where limits are judged.
pub enum Limits {
    Local(LocalLimits),
    Shared,
}

impl Limits {
    pub fn for_engine(engine: Engine) -> Limits {
        match engine {
            Engine::Sqlite => Limits::Local(LocalLimits::default()),
            Engine::Postgres => Limits::Shared,
        }
    }

    /// Passes the gate of a workspace, where it stands in memory. `settings` reads the workspace when it isn't known.
    ///
    /// # Errors
    /// `rate_limit_exceeded` or `quota_exceeded`.
    pub fn enter(&self, workspace: WorkspaceId, clock: &Clock) -> Result<Entry, Error> {
        match self {
            Limits::Local(local) => local.enter(workspace, clock),
            Limits::Shared => Ok(Entry::Judged(Pass::JudgedLater)),
        }
    }

    pub fn is_shared(&self) -> bool {
        matches!(self, Limits::Shared)
    }

    /// Makes changed limits of a workspace known.
    pub fn changed(&self, workspace: &Workspace) {
        if let Limits::Local(local) = self
            && let Some(meter) = local.find(workspace.id)
        {
            meter.lock().unwrap_or_else(PoisonError::into_inner).set(workspace);
        }
    }
}

/// The gate's answer.
pub enum Entry {
    Judged(Pass),
    /// The workspace isn't known yet: read it, [`LocalLimits::introduce`] it, and try again.
    Unknown,
}

/// Leave to make one call. A call that is never counted is given back.
pub enum Pass {
    /// The gate in memory let it through.
    Held(Arc<Held>),
    /// The shared gate judges in the call's own write.
    JudgedLater,
    /// The shared gate let it through and has counted it.
    Counted,
}

/// A call of this cycle, taken from the gate in memory. Given back when the last holder lets go of it unused.
pub struct Held {
    meter: Arc<Mutex<Meter>>,
    used: AtomicBool,
}

impl Pass {
    /// Uses the call for good; returns how many calls are still to be counted in the database.
    pub fn counted(self) -> i64 {
        match self {
            Pass::Held(held) => {
                held.use_up();
                1
            }
            Pass::JudgedLater => 1,
            Pass::Counted => 0,
        }
    }

    /// The call taken from the gate in memory, for the write that will count it.
    pub fn held(&self) -> Option<Arc<Held>> {
        match self {
            Pass::Held(held) => Some(Arc::clone(held)),
            Pass::JudgedLater | Pass::Counted => None,
        }
    }
}

impl Held {
    /// The database has counted the call.
    pub fn use_up(&self) {
        self.used.store(true, Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.used.load(Ordering::Relaxed) {
            self.meter.lock().unwrap_or_else(PoisonError::into_inner).give_back();
        }
    }
}

/// The gate of a node that has the database to itself.
#[derive(Default)]
pub struct LocalLimits(Mutex<HashMap<WorkspaceId, Arc<Mutex<Meter>>>>);

/// What the gate keeps of a workspace.
pub struct Meter {
    rate: RateWindow,
    calls_limit: i64,
    calls_used: i64,
    cycle: Cycle,
    anchor: Time,
    zone: String,
}

/// What a workspace's gate begins with after a start.
pub struct Introduction {
    workspace: Workspace,
    counters: Counters,
    calls: Vec<(Time, i64)>,
}

impl Introduction {
    /// Reads what the gate must know; `None` without such a workspace.
    pub fn read(tx: &mut impl Read, workspace: WorkspaceId, now: Time) -> Result<Option<Introduction>, Error> {
        let Some((workspace, counters)) = counters_find(tx, workspace)? else { return Ok(None) };
        let uncounted = [Outcome::RateLimited as i64, Outcome::Unauthorized as i64];
        let calls = api_call_times(tx, workspace.id, now - WINDOW, uncounted)?;
        Ok(Some(Introduction { workspace, counters, calls }))
    }
}

impl LocalLimits {
    fn enter(&self, workspace: WorkspaceId, clock: &Clock) -> Result<Entry, Error> {
        let Some(meter) = self.find(workspace) else { return Ok(Entry::Unknown) };
        meter.lock().unwrap_or_else(PoisonError::into_inner).take(clock)?;
        Ok(Entry::Judged(Pass::Held(Arc::new(Held { meter, used: AtomicBool::new(false) }))))
    }

    /// Makes a workspace known; one that is known stays as it is.
    pub fn introduce(&self, introduction: Introduction, clock: &Clock) {
        let Introduction { workspace, counters, calls } = introduction;
        let now = clock.now();
        let ages = calls.into_iter().flat_map(|(at, repeats)| {
            std::iter::repeat_n(now.since(at), usize::try_from(repeats.clamp(0, 1_000)).unwrap_or(0))
        });
        let limit = rate_limit(&workspace);
        let forgotten = u64::from(limit) * u64::try_from(FLUSH.as_millis()).unwrap_or(0) / 60_000 + 1;
        let assumed = u32::try_from(forgotten).unwrap_or(u32::MAX);
        let meter = Meter {
            rate: RateWindow::rebuild(limit, clock.monotonic(), ages, assumed),
            calls_limit: workspace.calls_per_cycle,
            calls_used: counters.calls_used,
            cycle: Cycle { starts_at: counters.cycle_starts_at, ends_at: counters.cycle_ends_at },
            anchor: workspace.anchor,
            zone: workspace.zone,
        };
        self.meters().entry(workspace.id).or_insert_with(|| Arc::new(Mutex::new(meter)));
    }

    fn find(&self, workspace: WorkspaceId) -> Option<Arc<Mutex<Meter>>> {
        self.meters().get(&workspace).cloned()
    }

    fn meters(&self) -> std::sync::MutexGuard<'_, HashMap<WorkspaceId, Arc<Mutex<Meter>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter {
    fn take(&mut self, clock: &Clock) -> Result<(), Error> {
        self.rate.take(clock.monotonic()).map_err(|retry| too_fast(Duration::from_secs(retry.seconds())))?;
        let now = clock.now();
        if now >= self.cycle.ends_at
            && let Some(next) = cycle::roll(self.cycle, self.anchor, &stored_zone(&self.zone), now)
        {
            self.cycle = next;
            self.calls_used = 0;
        }
        if self.calls_used >= self.calls_limit {
            return Err(quota::calls_used_up(self.calls_limit, self.cycle.ends_at, &self.zone));
        }
        self.calls_used += 1;
        Ok(())
    }

    fn give_back(&mut self) {
        self.calls_used = (self.calls_used - 1).max(0);
    }

    fn set(&mut self, workspace: &Workspace) {
        self.rate.set_limit(rate_limit(workspace));
        self.calls_limit = workspace.calls_per_cycle;
        self.anchor = workspace.anchor;
        self.zone.clone_from(&workspace.zone);
    }
}

/// Passes the gate inside a write, where the database judges: nothing is counted yet if it refuses.
pub fn enter_shared(write: &mut Write<'_, '_>) -> Result<(), Error> {
    if let Some(wait_ms) = rate_slot_take(write)? {
        return Err(too_fast(Duration::from_millis(u64::try_from(wait_ms).unwrap_or(1))));
    }
    let limit = write.workspace.calls_per_cycle;
    if write.counters.calls_used >= limit {
        return Err(quota::calls_used_up(limit, write.counters.cycle_ends_at, &write.workspace.zone));
    }
    Ok(())
}

fn too_fast(wait: Duration) -> Error {
    let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(60).clamp(1, 60);
    let message = format!("Too many requests in the last minute. Try again in {seconds} s, or ask for a higher limit.");
    Error::new(Code::RateLimitExceeded, message).retry_after(Duration::from_secs(seconds))
}

fn rate_limit(workspace: &Workspace) -> u32 {
    u32::try_from(workspace.rate_per_minute).unwrap_or(u32::MAX)
}
