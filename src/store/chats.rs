//! Chats. Their contacts are in `contacts.rs`, lists of them in `chat_lists.rs`, their labels in `labels.rs`.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, ContactId, MessageUid, TeammateId, WorkspaceId};
use crate::store::Write;
use crate::store::chat_words::chat_words_stale;
use crate::store::labels::{label_news, label_rename};

/// A stored chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatRow {
    pub id: ChatId,
    pub account: AccountId,
    pub contact: ContactId,
    pub jid: String,
    /// E.164 with `+`; empty for groups and contacts without a known phone.
    pub phone: String,
    /// `<digits>@lid` or `<id>@bsuid`; empty for groups and contacts whose hidden id isn't known.
    pub lid: String,
    pub name: String,
    pub is_group: bool,
    pub closed: bool,
    pub unattended: bool,
    pub autoresponse: bool,
    pub unread: i64,
    pub created_at: Time,
    pub last_message: Option<MessageUid>,
    pub last_message_at: Time,
    pub last_inbound_at: Time,
    /// Who answers for it; [`TeammateId::NOBODY`] where nobody does.
    pub responsible: TeammateId,
}

macro_rules! chats_where {
    ($rest:literal) => {
        concat!(
            "SELECT c.chat_id, c.account_id, c.contact_id, c.jid, c.phone, c.name, c.is_group, c.closed, \
             c.unattended, c.autoresponse, c.unread, c.created_at_ms, c.last_message_uid, c.last_message_at_ms, \
             c.last_inbound_at_ms, c.responsible_id, c.lid FROM chats c ",
            $rest
        )
    };
}
pub(super) use chats_where;

const CHAT_FIND: Sql = Sql::both(chats_where!("WHERE c.workspace_id = $1 AND c.chat_id = $2"));

const CHAT_BY_JID: Sql = Sql::both(chats_where!("WHERE c.workspace_id = $1 AND c.jid = $2 AND c.account_id = $3"));

const CHAT_BY_NAME: Sql = Sql::both("SELECT chat_id FROM chats WHERE workspace_id = $1 AND name = $2");

static CHAT_INSERT: Sql = Sql::both(
    "INSERT INTO chats (workspace_id, chat_id, account_id, contact_id, jid, phone, name, name_folded, is_group, \
     closed, unattended, autoresponse, unread, created_at_ms, last_message_uid, last_message_at_ms, \
     last_inbound_at_ms, responsible_id, lid, waiting_since_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $17)",
);

// What RETURNING gives is kept in a table of its own until the statement ends, which a send would pay for.
const CHAT_SENT: Sql = Sql::both(
    "UPDATE chats SET last_message_uid = $3, last_message_at_ms = $4, unattended = FALSE \
     WHERE workspace_id = $1 AND chat_id = $2",
);

const CHAT_SENT_AND_RENAMED: Sql = Sql::both(
    "UPDATE chats SET last_message_uid = $3, last_message_at_ms = $4, unattended = FALSE, name = $5, name_folded = $6 \
     WHERE workspace_id = $1 AND chat_id = $2",
);

// Tells as well whether the chat has labels: those keep the order of the lists too.
const CHAT_RECEIVED: Sql = Sql::both(
    "UPDATE chats SET unread = unread + 1, unattended = TRUE, closed = FALSE, snoozed_until_ms = 0, \
     waiting_since_ms = CASE WHEN unattended THEN waiting_since_ms ELSE $4 END, \
     last_inbound_at_ms = CASE WHEN last_inbound_at_ms < $4 THEN $4 ELSE last_inbound_at_ms END, \
     last_message_uid = CASE WHEN last_message_at_ms <= $4 THEN $3 ELSE last_message_uid END, \
     last_message_at_ms = CASE WHEN last_message_at_ms <= $4 THEN $4 ELSE last_message_at_ms END \
     WHERE workspace_id = $1 AND chat_id = $2 \
     RETURNING EXISTS (SELECT 1 FROM chat_labels l WHERE l.workspace_id = $1 AND l.chat_id = $2)",
);

// A message of earlier days: it may still be the latest, and $5 says whether the contact wrote it.
const CHAT_SYNCED: Sql = Sql::both(
    "UPDATE chats SET \
     last_inbound_at_ms = CASE WHEN $5 AND last_inbound_at_ms < $4 THEN $4 ELSE last_inbound_at_ms END, \
     last_message_uid = CASE WHEN last_message_at_ms <= $4 THEN $3 ELSE last_message_uid END, \
     last_message_at_ms = CASE WHEN last_message_at_ms <= $4 THEN $4 ELSE last_message_at_ms END \
     WHERE workspace_id = $1 AND chat_id = $2 \
     RETURNING EXISTS (SELECT 1 FROM chat_labels l WHERE l.workspace_id = $1 AND l.chat_id = $2)",
);

const CHAT_RENAME: Sql = Sql::both(
    "UPDATE chats SET name = $3, name_folded = $4 WHERE workspace_id = $1 AND chat_id = $2 \
     RETURNING EXISTS (SELECT 1 FROM chat_labels l WHERE l.workspace_id = $1 AND l.chat_id = $2)",
);

const CHAT_CHANGE: Sql = Sql::both(
    "UPDATE chats SET closed = $3, unread = $4, autoresponse = $5, responsible_id = $6 \
     WHERE workspace_id = $1 AND chat_id = $2",
);

const CHAT_OF_RESPONSIBLE: Sql = Sql::both(
    "SELECT chat_id FROM chats WHERE workspace_id = $1 AND responsible_id > 0 AND responsible_id = $2 \
     ORDER BY last_message_at_ms DESC LIMIT $3",
);

const CHAT_UNASSIGN: Sql = Sql::both(
    "UPDATE chats SET responsible_id = 0 WHERE workspace_id = $1 AND responsible_id > 0 AND responsible_id = $2",
);

pub fn chat_find(tx: &mut impl Read, workspace: WorkspaceId, chat: ChatId) -> Result<Option<ChatRow>, Error> {
    tx.query_row(&CHAT_FIND, &params![workspace, chat], decode)
}

pub fn chat_by_jid(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    jid: &str,
) -> Result<Option<ChatRow>, Error> {
    tx.query_row(&CHAT_BY_JID, &params![workspace, jid, account], decode)
}

/// The chat that bears this very name.
pub fn chat_by_name(tx: &mut impl Read, workspace: WorkspaceId, name: &str) -> Result<Option<ChatId>, Error> {
    tx.query_row(&CHAT_BY_NAME, &params![workspace, name], |row| row.get(0))
}

/// Chats that a teammate answers for, at most `rows_max`.
pub fn chat_of_responsible(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    teammate: TeammateId,
    rows_max: i64,
) -> Result<Vec<ChatId>, Error> {
    tx.query(&CHAT_OF_RESPONSIBLE, &params![workspace, teammate, rows_max], |row| row.get(0))
}

/// Nobody answers any more for the chats that a teammate answered for.
pub fn chat_unassign(write: &mut Write<'_, '_>, teammate: TeammateId) -> Result<(), Error> {
    write.tx.execute(&CHAT_UNASSIGN, &params![write.workspace.id, teammate]).map(drop)
}

pub fn chat_insert(write: &mut Write<'_, '_>, chat: &ChatRow) -> Result<(), crate::error::Error> {
    let ChatRow { id, account, contact, jid, phone, name, is_group, closed, unattended, autoresponse, .. } = chat;
    let ChatRow { unread, created_at, last_message, last_message_at, last_inbound_at, responsible, lid, .. } = chat;
    let name_folded = fold(name);
    let values = params![
        write.workspace.id,
        id,
        account,
        contact,
        jid,
        phone,
        name,
        name_folded,
        is_group,
        closed,
        unattended,
        autoresponse,
        unread,
        created_at,
        last_message,
        last_message_at,
        last_inbound_at,
        responsible,
        lid
    ];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&CHAT_INSERT, values)
}

/// Notes the chat's newest message, one of ours. The caller has seen whether the chat has labels, and tells.
pub fn chat_sent(
    write: &mut Write<'_, '_>,
    (chat, has_labels): (ChatId, bool),
    message: MessageUid,
    at: Time,
) -> Result<(), crate::error::Error> {
    write.tx.execute(&CHAT_SENT, &params![write.workspace.id, chat, message, at])?;
    if has_labels { label_news(write, chat) } else { Ok(()) }
}

/// As [`chat_sent`], with the chat's new name, which the caller has seen to be free.
pub fn chat_sent_and_renamed(
    write: &mut Write<'_, '_>,
    (chat, has_labels): (ChatId, bool),
    message: MessageUid,
    at: Time,
    name: &str,
) -> Result<(), crate::error::Error> {
    chat_words_stale(write, chat)?;
    let folded = fold(name);
    let values = params![write.workspace.id, chat, message, at, name, folded];
    write.tx.execute(&CHAT_SENT_AND_RENAMED, &values)?;
    if has_labels { label_news(write, chat) } else { Ok(()) }
}

/// Notes a message of the contact: one more unread, and the chat is open again.
pub fn chat_received(
    write: &mut Write<'_, '_>,
    chat: ChatId,
    message: MessageUid,
    at: Time,
) -> Result<(), crate::error::Error> {
    let values = params![write.workspace.id, chat, message, at];
    let is_labelled = write.tx.query_row(&CHAT_RECEIVED, &values, |row| row.get(0))?;
    if is_labelled == Some(true) { label_news(write, chat) } else { Ok(()) }
}

/// Notes a message of earlier days: the chat shows it as its last where it is, and nobody waits for an answer to it.
pub fn chat_synced(
    write: &mut Write<'_, '_>,
    chat: ChatId,
    message: MessageUid,
    at: Time,
    is_inbound: bool,
) -> Result<(), crate::error::Error> {
    let values = params![write.workspace.id, chat, message, at, is_inbound];
    let is_labelled = write.tx.query_row(&CHAT_SYNCED, &values, |row| row.get(0))?;
    if is_labelled == Some(true) { label_news(write, chat) } else { Ok(()) }
}

/// Renames a chat; the caller has seen that the name is free.
pub fn chat_rename(write: &mut Write<'_, '_>, chat: ChatId, name: &str) -> Result<(), crate::error::Error> {
    chat_words_stale(write, chat)?;
    let folded = fold(name);
    let values = params![write.workspace.id, chat, name, folded];
    let is_labelled = write.tx.query_row(&CHAT_RENAME, &values, |row| row.get(0))?;
    if is_labelled == Some(true) { Ok(label_rename(write, chat, &folded)?) } else { Ok(()) }
}

/// Stores what people change of a chat beside its name: closed, unread, autoresponse, responsible.
pub fn chat_change(write: &mut Write<'_, '_>, chat: &ChatRow) -> Result<(), Error> {
    let ChatRow { id, closed, unread, autoresponse, responsible, .. } = chat;
    let values = params![write.workspace.id, id, closed, unread, autoresponse, responsible];
    write.tx.execute(&CHAT_CHANGE, &values).map(drop)
}

/// The form in which text is searched: both engines compare it alike.
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

pub(super) fn contains_pattern(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for letter in part.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

pub(super) fn decode(row: &Row<'_>) -> Result<ChatRow, Error> {
    Ok(ChatRow {
        id: row.get(0)?,
        account: row.get(1)?,
        contact: row.get(2)?,
        jid: row.get(3)?,
        phone: row.get(4)?,
        name: row.get(5)?,
        is_group: row.get(6)?,
        closed: row.get(7)?,
        unattended: row.get(8)?,
        autoresponse: row.get(9)?,
        unread: row.get(10)?,
        created_at: row.get(11)?,
        last_message: row.get(12)?,
        last_message_at: row.get(13)?,
        last_inbound_at: row.get(14)?,
        responsible: row.get(15)?,
        lid: row.get(16)?,
    })
}

super::statements! {
    CHAT_FIND, CHAT_BY_JID, CHAT_BY_NAME, CHAT_OF_RESPONSIBLE, CHAT_UNASSIGN,
    CHAT_INSERT, CHAT_SENT, CHAT_SENT_AND_RENAMED, CHAT_RECEIVED, CHAT_SYNCED, CHAT_RENAME, CHAT_CHANGE,
}
