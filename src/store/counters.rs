//! The workspace's settings and counters: the row that every write locks first, so that writes of one workspace take
//! turns on every engine, and sequences have no gaps.

use database::{Error, Read, Row, Sql, Tx, Value, params};

use crate::clock::Time;
use crate::id::WorkspaceId;
use crate::store::workspaces::Workspace;

/// What changes with nearly every write of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    pub account_last: i64,
    pub token_last: i64,
    pub contact_last: i64,
    pub chat_last: i64,
    pub outbox_last: i64,
    pub event_last: i64,
    pub call_last: i64,
    pub rate_last: i64,
    pub cycle_starts_at: Time,
    pub cycle_ends_at: Time,
    pub calls_used: i64,
    pub credits_used: i64,
    pub topped_up: i64,
    pub topped_up_at: Time,
}

macro_rules! counters_select {
    ($($end:literal)?) => {
        concat!(
            "SELECT w.workspace_id, w.name, w.zone, w.anchor_ms, w.created_at_ms, w.rate_per_minute, \
             w.calls_per_cycle, w.credits_per_cycle, w.pacing_ms, w.kept_days, c.account_last, c.token_last, \
             c.contact_last, c.chat_last, c.outbox_last, c.event_last, c.call_last, c.rate_last, c.cycle_starts_ms, c.cycle_ends_ms, \
             c.calls_used, c.credits_used, c.topped_up, c.topped_up_at_ms \
             FROM workspace_counters c JOIN workspaces w ON w.workspace_id = c.workspace_id \
             WHERE c.workspace_id = $1",
            $($end)?
        )
    };
}

const COUNTERS_SELECT: Sql = Sql::both(counters_select!());

// A pair, because SQLite has one writer and knows no row locks.
const COUNTERS_LOCK: Sql = Sql::pair(counters_select!(), counters_select!(" FOR UPDATE OF c"));

static COUNTERS_UPDATE: Sql = Sql::both(
    "UPDATE workspace_counters SET account_last = $2, token_last = $3, contact_last = $4, chat_last = $5, \
     outbox_last = $6, event_last = $7, call_last = $8, rate_last = $9, cycle_starts_ms = $10, cycle_ends_ms = $11, \
     calls_used = $12, credits_used = $13, topped_up = $14, topped_up_at_ms = $15 WHERE workspace_id = $1",
);

static COUNTERS_INSERT: Sql = Sql::both(
    "INSERT INTO workspace_counters (workspace_id, account_last, token_last, contact_last, chat_last, outbox_last, \
     event_last, call_last, rate_last, cycle_starts_ms, cycle_ends_ms, calls_used, credits_used, topped_up, \
     topped_up_at_ms) VALUES ($1, 0, 0, 0, 0, 0, 0, 0, 0, $2, $3, 0, 0, 0, 0)",
);

/// The workspace and its counters as they are now; `None` if there is no such workspace.
pub fn counters_find(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Option<(Workspace, Counters)>, Error> {
    tx.query_row(&COUNTERS_SELECT, &params![workspace], decode)
}

/// The same, locked until the write ends.
pub fn counters_lock(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Option<(Workspace, Counters)>, Error> {
    tx.query_row(&COUNTERS_LOCK, &params![workspace], decode)
}

/// Gives a new workspace its counters.
pub fn counters_insert(tx: &mut Tx<'_>, workspace: WorkspaceId, starts_at: Time, ends_at: Time) -> Result<(), Error> {
    tx.execute(&COUNTERS_INSERT, &params![workspace, starts_at, ends_at]).map(drop)
}

/// Saves the counters together with the rest of the write.
pub fn counters_save(tx: &mut Tx<'_>, workspace: WorkspaceId, counters: &Counters) -> Result<(), Error> {
    let numbers = [
        workspace.0,
        counters.account_last,
        counters.token_last,
        counters.contact_last,
        counters.chat_last,
        counters.outbox_last,
        counters.event_last,
        counters.call_last,
        counters.rate_last,
        counters.cycle_starts_at.ms(),
        counters.cycle_ends_at.ms(),
        counters.calls_used,
        counters.credits_used,
        counters.topped_up,
        counters.topped_up_at.ms(),
    ];
    tx.later_update(&COUNTERS_UPDATE, numbers.into_iter().map(Value::Int).collect())
}

fn decode(row: &Row<'_>) -> Result<(Workspace, Counters), Error> {
    let counters = Counters {
        account_last: row.get(10)?,
        token_last: row.get(11)?,
        contact_last: row.get(12)?,
        chat_last: row.get(13)?,
        outbox_last: row.get(14)?,
        event_last: row.get(15)?,
        call_last: row.get(16)?,
        rate_last: row.get(17)?,
        cycle_starts_at: row.get(18)?,
        cycle_ends_at: row.get(19)?,
        calls_used: row.get(20)?,
        credits_used: row.get(21)?,
        topped_up: row.get(22)?,
        topped_up_at: row.get(23)?,
    };
    Ok((Workspace::decode(row)?, counters))
}

super::statements! {
    COUNTERS_SELECT, COUNTERS_LOCK, COUNTERS_UPDATE, COUNTERS_INSERT,
}
