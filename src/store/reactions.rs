//! Reactions to messages, and those of ours that are on their way out.

use database::{Error, Read, Row, Sql, Value, params};
use transport::Kind;

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::message::{MessageKind, Status};
use crate::store::Write;

/// What somebody put to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionRow {
    pub chat: ChatId,
    pub message: MessageUid,
    /// Empty for the account's own.
    pub reactor_jid: String,
    pub reactor_name: String,
    /// Empty where it was taken back.
    pub emoji: String,
    /// Of our own, what WhatsApp has; of others the same as `emoji`.
    pub told_emoji: String,
    /// Of our own, the latest that is on its way.
    pub send: Option<MessageUid>,
    pub at: Time,
}

/// One of our reactions on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionSend {
    /// Its own uid, as in the outbox.
    pub uid: MessageUid,
    pub chat: ChatId,
    /// Reacted to.
    pub message: MessageUid,
    pub wamid: String,
    pub emoji: String,
}

/// What reacting to a message needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionTarget {
    pub chat: ChatId,
    pub account: AccountId,
    pub kind: MessageKind,
    pub status: Status,
    /// Never, unless it was taken back for everyone.
    pub deleted_at: Time,
    pub last_inbound_at: Time,
    pub transport: Kind,
    pub account_phone: String,
    pub unlinked_at: Time,
    /// What ours is now, and what WhatsApp has of it; empty where there is none.
    pub emoji: String,
    pub told_emoji: String,
    /// The message waits for its time.
    pub is_scheduled: bool,
}

const REACTION_TARGET: Sql = Sql::both(
    "SELECT m.chat_id, m.account_id, m.kind, m.status, d.deleted_at_ms, c.last_inbound_at_ms, a.transport, a.phone, \
     a.unlinked_at_ms, x.emoji, x.told_emoji, s.uid FROM messages m \
     JOIN chats c ON c.workspace_id = m.workspace_id AND c.chat_id = m.chat_id \
     JOIN accounts a ON a.workspace_id = m.workspace_id AND a.account_id = m.account_id \
     LEFT JOIN message_details d ON d.workspace_id = m.workspace_id AND d.uid = m.uid \
     LEFT JOIN scheduled_sends s ON s.workspace_id = m.workspace_id AND s.uid = m.uid \
     LEFT JOIN reactions x ON x.workspace_id = m.workspace_id AND x.chat_id = m.chat_id AND x.uid = m.uid \
     AND x.reactor_jid = '' \
     WHERE m.workspace_id = $1 AND m.uid = $2",
);

const REACTION_FIND: Sql = Sql::both(
    "SELECT chat_id, uid, reactor_jid, reactor_name, emoji, told_emoji, send_uid, at_ms FROM reactions \
     WHERE workspace_id = $1 AND chat_id = $2 AND uid = $3 AND reactor_jid = $4",
);

const REACTION_LIST: Sql = Sql::both(
    "SELECT chat_id, uid, reactor_jid, reactor_name, emoji, told_emoji, send_uid, at_ms FROM reactions \
     WHERE workspace_id = $1 AND chat_id = $2 AND uid >= $3 AND uid <= $4 AND emoji <> '' \
     ORDER BY uid, reactor_jid LIMIT $5",
);

static REACTION_PUT: Sql = Sql::both(
    "INSERT INTO reactions (workspace_id, chat_id, uid, reactor_jid, reactor_name, emoji, told_emoji, send_uid, at_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     ON CONFLICT (workspace_id, chat_id, uid, reactor_jid) DO UPDATE SET reactor_name = excluded.reactor_name, \
     emoji = excluded.emoji, told_emoji = excluded.told_emoji, send_uid = excluded.send_uid, at_ms = excluded.at_ms",
);

const REACTION_TOLD: Sql = Sql::both(
    "UPDATE reactions SET told_emoji = $4, send_uid = CASE WHEN send_uid = $5 THEN NULL ELSE send_uid END \
     WHERE workspace_id = $1 AND chat_id = $2 AND uid = $3 AND reactor_jid = ''",
);

const REACTION_UNDO: Sql = Sql::both(
    "UPDATE reactions SET emoji = told_emoji, send_uid = NULL \
     WHERE workspace_id = $1 AND chat_id = $2 AND uid = $3 AND reactor_jid = '' AND send_uid = $4",
);

const REACTION_CLEAR: Sql = Sql::both("DELETE FROM reactions WHERE workspace_id = $1 AND chat_id = $2 AND uid = $3");

static REACTION_SEND_INSERT: Sql = Sql::both(
    "INSERT INTO reaction_sends (workspace_id, uid, chat_id, message_uid, wamid, emoji) VALUES ($1, $2, $3, $4, $5, $6)",
);

const REACTION_SEND_DELETE: Sql = Sql::both("DELETE FROM reaction_sends WHERE workspace_id = $1 AND uid = $2");

/// The message with what reacting to it needs; `None` if there is no such message.
pub fn reaction_target(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
) -> Result<Option<ReactionTarget>, Error> {
    tx.query_row(&REACTION_TARGET, &params![workspace, message], |row| {
        let (kind, status, transport): (i64, i64, String) = (row.get(2)?, row.get(3)?, row.get(6)?);
        Ok(ReactionTarget {
            chat: row.get(0)?,
            account: row.get(1)?,
            kind: MessageKind::from_number(kind).ok_or_else(|| Error::Decode(format!("message kind {kind}")))?,
            status: Status::from_number(status).ok_or_else(|| Error::Decode(format!("message status {status}")))?,
            deleted_at: row.get::<Option<Time>>(4)?.unwrap_or(Time::NEVER),
            last_inbound_at: row.get(5)?,
            transport: Kind::parse(&transport).ok_or_else(|| Error::Decode(format!("transport {transport}")))?,
            account_phone: row.get(7)?,
            unlinked_at: row.get(8)?,
            emoji: row.get::<Option<String>>(9)?.unwrap_or_default(),
            told_emoji: row.get::<Option<String>>(10)?.unwrap_or_default(),
            is_scheduled: row.get::<Option<MessageUid>>(11)?.is_some(),
        })
    })
}

/// One person's reaction, also one that was taken back.
pub fn reaction_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    message: MessageUid,
    reactor_jid: &str,
) -> Result<Option<ReactionRow>, Error> {
    tx.query_row(&REACTION_FIND, &params![workspace, chat, message, reactor_jid], decode)
}

/// The reactions to the messages of a chat from `first` to `last`, by message; at most `rows_max`.
pub fn reaction_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    (first, last): (MessageUid, MessageUid),
    rows_max: i64,
) -> Result<Vec<ReactionRow>, Error> {
    tx.query(&REACTION_LIST, &params![workspace, chat, first, last, rows_max], decode)
}

/// Sets one person's reaction. At most once per person and message in one write.
pub fn reaction_put(write: &mut Write<'_, '_>, reaction: &ReactionRow) -> Result<(), crate::error::Error> {
    let ReactionRow { chat, message, reactor_jid, reactor_name, emoji, told_emoji, send, at } = reaction;
    let values = params![write.workspace.id, chat, message, reactor_jid, reactor_name, emoji, told_emoji, send, at];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&REACTION_PUT, values)
}

/// WhatsApp has our reaction.
pub fn reaction_told(write: &mut Write<'_, '_>, sent: &ReactionSend) -> Result<(), Error> {
    let values = params![write.workspace.id, sent.chat, sent.message, sent.emoji, sent.uid];
    write.tx.execute(&REACTION_TOLD, &values).map(drop)
}

/// Our reaction didn't go: what WhatsApp has counts again, unless another of ours is on its way. Whether anything changed.
pub fn reaction_undo(write: &mut Write<'_, '_>, sent: &ReactionSend) -> Result<bool, Error> {
    let values = params![write.workspace.id, sent.chat, sent.message, sent.uid];
    Ok(write.tx.execute(&REACTION_UNDO, &values)? > 0)
}

/// Forgets all reactions to a message.
pub fn reaction_clear(write: &mut Write<'_, '_>, chat: ChatId, message: MessageUid) -> Result<(), Error> {
    write.tx.execute(&REACTION_CLEAR, &params![write.workspace.id, chat, message]).map(drop)
}

/// Adds one of ours that is about to go; its row in the outbox bears the same uid.
pub fn reaction_send_insert(write: &mut Write<'_, '_>, send: &ReactionSend) -> Result<(), crate::error::Error> {
    let ReactionSend { uid, chat, message, wamid, emoji } = send;
    let values = params![write.workspace.id, uid, chat, message, wamid, emoji];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&REACTION_SEND_INSERT, values)
}

/// Forgets one that has gone, or never will.
pub fn reaction_send_delete(write: &mut Write<'_, '_>, uid: MessageUid) -> Result<(), Error> {
    write.tx.execute(&REACTION_SEND_DELETE, &params![write.workspace.id, uid]).map(drop)
}

fn decode(row: &Row<'_>) -> Result<ReactionRow, Error> {
    Ok(ReactionRow {
        chat: row.get(0)?,
        message: row.get(1)?,
        reactor_jid: row.get(2)?,
        reactor_name: row.get(3)?,
        emoji: row.get(4)?,
        told_emoji: row.get(5)?,
        send: row.get(6)?,
        at: row.get(7)?,
    })
}

super::statements! {
    REACTION_TARGET, REACTION_FIND, REACTION_LIST, REACTION_PUT, REACTION_TOLD, REACTION_UNDO, REACTION_CLEAR,
    REACTION_SEND_INSERT, REACTION_SEND_DELETE,
}
