//! The API log: a ring per workspace, so it never grows past its size.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::id::{MessageUid, TokenId, WorkspaceId};
use crate::store::Write;

/// Rows that a workspace's log keeps.
pub const API_CALLS_MAX: i64 = 10_000;

/// A logged request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiCallRow {
    pub seq: i64,
    pub at: Time,
    /// As in the answer's `X-Request-Id`.
    pub request: String,
    pub token: TokenId,
    pub method: String,
    pub path: String,
    /// The HTTP status.
    pub status: i64,
    /// The number of an `Outcome`.
    pub outcome: i64,
    /// Empty when all went well.
    pub reason: String,
    /// Names of the keys that were not understood, with commas between.
    pub ignored: String,
    /// From the first byte until the answer was ready to commit, in microseconds.
    pub duration_us: i64,
    /// How many like it are folded into this row; 1 for itself alone.
    pub repeats: i64,
    pub message: Option<MessageUid>,
    /// What was sent, without secrets and cut off at [`BODY_BYTES_MAX`]; of refused requests only.
    pub body: String,
}

static API_CALL_INSERT: Sql = Sql::both(
    "INSERT INTO api_calls (workspace_id, slot, seq, at_ms, request_id, token_id, method, path, status, outcome, \
     reason, ignored, duration_us, repeats, message_uid, body) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
     ON CONFLICT (workspace_id, slot) DO UPDATE SET seq = excluded.seq, at_ms = excluded.at_ms, \
     request_id = excluded.request_id, token_id = excluded.token_id, method = excluded.method, \
     path = excluded.path, status = excluded.status, outcome = excluded.outcome, reason = excluded.reason, \
     ignored = excluded.ignored, duration_us = excluded.duration_us, repeats = excluded.repeats, \
     message_uid = excluded.message_uid, body = excluded.body",
);

/// A reason is logged up to this length.
pub const REASON_CHARS_MAX: usize = 500;
/// So much of a refused request's body is logged.
pub const BODY_BYTES_MAX: usize = 2_048;

// The ring's places in order are the calls in order, once around; by `seq` the whole ring would have to be sorted.
const API_CALL_RANGE: Sql = Sql::both(
    "SELECT seq, at_ms, request_id, token_id, method, path, status, outcome, reason, ignored, duration_us, repeats, \
     message_uid, body FROM api_calls WHERE workspace_id = $1 AND slot BETWEEN $2 AND $3 AND seq BETWEEN $4 AND $5 \
     ORDER BY slot DESC",
);

const API_CALL_NEWEST: Sql = Sql::both("SELECT call_last FROM workspace_counters WHERE workspace_id = $1");

const API_CALL_SINCE: Sql = Sql::both(
    "SELECT at_ms, repeats FROM api_calls WHERE workspace_id = $1 AND at_ms > $2 AND outcome <> $3 AND outcome <> $4",
);

const API_CALL_COUNTS: Sql = Sql::both(
    "SELECT token_id, CAST(SUM(repeats) AS BIGINT) FROM api_calls WHERE workspace_id = $1 AND seq > $2 AND at_ms >= $3 \
     AND outcome <> $4 AND outcome <> $5 AND outcome <> $6 GROUP BY token_id",
);

/// Adds a call to the log; its `seq` is given here.
pub fn api_call_insert(write: &mut Write<'_, '_>, call: &ApiCallRow) -> Result<(), crate::error::Error> {
    write.counters.call_last += 1;
    let seq = write.counters.call_last;
    let slot = seq % API_CALLS_MAX;
    let ApiCallRow { at, request, token, method, path, status, outcome, reason, ignored, .. } = call;
    let ApiCallRow { duration_us, repeats, message, body, .. } = call;
    // It may quote what the caller sent, and PostgreSQL's text holds no NUL.
    let reason: String = reason.chars().filter(|letter| *letter != '\0').take(REASON_CHARS_MAX).collect();
    let body = body[..body.floor_char_boundary(BODY_BYTES_MAX)].replace('\0', "");
    let values = params![
        write.workspace.id,
        slot,
        seq,
        at,
        request,
        token,
        method,
        path,
        status,
        outcome,
        reason,
        ignored,
        duration_us,
        repeats,
        message,
        body
    ];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&API_CALL_INSERT, values)
}

/// The newest calls first.
pub fn api_call_list(tx: &mut impl Read, workspace: WorkspaceId, rows_max: i64) -> Result<Vec<ApiCallRow>, Error> {
    api_call_page(tx, workspace, i64::MAX, rows_max)
}

/// The newest of the calls before the one of this `seq`, newest first.
pub fn api_call_page(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    before: i64,
    rows_max: i64,
) -> Result<Vec<ApiCallRow>, Error> {
    let newest = tx.query_row(&API_CALL_NEWEST, &params![workspace], |row| row.get(0))?.unwrap_or(0);
    let last = newest.min(before.saturating_sub(1));
    let first = (newest - API_CALLS_MAX + 1).max(last.saturating_sub(rows_max) + 1).max(1);
    let mut rows = Vec::new();
    if first > last {
        return Ok(rows);
    }
    let (from, to) = (first % API_CALLS_MAX, last % API_CALLS_MAX);
    let around = [(0, to), (from, API_CALLS_MAX - 1)];
    let ranges = if from <= to { &[(from, to)][..] } else { &around[..] };
    for (from, to) in ranges {
        rows.extend(tx.query(&API_CALL_RANGE, &params![workspace, *from, *to, first, last], decode)?);
    }
    Ok(rows)
}

/// When calls took place since `since`, with how often; those of the two outcomes, which use no slot, left out.
pub fn api_call_times(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    since: Time,
    without: [i64; 2],
) -> Result<Vec<(Time, i64)>, Error> {
    let [first, second] = without;
    tx.query(&API_CALL_SINCE, &params![workspace, since, first, second], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// How often each token called behind the row `seq` and since `since`; calls of the three outcomes left out.
pub fn api_call_counts(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    seq: i64,
    since: Time,
    without: [i64; 3],
) -> Result<Vec<(TokenId, i64)>, Error> {
    let [first, second, third] = without;
    let values = params![workspace, seq, since, first, second, third];
    tx.query(&API_CALL_COUNTS, &values, |row| Ok((row.get(0)?, row.get(1)?)))
}

fn decode(row: &Row<'_>) -> Result<ApiCallRow, Error> {
    Ok(ApiCallRow {
        seq: row.get(0)?,
        at: row.get(1)?,
        request: row.get(2)?,
        token: row.get(3)?,
        method: row.get(4)?,
        path: row.get(5)?,
        status: row.get(6)?,
        outcome: row.get(7)?,
        reason: row.get(8)?,
        ignored: row.get(9)?,
        duration_us: row.get(10)?,
        repeats: row.get(11)?,
        message: row.get(12)?,
        body: row.get(13)?,
    })
}

super::statements! {
    API_CALL_INSERT, API_CALL_RANGE, API_CALL_NEWEST, API_CALL_SINCE, API_CALL_COUNTS,
}
