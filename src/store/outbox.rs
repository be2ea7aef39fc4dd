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
use crate::store::message_changes::{ChangeKind, MessageChange};
use crate::store::message_files::{MessageFile, attachment_columns, attachment_of};
use crate::store::reactions::ReactionSend;
use crate::store::template_sends::{TemplateSend, template_send_find};

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
    pub fn from_number(number: i64) -> Result<Stage, Error> {
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
    /// Reactions and changes have no status of their own: they wait for as long as its row is here.
    pub status: Status,
    pub wamid: String,
    pub chat_jid: String,
    pub body: OutboxBody,
    pub reply_to_wamid: Option<String>,
    /// The message that it answers: who sent it, empty if we did, and its text.
    pub quoted: Option<(String, String)>,
}

/// What a waiting message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxBody {
    /// Its text, and its attachment where it has one.
    Message {
        text: String,
        attachment: Option<Box<MessageFile>>,
        /// What it is where it is a template of WhatsApp's; looked up where the account's way has such.
        template: Option<Box<TemplateSend>>,
    },
    Reaction(OutboxReaction),
    Change(OutboxChange),
}

/// A waiting reaction of ours, and the message that it is put to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxReaction {
    pub send: ReactionSend,
    pub to_wamid: String,
    /// Who sent that message; empty if we did.
    pub to_sender_jid: String,
}

/// A waiting edit or deletion of ours, and the message that it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxChange {
    pub change: MessageChange,
    pub to_wamid: String,
    pub to_status: Status,
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

/// A look at the first rows of each class, which one index gives in order.
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
pub(super) use each_class;

macro_rules! outbox_where {
    ($rest:literal) => {
        concat!(
            "SELECT o.account_id, o.seq, o.uid, o.chat_id, o.class, o.stage, o.accepted_at_ms, o.not_before_ms, \
             o.attempts, o.reason FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 ",
            $rest
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

// A row's uid is a message's, or else a reaction's or a change's.
const OUTBOX_MESSAGE: Sql = Sql::both(concat!(
    "SELECT o.account_id, o.seq, o.uid, o.chat_id, o.class, o.stage, o.accepted_at_ms, o.not_before_ms, \
     o.attempts, o.reason, m.status, m.wamid, m.text, c.jid, r.wamid, s.message_uid, s.wamid, s.emoji, \
     x.wamid, x.sender_jid, x.status, g.message_uid, g.wamid, g.kind, g.text, g.until_ms, r.sender_jid, r.text, ",
    attachment_columns!(),
    " FROM outbox o \
     JOIN chats c ON c.workspace_id = o.workspace_id AND c.chat_id = o.chat_id \
     LEFT JOIN messages m ON m.workspace_id = o.workspace_id AND m.uid = o.uid \
     LEFT JOIN messages r ON r.workspace_id = m.workspace_id AND r.uid = m.reply_to \
     LEFT JOIN message_files f ON f.workspace_id = m.workspace_id AND f.message_uid = m.uid \
     LEFT JOIN reaction_sends s ON s.workspace_id = o.workspace_id AND s.uid = o.uid \
     LEFT JOIN message_changes g ON g.workspace_id = o.workspace_id AND g.uid = o.uid \
     LEFT JOIN messages x ON x.workspace_id = o.workspace_id AND x.uid = COALESCE(s.message_uid, g.message_uid) \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.seq = $3",
));

// The limit keeps a look at a long row short.
const OUTBOX_AHEAD: Sql = Sql::both(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 \
     AND o.class <= $3 AND o.stage <> 4 LIMIT $4) AS ahead",
);

const OUTBOX_AHEAD_IN_CHAT: Sql = Sql::both(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 \
     AND o.chat_id = $3 AND o.stage <> 4 LIMIT $4) AS ahead",
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

/// A waiting message with all that its transport needs; `None` also where its message is gone.
pub fn outbox_message(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    seq: i64,
) -> Result<Option<OutboxMessage>, Error> {
    Ok(tx.query_row(&OUTBOX_MESSAGE, &params![workspace, account, seq], decode_message)?.flatten())
}

impl OutboxMessage {
    /// The same with the template that it is, if it is one.
    pub fn with_template(mut self, tx: &mut impl Read, workspace: WorkspaceId) -> Result<OutboxMessage, Error> {
        if let OutboxBody::Message { template, .. } = &mut self.body {
            *template = template_send_find(tx, workspace, self.row.message)?.map(Box::new);
        }
        Ok(self)
    }
}

/// How many messages of a workspace wait.
pub fn outbox_count(tx: &mut impl Read, workspace: WorkspaceId) -> Result<i64, Error> {
    Ok(tx.query_row(&OUTBOX_COUNT, &params![workspace], |row| row.get(0))?.unwrap_or(0))
}

/// How many messages of an account would go before a new one of this class, counted up to `rows_max`.
pub fn outbox_ahead(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    class: i64,
    rows_max: i64,
) -> Result<i64, Error> {
    let values = params![workspace, account, class, rows_max];
    Ok(tx.query_row(&OUTBOX_AHEAD, &values, |row| row.get(0))?.unwrap_or(0))
}

/// How many messages of a chat would go before a new one, counted up to `rows_max`.
pub fn outbox_ahead_in_chat(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    chat: ChatId,
    rows_max: i64,
) -> Result<i64, Error> {
    let values = params![workspace, account, chat, rows_max];
    Ok(tx.query_row(&OUTBOX_AHEAD_IN_CHAT, &values, |row| row.get(0))?.unwrap_or(0))
}

fn decode_message(row: &Row<'_>) -> Result<Option<OutboxMessage>, Error> {
    let waiting = decode(row)?;
    let chat_jid = row.get(13)?;
    if let Some(number) = row.get::<Option<i64>>(10)? {
        let attachment = attachment_of(row, 28)?.map(Box::new);
        return Ok(Some(OutboxMessage {
            row: waiting,
            status: status(number)?,
            wamid: row.get(11)?,
            chat_jid,
            body: OutboxBody::Message { text: row.get(12)?, attachment, template: None },
            reply_to_wamid: row.get(14)?,
            quoted: row.get::<Option<String>>(26)?.zip(row.get::<Option<String>>(27)?),
        }));
    }
    let Some(to_wamid) = row.get::<Option<String>>(18)? else { return Ok(None) };
    let (wamid, body) = if let Some(message) = row.get::<Option<MessageUid>>(15)? {
        let wamid: String = row.get(16)?;
        let (uid, chat) = (waiting.message, waiting.chat);
        let send = ReactionSend { uid, chat, message, wamid: wamid.clone(), emoji: row.get(17)? };
        (wamid, OutboxBody::Reaction(OutboxReaction { send, to_wamid, to_sender_jid: row.get(19)? }))
    } else {
        let change = decode_change(row, &waiting)?;
        let to_status = status(row.get(20)?)?;
        (change.wamid.clone(), OutboxBody::Change(OutboxChange { change, to_wamid, to_status }))
    };
    let status = Status::Pending;
    Ok(Some(OutboxMessage { row: waiting, status, wamid, chat_jid, body, reply_to_wamid: None, quoted: None }))
}

fn decode_change(row: &Row<'_>, waiting: &OutboxRow) -> Result<MessageChange, Error> {
    let kind: i64 = row.get(23)?;
    Ok(MessageChange {
        uid: waiting.message,
        chat: waiting.chat,
        message: row.get(21)?,
        wamid: row.get(22)?,
        kind: ChangeKind::from_number(kind).ok_or_else(|| Error::Decode(format!("message change {kind}")))?,
        text: row.get(24)?,
        until: row.get(25)?,
    })
}

fn status(number: i64) -> Result<Status, Error> {
    Status::from_number(number).ok_or_else(|| Error::Decode(format!("message status {number}")))
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
    OUTBOX_INSERT, OUTBOX_READY, OUTBOX_NEWS, OUTBOX_SENDING, OUTBOX_OF_CHAT, OUTBOX_MESSAGE, OUTBOX_AHEAD,
    OUTBOX_AHEAD_IN_CHAT, OUTBOX_COUNT,
}
