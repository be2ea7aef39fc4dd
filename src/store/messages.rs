//! Messages and the history of their statuses.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, TeammateId, TokenId, WorkspaceId};
use crate::message::{Failure, MessageKind, Origin, Status};
use crate::store::Write;
use crate::store::chats::ChatRow;
use crate::store::message_details::MessageDetails;
use crate::store::message_files::{MessageFile, attachment_columns, attachment_of};
use crate::store::message_times::message_time_put;
use crate::store::page_ids::{page_ids, page_values};

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    pub uid: MessageUid,
    pub chat: ChatId,
    pub account: AccountId,
    pub from_me: bool,
    pub status: Status,
    pub kind: MessageKind,
    pub origin: Origin,
    /// The token that sent it; 0 if none did.
    pub token: TokenId,
    pub text: String,
    pub wamid: String,
    pub reply_to: Option<MessageUid>,
    /// Empty for our own.
    pub sender_jid: String,
    pub sender_name: String,
    /// By WhatsApp's clock for inbound ones, else when it was accepted.
    pub at: Time,
    pub received_at: Time,
    pub credits_recurring: i64,
    pub credits_topped_up: i64,
    pub failure: Option<Failure>,
}

/// A message with the names that a reader needs beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    pub message: MessageRow,
    pub chat_phone: String,
    pub chat_name: String,
    /// `<digits>@lid` or `<id>@bsuid`; empty for groups and where it isn't known.
    pub chat_lid: String,
    pub is_group: bool,
    pub account_phone: String,
    pub account_name: String,
    /// Empty if no token sent it.
    pub token_name: String,
    pub details: MessageDetails,
    pub attachment: Option<MessageFile>,
}

/// One step of a message's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    pub status: Status,
    pub at: Time,
}

macro_rules! messages_where {
    ($rest:literal) => {
        concat!(
            "SELECT m.uid, m.chat_id, m.account_id, m.from_me, m.status, m.kind, m.origin, m.token_id, m.text, \
             m.wamid, m.reply_to, m.sender_jid, m.sender_name, m.at_ms, m.received_at_ms, m.credits_recurring, \
             m.credits_topped_up, m.failure_code, m.failure_title, m.failure_details, c.phone, c.name, a.phone, \
             a.name, t.name, d.is_private, d.edited_at_ms, d.deleted_at_ms, d.scheduled_at_ms, d.teammate_id, ",
            attachment_columns!(),
            ", c.lid, c.is_group FROM messages m \
             JOIN chats c ON c.workspace_id = m.workspace_id AND c.chat_id = m.chat_id \
             JOIN accounts a ON a.workspace_id = m.workspace_id AND a.account_id = m.account_id \
             LEFT JOIN tokens t ON t.workspace_id = m.workspace_id AND t.token_id = m.token_id \
             LEFT JOIN message_details d ON d.workspace_id = m.workspace_id AND d.uid = m.uid \
             LEFT JOIN message_files f ON f.workspace_id = m.workspace_id AND f.message_uid = m.uid ",
            $rest
        )
    };
}
pub(super) use messages_where;

pub use crate::store::message_lists::{MessageFilter, message_list};

const MESSAGE_FIND: Sql = Sql::both(messages_where!("WHERE m.workspace_id = $1 AND m.uid = $2"));

// The chats of a page first, then the last message of each.
const MESSAGE_LAST: Sql = Sql::both(concat!(
    messages_where!(
        "WHERE m.workspace_id = $1 AND m.uid = c.last_message_uid AND c.workspace_id = $1 AND c.chat_id IN ("
    ),
    page_ids!(),
    ")"
));

const MESSAGE_BY_WAMID: Sql = Sql::both(
    "SELECT uid, status, chat_id FROM messages \
     WHERE workspace_id = $1 AND account_id = $2 AND wamid = $3 AND from_me",
);

// A person's ids are their own, so two may have chosen the same one: in the chat itself comes first. Of other chats only what we
// said may be answered, as a message of a group is in private.
const MESSAGE_ANSWERED: Sql = Sql::both(
    "SELECT uid FROM messages WHERE workspace_id = $1 AND account_id = $2 AND wamid = $3 AND (chat_id = $4 OR from_me) \
     ORDER BY CASE WHEN chat_id = $4 THEN 0 ELSE 1 END, CASE WHEN from_me THEN 0 ELSE 1 END, uid LIMIT 1",
);

const MESSAGE_STATUS_FIND: Sql = Sql::both("SELECT status FROM messages WHERE workspace_id = $1 AND uid = $2");

const MESSAGE_CHAT: Sql = Sql::both("SELECT chat_id FROM messages WHERE workspace_id = $1 AND uid = $2");

// A contact with two addresses may have been known by the other one, and had a chat of its own under it.
const MESSAGE_KNOWN: Sql = Sql::both(
    "SELECT m.uid FROM messages m WHERE m.workspace_id = $1 AND m.account_id = $2 AND m.wamid = $3 \
     AND m.sender_jid IN ($5, $6) AND (m.chat_id = $4 OR EXISTS (SELECT 1 FROM chats c WHERE c.workspace_id = $1 \
     AND c.jid = $7 AND c.account_id = $2 AND c.chat_id = m.chat_id)) ORDER BY m.uid LIMIT 1",
);

static MESSAGE_INSERT: Sql = Sql::both(
    "INSERT INTO messages (workspace_id, uid, chat_id, account_id, from_me, status, kind, origin, token_id, text, \
     wamid, reply_to, sender_jid, sender_name, at_ms, received_at_ms, credits_recurring, credits_topped_up) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
);

const MESSAGE_STATUS: Sql = Sql::both("UPDATE messages SET status = $3 WHERE workspace_id = $1 AND uid = $2");

const MESSAGE_FAIL: Sql = Sql::both(
    "UPDATE messages SET status = $3, failure_code = $4, failure_title = $5, failure_details = $6 \
     WHERE workspace_id = $1 AND uid = $2",
);

const MESSAGE_OWN: Sql = Sql::both(
    "SELECT status, chat_id FROM messages WHERE workspace_id = $1 AND uid = $2 AND account_id = $3 AND from_me = $4",
);

const MESSAGE_WAMID: Sql = Sql::both("UPDATE messages SET wamid = $3 WHERE workspace_id = $1 AND uid = $2");

static HISTORY_INSERT: Sql =
    Sql::both("INSERT INTO status_history (workspace_id, uid, status, at_ms) VALUES ($1, $2, $3, $4)");

// By status, which only moves forward: the times are told by several clocks, ours and WhatsApp's.
const HISTORY_LIST: Sql =
    Sql::both("SELECT status, at_ms FROM status_history WHERE workspace_id = $1 AND uid = $2 ORDER BY status");

/// Adds a message with its first status.
pub fn message_insert(write: &mut Write<'_, '_>, message: &MessageRow) -> Result<(), crate::error::Error> {
    let MessageRow { uid, chat, account, from_me, token, text, wamid, reply_to, .. } = message;
    let MessageRow { sender_jid, sender_name, at, received_at, credits_recurring, credits_topped_up, .. } = message;
    let (status, kind, origin) = (message.status as i64, message.kind as i64, message.origin as i64);
    let values = params![
        write.workspace.id,
        uid,
        chat,
        account,
        from_me,
        status,
        kind,
        origin,
        token,
        text,
        wamid,
        reply_to,
        sender_jid,
        sender_name,
        at,
        received_at,
        credits_recurring,
        credits_topped_up
    ];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&MESSAGE_INSERT, values)?;
    message_time_put(write, message)?;
    history_insert(write, *uid, message.status, *received_at)
}

/// A message with its names.
pub fn message_find(tx: &mut impl Read, workspace: WorkspaceId, uid: MessageUid) -> Result<Option<MessageView>, Error> {
    tx.query_row(&MESSAGE_FIND, &params![workspace, uid], decode)
}

/// The last message of each of these chats that has one; at most a page of chats.
pub fn message_last(tx: &mut impl Read, workspace: WorkspaceId, chats: &[ChatId]) -> Result<Vec<MessageView>, Error> {
    tx.query(&MESSAGE_LAST, page_values(workspace, chats)?, decode)
}

/// One of our messages by WhatsApp's id, with its status and chat.
pub fn message_by_wamid(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    wamid: &str,
) -> Result<Option<(MessageUid, Status, ChatId)>, Error> {
    tx.query_row(&MESSAGE_BY_WAMID, &params![workspace, account, wamid], |row| {
        Ok((row.get(0)?, status(row.get(1)?)?, row.get(2)?))
    })
}

/// One of our messages by our own id, with its status and chat; `None` also where it is another account's.
pub fn message_own(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    uid: MessageUid,
) -> Result<Option<(Status, ChatId)>, Error> {
    tx.query_row(&MESSAGE_OWN, &params![workspace, uid, account, true], |row| Ok((status(row.get(0)?)?, row.get(1)?)))
}

/// The message that one in `chat` answers, by WhatsApp's id of it: whoever sent it.
pub fn message_answered(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    chat: ChatId,
    wamid: &str,
) -> Result<Option<MessageUid>, Error> {
    tx.query_row(&MESSAGE_ANSWERED, &params![workspace, account, wamid, chat], |row| row.get(0))
}

/// The chat that a message is of.
pub fn message_chat(tx: &mut impl Read, workspace: WorkspaceId, uid: MessageUid) -> Result<Option<ChatId>, Error> {
    tx.query_row(&MESSAGE_CHAT, &params![workspace, uid], |row| row.get(0))
}

/// How far a message has come.
pub fn message_status(tx: &mut impl Read, workspace: WorkspaceId, uid: MessageUid) -> Result<Option<Status>, Error> {
    tx.query_row(&MESSAGE_STATUS_FIND, &params![workspace, uid], |row| status(row.get(0)?))
}

/// Where a message of a contact stands if it was stored before.
#[derive(Clone, Copy, Debug)]
pub struct KnownAs<'k> {
    chat: &'k ChatRow,
    sender_jid: &'k str,
}

impl<'k> KnownAs<'k> {
    /// In the chat that it belongs to, or in one that the account has with the same contact's other address.
    pub fn of(chat: &'k ChatRow, sender_jid: &'k str) -> KnownAs<'k> {
        KnownAs { chat, sender_jid }
    }

    /// The sender's other address in a chat of their own; the same where there is none.
    fn other_sender(&self) -> &'k str {
        match self.sender_jid {
            jid if self.chat.lid.is_empty() || self.chat.is_group || jid.is_empty() => jid,
            jid if jid == self.chat.lid => &self.chat.jid,
            _ => &self.chat.lid,
        }
    }
}

/// A message that a contact sent and that was stored before.
pub fn message_known(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    known: &KnownAs<'_>,
    wamid: &str,
) -> Result<Option<MessageUid>, Error> {
    let KnownAs { chat, sender_jid } = known;
    let other_sender = known.other_sender();
    let values = params![workspace, chat.account, wamid, chat.id, sender_jid, other_sender, chat.lid];
    tx.query_row(&MESSAGE_KNOWN, &values, |row| row.get(0))
}

/// Moves a message on; the caller has seen that the status may follow.
pub fn message_set_status(
    write: &mut Write<'_, '_>,
    uid: MessageUid,
    status: Status,
    at: Time,
) -> Result<(), crate::error::Error> {
    let number = status as i64;
    write.tx.execute(&MESSAGE_STATUS, &params![write.workspace.id, uid, number])?;
    history_insert(write, uid, status, at)
}

/// Notes that a message failed, and why.
pub fn message_fail(
    write: &mut Write<'_, '_>,
    uid: MessageUid,
    failure: &Failure,
    at: Time,
) -> Result<(), crate::error::Error> {
    let number = Status::Failed as i64;
    let values = params![write.workspace.id, uid, number, failure.code, failure.title, failure.details];
    write.tx.execute(&MESSAGE_FAIL, &values)?;
    history_insert(write, uid, Status::Failed, at)
}

/// Notes the id that WhatsApp gave a message, where it chooses them.
pub fn message_set_wamid(write: &mut Write<'_, '_>, uid: MessageUid, wamid: &str) -> Result<(), Error> {
    write.tx.execute(&MESSAGE_WAMID, &params![write.workspace.id, uid, wamid]).map(drop)
}

/// A message's way, oldest first.
pub fn history_list(tx: &mut impl Read, workspace: WorkspaceId, uid: MessageUid) -> Result<Vec<HistoryRow>, Error> {
    tx.query(&HISTORY_LIST, &params![workspace, uid], |row| {
        Ok(HistoryRow { status: status(row.get(0)?)?, at: row.get(1)? })
    })
}

fn history_insert(
    write: &mut Write<'_, '_>,
    uid: MessageUid,
    status: Status,
    at: Time,
) -> Result<(), crate::error::Error> {
    let workspace = Value::Int(write.workspace.id.0);
    let uid = Value::Bytes(uid.0.as_bytes().to_vec().into());
    write.later(&HISTORY_INSERT, vec![workspace, uid, Value::Int(status as i64), Value::Int(at.ms())])
}

fn status(number: i64) -> Result<Status, Error> {
    Status::from_number(number).ok_or_else(|| Error::Decode(format!("message status {number}")))
}

pub(super) fn decode(row: &Row<'_>) -> Result<MessageView, Error> {
    let failure_title: Option<String> = row.get(18)?;
    let failure_details: Option<String> = row.get(19)?;
    let failure = match (failure_title, failure_details) {
        (Some(title), Some(details)) => Some(Failure { code: row.get(17)?, title, details }),
        _ => None,
    };
    let message = MessageRow {
        uid: row.get(0)?,
        chat: row.get(1)?,
        account: row.get(2)?,
        from_me: row.get(3)?,
        status: status(row.get(4)?)?,
        kind: MessageKind::from_number(row.get(5)?).ok_or_else(|| Error::Decode("message kind".into()))?,
        origin: Origin::from_number(row.get(6)?).ok_or_else(|| Error::Decode("message origin".into()))?,
        token: row.get(7)?,
        text: row.get(8)?,
        wamid: row.get(9)?,
        reply_to: row.get(10)?,
        sender_jid: row.get(11)?,
        sender_name: row.get(12)?,
        at: row.get(13)?,
        received_at: row.get(14)?,
        credits_recurring: row.get(15)?,
        credits_topped_up: row.get(16)?,
        failure,
    };
    Ok(MessageView {
        message,
        chat_phone: row.get(20)?,
        chat_name: row.get(21)?,
        account_phone: row.get(22)?,
        account_name: row.get(23)?,
        token_name: row.get::<Option<String>>(24)?.unwrap_or_default(),
        details: MessageDetails {
            is_private: row.get::<Option<bool>>(25)?.unwrap_or(false),
            edited_at: row.get::<Option<Time>>(26)?.unwrap_or(Time::NEVER),
            deleted_at: row.get::<Option<Time>>(27)?.unwrap_or(Time::NEVER),
            scheduled_at: row.get::<Option<Time>>(28)?.unwrap_or(Time::NEVER),
            said_by: row.get::<Option<TeammateId>>(29)?.unwrap_or(TeammateId::NOBODY),
        },
        attachment: attachment_of(row, 30)?,
        chat_lid: row.get(44)?,
        is_group: row.get(45)?,
    })
}

super::statements! {
    MESSAGE_FIND, MESSAGE_LAST, MESSAGE_BY_WAMID, MESSAGE_OWN, MESSAGE_ANSWERED, MESSAGE_STATUS_FIND, MESSAGE_CHAT, MESSAGE_KNOWN,
    MESSAGE_INSERT, MESSAGE_STATUS, MESSAGE_FAIL, MESSAGE_WAMID, HISTORY_INSERT, HISTORY_LIST,
}
