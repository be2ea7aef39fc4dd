//! The sandbox's own memory, on the far side of the wire: what its contacts received, and what they will do.

use database::{Error, Read, Sql, Tx, Value, owned_params, params};
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
    Reply = 3,
}

/// A message that a contact's phone received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxMessage {
    pub wamid: String,
    pub jid: String,
    pub text: String,
    /// Empty if it answers none.
    pub reply_to: String,
    pub at: Time,
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
    /// That message's text, for a reply; else empty.
    pub text: String,
}

static MESSAGE_INSERT: Sql = Sql::both(
    "INSERT INTO sandbox_messages (workspace_id, account_id, wamid, jid, text, reply_to, at_ms, \
     arrival_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (workspace_id, account_id, wamid) DO NOTHING",
);

const MESSAGE_AT: Sql =
    Sql::both("SELECT at_ms FROM sandbox_messages WHERE workspace_id = $1 AND account_id = $2 AND wamid = $3");

const MESSAGE_LIST: Sql = Sql::both(
    "SELECT wamid, jid, text, reply_to, at_ms, arrival_id FROM sandbox_messages \
     WHERE workspace_id = $1 AND account_id = $2 ORDER BY arrival_id LIMIT $3",
);

static STEP_INSERT: Sql = Sql::both(
    "INSERT INTO sandbox_steps (workspace_id, account_id, due_ms, step_id, kind, jid, wamid) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

const STEP_DUE: Sql = Sql::both(
    "SELECT s.due_ms, s.step_id, s.kind, s.jid, s.wamid, CASE WHEN s.kind = 3 THEN (SELECT m.text \
     FROM sandbox_messages m WHERE m.workspace_id = s.workspace_id AND m.account_id = s.account_id \
     AND m.wamid = s.wamid) ELSE '' END \
     FROM sandbox_steps s WHERE s.workspace_id = $1 AND s.account_id = $2 AND s.due_ms <= $3 \
     ORDER BY s.due_ms, s.step_id LIMIT $4",
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

const CONTACT_FIND: Sql =
    Sql::both("SELECT online FROM sandbox_contacts WHERE workspace_id = $1 AND account_id = $2 AND jid = $3");

const CONTACT_ONLINE: Sql = Sql::both(
    "INSERT INTO sandbox_contacts (workspace_id, account_id, jid, online, sends) VALUES ($1, $2, $3, $4, 0) \
     ON CONFLICT (workspace_id, account_id, jid) DO UPDATE SET online = excluded.online",
);

const CONTACT_COUNT: Sql = Sql::both(
    "INSERT INTO sandbox_contacts (workspace_id, account_id, jid, online, sends) VALUES ($1, $2, $3, TRUE, 1) \
     ON CONFLICT (workspace_id, account_id, jid) DO UPDATE SET sends = sandbox_contacts.sends + 1 RETURNING sends",
);

/// Stores a message that a phone receives; `false` if it has received it before, and the first one stays.
pub fn sandbox_message_insert(tx: &mut Tx<'_>, of: SandboxOf, message: &SandboxMessage) -> Result<bool, Error> {
    let SandboxMessage { wamid, jid, text, reply_to, at, arrival_id } = message;
    let values = params![of.workspace, of.account, wamid, jid, text, reply_to, at, arrival_id];
    Ok(tx.execute(&MESSAGE_INSERT, &values)? > 0)
}

/// When a message was received, if it was.
pub fn sandbox_message_at(tx: &mut impl Read, of: SandboxOf, wamid: &str) -> Result<Option<Time>, Error> {
    tx.query_row(&MESSAGE_AT, &params![of.workspace, of.account, wamid], |row| row.get(0))
}

/// What the contacts received, oldest first.
pub fn sandbox_message_list(tx: &mut impl Read, of: SandboxOf, rows_max: i64) -> Result<Vec<SandboxMessage>, Error> {
    tx.query(&MESSAGE_LIST, &params![of.workspace, of.account, rows_max], |row| {
        Ok(SandboxMessage {
            wamid: row.get(0)?,
            jid: row.get(1)?,
            text: row.get(2)?,
            reply_to: row.get(3)?,
            at: row.get(4)?,
            arrival_id: row.get(5)?,
        })
    })
}

/// Plans an act.
pub fn sandbox_step_insert(tx: &mut Tx<'_>, of: SandboxOf, step: &SandboxStep) -> Result<(), Error> {
    let kind = step.kind as i64;
    let values = owned_params![of.workspace, of.account, step.due, step.id, kind, step.jid, step.wamid];
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

/// Whether a contact's phone is on; `None` if nobody ever switched it.
pub fn sandbox_contact_online(tx: &mut impl Read, of: SandboxOf, jid: &str) -> Result<Option<bool>, Error> {
    tx.query_row(&CONTACT_FIND, &params![of.workspace, of.account, jid], |row| row.get(0))
}

/// Switches a contact's phone.
pub fn sandbox_contact_set_online(tx: &mut Tx<'_>, of: SandboxOf, jid: &str, online: bool) -> Result<(), Error> {
    tx.execute(&CONTACT_ONLINE, &params![of.workspace, of.account, jid, online]).map(drop)
}

/// Counts a send to a contact and returns how many there were, this one included.
pub fn sandbox_contact_count(tx: &mut Tx<'_>, of: SandboxOf, jid: &str) -> Result<i64, Error> {
    let sends = tx.query_row(&CONTACT_COUNT, &params![of.workspace, of.account, jid], |row| row.get(0))?;
    Ok(sends.unwrap_or(1))
}

fn kind(number: i64) -> Result<StepKind, Error> {
    [StepKind::Delivered, StepKind::Read, StepKind::Reply]
        .into_iter()
        .find(|kind| *kind as i64 == number)
        .ok_or_else(|| Error::Decode(format!("sandbox step {number}")))
}

super::statements! {
    MESSAGE_INSERT, MESSAGE_AT, MESSAGE_LIST, STEP_INSERT, STEP_DUE, STEP_NEXT, STEP_DELETE, STEP_LIST_PARKED,
    STEP_MOVE, CONTACT_FIND, CONTACT_ONLINE, CONTACT_COUNT,
}
