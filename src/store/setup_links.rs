//! The one-time link of the first start.

use database::{Error, Read, Sql, Tx, params};

use crate::clock::Time;
use crate::id::WorkspaceId;

const SETUP_LINK_INSERT: Sql =
    Sql::both("INSERT INTO setup_links (hash, workspace_id, expires_at_ms, used_at_ms) VALUES ($1, $2, $3, 0)");

const SETUP_LINK_FIND: Sql =
    Sql::both("SELECT workspace_id FROM setup_links WHERE hash = $1 AND used_at_ms = 0 AND expires_at_ms > $2");

const SETUP_LINK_USE: Sql =
    Sql::both("UPDATE setup_links SET used_at_ms = $2 WHERE hash = $1 AND used_at_ms = 0 AND expires_at_ms > $2");

const SETUP_LINK_END_ALL: Sql =
    Sql::both("UPDATE setup_links SET used_at_ms = $2 WHERE workspace_id = $1 AND used_at_ms = 0");

/// Stores a link by the SHA-256 of its secret.
pub fn setup_link_insert(
    tx: &mut Tx<'_>,
    hash: [u8; 32],
    workspace: WorkspaceId,
    expires_at: Time,
) -> Result<(), Error> {
    tx.execute(&SETUP_LINK_INSERT, &params![hash, workspace, expires_at]).map(drop)
}

/// The workspace that a living link sets up.
pub fn setup_link_find(tx: &mut impl Read, hash: [u8; 32], now: Time) -> Result<Option<WorkspaceId>, Error> {
    tx.query_row(&SETUP_LINK_FIND, &params![hash, now], |row| row.get(0))
}

/// Uses a link up; `false` if it was used or is too old.
pub fn setup_link_use(tx: &mut Tx<'_>, hash: [u8; 32], now: Time) -> Result<bool, Error> {
    Ok(tx.execute(&SETUP_LINK_USE, &params![hash, now])? > 0)
}

/// Ends every link of a workspace that wasn't used.
pub fn setup_link_end_all(tx: &mut Tx<'_>, workspace: WorkspaceId, now: Time) -> Result<(), Error> {
    tx.execute(&SETUP_LINK_END_ALL, &params![workspace, now]).map(drop)
}

super::statements! {
    SETUP_LINK_INSERT, SETUP_LINK_FIND, SETUP_LINK_USE, SETUP_LINK_END_ALL,
}
