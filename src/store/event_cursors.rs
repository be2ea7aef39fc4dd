//! How far each consumer of the log has come: a durable place per workspace and consumer, so that none of them misses an
//! event by being away.

use database::{Error, Read, Sql, params};

use crate::id::WorkspaceId;
use crate::store::Write;

const CURSOR_FIND: Sql = Sql::both("SELECT seq FROM event_cursors WHERE workspace_id = $1 AND consumer = $2");

// Forward only: of two nodes that did the same work, the slower one must not bring it back.
const CURSOR_MOVE: Sql = Sql::both(
    "INSERT INTO event_cursors (workspace_id, consumer, seq, moved_at_ms) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace_id, consumer) DO UPDATE SET seq = excluded.seq, moved_at_ms = excluded.moved_at_ms \
     WHERE event_cursors.seq < excluded.seq",
);

const CURSOR_FORGET: Sql = Sql::both("DELETE FROM event_cursors WHERE workspace_id = $1 AND consumer = $2");

/// The last event that the consumer is done with; `None` if it has never begun.
pub fn cursor_find(tx: &mut impl Read, workspace: WorkspaceId, consumer: &str) -> Result<Option<i64>, Error> {
    tx.query_row(&CURSOR_FIND, &params![workspace, consumer], |row| row.get(0))
}

/// Notes that the consumer is done with everything up to `seq`, in the write that did the work; never back.
pub fn cursor_move(write: &mut Write<'_, '_>, consumer: &str, seq: i64) -> Result<(), Error> {
    write.tx.execute(&CURSOR_MOVE, &params![write.workspace.id, consumer, seq, write.now]).map(drop)
}

/// Lets a consumer begin anew.
pub fn cursor_forget(write: &mut Write<'_, '_>, consumer: &str) -> Result<(), Error> {
    write.tx.execute(&CURSOR_FORGET, &params![write.workspace.id, consumer]).map(drop)
}

super::statements! {
    CURSOR_FIND, CURSOR_MOVE, CURSOR_FORGET,
}
