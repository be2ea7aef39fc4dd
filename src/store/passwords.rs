//! Teammates' passwords. Only their hashes are stored.

use database::{Error, Read, Sql, params};

use crate::id::{TeammateId, WorkspaceId};
use crate::store::Write;
use crate::store::chats::fold;

const PASSWORD_SET: Sql = Sql::both(
    "INSERT INTO passwords (workspace_id, user_id, hash, changed_at_ms) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace_id, user_id) DO UPDATE SET hash = excluded.hash, changed_at_ms = excluded.changed_at_ms",
);

const PASSWORD_FIND: Sql = Sql::both("SELECT hash FROM passwords WHERE workspace_id = $1 AND user_id = $2");

const PASSWORD_DELETE: Sql = Sql::both("DELETE FROM passwords WHERE workspace_id = $1 AND user_id = $2");

const PASSWORDS_OF_LOGIN: Sql = Sql::both(
    "SELECT t.workspace_id, t.user_id, p.hash FROM teammates t \
     JOIN passwords p ON p.workspace_id = t.workspace_id AND p.user_id = t.user_id \
     WHERE t.email_folded = $1 AND t.ended_at_ms = 0 AND t.status = 'active' \
     ORDER BY t.workspace_id, t.user_id LIMIT $2",
);

/// Whose password it is, and its hash in PHC form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPassword {
    pub workspace: WorkspaceId,
    pub teammate: TeammateId,
    pub hash: String,
}

/// Gives a teammate a password in the place of any other.
pub fn password_set(write: &mut Write<'_, '_>, teammate: TeammateId, hash: &str) -> Result<(), Error> {
    let values = params![write.workspace.id, teammate, hash, write.now];
    write.tx.execute(&PASSWORD_SET, &values).map(drop)
}

/// The hash of a teammate's password, if there is one.
pub fn password_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    teammate: TeammateId,
) -> Result<Option<String>, Error> {
    tx.query_row(&PASSWORD_FIND, &params![workspace, teammate], |row| row.get(0))
}

/// Takes a teammate's password away.
pub fn password_delete(write: &mut Write<'_, '_>, teammate: TeammateId) -> Result<(), Error> {
    write.tx.execute(&PASSWORD_DELETE, &params![write.workspace.id, teammate]).map(drop)
}

/// The passwords of active teammates with this email, in whichever workspace: who logs in names none.
pub fn passwords_of_login(tx: &mut impl Read, email: &str, rows_max: i64) -> Result<Vec<StoredPassword>, Error> {
    tx.query(&PASSWORDS_OF_LOGIN, &params![fold(email), rows_max], |row| {
        Ok(StoredPassword { workspace: row.get(0)?, teammate: row.get(1)?, hash: row.get(2)? })
    })
}

super::statements! {
    PASSWORD_SET, PASSWORD_FIND, PASSWORD_DELETE, PASSWORDS_OF_LOGIN,
}
