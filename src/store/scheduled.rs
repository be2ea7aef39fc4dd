//! Scheduled messages: accepted and paid, and not in the outbox before their time. A send without a time pays nothing for
//! them.

use database::{Error, Read, Sql, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::message::Origin;
use crate::store::Write;
use crate::store::accounts::accounts_text;
use crate::store::message_times::message_time_changed;

/// A message that waits for its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledSend {
    pub message: MessageUid,
    pub account: AccountId,
    pub chat: ChatId,
    pub send_at: Time,
}

/// One whose time has come, with what decides how it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueSend {
    pub send: ScheduledSend,
    pub origin: Origin,
    pub last_inbound_at: Time,
    /// Never, unless its account was unlinked meanwhile.
    pub unlinked_at: Time,
    /// Never, or since when its recipient wants no mass messages.
    pub opted_out_at: Time,
}

static SCHEDULED_INSERT: Sql = Sql::both(
    "INSERT INTO scheduled_sends (workspace_id, uid, account_id, chat_id, send_at_ms) VALUES ($1, $2, $3, $4, $5)",
);

const SCHEDULED_FIND: Sql =
    Sql::both("SELECT uid, account_id, chat_id, send_at_ms FROM scheduled_sends WHERE workspace_id = $1 AND uid = $2");

const SCHEDULED_LIST: Sql =
    Sql::both("SELECT uid FROM scheduled_sends WHERE workspace_id = $1 ORDER BY send_at_ms, uid LIMIT $2 OFFSET $3");

const SCHEDULED_LIST_REACHED: Sql = Sql::both(
    "SELECT uid FROM scheduled_sends WHERE workspace_id = $1 AND $4 LIKE '%,' || CAST(account_id AS TEXT) || ',%' \
     ORDER BY send_at_ms, uid LIMIT $2 OFFSET $3",
);

const SCHEDULED_LIST_OF_CHAT: Sql = Sql::both(
    "SELECT uid FROM scheduled_sends WHERE workspace_id = $1 AND chat_id = $4 \
     ORDER BY send_at_ms, uid LIMIT $2 OFFSET $3",
);

const SCHEDULED_COUNT: Sql = Sql::both(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM scheduled_sends WHERE workspace_id = $1 LIMIT $2) AS s",
);

const SCHEDULED_DUE: Sql = Sql::both(
    "SELECT s.uid, s.account_id, s.chat_id, s.send_at_ms, m.origin, c.last_inbound_at_ms, a.unlinked_at_ms, \
     COALESCE(o.opted_out_at_ms, 0) \
     FROM scheduled_sends s \
     JOIN messages m ON m.workspace_id = s.workspace_id AND m.uid = s.uid \
     JOIN chats c ON c.workspace_id = s.workspace_id AND c.chat_id = s.chat_id \
     JOIN accounts a ON a.workspace_id = s.workspace_id AND a.account_id = s.account_id \
     LEFT JOIN contacts o ON o.workspace_id = c.workspace_id AND o.contact_id = c.contact_id \
     WHERE s.workspace_id = $1 AND s.send_at_ms <= $2 ORDER BY s.send_at_ms, s.uid LIMIT $3",
);

const SCHEDULED_DELETE: Sql = Sql::both("DELETE FROM scheduled_sends WHERE workspace_id = $1 AND uid = $2");

// Of all workspaces: the server looks for whom something is due.
const SCHEDULED_WORKSPACES: Sql = Sql::both(
    "SELECT DISTINCT workspace_id FROM scheduled_sends WHERE send_at_ms <= $1 ORDER BY workspace_id LIMIT $2",
);

const MESSAGE_NOW: Sql = Sql::both("UPDATE messages SET at_ms = $3 WHERE workspace_id = $1 AND uid = $2");

/// Lets an accepted message wait for its time.
pub fn scheduled_insert(write: &mut Write<'_, '_>, send: &ScheduledSend) -> Result<(), crate::error::Error> {
    let ScheduledSend { message, account, chat, send_at } = send;
    let values = database::owned_params![write.workspace.id, message, account, chat, send_at];
    write.later(&SCHEDULED_INSERT, values)
}

/// A message that still waits for its time.
pub fn scheduled_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
) -> Result<Option<ScheduledSend>, Error> {
    tx.query_row(&SCHEDULED_FIND, &params![workspace, message], |row| {
        Ok(ScheduledSend { message: row.get(0)?, account: row.get(1)?, chat: row.get(2)?, send_at: row.get(3)? })
    })
}

/// The messages that wait for their time, the soonest first; of one chat, or of all chats on these accounts if any are named.
pub fn scheduled_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: Option<ChatId>,
    accounts: Option<&[AccountId]>,
    rows_max: i64,
    skip: i64,
) -> Result<Vec<MessageUid>, Error> {
    match (chat, accounts.map(accounts_text)) {
        (Some(chat), _) => {
            tx.query(&SCHEDULED_LIST_OF_CHAT, &params![workspace, rows_max, skip, chat], |row| row.get(0))
        }
        (None, Some(text)) => {
            tx.query(&SCHEDULED_LIST_REACHED, &params![workspace, rows_max, skip, text], |row| row.get(0))
        }
        (None, None) => tx.query(&SCHEDULED_LIST, &params![workspace, rows_max, skip], |row| row.get(0)),
    }
}

/// How many messages of a workspace wait for their time; counted up to `rows_max`.
pub fn scheduled_count(tx: &mut impl Read, workspace: WorkspaceId, rows_max: i64) -> Result<i64, Error> {
    Ok(tx.query_row(&SCHEDULED_COUNT, &params![workspace, rows_max], |row| row.get(0))?.unwrap_or(0))
}

/// The messages whose time has come, the longest due first.
pub fn scheduled_due(write: &mut Write<'_, '_>, rows_max: i64) -> Result<Vec<DueSend>, Error> {
    write.tx.query(&SCHEDULED_DUE, &params![write.workspace.id, write.now, rows_max], |row| {
        let origin: i64 = row.get(4)?;
        Ok(DueSend {
            send: ScheduledSend { message: row.get(0)?, account: row.get(1)?, chat: row.get(2)?, send_at: row.get(3)? },
            origin: Origin::from_number(origin).ok_or_else(|| Error::Decode(format!("message origin {origin}")))?,
            last_inbound_at: row.get(5)?,
            unlinked_at: row.get(6)?,
            opted_out_at: row.get(7)?,
        })
    })
}

/// A message waits for its time no longer; `false` if it didn't.
pub fn scheduled_delete(write: &mut Write<'_, '_>, message: MessageUid) -> Result<bool, Error> {
    Ok(write.tx.execute(&SCHEDULED_DELETE, &params![write.workspace.id, message])? > 0)
}

/// The workspaces for which something is due.
pub fn scheduled_workspaces(tx: &mut impl Read, now: Time, rows_max: i64) -> Result<Vec<WorkspaceId>, Error> {
    tx.query(&SCHEDULED_WORKSPACES, &params![now, rows_max], |row| row.get(0))
}

/// Gives a message that goes only now the time of now.
pub fn message_set_at(write: &mut Write<'_, '_>, message: MessageUid) -> Result<(), Error> {
    write.tx.execute(&MESSAGE_NOW, &params![write.workspace.id, message, write.now])?;
    message_time_changed(write, message)
}

super::statements! {
    SCHEDULED_INSERT, SCHEDULED_FIND, SCHEDULED_LIST, SCHEDULED_LIST_REACHED, SCHEDULED_LIST_OF_CHAT, SCHEDULED_COUNT, SCHEDULED_DUE,
    SCHEDULED_DELETE, SCHEDULED_WORKSPACES, MESSAGE_NOW,
}
