//! Chats, their contacts and their labels.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, ContactId, MessageUid, WorkspaceId};
use crate::store::Write;

/// A stored chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatRow {
    pub id: ChatId,
    pub account: AccountId,
    pub contact: ContactId,
    pub jid: String,
    /// E.164 with `+`; empty for groups and contacts without a known phone.
    pub phone: String,
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
}

/// Which chats to list; `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatFilter {
    pub is_group: Option<bool>,
    pub closed: Option<bool>,
    pub read: Option<bool>,
    /// Folded; a part of the name.
    pub name_part: Option<String>,
    /// E.164 with `+`.
    pub phone: Option<String>,
    /// The account's JID.
    pub account_jid: Option<String>,
}

macro_rules! chats_where {
    ($rest:literal) => {
        concat!(
            "SELECT c.chat_id, c.account_id, c.contact_id, c.jid, c.phone, c.name, c.is_group, c.closed, \
             c.unattended, c.autoresponse, c.unread, c.created_at_ms, c.last_message_uid, c.last_message_at_ms, \
             c.last_inbound_at_ms FROM chats c ",
            $rest
        )
    };
}

const CHAT_FIND: Sql = Sql::both(chats_where!("WHERE c.workspace_id = $1 AND c.chat_id = $2"));

const CHAT_BY_JID: Sql = Sql::both(chats_where!("WHERE c.workspace_id = $1 AND c.jid = $2 AND c.account_id = $3"));

const CHAT_BY_NAME: Sql = Sql::both("SELECT chat_id FROM chats WHERE workspace_id = $1 AND name = $2");

const CHAT_LIST: Sql = Sql::both(chats_where!(
    "WHERE c.workspace_id = $1 \
     AND (CAST($2 AS BOOLEAN) IS NULL OR c.is_group = $2) \
     AND (CAST($3 AS BOOLEAN) IS NULL OR c.closed = $3) \
     AND (CAST($4 AS BOOLEAN) IS NULL OR (c.unread = 0) = $4) \
     AND (CAST($5 AS TEXT) IS NULL OR c.name_folded LIKE $5 ESCAPE '!') \
     AND (CAST($6 AS TEXT) IS NULL OR c.phone = $6) \
     AND (CAST($7 AS TEXT) IS NULL OR c.account_id IN (SELECT a.account_id FROM accounts a \
          WHERE a.workspace_id = $1 AND a.jid = $7)) \
     ORDER BY c.last_message_at_ms DESC, c.name, c.chat_id LIMIT $8 OFFSET $9"
));

static CONTACT_INSERT: Sql =
    Sql::both("INSERT INTO contacts (workspace_id, contact_id, name, created_at_ms) VALUES ($1, $2, $3, $4)");

static CONTACT_ADDRESS_INSERT: Sql =
    Sql::both("INSERT INTO contact_addresses (workspace_id, jid, contact_id) VALUES ($1, $2, $3)");

const CONTACT_BY_JID: Sql = Sql::both("SELECT contact_id FROM contact_addresses WHERE workspace_id = $1 AND jid = $2");

static CHAT_INSERT: Sql = Sql::both(
    "INSERT INTO chats (workspace_id, chat_id, account_id, contact_id, jid, phone, name, name_folded, is_group, \
     closed, unattended, autoresponse, unread, created_at_ms, last_message_uid, last_message_at_ms, \
     last_inbound_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
);

const CHAT_SENT: Sql = Sql::both(
    "UPDATE chats SET last_message_uid = $3, last_message_at_ms = $4, unattended = FALSE \
     WHERE workspace_id = $1 AND chat_id = $2",
);

const CHAT_SENT_AND_RENAMED: Sql = Sql::both(
    "UPDATE chats SET last_message_uid = $3, last_message_at_ms = $4, unattended = FALSE, name = $5, name_folded = $6 \
     WHERE workspace_id = $1 AND chat_id = $2",
);

const CHAT_RECEIVED: Sql = Sql::both(
    "UPDATE chats SET unread = unread + 1, unattended = TRUE, closed = FALSE, \
     last_inbound_at_ms = CASE WHEN last_inbound_at_ms < $4 THEN $4 ELSE last_inbound_at_ms END, \
     last_message_uid = CASE WHEN last_message_at_ms <= $4 THEN $3 ELSE last_message_uid END, \
     last_message_at_ms = CASE WHEN last_message_at_ms <= $4 THEN $4 ELSE last_message_at_ms END \
     WHERE workspace_id = $1 AND chat_id = $2",
);

const CHAT_RENAME: Sql =
    Sql::both("UPDATE chats SET name = $3, name_folded = $4 WHERE workspace_id = $1 AND chat_id = $2");

static LABEL_INSERT: Sql = Sql::both(
    "INSERT INTO chat_labels (workspace_id, chat_id, label) VALUES ($1, $2, $3) \
     ON CONFLICT (workspace_id, chat_id, label) DO NOTHING",
);

const LABEL_LIST: Sql =
    Sql::both("SELECT label FROM chat_labels WHERE workspace_id = $1 AND chat_id = $2 ORDER BY label");

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

/// The chats that fit, newest message first, then by name; `rows_max` of them behind the first `skip`.
pub fn chat_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    filter: &ChatFilter,
    rows_max: i64,
    skip: i64,
) -> Result<Vec<ChatRow>, Error> {
    let name_pattern = filter.name_part.as_deref().map(contains_pattern);
    let ChatFilter { is_group, closed, read, phone, account_jid, .. } = filter;
    let values = params![workspace, is_group, closed, read, name_pattern, phone, account_jid, rows_max, skip];
    tx.query(&CHAT_LIST, &values, decode)
}

/// The contact behind an address, if it is known.
pub fn contact_find(tx: &mut impl Read, workspace: WorkspaceId, jid: &str) -> Result<Option<ContactId>, Error> {
    tx.query_row(&CONTACT_BY_JID, &params![workspace, jid], |row| row.get(0))
}

/// Makes a contact with one address.
pub fn contact_insert(write: &mut Write<'_, '_>, jid: &str, name: &str) -> Result<ContactId, crate::error::Error> {
    let workspace = write.workspace.id;
    let contact = write.next_contact_id();
    let (name, jid) = (Value::Text(name.to_owned().into()), Value::Text(jid.to_owned().into()));
    let (id, created_at) = (Value::Int(contact.0), Value::Int(write.now.ms()));
    write.later(&CONTACT_INSERT, vec![Value::Int(workspace.0), id.clone(), name, created_at])?;
    write.later(&CONTACT_ADDRESS_INSERT, vec![Value::Int(workspace.0), jid, id])?;
    Ok(contact)
}

pub fn chat_insert(write: &mut Write<'_, '_>, chat: &ChatRow) -> Result<(), crate::error::Error> {
    let ChatRow { id, account, contact, jid, phone, name, is_group, closed, unattended, autoresponse, .. } = chat;
    let ChatRow { unread, created_at, last_message, last_message_at, last_inbound_at, .. } = chat;
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
        last_inbound_at
    ];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&CHAT_INSERT, values)
}

/// Notes the chat's newest message, one of ours.
pub fn chat_sent(write: &mut Write<'_, '_>, chat: ChatId, message: MessageUid, at: Time) -> Result<(), Error> {
    write.tx.execute(&CHAT_SENT, &params![write.workspace.id, chat, message, at]).map(drop)
}

/// As [`chat_sent`], with the chat's new name, which the caller has seen to be free.
pub fn chat_sent_and_renamed(
    write: &mut Write<'_, '_>,
    chat: ChatId,
    message: MessageUid,
    at: Time,
    name: &str,
) -> Result<(), Error> {
    let folded = fold(name);
    let values = params![write.workspace.id, chat, message, at, name, folded];
    write.tx.execute(&CHAT_SENT_AND_RENAMED, &values).map(drop)
}

/// Notes a message of the contact: one more unread, and the chat is open again.
pub fn chat_received(write: &mut Write<'_, '_>, chat: ChatId, message: MessageUid, at: Time) -> Result<(), Error> {
    write.tx.execute(&CHAT_RECEIVED, &params![write.workspace.id, chat, message, at]).map(drop)
}

/// Renames a chat; the caller has seen that the name is free.
pub fn chat_rename(write: &mut Write<'_, '_>, chat: ChatId, name: &str) -> Result<(), Error> {
    write.tx.execute(&CHAT_RENAME, &params![write.workspace.id, chat, name, fold(name)]).map(drop)
}

/// Adds a label to a chat; `false` if it has it.
pub fn label_add(write: &mut Write<'_, '_>, chat: ChatId, label: &str) -> Result<bool, Error> {
    Ok(write.tx.execute(&LABEL_INSERT, &params![write.workspace.id, chat, label])? > 0)
}

/// As [`label_add`], of a label that the caller has seen the chat to be without; with the rest of the write.
pub fn label_add_later(write: &mut Write<'_, '_>, chat: ChatId, label: &str) -> Result<(), crate::error::Error> {
    let values = vec![Value::Int(write.workspace.id.0), Value::Int(chat.0), Value::Text(label.to_owned().into())];
    write.later(&LABEL_INSERT, values)
}

/// A chat's labels in alphabetical order.
pub fn label_list(tx: &mut impl Read, workspace: WorkspaceId, chat: ChatId) -> Result<Vec<String>, Error> {
    tx.query(&LABEL_LIST, &params![workspace, chat], |row| row.get(0))
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

fn decode(row: &Row<'_>) -> Result<ChatRow, Error> {
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
    })
}

super::statements! {
    CHAT_FIND, CHAT_BY_JID, CHAT_BY_NAME, CHAT_LIST, CONTACT_INSERT, CONTACT_ADDRESS_INSERT,
    CONTACT_BY_JID, CHAT_INSERT, CHAT_SENT, CHAT_SENT_AND_RENAMED,
    CHAT_RECEIVED, CHAT_RENAME, LABEL_INSERT, LABEL_LIST,
}
