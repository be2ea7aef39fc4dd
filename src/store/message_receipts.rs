//! Who of a group has a message of ours, and who has read it. Messages to one contact have no rows here: their status says it.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::message::Status;
use crate::store::Write;

/// What one participant's phone told of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Never where only the reading was told.
    pub delivered_at: Time,
    /// Never until it was read.
    pub read_at: Time,
}

/// Somebody to whom a message went, with what their phone told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientRow {
    pub jid: String,
    /// As they call themselves; empty where that isn't known, or they are in the group no more.
    pub name: String,
    pub receipt: ReceiptRow,
}

/// How many of those to whom a message went have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiptCount {
    /// 0 where nobody knows who is in the group.
    pub recipients: i64,
    pub delivered: i64,
    pub read: i64,
    /// When the last one of them got it, and read it.
    pub delivered_at: Time,
    pub read_at: Time,
}

impl ReceiptRow {
    /// When it was there at the latest.
    pub fn there_at(&self) -> Time {
        if self.delivered_at.is_never() { self.read_at } else { self.delivered_at }
    }
}

/// Those to whom a message went: who is in its group but us, and was when it was sent. $1 workspace, $2 chat, $3 message,
/// $4 account, $5 when it was sent if its history doesn't say.
macro_rules! recipients {
    () => {
        "FROM chat_members m \
         LEFT JOIN message_receipts r ON r.workspace_id = m.workspace_id AND r.uid = $3 AND r.jid = m.jid \
         WHERE m.workspace_id = $1 AND m.chat_id = $2 \
         AND m.jid <> (SELECT a.jid FROM accounts a WHERE a.workspace_id = $1 AND a.account_id = $4) \
         AND m.joined_at_ms <= COALESCE((SELECT h.at_ms FROM status_history h WHERE h.workspace_id = $1 \
         AND h.uid = $3 AND h.status = 2), CAST($5 AS BIGINT))"
    };
}

const RECEIPT_FIND: Sql = Sql::both(
    "SELECT delivered_at_ms, read_at_ms FROM message_receipts WHERE workspace_id = $1 AND uid = $2 AND jid = $3",
);

const RECEIPT_COUNT: Sql =
    Sql::both("SELECT CAST(COUNT(*) AS BIGINT) FROM message_receipts WHERE workspace_id = $1 AND uid = $2");

const RECEIPT_SAVE: Sql = Sql::both(
    "INSERT INTO message_receipts (workspace_id, uid, jid, delivered_at_ms, read_at_ms) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (workspace_id, uid, jid) DO UPDATE SET delivered_at_ms = excluded.delivered_at_ms, \
     read_at_ms = excluded.read_at_ms",
);

const RECEIPT_STANDING: Sql = Sql::both(concat!(
    "SELECT CAST(COUNT(*) AS BIGINT), CAST(COUNT(r.jid) AS BIGINT), \
     CAST(COALESCE(SUM(CASE WHEN r.read_at_ms > 0 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(MAX(CASE WHEN r.delivered_at_ms > 0 THEN r.delivered_at_ms ELSE r.read_at_ms END), 0) AS BIGINT), \
     CAST(COALESCE(MAX(r.read_at_ms), 0) AS BIGINT) ",
    recipients!(),
    " AND EXISTS (SELECT 1 FROM chat_groups g WHERE g.workspace_id = $1 AND g.chat_id = $2 AND g.is_whole)"
));

const RECIPIENT_LIST: Sql = Sql::both(concat!(
    "SELECT m.jid, m.name, COALESCE(r.delivered_at_ms, 0), COALESCE(r.read_at_ms, 0) ",
    recipients!(),
    " UNION ALL SELECT r.jid, CAST('' AS TEXT), r.delivered_at_ms, r.read_at_ms FROM message_receipts r \
     WHERE r.workspace_id = $1 AND r.uid = $3 AND NOT EXISTS (SELECT 1 FROM chat_members m \
     WHERE m.workspace_id = $1 AND m.chat_id = $2 AND m.jid = r.jid) ORDER BY 2, 1 LIMIT $6"
));

// The newest of ours in a chat first, however far they are, so that the walk has an end.
const RECEIPT_OPEN: Sql = Sql::both(
    "SELECT n.uid, n.status FROM (SELECT m.uid, m.status FROM messages m \
     WHERE m.workspace_id = $1 AND m.chat_id = $2 AND m.from_me = TRUE ORDER BY m.uid DESC LIMIT $3) AS n \
     WHERE n.status IN (2, 3) AND EXISTS (SELECT 1 FROM message_receipts r \
     WHERE r.workspace_id = $1 AND r.uid = n.uid)",
);

const RECEIPT_PRUNE: Sql = Sql::both(
    "DELETE FROM message_receipts WHERE workspace_id = $1 AND uid IN (SELECT r.uid FROM message_receipts r \
     WHERE r.workspace_id = $1 AND r.uid < $2 ORDER BY r.uid LIMIT $3)",
);

/// What a participant's phone has told of a message so far.
pub fn receipt_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
    jid: &str,
) -> Result<Option<ReceiptRow>, Error> {
    tx.query_row(&RECEIPT_FIND, &params![workspace, message, jid], |row| decode(row, 0))
}

/// How many have told something of a message.
pub fn receipt_count(tx: &mut impl Read, workspace: WorkspaceId, message: MessageUid) -> Result<i64, Error> {
    Ok(tx.query_row(&RECEIPT_COUNT, &params![workspace, message], |row| row.get(0))?.unwrap_or(0))
}

/// Keeps what a participant's phone told.
pub fn receipt_save(
    write: &mut Write<'_, '_>,
    message: MessageUid,
    jid: &str,
    receipt: &ReceiptRow,
) -> Result<(), Error> {
    let ReceiptRow { delivered_at, read_at } = receipt;
    write.tx.execute(&RECEIPT_SAVE, &params![write.workspace.id, message, jid, delivered_at, read_at]).map(drop)
}

/// How many of those to whom a message went have it. `sent_at` counts where its history doesn't say yet when it was sent.
pub fn receipt_standing(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    chat: ChatId,
    message: MessageUid,
    sent_at: Time,
) -> Result<ReceiptCount, Error> {
    let counted = tx.query_row(&RECEIPT_STANDING, &params![workspace, chat, message, account, sent_at], |row| {
        Ok(ReceiptCount {
            recipients: row.get(0)?,
            delivered: row.get(1)?,
            read: row.get(2)?,
            delivered_at: row.get(3)?,
            read_at: row.get(4)?,
        })
    })?;
    Ok(counted.unwrap_or_default())
}

/// Those to whom a message went, by name, and whoever else told something of it; at most `rows_max`.
pub fn recipient_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    chat: ChatId,
    message: MessageUid,
    rows_max: i64,
) -> Result<Vec<RecipientRow>, Error> {
    let sent_at = Time::from_ms(i64::MAX);
    tx.query(&RECIPIENT_LIST, &params![workspace, chat, message, account, sent_at, rows_max], |row| {
        Ok(RecipientRow { jid: row.get(0)?, name: row.get(1)?, receipt: decode(row, 2)? })
    })
}

/// Among the newest `rows_max` messages of a group, ours that somebody has and not everybody has read, with their status.
pub fn receipt_open(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    rows_max: i64,
) -> Result<Vec<(MessageUid, Status)>, Error> {
    tx.query(&RECEIPT_OPEN, &params![workspace, chat, rows_max], |row| {
        let number: i64 = row.get(1)?;
        let status = Status::from_number(number).ok_or_else(|| Error::Decode(format!("message status {number}")))?;
        Ok((row.get(0)?, status))
    })
}

/// Forgets what was told of messages accepted before `before`, at most `rows_max` of them and all that goes with those;
/// returns how many rows went.
pub fn receipt_prune(write: &mut Write<'_, '_>, before: Time, rows_max: i64) -> Result<u64, Error> {
    let ms = u64::try_from(before.ms()).unwrap_or(0).to_be_bytes();
    // The first six bytes of a uid are its time.
    let mut uid = [0; 16];
    uid[..6].copy_from_slice(&ms[2..]);
    let values = [Value::Int(write.workspace.id.0), Value::Bytes(uid.to_vec().into()), Value::Int(rows_max)];
    write.tx.execute(&RECEIPT_PRUNE, &values)
}

fn decode(row: &Row<'_>, first: usize) -> Result<ReceiptRow, Error> {
    Ok(ReceiptRow { delivered_at: row.get(first)?, read_at: row.get(first + 1)? })
}

super::statements! {
    RECEIPT_FIND, RECEIPT_COUNT, RECEIPT_SAVE, RECEIPT_STANDING, RECIPIENT_LIST, RECEIPT_OPEN, RECEIPT_PRUNE,
}
