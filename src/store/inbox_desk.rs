//! What the inbox keeps for each teammate: the last deed that can be undone, saved views, how they want to hear of news.

use database::{Error, Read, Sql, params};

use crate::clock::Time;
use crate::id::{TeammateId, WorkspaceId};
use crate::store::Write;

/// What a teammate did last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoRow {
    pub id: i64,
    pub at: Time,
    /// JSON; empty once it was undone.
    pub deed: String,
}

/// A filter that a teammate saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    pub id: i64,
    pub name: String,
    /// Of the inbox's address.
    pub query: String,
}

const UNDO_PUT: Sql = Sql::both(
    "INSERT INTO inbox_undos (workspace_id, teammate_id, undo_id, at_ms, deed) VALUES ($1, $2, 1, $3, $4) \
     ON CONFLICT (workspace_id, teammate_id) DO UPDATE SET undo_id = inbox_undos.undo_id + 1, at_ms = excluded.at_ms, \
     deed = excluded.deed RETURNING undo_id",
);

const UNDO_FIND: Sql =
    Sql::both("SELECT undo_id, at_ms, deed FROM inbox_undos WHERE workspace_id = $1 AND teammate_id = $2");

const UNDO_EMPTY: Sql =
    Sql::both("UPDATE inbox_undos SET deed = '' WHERE workspace_id = $1 AND teammate_id = $2 AND undo_id = $3");

const VIEW_LIST: Sql = Sql::both(
    "SELECT view_id, name, query FROM inbox_views WHERE workspace_id = $1 AND teammate_id = $2 ORDER BY view_id LIMIT $3",
);

const VIEW_INSERT: Sql = Sql::both(
    "INSERT INTO inbox_views (workspace_id, teammate_id, view_id, name, query) \
     SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), COALESCE(MAX(view_id), 0) + 1, CAST($3 AS TEXT), CAST($4 AS TEXT) \
     FROM inbox_views WHERE workspace_id = $1 AND teammate_id = $2",
);

const VIEW_DELETE: Sql =
    Sql::both("DELETE FROM inbox_views WHERE workspace_id = $1 AND teammate_id = $2 AND view_id = $3");

const HABITS_FIND: Sql = Sql::both("SELECT habits FROM inbox_habits WHERE workspace_id = $1 AND teammate_id = $2");

const HABITS_PUT: Sql = Sql::both(
    "INSERT INTO inbox_habits (workspace_id, teammate_id, habits) VALUES ($1, $2, $3) \
     ON CONFLICT (workspace_id, teammate_id) DO UPDATE SET habits = excluded.habits",
);

/// Keeps what a teammate has just done, in the place of what they did before; returns by what it is known.
pub fn undo_put(write: &mut Write<'_, '_>, teammate: TeammateId, deed: &str) -> Result<i64, Error> {
    let values = params![write.workspace.id, teammate, write.now, deed];
    Ok(write.tx.query_row(&UNDO_PUT, &values, |row| row.get(0))?.unwrap_or(0))
}

pub fn undo_find(tx: &mut impl Read, workspace: WorkspaceId, teammate: TeammateId) -> Result<Option<UndoRow>, Error> {
    tx.query_row(&UNDO_FIND, &params![workspace, teammate], |row| {
        Ok(UndoRow { id: row.get(0)?, at: row.get(1)?, deed: row.get(2)? })
    })
}

/// It was undone, so it can't be again.
pub fn undo_empty(write: &mut Write<'_, '_>, teammate: TeammateId, id: i64) -> Result<(), Error> {
    write.tx.execute(&UNDO_EMPTY, &params![write.workspace.id, teammate, id]).map(drop)
}

/// A teammate's saved views, oldest first.
pub fn saved_view_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    teammate: TeammateId,
    rows_max: i64,
) -> Result<Vec<SavedView>, Error> {
    tx.query(&VIEW_LIST, &params![workspace, teammate, rows_max], |row| {
        Ok(SavedView { id: row.get(0)?, name: row.get(1)?, query: row.get(2)? })
    })
}

pub fn saved_view_insert(
    write: &mut Write<'_, '_>,
    teammate: TeammateId,
    name: &str,
    query: &str,
) -> Result<(), Error> {
    write.tx.execute(&VIEW_INSERT, &params![write.workspace.id, teammate, name, query]).map(drop)
}

pub fn saved_view_delete(write: &mut Write<'_, '_>, teammate: TeammateId, view: i64) -> Result<(), Error> {
    write.tx.execute(&VIEW_DELETE, &params![write.workspace.id, teammate, view]).map(drop)
}

/// How a teammate wants to hear of news, as JSON; `None` if they never said.
pub fn habits_find(tx: &mut impl Read, workspace: WorkspaceId, teammate: TeammateId) -> Result<Option<String>, Error> {
    tx.query_row(&HABITS_FIND, &params![workspace, teammate], |row| row.get(0))
}

pub fn habits_put(write: &mut Write<'_, '_>, teammate: TeammateId, habits: &str) -> Result<(), Error> {
    write.tx.execute(&HABITS_PUT, &params![write.workspace.id, teammate, habits]).map(drop)
}

super::statements! {
    UNDO_PUT, UNDO_FIND, UNDO_EMPTY, VIEW_LIST, VIEW_INSERT, VIEW_DELETE, HABITS_FIND, HABITS_PUT,
}
