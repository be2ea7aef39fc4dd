//! What happened to a chat beside its messages, as its thread tells it: the log's events of a few kinds, which an index of
//! their own finds by chat. They are there for as long as the log keeps events.

use database::{Error, Read, Sql, params};

use crate::clock::Time;
use crate::id::{ChatId, WorkspaceId};
use crate::store::events::{EventRow, decode};

// The kinds are those of the index `events_of_chats`, word for word: only so an engine takes it.
const CHAT_LINES: Sql = Sql::both(
    "SELECT seq, kind, at_ms, chat_id, uid, detail, cause FROM events WHERE workspace_id = $1 AND chat_id = $2 \
     AND at_ms >= $3 AND at_ms < $4 AND kind IN (6, 7, 8, 60, 61, 62, 65, 150, 151, 200) \
     ORDER BY at_ms DESC, seq DESC LIMIT $5",
);

/// What happened to a chat from `from` on and before `before`: the newest `rows_max` of it, oldest first.
pub fn chat_line_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    (from, before): (Time, Time),
    rows_max: i64,
) -> Result<Vec<EventRow>, Error> {
    let mut rows = tx.query(&CHAT_LINES, &params![workspace, chat, from, before, rows_max], decode)?;
    rows.reverse();
    Ok(rows)
}

super::statements! {
    CHAT_LINES,
}
