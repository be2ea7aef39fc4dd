//! Sandbox accounts that are spoken to as Meta's Graph, and what these still have to tell.

use database::{Error, Read, Row, Sql, Tx, owned_params, params};
use uuid::Uuid;

use crate::clock::Time;
use crate::store::sandbox::SandboxOf;

/// How a sandbox account is spoken to as the Graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxGraph {
    pub of: SandboxOf,
    /// SHA-256 of the token that callers bear.
    pub token_hash: [u8; 32],
    /// Where it tells what happens; empty for nowhere.
    pub callback_url: String,
    /// What it signs with, sealed.
    pub app_secret: Vec<u8>,
}

/// Something to tell, as it is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxCallback {
    /// Sorts what is told in its order.
    pub id: Uuid,
    pub body: String,
    pub attempts: i64,
    pub due: Time,
}

const GRAPH_SET: Sql = Sql::both(
    "INSERT INTO sandbox_graphs (workspace_id, account_id, token_hash, callback_url, app_secret) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, account_id) DO UPDATE SET \
     token_hash = excluded.token_hash, callback_url = excluded.callback_url, app_secret = excluded.app_secret",
);

const GRAPH_FIND: Sql = Sql::both(
    "SELECT workspace_id, account_id, token_hash, callback_url, app_secret FROM sandbox_graphs \
     WHERE workspace_id = $1 AND account_id = $2",
);

const GRAPH_BY_TOKEN: Sql = Sql::both(
    "SELECT workspace_id, account_id, token_hash, callback_url, app_secret FROM sandbox_graphs WHERE token_hash = $1",
);

static CALLBACK_INSERT: Sql = Sql::both(
    "INSERT INTO sandbox_callbacks (workspace_id, account_id, callback_id, body, attempts, due_ms) \
     VALUES ($1, $2, $3, $4, 0, $5)",
);

const CALLBACK_DUE: Sql = Sql::both(
    "SELECT callback_id, body, attempts, due_ms FROM sandbox_callbacks \
     WHERE workspace_id = $1 AND account_id = $2 AND due_ms <= $3 ORDER BY due_ms, callback_id LIMIT $4",
);

const CALLBACK_WAIT: Sql = Sql::both(
    "UPDATE sandbox_callbacks SET attempts = attempts + 1, due_ms = $4 \
     WHERE workspace_id = $1 AND account_id = $2 AND callback_id = $3",
);

const CALLBACK_DELETE: Sql =
    Sql::both("DELETE FROM sandbox_callbacks WHERE workspace_id = $1 AND account_id = $2 AND callback_id = $3");

const CALLBACK_FORGET: Sql = Sql::both(
    "DELETE FROM sandbox_callbacks WHERE workspace_id = $1 AND account_id = $2 AND callback_id IN \
     (SELECT c.callback_id FROM sandbox_callbacks c WHERE c.workspace_id = $1 AND c.account_id = $2 \
     ORDER BY c.callback_id LIMIT $3)",
);

/// Lets a sandbox account be spoken to as the Graph, in place of how it was before.
pub fn sandbox_graph_set(tx: &mut Tx<'_>, graph: &SandboxGraph) -> Result<(), Error> {
    let SandboxGraph { of, token_hash, callback_url, app_secret } = graph;
    let values = params![of.workspace, of.account, token_hash, callback_url, app_secret];
    tx.execute(&GRAPH_SET, &values).map(drop)
}

pub fn sandbox_graph_find(tx: &mut impl Read, of: SandboxOf) -> Result<Option<SandboxGraph>, Error> {
    tx.query_row(&GRAPH_FIND, &params![of.workspace, of.account], decode)
}

/// The one that a token speaks to, in whichever workspace: a request names no other.
pub fn sandbox_graph_by_token(tx: &mut impl Read, token_hash: &[u8; 32]) -> Result<Option<SandboxGraph>, Error> {
    tx.query_row(&GRAPH_BY_TOKEN, &params![token_hash], decode)
}

/// Adds something to tell.
pub fn sandbox_callback_insert(tx: &mut Tx<'_>, of: SandboxOf, id: Uuid, body: &str, due: Time) -> Result<(), Error> {
    tx.later(&CALLBACK_INSERT, owned_params![of.workspace, of.account, id, body, due])
}

/// What is to be told now, in its order.
pub fn sandbox_callback_due(
    tx: &mut impl Read,
    of: SandboxOf,
    now: Time,
    rows_max: i64,
) -> Result<Vec<SandboxCallback>, Error> {
    tx.query(&CALLBACK_DUE, &params![of.workspace, of.account, now, rows_max], |row| {
        Ok(SandboxCallback { id: row.get(0)?, body: row.get(1)?, attempts: row.get(2)?, due: row.get(3)? })
    })
}

/// Nobody took it; it is tried again then.
pub fn sandbox_callback_wait(tx: &mut Tx<'_>, of: SandboxOf, id: Uuid, due: Time) -> Result<(), Error> {
    tx.execute(&CALLBACK_WAIT, &params![of.workspace, of.account, id, due]).map(drop)
}

/// It was told, or nobody will hear it.
pub fn sandbox_callback_delete(tx: &mut Tx<'_>, of: SandboxOf, id: Uuid) -> Result<(), Error> {
    tx.execute(&CALLBACK_DELETE, &params![of.workspace, of.account, id]).map(drop)
}

/// Forgets what is to be told, at most `rows_max` at once; returns how many went.
pub fn sandbox_callback_forget(tx: &mut Tx<'_>, of: SandboxOf, rows_max: i64) -> Result<u64, Error> {
    tx.execute(&CALLBACK_FORGET, &params![of.workspace, of.account, rows_max])
}

fn decode(row: &Row<'_>) -> Result<SandboxGraph, Error> {
    Ok(SandboxGraph {
        of: SandboxOf { workspace: row.get(0)?, account: row.get(1)? },
        token_hash: row.get(2)?,
        callback_url: row.get(3)?,
        app_secret: row.get(4)?,
    })
}

super::statements! {
    GRAPH_SET, GRAPH_FIND, GRAPH_BY_TOKEN, CALLBACK_INSERT, CALLBACK_DUE, CALLBACK_WAIT, CALLBACK_DELETE, CALLBACK_FORGET,
}
