//! The attempts of deliveries: when, how long, and what came of it.

use database::{Error, Read, Row, Sql, Tx, Value, params};

use crate::clock::Time;
use crate::id::{WebhookId, WorkspaceId};

/// A stored attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    pub webhook: WebhookId,
    /// The event's place in the log; below 0 for an example.
    pub seq: i64,
    /// Counts from 1 for each delivery.
    pub number: i64,
    pub at: Time,
    pub duration_ms: i64,
    /// HTTP's; 0 where nothing answered.
    pub status: i64,
    /// Why it failed; empty where it didn't.
    pub error: String,
    /// The beginning of what was answered, as text.
    pub answer: String,
}

static ATTEMPT_INSERT: Sql = Sql::both(
    "INSERT INTO webhook_attempts (workspace_id, webhook_id, event_seq, number, at_ms, duration_ms, status, error, \
     answer) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     ON CONFLICT (workspace_id, webhook_id, event_seq, number) DO NOTHING",
);

const ATTEMPT_LIST: Sql = Sql::both(
    "SELECT webhook_id, event_seq, number, at_ms, duration_ms, status, error, answer FROM webhook_attempts \
     WHERE workspace_id = $1 AND webhook_id = $2 AND event_seq = $3 ORDER BY number DESC LIMIT $4",
);

// One walk of the index, which holds all that is asked.
const ATTEMPT_TALLY: Sql = Sql::both(
    "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN a.status BETWEEN 200 AND 299 THEN 0 ELSE 1 END), 0) \
     AS BIGINT) FROM (SELECT status FROM webhook_attempts WHERE workspace_id = $1 AND webhook_id = $2 AND at_ms > $3 \
     ORDER BY at_ms DESC LIMIT $4) AS a",
);

const ATTEMPT_NEWEST: Sql = Sql::both(
    "SELECT webhook_id, event_seq, number, at_ms, duration_ms, status, error, answer FROM webhook_attempts \
     WHERE workspace_id = $1 AND webhook_id = $2 AND at_ms > $3 ORDER BY at_ms DESC LIMIT 1",
);

const ATTEMPT_PRUNE: Sql = Sql::both(
    "DELETE FROM webhook_attempts WHERE workspace_id = $1 AND webhook_id = $2 AND event_seq IN \
     (SELECT event_seq FROM webhook_attempts WHERE workspace_id = $1 AND webhook_id = $2 \
     ORDER BY event_seq LIMIT $4) AND at_ms < $3",
);

// A step from webhook to webhook, however many attempts each has.
const ATTEMPT_NEXT_WEBHOOK: Sql = Sql::both(
    "SELECT webhook_id FROM webhook_attempts WHERE workspace_id = $1 AND webhook_id > $2 \
     ORDER BY webhook_id LIMIT 1",
);

/// Adds an attempt.
pub fn attempt_insert(tx: &mut Tx<'_>, workspace: WorkspaceId, row: &AttemptRow) -> Result<(), Error> {
    let AttemptRow { webhook, seq, number, at, duration_ms, status, error, answer } = row;
    let values = params![workspace, webhook, seq, number, at, duration_ms, status, error, answer];
    tx.later(&ATTEMPT_INSERT, values.into_iter().map(Value::into_owned).collect())
}

/// A delivery's attempts, newest first.
pub fn attempt_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    webhook: WebhookId,
    seq: i64,
    rows_max: i64,
) -> Result<Vec<AttemptRow>, Error> {
    tx.query(&ATTEMPT_LIST, &params![workspace, webhook, seq, rows_max], decode)
}

/// How many of a webhook's attempts after `since` there were and how many of them failed, of the newest `rows_max`.
pub fn attempt_tally(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    webhook: WebhookId,
    since: Time,
    rows_max: i64,
) -> Result<(i64, i64), Error> {
    let tally = tx.query_row(&ATTEMPT_TALLY, &params![workspace, webhook, since, rows_max], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(tally.unwrap_or_default())
}

/// The last attempt of any of a webhook's deliveries.
pub fn attempt_newest(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    webhook: WebhookId,
) -> Result<Option<AttemptRow>, Error> {
    tx.query_row(&ATTEMPT_NEWEST, &params![workspace, webhook, Time::NEVER], decode)
}

fn decode(row: &Row<'_>) -> Result<AttemptRow, Error> {
    Ok(AttemptRow {
        webhook: row.get(0)?,
        seq: row.get(1)?,
        number: row.get(2)?,
        at: row.get(3)?,
        duration_ms: row.get(4)?,
        status: row.get(5)?,
        error: row.get(6)?,
        answer: row.get(7)?,
    })
}

/// Forgets a webhook's oldest attempts made before `before`, of at most `rows_max` at once; returns how many went.
pub fn attempt_prune(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    webhook: WebhookId,
    before: Time,
    rows_max: i64,
) -> Result<u64, Error> {
    tx.execute(&ATTEMPT_PRUNE, &params![workspace, webhook, before, rows_max])
}

/// The next webhook that has attempts, deleted ones included.
pub fn attempt_next_webhook(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    after: WebhookId,
) -> Result<Option<WebhookId>, Error> {
    tx.query_row(&ATTEMPT_NEXT_WEBHOOK, &params![workspace, after], |row| row.get(0))
}

super::statements! {
    ATTEMPT_INSERT, ATTEMPT_LIST, ATTEMPT_TALLY, ATTEMPT_NEWEST, ATTEMPT_PRUNE, ATTEMPT_NEXT_WEBHOOK,
}
