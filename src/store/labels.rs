//! The labels of chats. A label's row bears its chat's place in the lists, so that the chats of a label are listed as fast as
//! all chats are.

use database::{Error, Read, Sql, Value, params};

use crate::clock::Time;
use crate::id::{ChatId, WorkspaceId};
use crate::store::Write;
use crate::store::chats::fold;
use crate::store::page_ids::{page_ids, page_values};

static LABEL_INSERT: Sql = Sql::both(
    "INSERT INTO chat_labels (workspace_id, chat_id, label, last_message_at_ms, name_folded) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, chat_id, label) DO NOTHING",
);

const LABEL_DELETE: Sql = Sql::both("DELETE FROM chat_labels WHERE workspace_id = $1 AND chat_id = $2 AND label = $3");

// An INSERT, although the rows are there, so that it can wait for the end of the write and cost no round trip of its own.
static LABEL_NEWS: Sql = Sql::both(
    "INSERT INTO chat_labels (workspace_id, chat_id, label, last_message_at_ms, name_folded) \
     SELECT l.workspace_id, l.chat_id, l.label, c.last_message_at_ms, c.name_folded FROM chat_labels l \
     JOIN chats c ON c.workspace_id = l.workspace_id AND c.chat_id = l.chat_id \
     WHERE l.workspace_id = CAST($1 AS BIGINT) AND l.chat_id = CAST($2 AS BIGINT) \
     ON CONFLICT (workspace_id, chat_id, label) DO UPDATE SET \
     name_folded = excluded.name_folded, last_message_at_ms = excluded.last_message_at_ms",
);

const LABEL_RENAME: Sql = Sql::both("UPDATE chat_labels SET name_folded = $3 WHERE workspace_id = $1 AND chat_id = $2");

const LABEL_LIST: Sql =
    Sql::both("SELECT label FROM chat_labels WHERE workspace_id = $1 AND chat_id = $2 ORDER BY label");

const LABEL_IS_BORNE: Sql = Sql::both("SELECT 1 FROM chat_labels WHERE workspace_id = $1 AND label = $2 LIMIT 1");

const LABELS_OF: Sql = Sql::both(concat!(
    "SELECT chat_id, label FROM chat_labels WHERE workspace_id = $1 AND chat_id IN (",
    page_ids!(),
    ") ORDER BY chat_id, label"
));

/// Where a chat stands in the lists.
#[derive(Clone, Copy, Debug)]
pub struct Place<'n> {
    pub chat: ChatId,
    pub last_message_at: Time,
    /// As it is, not folded.
    pub name: &'n str,
}

/// Adds a label to a chat; `false` if it has it.
pub fn label_add(write: &mut Write<'_, '_>, place: Place<'_>, label: &str) -> Result<bool, Error> {
    let name_folded = fold(place.name);
    let values = params![write.workspace.id, place.chat, label, place.last_message_at, name_folded];
    Ok(write.tx.execute(&LABEL_INSERT, &values)? > 0)
}

/// As [`label_add`], of a label that the caller has seen the chat to be without; with the rest of the write.
pub fn label_add_later(write: &mut Write<'_, '_>, place: Place<'_>, label: &str) -> Result<(), crate::error::Error> {
    let values = vec![
        Value::Int(write.workspace.id.0),
        Value::Int(place.chat.0),
        Value::Text(label.to_owned().into()),
        Value::Int(place.last_message_at.ms()),
        Value::Text(fold(place.name).into()),
    ];
    write.later(&LABEL_INSERT, values)
}

/// Takes a label from a chat; `false` if it hasn't it.
pub fn label_remove(write: &mut Write<'_, '_>, chat: ChatId, label: &str) -> Result<bool, Error> {
    Ok(write.tx.execute(&LABEL_DELETE, &params![write.workspace.id, chat, label])? > 0)
}

/// Moves a labelled chat to where it stands in the other lists since this write changed it.
pub(super) fn label_news(write: &mut Write<'_, '_>, chat: ChatId) -> Result<(), crate::error::Error> {
    write.later(&LABEL_NEWS, vec![Value::Int(write.workspace.id.0), Value::Int(chat.0)])
}

/// Moves a labelled chat to its place by name.
pub(super) fn label_rename(write: &mut Write<'_, '_>, chat: ChatId, name_folded: &str) -> Result<(), Error> {
    write.tx.execute(&LABEL_RENAME, &params![write.workspace.id, chat, name_folded]).map(drop)
}

/// A chat's labels in alphabetical order.
pub fn label_list(tx: &mut impl Read, workspace: WorkspaceId, chat: ChatId) -> Result<Vec<String>, Error> {
    tx.query(&LABEL_LIST, &params![workspace, chat], |row| row.get(0))
}

/// Whether any chat bears a label.
pub fn label_is_borne(tx: &mut impl Read, workspace: WorkspaceId, label: &str) -> Result<bool, Error> {
    Ok(tx.query_row(&LABEL_IS_BORNE, &params![workspace, label], |row| row.get::<i64>(0))?.is_some())
}

/// The labels of a page of chats, each with its chat, in alphabetical order.
pub fn labels_of(tx: &mut impl Read, workspace: WorkspaceId, chats: &[ChatId]) -> Result<Vec<(ChatId, String)>, Error> {
    tx.query(&LABELS_OF, page_values(workspace, chats)?, |row| Ok((row.get(0)?, row.get(1)?)))
}

super::statements! {
    LABEL_INSERT, LABEL_DELETE, LABEL_NEWS, LABEL_RENAME, LABEL_LIST, LABEL_IS_BORNE, LABELS_OF,
}
