//! What happened to a message on its way to WhatsApp that its statuses don't say: tries that failed, holds, lost answers.
//! Few messages have any, so the others pay nothing for it.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::id::{MessageUid, WorkspaceId};
use crate::store::Write;

/// Steps that are kept of one message; a message is tried fewer times than that, and what follows is like what was.
pub const SEND_STEPS_MAX: i64 = 50;

/// What a step was. The numbers are stored and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Tried in vain, and to be tried again.
    Tried = 1,
    /// The account may send nothing until a known time.
    Held = 2,
    /// The account sends nothing until somebody acts.
    Down = 3,
    /// Handed over, and the answer lost.
    Uncertain = 4,
    /// Somebody had it sent again after that; the reason says who.
    SentAgain = 5,
    /// Somebody found that it had gone; the reason says who.
    MarkedSent = 6,
}

impl StepKind {
    const ALL: [StepKind; 6] = [
        StepKind::Tried,
        StepKind::Held,
        StepKind::Down,
        StepKind::Uncertain,
        StepKind::SentAgain,
        StepKind::MarkedSent,
    ];
}

/// A step of a message's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendStep {
    pub kind: StepKind,
    pub at: Time,
    /// When it goes on; never where nobody knows.
    pub until: Time,
    /// Tries so far, this one included.
    pub attempts: i64,
    pub reason: String,
}

// The number is taken here: one write per account at a time works on a message.
static SEND_STEP_INSERT: Sql = Sql::both(
    "INSERT INTO send_steps (workspace_id, uid, step, kind, at_ms, until_ms, attempts, reason) \
     SELECT CAST($1 AS BIGINT), $2, CAST(COALESCE(MAX(step), 0) + 1 AS BIGINT), CAST($3 AS BIGINT), \
     CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS TEXT) FROM send_steps \
     WHERE workspace_id = $1 AND uid = $2 HAVING COUNT(*) < $8",
);

const SEND_STEP_LIST: Sql = Sql::both(
    "SELECT kind, at_ms, until_ms, attempts, reason FROM send_steps WHERE workspace_id = $1 AND uid = $2 ORDER BY step",
);

const SEND_STEP_PRUNE: Sql = Sql::both(
    "DELETE FROM send_steps WHERE workspace_id = $1 AND uid IN (SELECT uid FROM send_steps \
     WHERE workspace_id = $1 AND uid < $2 ORDER BY uid LIMIT $3)",
);

/// Notes a step, unless the message has [`SEND_STEPS_MAX`] already.
pub fn send_step_insert(write: &mut Write<'_, '_>, message: MessageUid, step: &SendStep) -> Result<(), Error> {
    let SendStep { kind, at, until, attempts, reason } = step;
    let kind = *kind as i64;
    let values = params![write.workspace.id, message, kind, at, until, attempts, reason, SEND_STEPS_MAX];
    write.tx.execute(&SEND_STEP_INSERT, &values).map(drop)
}

/// The steps of a message, in their order.
pub fn send_step_list(tx: &mut impl Read, workspace: WorkspaceId, message: MessageUid) -> Result<Vec<SendStep>, Error> {
    tx.query(&SEND_STEP_LIST, &params![workspace, message], decode)
}

/// Forgets the steps of messages accepted before `before`, at most `rows_max` messages; returns how many rows went.
pub fn send_step_prune(write: &mut Write<'_, '_>, before: Time, rows_max: i64) -> Result<u64, Error> {
    let ms = u64::try_from(before.ms()).unwrap_or(0).to_be_bytes();
    // The first six bytes of a uid are its time.
    let mut uid = [0; 16];
    uid[..6].copy_from_slice(&ms[2..]);
    let values = [Value::Int(write.workspace.id.0), Value::Bytes(uid.to_vec().into()), Value::Int(rows_max)];
    write.tx.execute(&SEND_STEP_PRUNE, &values)
}

fn decode(row: &Row<'_>) -> Result<SendStep, Error> {
    let number: i64 = row.get(0)?;
    let kind = StepKind::ALL
        .into_iter()
        .find(|kind| *kind as i64 == number)
        .ok_or_else(|| Error::Decode(format!("send step {number}")))?;
    Ok(SendStep { kind, at: row.get(1)?, until: row.get(2)?, attempts: row.get(3)?, reason: row.get(4)? })
}

super::statements! {
    SEND_STEP_INSERT, SEND_STEP_LIST, SEND_STEP_PRUNE,
}
