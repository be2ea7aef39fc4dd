//! Workspaces and their settings.

use database::{Error, Read, Row, Sql, Tx, params};

use crate::clock::Time;
use crate::id::WorkspaceId;

/// A workspace's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    /// IANA name, as in `Europe/Lisbon`.
    pub zone: String,
    /// Cycle 0 starts here.
    pub anchor: Time,
    pub created_at: Time,
    pub rate_per_minute: i64,
    pub calls_per_cycle: i64,
    pub credits_per_cycle: i64,
    /// Mean pause between two sends of one number, ms.
    pub pacing_ms: i64,
    /// How long events, deliveries and what befell messages on their way are kept.
    pub kept_days: i64,
}

impl Workspace {
    /// From a row that begins with a workspace's ten columns.
    pub(super) fn decode(row: &Row<'_>) -> Result<Workspace, Error> {
        Ok(Workspace {
            id: row.get(0)?,
            name: row.get(1)?,
            zone: row.get(2)?,
            anchor: row.get(3)?,
            created_at: row.get(4)?,
            rate_per_minute: row.get(5)?,
            calls_per_cycle: row.get(6)?,
            credits_per_cycle: row.get(7)?,
            pacing_ms: row.get(8)?,
            kept_days: row.get(9)?,
        })
    }
}

const WORKSPACE_LIST: Sql = Sql::both(
    "SELECT workspace_id, name, zone, anchor_ms, created_at_ms, rate_per_minute, calls_per_cycle, credits_per_cycle, \
     pacing_ms, kept_days FROM workspaces ORDER BY workspace_id",
);

const WORKSPACE_NEXT: Sql = Sql::both("SELECT CAST(COALESCE(MAX(workspace_id), 0) + 1 AS BIGINT) FROM workspaces");

const WORKSPACE_INSERT: Sql = Sql::both(
    "INSERT INTO workspaces (workspace_id, name, zone, anchor_ms, created_at_ms, rate_per_minute, calls_per_cycle, \
     credits_per_cycle, pacing_ms, kept_days) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);

const WORKSPACE_UPDATE: Sql = Sql::both(
    "UPDATE workspaces SET name = $2, zone = $3, anchor_ms = $4, rate_per_minute = $5, calls_per_cycle = $6, \
     credits_per_cycle = $7, pacing_ms = $8, kept_days = $9 WHERE workspace_id = $1",
);

/// All workspaces of the server, for its operator and its workers.
pub fn workspace_list(tx: &mut impl Read) -> Result<Vec<Workspace>, Error> {
    tx.query(&WORKSPACE_LIST, &[], Workspace::decode)
}

/// The id that the next workspace gets. Two that are made at once collide at the insert; the loser tries again.
pub fn workspace_next_id(tx: &mut impl Read) -> Result<WorkspaceId, Error> {
    let id = tx.query_row(&WORKSPACE_NEXT, &[], |row| row.get(0))?;
    Ok(id.unwrap_or(WorkspaceId(1)))
}

pub fn workspace_insert(tx: &mut Tx<'_>, workspace: &Workspace) -> Result<(), Error> {
    let Workspace { id, name, zone, anchor, created_at, .. } = workspace;
    let Workspace { rate_per_minute, calls_per_cycle, credits_per_cycle, pacing_ms, kept_days, .. } = workspace;
    let (rate, calls, credits) = (rate_per_minute, calls_per_cycle, credits_per_cycle);
    let values = params![id, name, zone, anchor, created_at, rate, calls, credits, pacing_ms, kept_days];
    tx.execute(&WORKSPACE_INSERT, &values).map(drop)
}

pub fn workspace_update(tx: &mut Tx<'_>, workspace: &Workspace) -> Result<(), Error> {
    let Workspace { id, name, zone, anchor, pacing_ms, kept_days, .. } = workspace;
    let (rate, calls, credits) = (workspace.rate_per_minute, workspace.calls_per_cycle, workspace.credits_per_cycle);
    let values = params![id, name, zone, anchor, rate, calls, credits, pacing_ms, kept_days];
    tx.execute(&WORKSPACE_UPDATE, &values).map(drop)
}

super::statements! {
    WORKSPACE_LIST, WORKSPACE_NEXT, WORKSPACE_INSERT, WORKSPACE_UPDATE,
}
