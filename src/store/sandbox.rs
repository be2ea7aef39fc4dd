//! The sandbox's own memory, on the far side of the wire: what its phones show, and what its contacts will do. What the
//! contacts remember besides stands in `sandbox_contacts.rs`.

use database::{Error, Read, Row, Sql, Tx, Value, owned_params, params};
use uuid::Uuid;

use crate::clock::Time;
use crate::id::{AccountId, WorkspaceId};

/// When the acts of a phone that is off are due.
pub const WHEN_ONLINE: Time = Time::from_ms(i64::MAX);

/// Which account's sandbox; every function takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SandboxOf {
    pub workspace: WorkspaceId,
    pub account: AccountId,
}

/// What a contact will do. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    Delivered = 1,
    Read = 2,
    /// Says the same.
    Reply = 3,
    /// Tells what the step's act holds.
    Act = 4,
}

/// A message as a contact's phone shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxMessage {
    pub wamid: String,
    /// Of the chat: the contact's, or the group's.
    pub jid: String,
    /// Who said it; empty if our account did.
    pub sender_jid: String,
    /// Its text or its file's caption; may be empty.
    pub text: String,
    /// What it is besides its text, as JSON of the sandbox; empty if it is text alone.
    pub body: String,
    /// The bytes of its file, where our side has them.
    pub blob: Option<[u8; 32]>,
    /// Empty if it answers none.
    pub reply_to: String,
    /// As JSON of the sandbox; empty if there are none.
    pub reactions: String,
    pub at: Time,
    /// Never, or when its text was changed last.
    pub edited_at: Time,
    /// Never, or when it was taken back.
    pub deleted_at: Time,
    /// Never, or when our account read it.
    pub read_at: Time,
    /// Sorts messages in the order in which they came.
    pub arrival_id: Uuid,
}

/// A contact's act to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxStep {
    pub due: Time,
    /// Sorts acts that are due at the same time in the order in which they were planned.
    pub id: Uuid,
    pub kind: StepKind,
    pub jid: String,
    /// Of the message it is about.
    pub wamid: String,
    /// That message's text and body, for a reply; else empty.
    pub text: String,
    pub body: String,
    /// What [`StepKind::Act`] tells, as JSON of the sandbox; else empty.
    pub act: String,
}

macro_rules! sandbox_messages_where {
    ($rest:literal) => {
        concat!(
            "SELECT wamid, jid, sender_jid, text, body, reply_to, reactions, at_ms, edited_at_ms, deleted_at_ms, \
             arrival_id, sha256, read_at_ms FROM sandbox_messages WHERE workspace_id = $1 AND account_id = $2 ",
            $rest
        )
    };
}

static MESSAGE_INSERT: Sql = Sql::both(
    "INSERT INTO sandbox_messages (workspace_id, account_id, wamid, jid, sender_jid, text, body, reply_to, at_ms, \
     arrival_id, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
     ON CONFLICT (workspace_id, account_id, wamid) DO NOTHING",
);

const MESSAGE_AT: Sql =
    Sql::both("SELECT at_ms FROM sandbox_messages WHERE workspace_id = $1 AND account_id = $2 AND wamid = $3");

const MESSAGE_FIND: Sql = Sql::both(sandbox_messages_where!("AND wamid = $3"));

const MESSAGE_LIST: Sql = Sql::both(sandbox_messages_where!("ORDER BY arrival_id LIMIT $3"));

const MESSAGE_OF_CHAT: Sql = Sql::both(sandbox_messages_where!("AND jid = $3 ORDER BY arrival_id DESC LIMIT $4"));

const MESSAGE_EDIT: Sql = Sql::both(
    "UPDATE sandbox_messages SET text = $4, edited_at_ms = $5 \
     WHERE workspace_id = $1 AND account_id = $2 AND wamid = $3 AND deleted_at_ms = 0",
);

const MESSAGE_REVOKE: Sql = Sql::both(
    "UPDATE sandbox_messages SET text = '', body = '', sha256 = NULL, deleted_at_ms = $4 \
     WHERE workspace_id = $1 AND account_id = $2 AND wamid = $3 AND deleted_at_ms = 0",
);

const MESSAGE_READ: Sql = Sql::both(
    "UPDATE sandbox_messages SET read_at_ms = $4 \
     WHERE workspace_id = $1 AND account_id = $2 AND wamid = $3 AND sender_jid <> '' AND read_at_ms = 0",
);

const MESSAGE_REACTIONS: Sql =
    Sql::both("UPDATE sandbox_messages SET reactions = $4 WHERE workspace_id = $1 AND account_id = $2 AND wamid = $3");

const MESSAGE_FORGET: Sql = Sql::both(
    "DELETE FROM sandbox_messages WHERE workspace_id = $1 AND account_id = $2 AND wamid IN (SELECT m.wamid \
     FROM sandbox_messages m WHERE m.workspace_id = $1 AND m.account_id = $2 ORDER BY m.wamid LIMIT $3)",
);

static STEP_INSERT: Sql = Sql::both(
    "INSERT INTO sandbox_steps (workspace_id, account_id, due_ms, step_id, kind, jid, wamid, act) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);

const STEP_DUE: Sql = Sql::both(
    "SELECT s.due_ms, s.step_id, s.kind, s.jid, s.wamid, m.text, m.body, s.act FROM sandbox_steps s \
     LEFT JOIN sandbox_messages m ON s.kind = 3 AND m.workspace_id = s.workspace_id \
     AND m.account_id = s.account_id AND m.wamid = s.wamid \
     WHERE s.workspace_id = $1 AND s.account_id = $2 AND s.due_ms <= $3 ORDER BY s.due_ms, s.step_id LIMIT $4",
);

const STEP_NEXT: Sql =
    Sql::both("SELECT due_ms FROM sandbox_steps WHERE workspace_id = $1 AND account_id = $2 ORDER BY due_ms LIMIT 1");

/// Steps that one statement deletes.
const DELETE_MAX: usize = 16;

// The range makes it a walk along the key; the ids spare acts that were planned meanwhile.
const STEP_DELETE: Sql = Sql::both(
    "DELETE FROM sandbox_steps WHERE workspace_id = $1 AND account_id = $2 AND due_ms >= $3 AND due_ms <= $4 \
     AND step_id IN ($5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
);

const STEP_LIST_PARKED: Sql = Sql::both(
    "SELECT step_id, kind FROM sandbox_steps WHERE workspace_id = $1 AND account_id = $2 AND due_ms = $3 \
     AND jid = $4 ORDER BY step_id LIMIT $5",
);

const STEP_MOVE: Sql = Sql::both(
    "UPDATE sandbox_steps SET due_ms = $5 WHERE workspace_id = $1 AND account_id = $2 AND due_ms = $3 \
     AND step_id = $4",
);

const STEP_FORGET: Sql = Sql::both(
    "DELETE FROM sandbox_steps WHERE workspace_id = $1 AND account_id = $2 AND due_ms <= (SELECT MAX(p.due_ms) \
     FROM (SELECT s.due_ms FROM sandbox_steps s WHERE s.workspace_id = $1 AND s.account_id = $2 \
     ORDER BY s.due_ms LIMIT $3) AS p)",
);

const STEP_FORGET_OF: Sql =
    Sql::both("DELETE FROM sandbox_steps WHERE workspace_id = $1 AND account_id = $2 AND due_ms > 0 AND jid = $3");

/// Stores a message that a phone receives; `false` if it has received it before, and the first one stays.
pub fn sandbox_message_insert(tx: &mut Tx<'_>, of: SandboxOf, message: &SandboxMessage) -> Result<bool, Error> {
    Ok(tx.execute(&MESSAGE_INSERT, message_values(of, message))? > 0)
}

/// As [`sandbox_message_insert`], at the end of the write and without an answer.
pub fn sandbox_message_insert_later(tx: &mut Tx<'_>, of: SandboxOf, message: &SandboxMessage) -> Result<(), Error> {
    let values = message_values(of, message).into_iter().map(Value::into_owned).collect();
    tx.later(&MESSAGE_INSERT, values)
}

fn message_values(of: SandboxOf, message: &SandboxMessage) -> [Value<'_>; 11] {
    let SandboxMessage { wamid, jid, sender_jid, text, body, reply_to, at, arrival_id, .. } = message;
    let [workspace, account] = [of.workspace.0, of.account.0].map(Value::Int);
    let [wamid, jid, sender_jid, text, body, reply_to] =
        [wamid, jid, sender_jid, text, body, reply_to].map(|text| Value::Text(text.into()));
    let (at, arrival_id) = (Value::Int(at.ms()), Value::Bytes(arrival_id.as_bytes().as_slice().into()));
    let blob = message.blob.as_ref().map_or(Value::Null, |blob| Value::Bytes(blob.as_slice().into()));
    [workspace, account, wamid, jid, sender_jid, text, body, reply_to, at, arrival_id, blob]
}

/// When a message was received, if it was.
pub fn sandbox_message_at(tx: &mut impl Read, of: SandboxOf, wamid: &str) -> Result<Option<Time>, Error> {
    tx.query_row(&MESSAGE_AT, &params![of.workspace, of.account, wamid], |row| row.get(0))
}

pub fn sandbox_message_find(tx: &mut impl Read, of: SandboxOf, wamid: &str) -> Result<Option<SandboxMessage>, Error> {
    tx.query_row(&MESSAGE_FIND, &params![of.workspace, of.account, wamid], decode)
}

/// What all phones show, oldest first.
pub fn sandbox_message_list(tx: &mut impl Read, of: SandboxOf, rows_max: i64) -> Result<Vec<SandboxMessage>, Error> {
    tx.query(&MESSAGE_LIST, &params![of.workspace, of.account, rows_max], decode)
}

/// The last `rows_max` messages of one chat, newest first.
pub fn sandbox_message_of_chat(
    tx: &mut impl Read,
    of: SandboxOf,
    jid: &str,
    rows_max: i64,
) -> Result<Vec<SandboxMessage>, Error> {
    tx.query(&MESSAGE_OF_CHAT, &params![of.workspace, of.account, jid, rows_max], decode)
}

/// Changes the text of a message, unless it was taken back.
pub fn sandbox_message_edit(tx: &mut Tx<'_>, of: SandboxOf, wamid: &str, text: &str, at: Time) -> Result<(), Error> {
    tx.execute(&MESSAGE_EDIT, &params![of.workspace, of.account, wamid, text, at]).map(drop)
}

/// Takes a message back: what it said is gone.
pub fn sandbox_message_revoke(tx: &mut Tx<'_>, of: SandboxOf, wamid: &str, at: Time) -> Result<(), Error> {
    tx.execute(&MESSAGE_REVOKE, &params![of.workspace, of.account, wamid, at]).map(drop)
}

/// Notes that our account has read a message of a contact.
pub fn sandbox_message_read(tx: &mut Tx<'_>, of: SandboxOf, wamid: &str, at: Time) -> Result<(), Error> {
    tx.execute(&MESSAGE_READ, &params![of.workspace, of.account, wamid, at]).map(drop)
}

/// Sets the reactions that a message bears.
pub fn sandbox_message_set_reactions(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    wamid: &str,
    reactions: &str,
) -> Result<(), Error> {
    tx.execute(&MESSAGE_REACTIONS, &params![of.workspace, of.account, wamid, reactions]).map(drop)
}

/// Empties phones, at most `rows_max` messages at once; returns how many went.
pub fn sandbox_message_forget(tx: &mut Tx<'_>, of: SandboxOf, rows_max: i64) -> Result<u64, Error> {
    tx.execute(&MESSAGE_FORGET, &params![of.workspace, of.account, rows_max])
}

/// Forgets what is planned, the soonest first, about `rows_max` at once; returns how many went.
pub fn sandbox_step_forget(tx: &mut Tx<'_>, of: SandboxOf, rows_max: i64) -> Result<u64, Error> {
    tx.execute(&STEP_FORGET, &params![of.workspace, of.account, rows_max])
}

/// Plans an act.
pub fn sandbox_step_insert(tx: &mut Tx<'_>, of: SandboxOf, step: &SandboxStep) -> Result<(), Error> {
    let kind = step.kind as i64;
    let values = owned_params![of.workspace, of.account, step.due, step.id, kind, step.jid, step.wamid, step.act];
    tx.later(&STEP_INSERT, values)
}

/// The acts that are due, in their order.
pub fn sandbox_step_due(
    tx: &mut impl Read,
    of: SandboxOf,
    now: Time,
    rows_max: i64,
) -> Result<Vec<SandboxStep>, Error> {
    tx.query(&STEP_DUE, &params![of.workspace, of.account, now, rows_max], |row| {
        Ok(SandboxStep {
            due: row.get(0)?,
            id: row.get(1)?,
            kind: kind(row.get(2)?)?,
            jid: row.get(3)?,
            wamid: row.get(4)?,
            text: row.get::<Option<String>>(5)?.unwrap_or_default(),
            body: row.get::<Option<String>>(6)?.unwrap_or_default(),
            act: row.get(7)?,
        })
    })
}

/// When the next act is due.
pub fn sandbox_step_next(tx: &mut impl Read, of: SandboxOf) -> Result<Option<Time>, Error> {
    let next = tx.query_row(&STEP_NEXT, &params![of.workspace, of.account], |row| row.get(0))?;
    Ok(next.filter(|due| *due != WHEN_ONLINE))
}

/// Strikes out acts that were done.
pub fn sandbox_step_delete(tx: &mut Tx<'_>, of: SandboxOf, done: &[SandboxStep]) -> Result<(), Error> {
    for some in done.chunks(DELETE_MAX) {
        let (Some(first), Some(last)) =
            (some.iter().map(|step| step.due).min(), some.iter().map(|step| step.due).max())
        else {
            continue;
        };
        let mut values = owned_params![of.workspace, of.account, first, last];
        // The last id again, for the places that are left.
        let ids = some.iter().chain(std::iter::repeat(&some[some.len() - 1])).take(DELETE_MAX);
        values.extend(ids.map(|step| Value::Bytes(step.id.as_bytes().to_vec().into())));
        tx.execute(&STEP_DELETE, &values)?;
    }
    Ok(())
}

/// A contact's acts that wait for its phone to be on.
pub fn sandbox_step_parked(
    tx: &mut impl Read,
    of: SandboxOf,
    jid: &str,
    rows_max: i64,
) -> Result<Vec<(Uuid, StepKind)>, Error> {
    let values = params![of.workspace, of.account, WHEN_ONLINE, jid, rows_max];
    tx.query(&STEP_LIST_PARKED, &values, |row| Ok((row.get(0)?, kind(row.get(1)?)?)))
}

/// Gives a waiting act its time.
pub fn sandbox_step_unpark(tx: &mut Tx<'_>, of: SandboxOf, id: Uuid, due: Time) -> Result<(), Error> {
    tx.execute(&STEP_MOVE, &params![of.workspace, of.account, WHEN_ONLINE, id, due]).map(drop)
}

fn decode(row: &Row<'_>) -> Result<SandboxMessage, Error> {
    Ok(SandboxMessage {
        wamid: row.get(0)?,
        jid: row.get(1)?,
        sender_jid: row.get(2)?,
        text: row.get(3)?,
        body: row.get(4)?,
        reply_to: row.get(5)?,
        reactions: row.get(6)?,
        at: row.get(7)?,
        edited_at: row.get(8)?,
        deleted_at: row.get(9)?,
        arrival_id: row.get(10)?,
        blob: row.get(11)?,
        read_at: row.get(12)?,
    })
}

fn kind(number: i64) -> Result<StepKind, Error> {
    [StepKind::Delivered, StepKind::Read, StepKind::Reply, StepKind::Act]
        .into_iter()
        .find(|kind| *kind as i64 == number)
        .ok_or_else(|| Error::Decode(format!("sandbox step {number}")))
}

/// Forgets what is planned under an address that is no contact's: of those there are a few rows at most.
pub fn sandbox_step_forget_of(tx: &mut Tx<'_>, of: SandboxOf, jid: &str) -> Result<(), Error> {
    tx.execute(&STEP_FORGET_OF, &params![of.workspace, of.account, jid]).map(drop)
}

super::statements! {
    STEP_FORGET_OF,
    MESSAGE_INSERT, MESSAGE_AT, MESSAGE_LIST, STEP_INSERT, STEP_DUE, STEP_NEXT, STEP_DELETE, STEP_LIST_PARKED,
    STEP_MOVE, STEP_FORGET, MESSAGE_OF_CHAT, MESSAGE_FIND, MESSAGE_EDIT, MESSAGE_REVOKE, MESSAGE_READ, MESSAGE_REACTIONS,
    MESSAGE_FORGET,
}
