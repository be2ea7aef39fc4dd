//! Deliveries: one event to one webhook, from the fan-out to its end.

use database::{Error, Read, Row, Sql, Tx, Value, params};

use crate::clock::Time;
use crate::id::{MessageUid, WebhookId, WorkspaceId};
use crate::store::Write;

/// How far a delivery is. The numbers are stored and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be tried, now or later.
    Waiting = 1,
    Delivered = 2,
    /// Tried for the last time, unless somebody asks for it again.
    Failed = 3,
}

impl DeliveryState {
    pub const ALL: [DeliveryState; 3] = [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed];

    /// As the public API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Failed => "failed",
        }
    }

    fn from_number(number: i64) -> Option<DeliveryState> {
        DeliveryState::ALL.into_iter().find(|state| *state as i64 == number)
    }
}

/// A stored delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    pub webhook: WebhookId,
    /// The event's place in the log; below 0 for an example.
    pub seq: i64,
    pub event_type: String,
    pub state: DeliveryState,
    /// Attempts that there ever were.
    pub attempts: i64,
    /// Attempts since it was made, or last asked for again: its place in the schedule.
    pub tries: i64,
    /// When it is tried next, where it waits; while somebody tries it, when that counts as lost.
    pub next_at: Time,
    pub created_at: Time,
    /// JSON; empty until its first attempt.
    pub body: String,
    /// What the event is about, where that is a message.
    pub message: Option<MessageUid>,
}

impl DeliveryRow {
    /// All but the body, for noting how it is.
    #[must_use]
    pub fn without_body(&self) -> DeliveryRow {
        DeliveryRow { event_type: self.event_type.clone(), body: String::new(), ..*self }
    }
}

macro_rules! columns {
    () => {
        "webhook_id, event_seq, event_type, state, attempts, tries, next_at_ms, created_at_ms, body, \
         message_uid"
    };
}

// Workspaces where somebody listens, and whether there is something to do.
const FANOUT_WORK: Sql = Sql::both(
    "SELECT f.workspace_id, f.seq < c.event_last OR EXISTS (SELECT 1 FROM webhooks w \
     WHERE w.workspace_id = f.workspace_id AND w.enabled = TRUE AND (w.replay_next_seq <= w.replay_last_seq \
     OR EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.workspace_id = w.workspace_id \
     AND d.webhook_id = w.webhook_id AND d.state = 1 AND d.next_at_ms <= $1))) \
     FROM event_cursors f JOIN workspace_counters c ON c.workspace_id = f.workspace_id \
     WHERE f.consumer = 'webhooks' AND EXISTS (SELECT 1 FROM webhooks w WHERE w.workspace_id = f.workspace_id AND w.enabled = TRUE) \
     ORDER BY f.workspace_id",
);

static DELIVERY_INSERT: Sql = Sql::both(concat!(
    "INSERT INTO webhook_deliveries (workspace_id, ",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (workspace_id, webhook_id, event_seq) DO NOTHING"
));

// An insert, so that many go in one round trip; the row is there unless its webhook was deleted meanwhile. The body isn't
// brought along: it is the largest part and doesn't change.
static DELIVERY_NOTE: Sql = Sql::both(concat!(
    "INSERT INTO webhook_deliveries (workspace_id, ",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (workspace_id, webhook_id, event_seq) DO UPDATE SET \
     state = excluded.state, attempts = excluded.attempts, tries = excluded.tries, next_at_ms = excluded.next_at_ms"
));

// Delivered again. Its body stays as it was, unless the webhook asks for another event by now.
static DELIVERY_AGAIN: Sql = Sql::both(concat!(
    "INSERT INTO webhook_deliveries (workspace_id, ",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (workspace_id, webhook_id, event_seq) DO UPDATE SET \
     state = excluded.state, tries = 0, next_at_ms = excluded.next_at_ms, \
     body = CASE WHEN webhook_deliveries.event_type = excluded.event_type THEN webhook_deliveries.body ELSE '' END, \
     event_type = excluded.event_type"
));

// A pair, because only PostgreSQL has several who claim at once; there each takes what no other is taking.
const DELIVERY_CLAIM: Sql = Sql::pair(
    concat!(
        "UPDATE webhook_deliveries SET next_at_ms = $4 WHERE workspace_id = $1 AND webhook_id = $2 AND event_seq IN \
         (SELECT event_seq FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2 AND state = 1 \
         AND next_at_ms <= $3 ORDER BY next_at_ms, event_seq LIMIT $5) RETURNING ",
        columns!()
    ),
    concat!(
        "UPDATE webhook_deliveries SET next_at_ms = $4 WHERE workspace_id = $1 AND webhook_id = $2 AND event_seq IN \
         (SELECT event_seq FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2 AND state = 1 \
         AND next_at_ms <= $3 ORDER BY next_at_ms, event_seq LIMIT $5 FOR UPDATE SKIP LOCKED) RETURNING ",
        columns!()
    ),
);

const DELIVERY_FREEZE: Sql = Sql::both(
    "UPDATE webhook_deliveries SET body = $4 \
     WHERE workspace_id = $1 AND webhook_id = $2 AND event_seq = $3 AND body = ''",
);

const DELIVERY_FIND: Sql = Sql::both(concat!(
    "SELECT ",
    columns!(),
    " FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2 AND event_seq = $3"
));

const DELIVERY_LIST: Sql = Sql::both(concat!(
    "SELECT ",
    columns!(),
    " FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2 AND event_seq < $3 \
     AND (CAST($4 AS BIGINT) IS NULL OR state = $4) ORDER BY event_seq DESC LIMIT $5"
));

const DELIVERY_OF_MESSAGE: Sql = Sql::both(concat!(
    "SELECT ",
    columns!(),
    " FROM webhook_deliveries WHERE workspace_id = $1 AND message_uid = $2 ORDER BY event_seq, webhook_id LIMIT $3"
));

const DELIVERY_DUE: Sql = Sql::both(
    "SELECT webhook_id FROM webhooks w WHERE w.workspace_id = $1 AND w.enabled = TRUE AND EXISTS \
     (SELECT 1 FROM webhook_deliveries d WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.webhook_id \
     AND d.state = 1 AND d.next_at_ms <= $2) ORDER BY w.webhook_id",
);

const EXAMPLE_LAST: Sql = Sql::both(
    "SELECT CAST(COALESCE(MIN(event_seq), 0) AS BIGINT) FROM webhook_deliveries \
     WHERE workspace_id = $1 AND webhook_id = $2 AND event_seq < 0",
);

const EXAMPLE_FORGET: Sql = Sql::both(
    "DELETE FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2 AND event_seq < 0 AND event_seq > $3",
);

const DELIVERY_PRUNE: Sql = Sql::both(
    "DELETE FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2 AND event_seq IN \
     (SELECT event_seq FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2 \
     ORDER BY event_seq LIMIT $4) AND created_at_ms < $3",
);

// A step from webhook to webhook, however many deliveries each has.
const DELIVERY_NEXT_WEBHOOK: Sql = Sql::both(
    "SELECT webhook_id FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id > $2 \
     ORDER BY webhook_id LIMIT 1",
);

/// The workspaces in which a webhook listens, and whether one of them has something to do now.
pub fn fanout_work(tx: &mut impl Read, now: Time) -> Result<Vec<(WorkspaceId, bool)>, Error> {
    tx.query(&FANOUT_WORK, &params![now], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Adds a delivery, unless that event is there for that webhook.
pub fn delivery_insert(tx: &mut Tx<'_>, workspace: WorkspaceId, row: &DeliveryRow) -> Result<(), Error> {
    tx.later(&DELIVERY_INSERT, values(workspace, row))
}

/// Notes how a delivery is after an attempt; its body stays. Each at most once in one write.
pub fn delivery_note(tx: &mut Tx<'_>, workspace: WorkspaceId, row: &DeliveryRow) -> Result<(), Error> {
    debug_assert!(row.body.is_empty(), "see DeliveryRow::without_body");
    tx.later(&DELIVERY_NOTE, values(workspace, row))
}

/// Delivers an event, again where it was before; its body and its attempts stay. Each at most once in one write.
pub fn delivery_again(tx: &mut Tx<'_>, workspace: WorkspaceId, row: &DeliveryRow) -> Result<(), Error> {
    tx.later(&DELIVERY_AGAIN, values(workspace, row))
}

/// Takes deliveries that are due, those that waited longest first; until `until` nobody else does.
pub fn delivery_claim(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    webhook: WebhookId,
    now: Time,
    until: Time,
    rows_max: i64,
) -> Result<Vec<DeliveryRow>, Error> {
    let mut rows = tx.query(&DELIVERY_CLAIM, &params![workspace, webhook, now, until, rows_max], decode)?;
    rows.sort_by_key(|row| row.seq);
    Ok(rows)
}

/// Sets a body that isn't set yet.
pub fn delivery_freeze(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    webhook: WebhookId,
    seq: i64,
    body: &str,
) -> Result<(), Error> {
    tx.execute(&DELIVERY_FREEZE, &params![workspace, webhook, seq, body]).map(drop)
}

pub fn delivery_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    webhook: WebhookId,
    seq: i64,
) -> Result<Option<DeliveryRow>, Error> {
    tx.query_row(&DELIVERY_FIND, &params![workspace, webhook, seq], decode)
}

/// A webhook's deliveries of events before `before`, newest first; examples come last.
pub fn delivery_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    webhook: WebhookId,
    before: i64,
    state: Option<DeliveryState>,
    rows_max: i64,
) -> Result<Vec<DeliveryRow>, Error> {
    let state = state.map(|state| state as i64);
    tx.query(&DELIVERY_LIST, &params![workspace, webhook, before, state, rows_max], decode)
}

/// The deliveries that tell of a message, by event and webhook.
pub fn delivery_of_message(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
    rows_max: i64,
) -> Result<Vec<DeliveryRow>, Error> {
    tx.query(&DELIVERY_OF_MESSAGE, &params![workspace, message, rows_max], decode)
}

/// The webhooks that have something to deliver now.
pub fn delivery_due(tx: &mut impl Read, workspace: WorkspaceId, now: Time) -> Result<Vec<WebhookId>, Error> {
    tx.query(&DELIVERY_DUE, &params![workspace, now], |row| row.get(0))
}

/// The number of a webhook's newest example; 0 if it has none.
pub fn example_last(tx: &mut impl Read, workspace: WorkspaceId, webhook: WebhookId) -> Result<i64, Error> {
    Ok(tx.query_row(&EXAMPLE_LAST, &params![workspace, webhook], |row| row.get(0))?.unwrap_or(0))
}

/// Forgets the examples before this one.
pub fn example_forget(write: &mut Write<'_, '_>, webhook: WebhookId, seq: i64) -> Result<(), Error> {
    write.tx.execute(&EXAMPLE_FORGET, &params![write.workspace.id, webhook, seq]).map(drop)
}

/// Forgets a webhook's oldest deliveries made before `before`, at most `rows_max`; returns how many.
pub fn delivery_prune(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    webhook: WebhookId,
    before: Time,
    rows_max: i64,
) -> Result<u64, Error> {
    tx.execute(&DELIVERY_PRUNE, &params![workspace, webhook, before, rows_max])
}

/// The next webhook that has deliveries, deleted ones included.
pub fn delivery_next_webhook(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    after: WebhookId,
) -> Result<Option<WebhookId>, Error> {
    tx.query_row(&DELIVERY_NEXT_WEBHOOK, &params![workspace, after], |row| row.get(0))
}

fn values(workspace: WorkspaceId, row: &DeliveryRow) -> Vec<Value<'static>> {
    let DeliveryRow { webhook, seq, event_type, state, attempts, tries, next_at, created_at, body, message } = row;
    let state = *state as i64;
    let values =
        params![workspace, webhook, seq, event_type, state, attempts, tries, next_at, created_at, body, message];
    values.into_iter().map(Value::into_owned).collect()
}

fn decode(row: &Row<'_>) -> Result<DeliveryRow, Error> {
    let state: i64 = row.get(3)?;
    Ok(DeliveryRow {
        webhook: row.get(0)?,
        seq: row.get(1)?,
        event_type: row.get(2)?,
        state: DeliveryState::from_number(state).ok_or_else(|| Error::Decode(format!("delivery state {state}")))?,
        attempts: row.get(4)?,
        tries: row.get(5)?,
        next_at: row.get(6)?,
        created_at: row.get(7)?,
        body: row.get(8)?,
        message: row.get(9)?,
    })
}

super::statements! {
    FANOUT_WORK, DELIVERY_INSERT, DELIVERY_NOTE, DELIVERY_AGAIN, DELIVERY_CLAIM,
    DELIVERY_FREEZE, DELIVERY_FIND, DELIVERY_LIST, DELIVERY_OF_MESSAGE, DELIVERY_DUE, EXAMPLE_LAST, EXAMPLE_FORGET, DELIVERY_PRUNE,
    DELIVERY_NEXT_WEBHOOK,
}
