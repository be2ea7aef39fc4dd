//! Sessions of teammates in the dashboard. Only the hash of what a browser holds is stored.

use database::{Error, Read, Row, Sql, params};

use crate::clock::Time;
use crate::id::{SessionId, TeammateId, WorkspaceId};
use crate::store::Write;

/// A stored session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub workspace: WorkspaceId,
    pub id: SessionId,
    pub teammate: TeammateId,
    /// Whence it was begun.
    pub address: String,
    /// The browser's own words of itself.
    pub browser: String,
    pub created_at: Time,
    /// To the quarter of an hour.
    pub seen_at: Time,
    pub expires_at: Time,
}

macro_rules! sessions_where {
    ($rest:literal) => {
        concat!(
            "SELECT workspace_id, session_id, user_id, address, browser, created_at_ms, seen_at_ms, expires_at_ms \
             FROM sessions WHERE ",
            $rest
        )
    };
}

const SESSION_BY_HASH: Sql = Sql::both(sessions_where!("hash = $1 AND expires_at_ms > $2"));

const SESSION_LIST: Sql =
    Sql::both(sessions_where!("workspace_id = $1 AND user_id = $2 AND expires_at_ms > $3 ORDER BY session_id DESC"));

const SESSION_INSERT: Sql = Sql::both(
    "INSERT INTO sessions (workspace_id, session_id, user_id, hash, address, browser, created_at_ms, seen_at_ms, \
     expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
);

const SESSION_SEEN: Sql = Sql::both(
    "UPDATE sessions SET seen_at_ms = $3, expires_at_ms = $4 \
     WHERE workspace_id = $1 AND session_id = $2 AND seen_at_ms < $3",
);

const SESSION_END: Sql = Sql::both("DELETE FROM sessions WHERE workspace_id = $1 AND user_id = $2 AND session_id = $3");

const SESSIONS_END: Sql =
    Sql::both("DELETE FROM sessions WHERE workspace_id = $1 AND user_id = $2 AND session_id <> $3");

const SESSIONS_FORGET: Sql = Sql::both("DELETE FROM sessions WHERE workspace_id = $1 AND expires_at_ms <= $2");

/// The living session that this hash belongs to, in whichever workspace: a cookie names no other.
pub fn session_by_hash(tx: &mut impl Read, hash: [u8; 32], now: Time) -> Result<Option<SessionRow>, Error> {
    tx.query_row(&SESSION_BY_HASH, &params![hash, now], decode)
}

/// A teammate's living sessions, the newest first.
pub fn session_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    teammate: TeammateId,
    now: Time,
) -> Result<Vec<SessionRow>, Error> {
    tx.query(&SESSION_LIST, &params![workspace, teammate, now], decode)
}

/// Stores a session under the SHA-256 of what the browser holds.
pub fn session_insert(write: &mut Write<'_, '_>, session: &SessionRow, hash: [u8; 32]) -> Result<(), Error> {
    let SessionRow { workspace, id, teammate, address, browser, created_at, expires_at, .. } = session;
    let values = params![workspace, id, teammate, hash, address, browser, created_at, expires_at];
    write.tx.execute(&SESSION_INSERT, &values).map(drop)
}

/// Notes that a session is in use, and until when it lives now.
pub fn session_seen(write: &mut Write<'_, '_>, session: SessionId, expires_at: Time) -> Result<(), Error> {
    let values = params![write.workspace.id, session, write.now, expires_at];
    write.tx.execute(&SESSION_SEEN, &values).map(drop)
}

/// Ends one session of a teammate; `false` if there is none.
pub fn session_end(write: &mut Write<'_, '_>, teammate: TeammateId, session: SessionId) -> Result<bool, Error> {
    Ok(write.tx.execute(&SESSION_END, &params![write.workspace.id, teammate, session])? > 0)
}

/// Ends all sessions of a teammate but one; with [`SessionId::NONE`] all.
pub fn sessions_end(write: &mut Write<'_, '_>, teammate: TeammateId, but: SessionId) -> Result<(), Error> {
    write.tx.execute(&SESSIONS_END, &params![write.workspace.id, teammate, but]).map(drop)
}

/// Forgets the workspace's sessions that are over.
pub fn sessions_forget(write: &mut Write<'_, '_>) -> Result<(), Error> {
    write.tx.execute(&SESSIONS_FORGET, &params![write.workspace.id, write.now]).map(drop)
}

fn decode(row: &Row<'_>) -> Result<SessionRow, Error> {
    Ok(SessionRow {
        workspace: row.get(0)?,
        id: row.get(1)?,
        teammate: row.get(2)?,
        address: row.get(3)?,
        browser: row.get(4)?,
        created_at: row.get(5)?,
        seen_at: row.get(6)?,
        expires_at: row.get(7)?,
    })
}

super::statements! {
    SESSION_BY_HASH, SESSION_LIST, SESSION_INSERT, SESSION_SEEN, SESSION_END, SESSIONS_END, SESSIONS_FORGET,
}
