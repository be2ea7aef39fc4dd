//! The outbox: messages accepted and not yet handed to a transport, numbered in the order of acceptance.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::store::Write;

/// A waiting message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    pub account: AccountId,
    pub seq: i64,
    pub message: MessageUid,
    pub chat: ChatId,
    /// Lower goes first; the numbers are `accounts::pacing`'s.
    pub class: i64,
    pub accepted_at: Time,
    pub not_before: Time,
    /// Handed to the transport, whose answer isn't recorded yet.
    pub sending: bool,
    pub attempts: i64,
    /// Why it waits, for people; empty if it only waits its turn.
    pub reason: String,
}

/// What the transport needs of a waiting message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxMessage {
    pub row: OutboxRow,
    pub wamid: String,
    pub text: String,
    pub chat_jid: String,
    pub reply_to_wamid: Option<String>,
}

static OUTBOX_INSERT: Sql = Sql::both(
    "INSERT INTO outbox (workspace_id, account_id, seq, uid, chat_id, class, accepted_at_ms, not_before_ms, sending, \
     attempts, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
);

macro_rules! outbox_where {
    ($rest:literal) => {
        concat!(
            "SELECT o.account_id, o.seq, o.uid, o.chat_id, o.class, o.accepted_at_ms, o.not_before_ms, o.sending, \
             o.attempts, o.reason FROM outbox o ",
            $rest
        )
    };
}

const OUTBOX_BY_CLASS: Sql =
    Sql::both(outbox_where!("WHERE o.workspace_id = $1 AND o.account_id = $2 ORDER BY o.class, o.seq LIMIT $3"));

const OUTBOX_OLDEST: Sql =
    Sql::both(outbox_where!("WHERE o.workspace_id = $1 AND o.account_id = $2 ORDER BY o.seq LIMIT $3"));

const OUTBOX_OF_CHAT: Sql = Sql::both(outbox_where!(
    "WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.chat_id = $3 ORDER BY o.seq LIMIT $4"
));

const OUTBOX_BY_MESSAGE: Sql = Sql::both(
    "SELECT o.account_id, o.seq, o.uid, o.chat_id, o.class, o.accepted_at_ms, o.not_before_ms, o.sending, \
     o.attempts, o.reason, m.wamid, m.text, c.jid, r.wamid \
     FROM outbox o \
     JOIN messages m ON m.workspace_id = o.workspace_id AND m.uid = o.uid \
     JOIN chats c ON c.workspace_id = o.workspace_id AND c.chat_id = o.chat_id \
     LEFT JOIN messages r ON r.workspace_id = m.workspace_id AND r.uid = m.reply_to \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.seq = $3",
);

const OUTBOX_SENDING: Sql = Sql::both(
    "UPDATE outbox SET sending = TRUE, attempts = attempts + 1, reason = '' \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3",
);

const OUTBOX_WAIT: Sql = Sql::both(
    "UPDATE outbox SET sending = FALSE, not_before_ms = $4, reason = $5 \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3",
);

const OUTBOX_CLASS: Sql = Sql::both(
    "UPDATE outbox SET class = $4 WHERE workspace_id = $1 AND account_id = $2 AND chat_id = $3 AND class > $4",
);

const OUTBOX_DELETE: Sql = Sql::both("DELETE FROM outbox WHERE workspace_id = $1 AND account_id = $2 AND seq = $3");

const OUTBOX_COUNT: Sql = Sql::both("SELECT CAST(COUNT(*) AS BIGINT) FROM outbox WHERE workspace_id = $1");

pub fn outbox_insert(write: &mut Write<'_, '_>, row: &OutboxRow) -> Result<(), crate::error::Error> {
    let OutboxRow { account, seq, message, chat, class, accepted_at, not_before, sending, attempts, reason } = row;
    let values = params![
        write.workspace.id,
        account,
        seq,
        message,
        chat,
        class,
        accepted_at,
        not_before,
        sending,
        attempts,
        reason
    ];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&OUTBOX_INSERT, values)
}

/// Waiting messages of an account, the most urgent class first, in each in the order of acceptance.
pub fn outbox_by_class(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    rows_max: i64,
) -> Result<Vec<OutboxRow>, Error> {
    tx.query(&OUTBOX_BY_CLASS, &params![workspace, account, rows_max], decode)
}

/// The account's longest waiting messages.
pub fn outbox_oldest(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    rows_max: i64,
) -> Result<Vec<OutboxRow>, Error> {
    tx.query(&OUTBOX_OLDEST, &params![workspace, account, rows_max], decode)
}

/// A chat's waiting messages in the order of acceptance, whatever their class.
pub fn outbox_of_chat(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    chat: ChatId,
    rows_max: i64,
) -> Result<Vec<OutboxRow>, Error> {
    tx.query(&OUTBOX_OF_CHAT, &params![workspace, account, chat, rows_max], decode)
}

/// A waiting message with all that its transport needs.
pub fn outbox_message(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    seq: i64,
) -> Result<Option<OutboxMessage>, Error> {
    tx.query_row(&OUTBOX_BY_MESSAGE, &params![workspace, account, seq], |row| {
        Ok(OutboxMessage {
            row: decode(row)?,
            wamid: row.get(10)?,
            text: row.get(11)?,
            chat_jid: row.get(12)?,
            reply_to_wamid: row.get(13)?,
        })
    })
}

/// Notes that the message is being handed over.
pub fn outbox_sending(write: &mut Write<'_, '_>, account: AccountId, seq: i64) -> Result<(), Error> {
    write.tx.execute(&OUTBOX_SENDING, &params![write.workspace.id, account, seq]).map(drop)
}

/// Puts the message back until `not_before`.
pub fn outbox_wait(
    write: &mut Write<'_, '_>,
    account: AccountId,
    seq: i64,
    not_before: Time,
    reason: &str,
) -> Result<(), Error> {
    write.tx.execute(&OUTBOX_WAIT, &params![write.workspace.id, account, seq, not_before, reason]).map(drop)
}

/// Makes a chat's waiting messages at least this urgent, as when its contact has written.
pub fn outbox_raise(write: &mut Write<'_, '_>, account: AccountId, chat: ChatId, class: i64) -> Result<(), Error> {
    write.tx.execute(&OUTBOX_CLASS, &params![write.workspace.id, account, chat, class]).map(drop)
}

/// Removes a message that was handed over or has failed.
pub fn outbox_delete(write: &mut Write<'_, '_>, account: AccountId, seq: i64) -> Result<(), Error> {
    write.tx.execute(&OUTBOX_DELETE, &params![write.workspace.id, account, seq]).map(drop)
}

/// How many messages of a workspace wait.
pub fn outbox_count(tx: &mut impl Read, workspace: WorkspaceId) -> Result<i64, Error> {
    Ok(tx.query_row(&OUTBOX_COUNT, &params![workspace], |row| row.get(0))?.unwrap_or(0))
}

fn decode(row: &Row<'_>) -> Result<OutboxRow, Error> {
    Ok(OutboxRow {
        account: row.get(0)?,
        seq: row.get(1)?,
        message: row.get(2)?,
        chat: row.get(3)?,
        class: row.get(4)?,
        accepted_at: row.get(5)?,
        not_before: row.get(6)?,
        sending: row.get(7)?,
        attempts: row.get(8)?,
        reason: row.get(9)?,
    })
}
