//! Our edits and deletions of our own messages, on their way out.

use database::{Error, Read, Sql, params};
use transport::Kind;

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::message::{MessageKind, Status};
use crate::store::Write;

/// What is done to a message. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Edit = 1,
    Delete = 2,
}

impl ChangeKind {
    pub fn from_number(number: i64) -> Option<ChangeKind> {
        [ChangeKind::Edit, ChangeKind::Delete].into_iter().find(|kind| *kind as i64 == number)
    }

    /// As events tell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Edit => "edit",
            ChangeKind::Delete => "delete",
        }
    }
}

/// A change that WhatsApp hasn't yet; its row in the outbox bears the same uid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageChange {
    pub uid: MessageUid,
    pub chat: ChatId,
    pub message: MessageUid,
    pub wamid: String,
    pub kind: ChangeKind,
    /// What it says from then on; empty for a deletion.
    pub text: String,
    /// When WhatsApp won't have it any more; never where the message itself hadn't gone.
    pub until: Time,
}

/// A message that somebody wants to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeTarget {
    pub chat: ChatId,
    pub account: AccountId,
    pub kind: MessageKind,
    pub from_me: bool,
    pub status: Status,
    /// When WhatsApp had it; never where it hasn't.
    pub sent_at: Time,
    pub deleted_at: Time,
    /// It waits for its time.
    pub is_scheduled: bool,
    pub has_file: bool,
    pub last_inbound_at: Time,
    pub transport: Kind,
    pub account_phone: String,
    pub unlinked_at: Time,
}

const CHANGE_TARGET: Sql = Sql::both(
    "SELECT m.chat_id, m.account_id, m.kind, m.from_me, m.status, h.at_ms, d.deleted_at_ms, s.send_at_ms, f.kind, \
     c.last_inbound_at_ms, a.transport, a.phone, a.unlinked_at_ms FROM messages m \
     JOIN chats c ON c.workspace_id = m.workspace_id AND c.chat_id = m.chat_id \
     JOIN accounts a ON a.workspace_id = m.workspace_id AND a.account_id = m.account_id \
     LEFT JOIN status_history h ON h.workspace_id = m.workspace_id AND h.uid = m.uid AND h.status = $3 \
     LEFT JOIN message_details d ON d.workspace_id = m.workspace_id AND d.uid = m.uid \
     LEFT JOIN scheduled_sends s ON s.workspace_id = m.workspace_id AND s.uid = m.uid \
     LEFT JOIN message_files f ON f.workspace_id = m.workspace_id AND f.message_uid = m.uid \
     WHERE m.workspace_id = $1 AND m.uid = $2",
);

static CHANGE_INSERT: Sql = Sql::both(
    "INSERT INTO message_changes (workspace_id, uid, chat_id, message_uid, wamid, kind, text, until_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);

const CHANGE_DELETE: Sql = Sql::both("DELETE FROM message_changes WHERE workspace_id = $1 AND uid = $2");

/// The message with what changing it needs; `None` if there is no such message.
pub fn change_target(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
) -> Result<Option<ChangeTarget>, Error> {
    let sent = Status::Sent as i64;
    tx.query_row(&CHANGE_TARGET, &params![workspace, message, sent], |row| {
        let (kind, status, transport): (i64, i64, String) = (row.get(2)?, row.get(4)?, row.get(10)?);
        Ok(ChangeTarget {
            chat: row.get(0)?,
            account: row.get(1)?,
            kind: MessageKind::from_number(kind).ok_or_else(|| Error::Decode(format!("message kind {kind}")))?,
            from_me: row.get(3)?,
            status: Status::from_number(status).ok_or_else(|| Error::Decode(format!("message status {status}")))?,
            sent_at: row.get::<Option<Time>>(5)?.unwrap_or(Time::NEVER),
            deleted_at: row.get::<Option<Time>>(6)?.unwrap_or(Time::NEVER),
            is_scheduled: row.get::<Option<Time>>(7)?.is_some(),
            has_file: row.get::<Option<String>>(8)?.is_some(),
            last_inbound_at: row.get(9)?,
            transport: Kind::parse(&transport).ok_or_else(|| Error::Decode(format!("transport {transport}")))?,
            account_phone: row.get(11)?,
            unlinked_at: row.get(12)?,
        })
    })
}

/// Adds a change that is about to go.
pub fn change_insert(write: &mut Write<'_, '_>, change: &MessageChange) -> Result<(), crate::error::Error> {
    let MessageChange { uid, chat, message, wamid, kind, text, until } = change;
    let kind = *kind as i64;
    let values = database::owned_params![write.workspace.id, uid, chat, message, wamid, kind, text, until];
    write.later(&CHANGE_INSERT, values)
}

/// Forgets one that has gone, or never will.
pub fn change_delete(write: &mut Write<'_, '_>, uid: MessageUid) -> Result<(), Error> {
    write.tx.execute(&CHANGE_DELETE, &params![write.workspace.id, uid]).map(drop)
}

super::statements! {
    CHANGE_TARGET, CHANGE_INSERT, CHANGE_DELETE,
}
