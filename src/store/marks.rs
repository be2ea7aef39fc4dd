//! What a contact is to see of us beside messages: that we have read theirs, that we write. Rows, so that whichever server
//! has the account's line tells it; for a moment only, since nobody wants to hear of it later.

use database::{Error, Read, Sql, owned_params, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::store::Write;

/// What is shown. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    Read = 1,
    Typing = 2,
}

/// A mark to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMark {
    pub account: AccountId,
    pub chat: ChatId,
    pub kind: MarkKind,
    /// How it is written: `typing`, `recording`, `paused`; empty for what was read.
    pub detail: String,
    /// The last message that was read; none is newer.
    pub up_to: Option<MessageUid>,
    /// How many were not read before.
    pub messages: i64,
    /// It is told by then or not at all.
    pub until: Time,
}

/// A message of a contact, as its sender's phone knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMessage {
    pub wamid: String,
    pub sender_jid: String,
}

static MARK_PUT: Sql = Sql::both(
    "INSERT INTO chat_marks (workspace_id, account_id, chat_id, kind, detail, message_uid, messages, until_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT (workspace_id, account_id, chat_id, kind) DO UPDATE SET detail = excluded.detail, \
     message_uid = excluded.message_uid, messages = excluded.messages, until_ms = excluded.until_ms",
);

const MARK_LIST: Sql = Sql::both(
    "SELECT k.chat_id, k.kind, k.detail, k.message_uid, k.messages, k.until_ms, c.jid FROM chat_marks k \
     JOIN chats c ON c.workspace_id = k.workspace_id AND c.chat_id = k.chat_id \
     WHERE k.workspace_id = $1 AND k.account_id = $2 ORDER BY k.until_ms LIMIT $3",
);

const MARK_DELETE: Sql = Sql::both(
    "DELETE FROM chat_marks WHERE workspace_id = $1 AND account_id = $2 AND chat_id = $3 AND kind = $4 \
     AND until_ms <= $5",
);

const READ_MESSAGES: Sql = Sql::both(
    "SELECT wamid, sender_jid FROM messages WHERE workspace_id = $1 AND chat_id = $2 AND uid <= $3 \
     AND from_me = CAST($4 AS BOOLEAN) AND kind = 1 ORDER BY uid DESC LIMIT $5",
);

const LAST_RECEIVED: Sql = Sql::both(
    "SELECT m.wamid FROM chats c JOIN messages m ON m.workspace_id = c.workspace_id AND m.chat_id = c.chat_id \
     AND m.from_me = CAST($4 AS BOOLEAN) AND m.kind = 1 \
     WHERE c.workspace_id = $1 AND c.account_id = $2 AND c.jid = $3 ORDER BY m.uid DESC LIMIT 1",
);

/// Lets a mark be told; a newer one of the same chat takes an older one's place.
pub fn mark_put(write: &mut Write<'_, '_>, mark: &ChatMark) -> Result<(), crate::error::Error> {
    let ChatMark { account, chat, kind, detail, up_to, messages, until } = mark;
    let kind = *kind as i64;
    let values = owned_params![write.workspace.id, account, chat, kind, detail, up_to, messages, until];
    write.later(&MARK_PUT, values)
}

/// The marks of an account, each with its chat's JID.
pub fn mark_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    rows_max: i64,
) -> Result<Vec<(ChatMark, String)>, Error> {
    tx.query(&MARK_LIST, &params![workspace, account, rows_max], |row| {
        let kind = match row.get::<i64>(1)? {
            1 => MarkKind::Read,
            2 => MarkKind::Typing,
            other => return Err(Error::Decode(format!("chat mark {other}"))),
        };
        let mark = ChatMark {
            account,
            chat: row.get(0)?,
            kind,
            detail: row.get(2)?,
            up_to: row.get(3)?,
            messages: row.get(4)?,
            until: row.get(5)?,
        };
        Ok((mark, row.get(6)?))
    })
}

/// Forgets a mark that was told, or is of no use any more; a newer one stays.
pub fn mark_delete(write: &mut Write<'_, '_>, mark: &ChatMark) -> Result<(), Error> {
    let kind = mark.kind as i64;
    let values = params![write.workspace.id, mark.account, mark.chat, kind, mark.until];
    write.tx.execute(&MARK_DELETE, &values).map(drop)
}

/// The contact's messages that a mark of what was read names, the newest first.
pub fn read_messages(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    mark: &ChatMark,
    rows_max: i64,
) -> Result<Vec<ReadMessage>, Error> {
    let Some(up_to) = mark.up_to else { return Ok(Vec::new()) };
    let rows = mark.messages.clamp(1, rows_max);
    tx.query(&READ_MESSAGES, &params![workspace, mark.chat, up_to, false, rows], |row| {
        Ok(ReadMessage { wamid: row.get(0)?, sender_jid: row.get(1)? })
    })
}

/// WhatsApp's id of what the contact of a chat said last.
pub fn last_received(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    jid: &str,
) -> Result<Option<String>, Error> {
    tx.query_row(&LAST_RECEIVED, &params![workspace, account, jid, false], |row| row.get(0))
}

super::statements! {
    MARK_PUT, MARK_LIST, MARK_DELETE, READ_MESSAGES, LAST_RECEIVED,
}
