//! The audit log: who changed what of a workspace, from what into what. Append-only.

use database::{Error, Read, Row, Sql, params};

use crate::clock::Time;
use crate::event_kind::Cause;
use crate::id::WorkspaceId;
use crate::store::Write;

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Counts from 1 in each workspace.
    pub seq: i64,
    pub at: Time,
    pub cause: Cause,
    /// The word of an `audit::Action`.
    pub action: String,
    /// What it was done to, as it was called then.
    pub subject: String,
    /// Empty where there was nothing before.
    pub old: String,
    /// Empty where there is nothing now.
    pub new: String,
}

const AUDIT_INSERT: Sql = Sql::both(
    "INSERT INTO audit_log (workspace_id, seq, at_ms, cause, action, subject, old_value, new_value) \
     SELECT CAST($1 AS BIGINT), COALESCE((SELECT MAX(seq) FROM audit_log WHERE workspace_id = $1), 0) + 1, \
     CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT)",
);

const AUDIT_PAGE: Sql = Sql::both(
    "SELECT seq, at_ms, cause, action, subject, old_value, new_value FROM audit_log \
     WHERE workspace_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
);

/// Adds a row under the workspace's lock; who is behind it and when is the write's.
pub fn audit_insert(write: &mut Write<'_, '_>, action: &str, subject: &str, old: &str, new: &str) -> Result<(), Error> {
    let cause = write.cause.number();
    let values = params![write.workspace.id, write.now, cause, action, subject, old, new];
    write.tx.execute(&AUDIT_INSERT, &values).map(drop)
}

/// The rows before the one of this `seq`, newest first.
pub fn audit_page(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    before: i64,
    rows_max: i64,
) -> Result<Vec<AuditRow>, Error> {
    tx.query(&AUDIT_PAGE, &params![workspace, before, rows_max], decode)
}

fn decode(row: &Row<'_>) -> Result<AuditRow, Error> {
    Ok(AuditRow {
        seq: row.get(0)?,
        at: row.get(1)?,
        cause: Cause::from_number(row.get(2)?),
        action: row.get(3)?,
        subject: row.get(4)?,
        old: row.get(5)?,
        new: row.get(6)?,
    })
}

super::statements! {
    AUDIT_INSERT, AUDIT_PAGE,
}
