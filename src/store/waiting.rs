//! Chats by who waits, and what is put off: the two orders that the lists by news don't have.

use database::{Error, Read, Sql, Tx, params};

use crate::clock::Time;
use crate::id::{ChatId, WorkspaceId};
use crate::store::Write;

/// Where a chat stands among those that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingKey {
    pub since: Time,
    pub chat: ChatId,
}

// The one behind which a page begins stands in the row order itself: since, then chat.
const WAITING_LIST: Sql = Sql::both(
    "SELECT waiting_since_ms, chat_id FROM chats WHERE workspace_id = $1 AND unattended = TRUE AND closed = FALSE \
     AND snoozed_until_ms = 0 AND waiting_since_ms >= $2 AND (waiting_since_ms > $2 OR chat_id > $3) \
     ORDER BY waiting_since_ms, chat_id LIMIT $4",
);

const WAITING_FIND: Sql = Sql::both("SELECT waiting_since_ms FROM chats WHERE workspace_id = $1 AND chat_id = $2");

const SNOOZED_LIST: Sql = Sql::both(
    "SELECT chat_id, snoozed_until_ms FROM chats WHERE workspace_id = $1 AND snoozed_until_ms > 0 ORDER BY snoozed_until_ms, chat_id LIMIT $2",
);

const SNOOZED_FIND: Sql = Sql::both("SELECT snoozed_until_ms FROM chats WHERE workspace_id = $1 AND chat_id = $2");

const SNOOZED_DUE: Sql = Sql::both(
    "SELECT chat_id FROM chats WHERE workspace_id = $1 AND snoozed_until_ms > 0 AND snoozed_until_ms <= $2 \
     ORDER BY snoozed_until_ms, chat_id LIMIT $3",
);

// Of all workspaces: the server looks for whom something is due.
const SNOOZED_WORKSPACES: Sql = Sql::both(
    "SELECT DISTINCT workspace_id FROM chats WHERE snoozed_until_ms > 0 AND snoozed_until_ms <= $1 \
     ORDER BY workspace_id LIMIT $2",
);

const SNOOZE_SET: Sql = Sql::both("UPDATE chats SET snoozed_until_ms = $3 WHERE workspace_id = $1 AND chat_id = $2");

/// Open chats whose contacts wait for us, the longest waiting first, from behind a place on.
pub fn waiting_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    behind: Option<WaitingKey>,
    rows_max: i64,
) -> Result<Vec<WaitingKey>, Error> {
    let (since, chat) = behind.map_or((0, 0), |key| (key.since.ms(), key.chat.0));
    tx.query(&WAITING_LIST, &params![workspace, since, chat, rows_max], |row| {
        Ok(WaitingKey { since: row.get(0)?, chat: row.get(1)? })
    })
}

/// Where a chat stands, or stood when it waited last; `None` without such a chat.
pub fn waiting_place(tx: &mut impl Read, workspace: WorkspaceId, chat: ChatId) -> Result<Option<WaitingKey>, Error> {
    tx.query_row(&WAITING_FIND, &params![workspace, chat], |row| Ok(WaitingKey { since: row.get(0)?, chat }))
}

/// Chats that are put off with their times, the soonest first.
pub fn snoozed_list(tx: &mut impl Read, workspace: WorkspaceId, rows_max: i64) -> Result<Vec<(ChatId, Time)>, Error> {
    tx.query(&SNOOZED_LIST, &params![workspace, rows_max], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Until when a chat is put off; never if it isn't.
pub fn snoozed_until(tx: &mut impl Read, workspace: WorkspaceId, chat: ChatId) -> Result<Time, Error> {
    Ok(tx.query_row(&SNOOZED_FIND, &params![workspace, chat], |row| row.get(0))?.unwrap_or(Time::NEVER))
}

/// Chats whose time has come.
pub fn snoozed_due(write: &mut Write<'_, '_>, rows_max: i64) -> Result<Vec<ChatId>, Error> {
    write.tx.query(&SNOOZED_DUE, &params![write.workspace.id, write.now, rows_max], |row| row.get(0))
}

/// The workspaces in which a chat's time has come.
pub fn snoozed_workspaces(tx: &mut impl Read, now: Time, rows_max: i64) -> Result<Vec<WorkspaceId>, Error> {
    tx.query(&SNOOZED_WORKSPACES, &params![now, rows_max], |row| row.get(0))
}

/// Puts a chat off until then, or lets it be there again with [`Time::NEVER`].
pub fn snooze_set(tx: &mut Tx<'_>, workspace: WorkspaceId, chat: ChatId, until: Time) -> Result<(), Error> {
    tx.execute(&SNOOZE_SET, &params![workspace, chat, until]).map(drop)
}

super::statements! {
    WAITING_LIST, WAITING_FIND, SNOOZED_LIST, SNOOZED_FIND, SNOOZED_DUE, SNOOZED_WORKSPACES, SNOOZE_SET,
}
