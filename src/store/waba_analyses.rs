//! Figures that somebody asked Meta for: what was asked, and what came of it.

use database::{Error, Read, Row, Sql, params};

use crate::clock::Time;
use crate::id::{AccountId, AnalysisHandle, WorkspaceId};
use crate::store::Write;

/// How far an analysis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnalysisState {
    Pending,
    Ready,
    Failed,
}

impl AnalysisState {
    /// As it is stored, and as the public API says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            AnalysisState::Pending => "pending",
            AnalysisState::Ready => "ready",
            AnalysisState::Failed => "error",
        }
    }

    fn parse(text: &str) -> Option<AnalysisState> {
        let all = [AnalysisState::Pending, AnalysisState::Ready, AnalysisState::Failed];
        all.into_iter().find(|state| state.as_str() == text)
    }
}

/// A question to Meta, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    pub workspace: WorkspaceId,
    pub handle: AnalysisHandle,
    pub account: AccountId,
    /// Seconds since 1970 UTC, as the next.
    pub start_s: i64,
    pub end_s: i64,
    /// Meta's words with commas between them.
    pub dimensions: String,
    pub state: AnalysisState,
    /// JSON, an object; empty until it is ready.
    pub result: String,
    /// Meta's number for why there is none; 0 where it gave none.
    pub error_code: i64,
    pub error: String,
    pub asked_at: Time,
    /// When Meta is asked next, while it is pending; when it is forgotten afterwards.
    pub due: Time,
    pub attempts: i64,
}

macro_rules! analyses_where {
    ($rest:literal) => {
        concat!(
            "SELECT workspace_id, handle, account_id, start_s, end_s, dimensions, state, result, error_code, error, \
             asked_at_ms, due_ms, attempts FROM waba_analyses ",
            $rest
        )
    };
}

const ANALYSIS_INSERT: Sql = Sql::both(
    "INSERT INTO waba_analyses (workspace_id, handle, account_id, start_s, end_s, dimensions, state, result, \
     error_code, error, asked_at_ms, due_ms, attempts) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
);

const ANALYSIS_FIND: Sql = Sql::both(analyses_where!("WHERE workspace_id = $1 AND handle = $2"));

const ANALYSIS_DUE: Sql =
    Sql::both(analyses_where!("WHERE state = 'pending' AND due_ms <= $1 ORDER BY due_ms, handle LIMIT $2"));

const ANALYSIS_PENDING: Sql = Sql::both(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM waba_analyses \
     WHERE workspace_id = $1 AND state = 'pending' LIMIT $2) waiting",
);

const ANALYSIS_CLAIM: Sql = Sql::both(
    "UPDATE waba_analyses SET due_ms = $4, attempts = attempts + 1 \
     WHERE workspace_id = $1 AND handle = $2 AND due_ms = $3 AND state = 'pending'",
);

const ANALYSIS_NOTE: Sql = Sql::both(
    "UPDATE waba_analyses SET state = $3, result = $4, error_code = $5, error = $6, due_ms = $7 \
     WHERE workspace_id = $1 AND handle = $2",
);

const ANALYSIS_PRUNE: Sql = Sql::both(
    "DELETE FROM waba_analyses WHERE workspace_id = $1 AND handle IN \
     (SELECT a.handle FROM waba_analyses a WHERE a.workspace_id = $1 AND a.state <> 'pending' AND a.due_ms <= $2 \
      LIMIT $3)",
);

/// Keeps a question until it is answered.
pub fn analysis_insert(write: &mut Write<'_, '_>, row: &Analysis) -> Result<(), Error> {
    let Analysis { handle, account, start_s, end_s, dimensions, state, result, .. } = row;
    let Analysis { error_code, error, asked_at, due, attempts, .. } = row;
    let (workspace, state) = (write.workspace.id, state.as_str());
    let values = params![
        workspace, handle, account, start_s, end_s, dimensions, state, result, error_code, error, asked_at, due,
        attempts
    ];
    write.tx.execute(&ANALYSIS_INSERT, &values).map(drop)
}

pub fn analysis_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    handle: AnalysisHandle,
) -> Result<Option<Analysis>, Error> {
    tx.query_row(&ANALYSIS_FIND, &params![workspace, handle], decode)
}

/// Questions of all workspaces that are due, for the clerk.
pub fn analysis_due(tx: &mut impl Read, now: Time, rows_max: i64) -> Result<Vec<Analysis>, Error> {
    tx.query(&ANALYSIS_DUE, &params![now, rows_max], decode)
}

/// How many of a workspace wait, counted up to `rows_max`.
pub fn analysis_pending(tx: &mut impl Read, workspace: WorkspaceId, rows_max: i64) -> Result<i64, Error> {
    let count = tx.query_row(&ANALYSIS_PENDING, &params![workspace, rows_max], |row| row.get(0))?;
    Ok(count.unwrap_or(0))
}

/// Takes a question up until `until`; `false` where somebody else has.
pub fn analysis_claim(write: &mut Write<'_, '_>, row: &Analysis, until: Time) -> Result<bool, Error> {
    Ok(write.tx.execute(&ANALYSIS_CLAIM, &params![write.workspace.id, row.handle, row.due, until])? > 0)
}

/// Notes what came of asking.
pub fn analysis_note(write: &mut Write<'_, '_>, row: &Analysis) -> Result<(), Error> {
    let Analysis { handle, state, result, error_code, error, due, .. } = row;
    let state = state.as_str();
    let values = params![write.workspace.id, handle, state, result, error_code, error, due];
    write.tx.execute(&ANALYSIS_NOTE, &values).map(drop)
}

/// Forgets answers whose time is over; returns how many.
pub fn analysis_prune(write: &mut Write<'_, '_>, rows_max: i64) -> Result<u64, Error> {
    write.tx.execute(&ANALYSIS_PRUNE, &params![write.workspace.id, write.now, rows_max])
}

fn decode(row: &Row<'_>) -> Result<Analysis, Error> {
    let state: String = row.get(6)?;
    Ok(Analysis {
        workspace: row.get(0)?,
        handle: row.get(1)?,
        account: row.get(2)?,
        start_s: row.get(3)?,
        end_s: row.get(4)?,
        dimensions: row.get(5)?,
        state: AnalysisState::parse(&state)
            .ok_or_else(|| Error::Decode(format!("a state of an analysis that this version doesn't know: {state}")))?,
        result: row.get(7)?,
        error_code: row.get(8)?,
        error: row.get(9)?,
        asked_at: row.get(10)?,
        due: row.get(11)?,
        attempts: row.get(12)?,
    })
}

super::statements! {
    ANALYSIS_INSERT, ANALYSIS_FIND, ANALYSIS_DUE, ANALYSIS_PENDING, ANALYSIS_CLAIM, ANALYSIS_NOTE, ANALYSIS_PRUNE,
}
