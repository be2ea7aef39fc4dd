//! How far each consumer of the log has come: a durable place per workspace and consumer, so that none of them misses an
//! event by being away. Every consumer keeps its place here and nowhere else, and moves it in the write that did the work.

use database::{Error, Read, Sql, Tx, owned_params, params};

use crate::clock::Time;
use crate::id::WorkspaceId;
use crate::store::Write;

/// Who reads the log behind a durable cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// Makes deliveries of events.
    Webhooks,
    /// Takes in the words of messages.
    Search,
}

impl Consumer {
    /// As it is stored, and written out in the SQL of those who look for work.
    pub const fn as_str(self) -> &'static str {
        match self {
            Consumer::Webhooks => "webhooks",
            Consumer::Search => "search",
        }
    }
}

const CURSOR_FIND: Sql = Sql::both("SELECT seq FROM event_cursors WHERE workspace_id = $1 AND consumer = $2");

// Forward only: of two nodes that did the same work, the slower one must not bring it back.
static CURSOR_MOVE: Sql = Sql::both(
    "INSERT INTO event_cursors (workspace_id, consumer, seq, moved_at_ms) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace_id, consumer) DO UPDATE SET seq = excluded.seq, moved_at_ms = excluded.moved_at_ms \
     WHERE event_cursors.seq < excluded.seq",
);

// Only one of several nodes that saw the same place moves it on.
const CURSOR_STEP: Sql = Sql::both(
    "UPDATE event_cursors SET seq = $4, moved_at_ms = $5 WHERE workspace_id = $1 AND consumer = $2 AND seq = $3",
);

const CURSOR_FORGET: Sql = Sql::both("DELETE FROM event_cursors WHERE workspace_id = $1 AND consumer = $2");

/// The last event that the consumer is done with; `None` if it has never begun.
pub fn cursor_find(tx: &mut impl Read, workspace: WorkspaceId, consumer: Consumer) -> Result<Option<i64>, Error> {
    tx.query_row(&CURSOR_FIND, &params![workspace, consumer.as_str()], |row| row.get(0))
}

/// Notes that the consumer is done with everything up to `seq`, in the write that did the work; never back. It begins there
/// if it hasn't begun.
pub fn cursor_move(write: &mut Write<'_, '_>, consumer: Consumer, seq: i64) -> Result<(), crate::error::Error> {
    let values = owned_params![write.workspace.id, consumer.as_str().to_owned(), seq, write.now];
    write.later(&CURSOR_MOVE, values)
}

/// Moves from one place to the next; `false` if another node has done it, and then the work is not to be done.
pub fn cursor_step(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    consumer: Consumer,
    (from, to): (i64, i64),
    now: Time,
) -> Result<bool, Error> {
    Ok(tx.execute(&CURSOR_STEP, &params![workspace, consumer.as_str(), from, to, now])? > 0)
}

/// Lets a consumer begin anew.
pub fn cursor_forget(write: &mut Write<'_, '_>, consumer: Consumer) -> Result<(), Error> {
    write.tx.execute(&CURSOR_FORGET, &params![write.workspace.id, consumer.as_str()]).map(drop)
}

super::statements! {
    CURSOR_FIND, CURSOR_MOVE, CURSOR_STEP, CURSOR_FORGET,
}
