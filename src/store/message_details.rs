//! What few messages have besides their row: a note's privacy, and what became of a message after it was sent.

use database::{Error, Read, Sql, Value, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, TeammateId, WorkspaceId};
use crate::store::Write;

/// What a message has besides its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageDetails {
    pub is_private: bool,
    /// Never, unless its sender changed it; the last time counts.
    pub edited_at: Time,
    /// Never, unless its sender took it back for everyone.
    pub deleted_at: Time,
    /// Never, unless it was accepted to go later; stays when it has gone.
    pub scheduled_at: Time,
    /// The teammate who said it by hand; nobody for everything else.
    pub said_by: TeammateId,
}

/// A message as its sender's later events name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedMessage {
    pub uid: MessageUid,
    pub chat: ChatId,
    pub from_me: bool,
    /// Empty for our own.
    pub sender_jid: String,
    pub details: MessageDetails,
}

/// How many messages one wamid may name in one chat, each of another sender.
const NAMESAKES_MAX: i64 = 10;

const MESSAGE_NAMED: Sql = Sql::both(
    "SELECT m.uid, m.chat_id, m.from_me, m.sender_jid, d.is_private, d.edited_at_ms, d.deleted_at_ms, \
     d.scheduled_at_ms, d.teammate_id FROM messages m \
     JOIN chats c ON c.workspace_id = m.workspace_id AND c.chat_id = m.chat_id \
     LEFT JOIN message_details d ON d.workspace_id = m.workspace_id AND d.uid = m.uid \
     WHERE m.workspace_id = $1 AND m.account_id = $2 AND m.wamid = $3 AND c.jid = $4 ORDER BY m.uid LIMIT $5",
);

static DETAILS_INSERT: Sql = Sql::both(
    "INSERT INTO message_details (workspace_id, uid, is_private, edited_at_ms, deleted_at_ms, scheduled_at_ms, \
     teammate_id) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (workspace_id, uid) DO UPDATE SET edited_at_ms = excluded.edited_at_ms, \
     deleted_at_ms = excluded.deleted_at_ms",
);

const MESSAGE_TEXT: Sql = Sql::both("UPDATE messages SET text = $3 WHERE workspace_id = $1 AND uid = $2");

/// The messages of a chat that bear this wamid.
pub fn message_named(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    chat_jid: &str,
    wamid: &str,
) -> Result<Vec<NamedMessage>, Error> {
    tx.query(&MESSAGE_NAMED, &params![workspace, account, wamid, chat_jid, NAMESAKES_MAX], |row| {
        Ok(NamedMessage {
            uid: row.get(0)?,
            chat: row.get(1)?,
            from_me: row.get(2)?,
            sender_jid: row.get(3)?,
            details: MessageDetails {
                is_private: row.get::<Option<bool>>(4)?.unwrap_or(false),
                edited_at: row.get::<Option<Time>>(5)?.unwrap_or(Time::NEVER),
                deleted_at: row.get::<Option<Time>>(6)?.unwrap_or(Time::NEVER),
                scheduled_at: row.get::<Option<Time>>(7)?.unwrap_or(Time::NEVER),
                said_by: row.get::<Option<TeammateId>>(8)?.unwrap_or(TeammateId::NOBODY),
            },
        })
    })
}

/// Sets what a message has besides its row; a note's privacy stays as it was written, and so do the time of a
/// schedule and whoever said it.
pub fn message_details_put(
    write: &mut Write<'_, '_>,
    message: MessageUid,
    details: &MessageDetails,
) -> Result<(), crate::error::Error> {
    let MessageDetails { is_private, edited_at, deleted_at, scheduled_at, said_by } = details;
    let values = params![write.workspace.id, message, is_private, edited_at, deleted_at, scheduled_at, said_by];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&DETAILS_INSERT, values)
}

/// Changes what a message says.
pub fn message_set_text(write: &mut Write<'_, '_>, message: MessageUid, text: &str) -> Result<(), Error> {
    write.tx.execute(&MESSAGE_TEXT, &params![write.workspace.id, message, text]).map(drop)
}

super::statements! {
    MESSAGE_NAMED, DETAILS_INSERT, MESSAGE_TEXT,
}
