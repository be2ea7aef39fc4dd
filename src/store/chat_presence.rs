//! Who is in a chat just now, where several nodes share the database: rows of a moment, which nobody misses when they are gone.

use std::time::Duration;

use database::{Error, Read, Sql, params};

use crate::clock::Time;
use crate::id::{ChatId, TeammateId, WorkspaceId};
use crate::store::Write;

/// Somebody in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceRow {
    /// [`TeammateId::NOBODY`] for the chat's contact.
    pub teammate: TeammateId,
    pub name: String,
    pub here_until: Time,
    pub writing_until: Time,
}

const PRESENCE_PUT: Sql = Sql::both(
    "INSERT INTO chat_presence (workspace_id, chat_id, teammate_id, name, here_until_ms, writing_until_ms) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workspace_id, chat_id, teammate_id) DO UPDATE SET \
     name = excluded.name, here_until_ms = excluded.here_until_ms, writing_until_ms = excluded.writing_until_ms",
);

const PRESENCE_LIST: Sql = Sql::both(
    "SELECT teammate_id, name, here_until_ms, writing_until_ms FROM chat_presence \
     WHERE workspace_id = $1 AND chat_id = $2 AND here_until_ms > $3 ORDER BY teammate_id LIMIT $4",
);

// Few: those whom somebody looked at within the last minutes.
const PRESENCE_FORGET: Sql = Sql::both("DELETE FROM chat_presence WHERE workspace_id = $1 AND here_until_ms < $2");

/// Says that somebody is in a chat for a while, and forgets those of the workspace who went long ago.
pub fn presence_put(write: &mut Write<'_, '_>, chat: ChatId, row: &PresenceRow, kept: Duration) -> Result<(), Error> {
    let workspace = write.workspace.id;
    let PresenceRow { teammate, name, here_until, writing_until } = row;
    write.tx.execute(&PRESENCE_PUT, &params![workspace, chat, teammate, name, here_until, writing_until])?;
    write.tx.execute(&PRESENCE_FORGET, &params![workspace, write.now - kept]).map(drop)
}

/// Who is in a chat, at most `rows_max`.
pub fn presence_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    now: Time,
    rows_max: i64,
) -> Result<Vec<PresenceRow>, Error> {
    tx.query(&PRESENCE_LIST, &params![workspace, chat, now, rows_max], |row| {
        Ok(PresenceRow {
            teammate: row.get(0)?,
            name: row.get(1)?,
            here_until: row.get(2)?,
            writing_until: row.get(3)?,
        })
    })
}

super::statements! {
    PRESENCE_PUT, PRESENCE_LIST, PRESENCE_FORGET,
}
