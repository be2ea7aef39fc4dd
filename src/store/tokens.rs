//! Tokens of the public API. Only their hashes are stored.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::id::{TeammateId, TokenId, WorkspaceId};
use crate::store::Write;

/// A stored token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub workspace: WorkspaceId,
    pub id: TokenId,
    pub name: String,
    pub scope: String,
    /// May act on sandbox accounts only.
    pub sandbox_only: bool,
    /// Who acts with it.
    pub teammate: TeammateId,
    /// The first letters, to tell tokens apart.
    pub hint: String,
    pub created_at: Time,
    pub revoked_at: Time,
    pub last_used_at: Time,
    /// Phones of the accounts that it may use, with commas between; empty for all.
    pub accounts: String,
    /// Networks that it may call from, with commas between; empty for all.
    pub networks: String,
    /// `NEVER` if it lives until it is revoked.
    pub expires_at: Time,
    /// A send that repeats another is answered as that one was.
    pub collapses: bool,
}

static TOKEN_INSERT: Sql = Sql::both(
    "INSERT INTO tokens (workspace_id, token_id, name, scope, sandbox_only, hint, hash, created_at_ms, revoked_at_ms, \
     last_used_at_ms, teammate_id, accounts, networks, expires_at_ms, collapses) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9, $10, $11, $12, $13)",
);

const TOKEN_BY_HASH: Sql = Sql::both(
    "SELECT workspace_id, token_id, name, scope, sandbox_only, hint, created_at_ms, revoked_at_ms, last_used_at_ms, \
     teammate_id, accounts, networks, expires_at_ms, collapses FROM tokens WHERE hash = $1",
);

const TOKEN_LIST: Sql = Sql::both(
    "SELECT workspace_id, token_id, name, scope, sandbox_only, hint, created_at_ms, revoked_at_ms, last_used_at_ms, \
     teammate_id, accounts, networks, expires_at_ms, collapses FROM tokens WHERE workspace_id = $1 ORDER BY token_id",
);

const TOKEN_REVOKE: Sql =
    Sql::both("UPDATE tokens SET revoked_at_ms = $3 WHERE workspace_id = $1 AND token_id = $2 AND revoked_at_ms = 0");

const TOKEN_FIND: Sql = Sql::both(
    "SELECT workspace_id, token_id, name, scope, sandbox_only, hint, created_at_ms, revoked_at_ms, last_used_at_ms, \
     teammate_id, accounts, networks, expires_at_ms, collapses FROM tokens WHERE workspace_id = $1 AND token_id = $2",
);

const TOKEN_EXPIRE: Sql =
    Sql::both("UPDATE tokens SET expires_at_ms = $3 WHERE workspace_id = $1 AND token_id = $2 AND revoked_at_ms = 0");

const TOKEN_USED: Sql = Sql::both(
    "UPDATE tokens SET last_used_at_ms = $3 WHERE workspace_id = $1 AND token_id = $2 AND last_used_at_ms < $3",
);

/// Stores a new token under `hash` (SHA-256 of its text, 32 bytes).
pub fn token_insert(write: &mut Write<'_, '_>, token: &TokenRow, hash: [u8; 32]) -> Result<(), crate::error::Error> {
    let TokenRow { workspace, id, name, scope, sandbox_only, teammate, hint, created_at, .. } = token;
    let TokenRow { accounts, networks, expires_at, collapses, .. } = token;
    let values = params![
        workspace,
        id,
        name,
        scope,
        sandbox_only,
        hint,
        hash,
        created_at,
        teammate,
        accounts,
        networks,
        expires_at,
        collapses
    ];
    write.later(&TOKEN_INSERT, values.into_iter().map(Value::into_owned).collect())
}

/// The token with this hash, in whichever workspace: a request names no other.
pub fn token_by_hash(tx: &mut impl Read, hash: &[u8; 32]) -> Result<Option<TokenRow>, Error> {
    tx.query_row(&TOKEN_BY_HASH, &params![hash], decode)
}

pub fn token_list(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<TokenRow>, Error> {
    tx.query(&TOKEN_LIST, &params![workspace], decode)
}

/// Ends a token; `false` if it had ended or doesn't exist.
pub fn token_revoke(write: &mut Write<'_, '_>, id: TokenId) -> Result<bool, Error> {
    let values = params![write.workspace.id, id, write.now];
    Ok(write.tx.execute(&TOKEN_REVOKE, &values)? > 0)
}

/// A token of the workspace, ended or not.
pub fn token_find(tx: &mut impl Read, workspace: WorkspaceId, id: TokenId) -> Result<Option<TokenRow>, Error> {
    tx.query_row(&TOKEN_FIND, &params![workspace, id], decode)
}

/// Lets a token live until then; `false` if it was revoked or doesn't exist.
pub fn token_expire(write: &mut Write<'_, '_>, id: TokenId, at: Time) -> Result<bool, Error> {
    Ok(write.tx.execute(&TOKEN_EXPIRE, &params![write.workspace.id, id, at])? > 0)
}

/// Notes that a token was used; called now and then, not for every request.
pub fn token_used(write: &mut Write<'_, '_>, id: TokenId, at: Time) -> Result<(), Error> {
    write.tx.execute(&TOKEN_USED, &params![write.workspace.id, id, at]).map(drop)
}

fn decode(row: &Row<'_>) -> Result<TokenRow, Error> {
    Ok(TokenRow {
        workspace: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        scope: row.get(3)?,
        sandbox_only: row.get(4)?,
        hint: row.get(5)?,
        created_at: row.get(6)?,
        revoked_at: row.get(7)?,
        last_used_at: row.get(8)?,
        teammate: row.get(9)?,
        accounts: row.get(10)?,
        networks: row.get(11)?,
        expires_at: row.get(12)?,
        collapses: row.get(13)?,
    })
}

super::statements! {
    TOKEN_INSERT, TOKEN_BY_HASH, TOKEN_LIST, TOKEN_FIND, TOKEN_EXPIRE, TOKEN_REVOKE, TOKEN_USED,
}
