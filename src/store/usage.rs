//! What the use of calls and credits looks like by day and by token. Gathered in the background from counters and log.

use database::{Error, Read, Sql, params};

use crate::clock::Time;
use crate::id::{TokenId, WorkspaceId};
use crate::store::Write;

/// How far a workspace's use has been gathered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageMark {
    pub cycle_starts_at: Time,
    /// As the counters stood.
    pub calls: i64,
    pub credits: i64,
    /// The last row of the log.
    pub call_seq: i64,
}

/// One day's use; `day` is yyyymmdd in the workspace's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageDay {
    pub day: i64,
    pub calls: i64,
    pub credits: i64,
}

const USAGE_MARK_FIND: Sql =
    Sql::both("SELECT cycle_starts_ms, calls, credits, call_seq FROM usage_marks WHERE workspace_id = $1");

const USAGE_MARK_SET: Sql = Sql::both(
    "INSERT INTO usage_marks (workspace_id, cycle_starts_ms, calls, credits, call_seq) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (workspace_id) DO UPDATE SET cycle_starts_ms = excluded.cycle_starts_ms, calls = excluded.calls, \
     credits = excluded.credits, call_seq = excluded.call_seq",
);

const USAGE_DAY_ADD: Sql = Sql::both(
    "INSERT INTO usage_days (workspace_id, day, calls, credits) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace_id, day) DO UPDATE SET calls = usage_days.calls + excluded.calls, \
     credits = usage_days.credits + excluded.credits",
);

const USAGE_DAY_LIST: Sql = Sql::both(
    "SELECT day, calls, credits FROM usage_days WHERE workspace_id = $1 AND day >= $2 AND day <= $3 ORDER BY day",
);

const USAGE_DAY_FORGET: Sql = Sql::both("DELETE FROM usage_days WHERE workspace_id = $1 AND day < $2");

const TOKEN_CALLS_ADD: Sql = Sql::both(
    "INSERT INTO token_calls (workspace_id, token_id, cycle_starts_ms, calls) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace_id, token_id) DO UPDATE SET \
     calls = CASE WHEN token_calls.cycle_starts_ms = excluded.cycle_starts_ms THEN token_calls.calls ELSE 0 END \
     + excluded.calls, cycle_starts_ms = excluded.cycle_starts_ms",
);

const TOKEN_CALLS_LIST: Sql =
    Sql::both("SELECT token_id, calls FROM token_calls WHERE workspace_id = $1 AND cycle_starts_ms = $2");

/// Where the gathering stands; `None` if it never ran.
pub fn usage_mark_find(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Option<UsageMark>, Error> {
    tx.query_row(&USAGE_MARK_FIND, &params![workspace], |row| {
        Ok(UsageMark { cycle_starts_at: row.get(0)?, calls: row.get(1)?, credits: row.get(2)?, call_seq: row.get(3)? })
    })
}

pub fn usage_mark_set(write: &mut Write<'_, '_>, mark: &UsageMark) -> Result<(), Error> {
    let UsageMark { cycle_starts_at, calls, credits, call_seq } = mark;
    let values = params![write.workspace.id, cycle_starts_at, calls, credits, call_seq];
    write.tx.execute(&USAGE_MARK_SET, &values).map(drop)
}

/// Adds to a day; credits may be negative, where more were given back than taken.
pub fn usage_day_add(write: &mut Write<'_, '_>, day: &UsageDay) -> Result<(), Error> {
    let UsageDay { day, calls, credits } = day;
    write.tx.execute(&USAGE_DAY_ADD, &params![write.workspace.id, day, calls, credits]).map(drop)
}

/// The days from one to another, both included, as far as anything was used in them.
pub fn usage_day_list(tx: &mut impl Read, workspace: WorkspaceId, from: i64, to: i64) -> Result<Vec<UsageDay>, Error> {
    tx.query(&USAGE_DAY_LIST, &params![workspace, from, to], |row| {
        Ok(UsageDay { day: row.get(0)?, calls: row.get(1)?, credits: row.get(2)? })
    })
}

/// Forgets the days before this one.
pub fn usage_day_forget(write: &mut Write<'_, '_>, before: i64) -> Result<(), Error> {
    write.tx.execute(&USAGE_DAY_FORGET, &params![write.workspace.id, before]).map(drop)
}

/// Adds to the calls of a token in a cycle; those of an older cycle are forgotten.
pub fn token_calls_add(
    write: &mut Write<'_, '_>,
    token: TokenId,
    cycle_starts_at: Time,
    calls: i64,
) -> Result<(), Error> {
    let values = params![write.workspace.id, token, cycle_starts_at, calls];
    write.tx.execute(&TOKEN_CALLS_ADD, &values).map(drop)
}

/// The calls of each token in a cycle.
pub fn token_calls_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    cycle_starts_at: Time,
) -> Result<Vec<(TokenId, i64)>, Error> {
    tx.query(&TOKEN_CALLS_LIST, &params![workspace, cycle_starts_at], |row| Ok((row.get(0)?, row.get(1)?)))
}

super::statements! {
    USAGE_MARK_FIND, USAGE_MARK_SET, USAGE_DAY_ADD, USAGE_DAY_LIST, USAGE_DAY_FORGET, TOKEN_CALLS_ADD, TOKEN_CALLS_LIST,
}
