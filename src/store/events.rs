//! The log of events: append-only, one gapless sequence per workspace, taken in the write that made the fact.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::event_kind::{Cause, Kind};
use crate::id::{ChatId, MessageUid, WorkspaceId};
use crate::store::Write;

/// A stored event. Whoever hears it reads the rest from the rows that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    pub seq: i64,
    pub kind: Kind,
    pub at: Time,
    /// 0 where the event is of no chat.
    pub chat: ChatId,
    pub message: Option<MessageUid>,
    /// What the rows can't say later, as the status that a message reached.
    pub detail: String,
    pub cause: Cause,
}

/// What the log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventBounds {
    /// The first event that is still kept; one above `newest` where none is.
    pub oldest: i64,
    /// The last event there ever was; 0 before the first.
    pub newest: i64,
}

/// An event about to be written.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub kind: Kind,
    pub chat: ChatId,
    pub message: Option<MessageUid>,
    pub detail: String,
}

static EVENT_INSERT: Sql = Sql::both(
    "INSERT INTO events (workspace_id, seq, kind, at_ms, chat_id, uid, detail, cause) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);

const EVENT_AFTER: Sql = Sql::both(
    "SELECT seq, kind, at_ms, chat_id, uid, detail, cause FROM events WHERE workspace_id = $1 AND seq > $2 \
     ORDER BY seq LIMIT $3",
);

const EVENT_BOUNDS: Sql = Sql::both(
    "SELECT COALESCE((SELECT MIN(e.seq) FROM events e WHERE e.workspace_id = $1), c.event_last + 1), c.event_last \
     FROM workspace_counters c WHERE c.workspace_id = $1",
);

// From the front and without holes, also where the clock once went back: readers know a cursor that is too old by the
// first event that is left.
const EVENT_PRUNE: Sql = Sql::both(
    "DELETE FROM events WHERE workspace_id = $1 AND seq IN (SELECT seq FROM events WHERE workspace_id = $1 \
     ORDER BY seq LIMIT $3) AND seq < COALESCE((SELECT MIN(o.seq) FROM (SELECT seq, at_ms FROM events \
     WHERE workspace_id = $1 ORDER BY seq LIMIT $3) AS o WHERE o.at_ms >= $2), 9223372036854775807)",
);

/// Appends an event and returns its place in the log.
pub fn event_append(write: &mut Write<'_, '_>, event: NewEvent) -> Result<i64, crate::error::Error> {
    write.counters.event_last += 1;
    let seq = write.counters.event_last;
    let uid = event.message.map(|uid| uid.0.as_bytes().to_vec());
    let values = vec![
        Value::Int(write.workspace.id.0),
        Value::Int(seq),
        Value::Int(event.kind.number()),
        Value::Int(write.now.ms()),
        Value::Int(event.chat.0),
        uid.map_or(Value::Null, |bytes| Value::Bytes(bytes.into())),
        Value::Text(event.detail.into()),
        Value::Int(write.cause.number()),
    ];
    write.later(&EVENT_INSERT, values)?;
    Ok(seq)
}

/// The events behind `seq`, oldest first, at most `rows_max`.
pub fn event_after(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    seq: i64,
    rows_max: i64,
) -> Result<Vec<EventRow>, Error> {
    tx.query(&EVENT_AFTER, &params![workspace, seq, rows_max], decode)
}

/// What the log of a workspace holds; `None` without such a workspace.
pub fn event_bounds(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Option<EventBounds>, Error> {
    tx.query_row(&EVENT_BOUNDS, &params![workspace], |row| Ok(EventBounds { oldest: row.get(0)?, newest: row.get(1)? }))
}

/// Forgets the oldest events made before `before`, at most `rows_max`; returns how many.
pub fn event_prune(write: &mut Write<'_, '_>, before: Time, rows_max: i64) -> Result<u64, Error> {
    write.tx.execute(&EVENT_PRUNE, &params![write.workspace.id, before, rows_max])
}

pub(super) fn decode(row: &Row<'_>) -> Result<EventRow, Error> {
    let number: i64 = row.get(1)?;
    Ok(EventRow {
        seq: row.get(0)?,
        kind: Kind::from_number(number)
            .ok_or_else(|| Error::Decode(format!("an event kind that this version doesn't know: {number}")))?,
        at: row.get(2)?,
        chat: row.get(3)?,
        message: row.get(4)?,
        detail: row.get(5)?,
        cause: Cause::from_number(row.get(6)?),
    })
}

super::statements! {
    EVENT_INSERT, EVENT_AFTER, EVENT_BOUNDS, EVENT_PRUNE,
}
