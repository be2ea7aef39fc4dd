//! What a workspace asks of the operator: higher limits. Few rows, since a workspace has one open request at a time.

use database::{Error, Read, Row, Sql, params};

use crate::clock::Time;
use crate::id::{TeammateId, WorkspaceId};
use crate::store::Write;

/// Requests that a workspace keeps.
pub const LIMIT_REQUESTS_KEPT: i64 = 50;

/// Where a request stands. The numbers are stored and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    Open = 1,
    Granted = 2,
    Declined = 3,
}

/// A stored request. A limit of 0 isn't asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRequestRow {
    pub workspace: WorkspaceId,
    /// Counts from 1 in each workspace.
    pub id: i64,
    pub asked_by: TeammateId,
    pub asked_at: Time,
    pub rate_per_minute: i64,
    pub calls_per_cycle: i64,
    pub credits_per_cycle: i64,
    pub reason: String,
    pub state: RequestState,
    /// The operator's words; may be empty.
    pub answer: String,
    pub answered_at: Time,
}

macro_rules! columns {
    () => {
        "workspace_id, request_id, user_id, asked_at_ms, rate_per_minute, calls_per_cycle, credits_per_cycle, reason, \
         state, answer, answered_at_ms"
    };
}

const REQUEST_INSERT: Sql = Sql::both(concat!(
    "INSERT INTO limit_requests (",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
));

const REQUEST_ANSWER: Sql = Sql::both(
    "UPDATE limit_requests SET state = $3, answer = $4, answered_at_ms = $5 \
     WHERE workspace_id = $1 AND request_id = $2 AND state = 1",
);

const REQUEST_LIST: Sql = Sql::both(concat!(
    "SELECT ",
    columns!(),
    " FROM limit_requests WHERE workspace_id = $1 ORDER BY request_id DESC LIMIT $2"
));

// Of every workspace: for the operator alone.
const REQUEST_OPEN: Sql = Sql::both(concat!(
    "SELECT ",
    columns!(),
    " FROM limit_requests WHERE state = 1 ORDER BY asked_at_ms, workspace_id LIMIT $1"
));

const REQUEST_FORGET: Sql = Sql::both("DELETE FROM limit_requests WHERE workspace_id = $1 AND request_id <= $2");

/// Adds a request and forgets the oldest of its workspace.
pub fn request_insert(write: &mut Write<'_, '_>, row: &LimitRequestRow) -> Result<(), Error> {
    let LimitRequestRow { workspace, id, asked_by, asked_at, rate_per_minute, calls_per_cycle, .. } = row;
    let LimitRequestRow { credits_per_cycle, reason, state, answer, answered_at, .. } = row;
    let state = *state as i64;
    let values = params![
        workspace,
        id,
        asked_by,
        asked_at,
        rate_per_minute,
        calls_per_cycle,
        credits_per_cycle,
        reason,
        state,
        answer,
        answered_at
    ];
    write.tx.execute(&REQUEST_INSERT, &values)?;
    write.tx.execute(&REQUEST_FORGET, &params![workspace, id - LIMIT_REQUESTS_KEPT]).map(drop)
}

/// Answers an open request; `false` if it isn't open.
pub fn request_answer(write: &mut Write<'_, '_>, id: i64, state: RequestState, answer: &str) -> Result<bool, Error> {
    let state = state as i64;
    let values = params![write.workspace.id, id, state, answer, write.now];
    Ok(write.tx.execute(&REQUEST_ANSWER, &values)? > 0)
}

/// A workspace's requests, newest first.
pub fn request_list(tx: &mut impl Read, workspace: WorkspaceId, rows_max: i64) -> Result<Vec<LimitRequestRow>, Error> {
    tx.query(&REQUEST_LIST, &params![workspace, rows_max], decode)
}

/// The open requests of all workspaces, oldest first, for the server's operator.
pub fn request_open(tx: &mut impl Read, rows_max: i64) -> Result<Vec<LimitRequestRow>, Error> {
    tx.query(&REQUEST_OPEN, &params![rows_max], decode)
}

fn decode(row: &Row<'_>) -> Result<LimitRequestRow, Error> {
    let state: i64 = row.get(8)?;
    let known = [RequestState::Open, RequestState::Granted, RequestState::Declined];
    let state = known.into_iter().find(|known| *known as i64 == state);
    Ok(LimitRequestRow {
        workspace: row.get(0)?,
        id: row.get(1)?,
        asked_by: row.get(2)?,
        asked_at: row.get(3)?,
        rate_per_minute: row.get(4)?,
        calls_per_cycle: row.get(5)?,
        credits_per_cycle: row.get(6)?,
        reason: row.get(7)?,
        state: state.ok_or_else(|| Error::Decode("a request in an unknown state".to_owned()))?,
        answer: row.get(9)?,
        answered_at: row.get(10)?,
    })
}

super::statements! {
    REQUEST_INSERT, REQUEST_ANSWER, REQUEST_LIST, REQUEST_OPEN, REQUEST_FORGET,
}
