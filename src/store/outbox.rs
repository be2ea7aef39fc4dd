//! The outbox: messages accepted and not yet handed to a transport, numbered in the order of acceptance.
//!
//! Only the first message of a chat may go, so each row says where in its chat's row it stands ([`Stage`]), and whoever
//! takes a row away moves the next one up. That makes "what may go" one look at an index, with one or with a hundred
//! thousand messages waiting, in one chat or in as many.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::message::Status;
use crate::store::Write;

/// Where a waiting message stands. The numbers are stored, and written out in the SQL below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Another message of its chat goes first.
    Behind = 0,
    Ready = 1,
    /// First of its chat, and not before its time.
    Waiting = 2,
    /// Handed to the transport, whose answer isn't recorded yet.
    Sending = 3,
    /// Handed over, the answer lost, and no way to try again without doubling it. It holds nobody up.
    Uncertain = 4,
}

impl Stage {
    fn from_number(number: i64) -> Result<Stage, Error> {
        [Stage::Behind, Stage::Ready, Stage::Waiting, Stage::Sending, Stage::Uncertain]
            .into_iter()
            .find(|stage| *stage as i64 == number)
            .ok_or_else(|| Error::Decode(format!("outbox stage {number}")))
    }
}

/// A message about to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOutboxRow {
    pub account: AccountId,
    pub seq: i64,
    pub message: MessageUid,
    pub chat: ChatId,
    /// Lower goes first; the numbers are `inbox::urgency`'s.
    pub class: i64,
}

/// A waiting message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    pub account: AccountId,
    pub seq: i64,
    pub message: MessageUid,
    pub chat: ChatId,
    pub class: i64,
    pub stage: Stage,
    pub accepted_at: Time,
    /// Never, unless it waits for that.
    pub not_before: Time,
    /// Times it was handed over.
    pub attempts: i64,
    /// Why it waits, for people; empty if it only waits its turn.
    pub reason: String,
}

/// What the transport needs of a waiting message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxMessage {
    pub row: OutboxRow,
    pub status: Status,
    pub wamid: String,
    pub text: String,
    pub chat_jid: String,
    pub reply_to_wamid: Option<String>,
}

/// Whether anything may go now, and when the next of those that wait may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxNews {
    pub any_ready: bool,
    pub next_at: Option<Time>,
}

// A chat's first message by this same statement is Ready and its second one would not see it, so one write accepts at
// most one message per chat. `outbox_claim` refuses a second head all the same.
static OUTBOX_INSERT: Sql = Sql::both(
    "INSERT INTO outbox (workspace_id, account_id, seq, uid, chat_id, class, stage, accepted_at_ms, not_before_ms, \
     attempts, reason) VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN EXISTS (SELECT 1 FROM outbox o \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.chat_id = $5 AND o.stage <> 4) THEN 0 ELSE 1 END, \
     $7, 0, 0, '')",
);

macro_rules! outbox_where {
    ($rest:literal) => {
        concat!(
            "SELECT o.account_id, o.seq, o.uid, o.chat_id, o.class, o.stage, o.accepted_at_ms, o.not_before_ms, \
             o.attempts, o.reason FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 ",
            $rest
        )
    };
}

macro_rules! each_class {
    ($before:literal, $select:literal, $end:literal, $after:literal) => {
        concat!(
            $before,
            "SELECT * FROM (",
            $select,
            "AND o.class = 0 ",
            $end,
            ") AS c0 UNION ALL SELECT * FROM (",
            $select,
            "AND o.class = 1 ",
            $end,
            ") AS c1 UNION ALL SELECT * FROM (",
            $select,
            "AND o.class = 2 ",
            $end,
            ") AS c2 UNION ALL SELECT * FROM (",
            $select,
            "AND o.class = 3 ",
            $end,
            ") AS c3",
            $after
        )
    };
}

const OUTBOX_READY: Sql = Sql::both(each_class!(
    "",
    "SELECT o.account_id, o.seq, o.uid, o.chat_id, o.class, o.stage, o.accepted_at_ms, o.not_before_ms, \
     o.attempts, o.reason FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.stage = 1 ",
    "ORDER BY o.not_before_ms, o.seq LIMIT $3",
    ""
));

const OUTBOX_MAKE_READY: Sql = Sql::both(each_class!(
    "UPDATE outbox SET stage = 1, not_before_ms = 0 WHERE workspace_id = $1 AND account_id = $2 AND seq IN (",
    "SELECT o.seq FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.stage = 2 \
     AND o.not_before_ms <= $3 ",
    "ORDER BY o.not_before_ms LIMIT $4",
    ")"
));

const OUTBOX_NEWS: Sql = Sql::both(
    "SELECT EXISTS (SELECT 1 FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.stage = 1), \
     (SELECT MIN(o.not_before_ms) FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.stage = 2 \
     AND o.class = 0), \
     (SELECT MIN(o.not_before_ms) FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.stage = 2 \
     AND o.class = 1), \
     (SELECT MIN(o.not_before_ms) FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.stage = 2 \
     AND o.class = 2), \
     (SELECT MIN(o.not_before_ms) FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.stage = 2 \
     AND o.class = 3)",
);

const OUTBOX_SENDING: Sql =
    Sql::both(outbox_where!("AND o.stage = 3 ORDER BY o.class, o.not_before_ms, o.seq LIMIT $3"));

const OUTBOX_OF_CHAT: Sql = Sql::both(outbox_where!("AND o.chat_id = $3 ORDER BY o.seq LIMIT $4"));

const OUTBOX_MESSAGE: Sql = Sql::both(
    "SELECT o.account_id, o.seq, o.uid, o.chat_id, o.class, o.stage, o.accepted_at_ms, o.not_before_ms, \
     o.attempts, o.reason, m.status, m.wamid, m.text, c.jid, r.wamid \
     FROM outbox o \
     JOIN messages m ON m.workspace_id = o.workspace_id AND m.uid = o.uid \
     JOIN chats c ON c.workspace_id = o.workspace_id AND c.chat_id = o.chat_id \
     LEFT JOIN messages r ON r.workspace_id = m.workspace_id AND r.uid = m.reply_to \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.seq = $3",
);

const OUTBOX_CLAIM: Sql = Sql::both(
    "UPDATE outbox SET stage = 3, attempts = attempts + 1, reason = '' \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 1 AND NOT EXISTS (SELECT 1 FROM outbox o \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.chat_id = $4 AND o.seq < $3 AND o.stage <> 4)",
);

const OUTBOX_STEP_BACK: Sql =
    Sql::both("UPDATE outbox SET stage = 0 WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 1");

const OUTBOX_WAIT: Sql = Sql::both(
    "UPDATE outbox SET stage = 2, not_before_ms = $4, reason = $5 \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 3",
);

const OUTBOX_PUT_BACK: Sql = Sql::both(
    "UPDATE outbox SET stage = 1, attempts = attempts - 1, reason = $4 \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 3",
);

const OUTBOX_UNCERTAIN: Sql = Sql::both(
    "UPDATE outbox SET stage = 4, reason = $4 \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 3",
);

const OUTBOX_DELETE: Sql =
    Sql::both("DELETE FROM outbox WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 3");

const OUTBOX_MOVE_UP: Sql = Sql::both(
    "UPDATE outbox SET stage = 1, class = CASE WHEN EXISTS (SELECT 1 FROM chats c WHERE c.workspace_id = $1 \
     AND c.chat_id = $3 AND c.last_inbound_at_ms > $4) THEN 0 ELSE class END \
     WHERE workspace_id = $1 AND account_id = $2 AND stage = 0 AND seq = (SELECT o.seq FROM outbox o \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.chat_id = $3 AND o.stage <> 4 ORDER BY o.seq LIMIT 1)",
);

const OUTBOX_RAISE: Sql = Sql::both(
    "UPDATE outbox SET class = $4 \
     WHERE workspace_id = $1 AND account_id = $2 AND class > $4 AND seq = (SELECT o.seq FROM outbox o \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.chat_id = $3 AND o.stage <> 4 ORDER BY o.seq LIMIT 1)",
);

const OUTBOX_COUNT: Sql = Sql::both("SELECT CAST(COUNT(*) AS BIGINT) FROM outbox WHERE workspace_id = $1");

/// Adds a message behind those of its chat. At most one per chat in one write.
pub fn outbox_insert(write: &mut Write<'_, '_>, row: &NewOutboxRow) -> Result<(), crate::error::Error> {
    let NewOutboxRow { account, seq, message, chat, class } = row;
    let values = params![write.workspace.id, account, seq, message, chat, class, write.now];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&OUTBOX_INSERT, values)
}

/// A glance: cheap enough for every bell.
pub fn outbox_news(tx: &mut impl Read, workspace: WorkspaceId, account: AccountId) -> Result<OutboxNews, Error> {
    let news = tx.query_row(&OUTBOX_NEWS, &params![workspace, account], |row| {
        let mut next_at: Option<Time> = None;
        for column in 1..=4 {
            let waits: Option<Time> = row.get(column)?;
            next_at = [next_at, waits].into_iter().flatten().min();
        }
        Ok(OutboxNews { any_ready: row.get(0)?, next_at })
    })?;
    Ok(news.unwrap_or(OutboxNews { any_ready: false, next_at: None }))
}

/// The messages that may go: of each class the first `rows_max` in the order of acceptance, one per chat.
pub fn outbox_ready(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    rows_max: i64,
) -> Result<Vec<OutboxRow>, Error> {
    tx.query(&OUTBOX_READY, &params![workspace, account, rows_max], decode)
}

/// The messages that are being handed over.
pub fn outbox_sending(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    rows_max: i64,
) -> Result<Vec<OutboxRow>, Error> {
    tx.query(&OUTBOX_SENDING, &params![workspace, account, rows_max], decode)
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
    tx.query_row(&OUTBOX_MESSAGE, &params![workspace, account, seq], |row| {
        let status: i64 = row.get(10)?;
        Ok(OutboxMessage {
            row: decode(row)?,
            status: Status::from_number(status).ok_or_else(|| Error::Decode(format!("message status {status}")))?,
            wamid: row.get(11)?,
            text: row.get(12)?,
            chat_jid: row.get(13)?,
            reply_to_wamid: row.get(14)?,
        })
    })
}

/// Makes those ready whose time has come, `rows_max` of each class.
pub fn outbox_make_ready(write: &mut Write<'_, '_>, account: AccountId, rows_max: i64) -> Result<u64, Error> {
    write.tx.execute(&OUTBOX_MAKE_READY, &params![write.workspace.id, account, write.now, rows_max])
}

/// Notes that a ready message is being handed over; `false` if it isn't its chat's first, and then it steps back.
pub fn outbox_claim(write: &mut Write<'_, '_>, row: &OutboxRow) -> Result<bool, Error> {
    let workspace = write.workspace.id;
    if write.tx.execute(&OUTBOX_CLAIM, &params![workspace, row.account, row.seq, row.chat])? > 0 {
        return Ok(true);
    }
    write.tx.execute(&OUTBOX_STEP_BACK, &params![workspace, row.account, row.seq])?;
    Ok(false)
}

/// A message that was handed over waits for its next try; its chat waits with it.
pub fn outbox_wait(write: &mut Write<'_, '_>, row: &OutboxRow, not_before: Time, reason: &str) -> Result<bool, Error> {
    let values = params![write.workspace.id, row.account, row.seq, not_before, reason];
    Ok(write.tx.execute(&OUTBOX_WAIT, &values)? > 0)
}

/// A message that was handed over may go again at once, and the try doesn't count.
pub fn outbox_put_back(write: &mut Write<'_, '_>, row: &OutboxRow, reason: &str) -> Result<bool, Error> {
    let values = params![write.workspace.id, row.account, row.seq, reason];
    Ok(write.tx.execute(&OUTBOX_PUT_BACK, &values)? > 0)
}

/// Nobody knows whether the message went; it stays, and its chat goes on, as in [`outbox_delete`].
pub fn outbox_set_uncertain(
    write: &mut Write<'_, '_>,
    row: &OutboxRow,
    reply_after: Time,
    reason: &str,
) -> Result<bool, Error> {
    let values = params![write.workspace.id, row.account, row.seq, reason];
    let changed = write.tx.execute(&OUTBOX_UNCERTAIN, &values)? > 0;
    if changed {
        move_up(write, row, reply_after)?;
    }
    Ok(changed)
}

/// Removes a message that was handed over, and lets its chat go on; `false` if that was done before. The chat's next one
/// is a reply, whatever it was when it was accepted, if the contact wrote after `reply_after`.
pub fn outbox_delete(write: &mut Write<'_, '_>, row: &OutboxRow, reply_after: Time) -> Result<bool, Error> {
    let values = params![write.workspace.id, row.account, row.seq];
    let deleted = write.tx.execute(&OUTBOX_DELETE, &values)? > 0;
    if deleted {
        move_up(write, row, reply_after)?;
    }
    Ok(deleted)
}

fn move_up(write: &mut Write<'_, '_>, gone: &OutboxRow, reply_after: Time) -> Result<(), Error> {
    let values = params![write.workspace.id, gone.account, gone.chat, reply_after];
    write.tx.execute(&OUTBOX_MOVE_UP, &values).map(drop)
}

/// Makes a chat's first message at least this urgent, as when its contact has written. Those behind it follow when they
/// move up.
pub fn outbox_raise(write: &mut Write<'_, '_>, account: AccountId, chat: ChatId, class: i64) -> Result<(), Error> {
    write.tx.execute(&OUTBOX_RAISE, &params![write.workspace.id, account, chat, class]).map(drop)
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
        stage: Stage::from_number(row.get(5)?)?,
        accepted_at: row.get(6)?,
        not_before: row.get(7)?,
        attempts: row.get(8)?,
        reason: row.get(9)?,
    })
}

super::statements! {
    OUTBOX_INSERT, OUTBOX_READY, OUTBOX_MAKE_READY, OUTBOX_NEWS, OUTBOX_SENDING, OUTBOX_OF_CHAT, OUTBOX_MESSAGE,
    OUTBOX_CLAIM, OUTBOX_STEP_BACK, OUTBOX_WAIT, OUTBOX_PUT_BACK, OUTBOX_UNCERTAIN, OUTBOX_DELETE, OUTBOX_MOVE_UP,
    OUTBOX_RAISE, OUTBOX_COUNT,
}
