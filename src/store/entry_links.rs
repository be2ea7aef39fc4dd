//! Links by which somebody comes in once: an invitation, or a way to a new password.

use database::{Error, Read, Sql, params};

use crate::clock::Time;
use crate::id::{TeammateId, WorkspaceId};
use crate::store::Write;

const ENTRY_LINK_INSERT: Sql = Sql::both(
    "INSERT INTO entry_links (hash, workspace_id, user_id, purpose, expires_at_ms) VALUES ($1, $2, $3, $4, $5)",
);

const ENTRY_LINK_FIND: Sql =
    Sql::both("SELECT workspace_id, user_id FROM entry_links WHERE hash = $1 AND purpose = $2 AND expires_at_ms > $3");

const ENTRY_LINK_USE: Sql =
    Sql::both("DELETE FROM entry_links WHERE hash = $1 AND purpose = $2 AND workspace_id = $3 AND expires_at_ms > $4");

const ENTRY_LINKS_END: Sql = Sql::both("DELETE FROM entry_links WHERE workspace_id = $1 AND user_id = $2");

const ENTRY_LINKS_FORGET: Sql = Sql::both("DELETE FROM entry_links WHERE workspace_id = $1 AND expires_at_ms <= $2");

/// Stores a link by the SHA-256 of its secret.
pub fn entry_link_insert(
    write: &mut Write<'_, '_>,
    hash: [u8; 32],
    teammate: TeammateId,
    purpose: &str,
    expires_at: Time,
) -> Result<(), Error> {
    let values = params![hash, write.workspace.id, teammate, purpose, expires_at];
    write.tx.execute(&ENTRY_LINK_INSERT, &values).map(drop)
}

/// Whom a living link lets in, in whichever workspace.
pub fn entry_link_find(
    tx: &mut impl Read,
    hash: [u8; 32],
    purpose: &str,
    now: Time,
) -> Result<Option<(WorkspaceId, TeammateId)>, Error> {
    tx.query_row(&ENTRY_LINK_FIND, &params![hash, purpose, now], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Uses a link up; `false` if it was used or is too old.
pub fn entry_link_use(write: &mut Write<'_, '_>, hash: [u8; 32], purpose: &str) -> Result<bool, Error> {
    let values = params![hash, purpose, write.workspace.id, write.now];
    Ok(write.tx.execute(&ENTRY_LINK_USE, &values)? > 0)
}

/// Ends all links of a teammate.
pub fn entry_links_end(write: &mut Write<'_, '_>, teammate: TeammateId) -> Result<(), Error> {
    write.tx.execute(&ENTRY_LINKS_END, &params![write.workspace.id, teammate]).map(drop)
}

/// Forgets the workspace's links that are too old.
pub fn entry_links_forget(write: &mut Write<'_, '_>) -> Result<(), Error> {
    write.tx.execute(&ENTRY_LINKS_FORGET, &params![write.workspace.id, write.now]).map(drop)
}

super::statements! {
    ENTRY_LINK_INSERT, ENTRY_LINK_FIND, ENTRY_LINK_USE, ENTRY_LINKS_END, ENTRY_LINKS_FORGET,
}
