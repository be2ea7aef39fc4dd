//! Answers kept under their `Idempotency-Key`.

use std::time::Duration;

use database::{Error, Read, Sql, Tx, Value, params};

use crate::clock::Time;
use crate::id::WorkspaceId;
use crate::store::Write;

/// How long an answer is kept.
pub const IDEMPOTENCY_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// What makes a repeated request the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub key: String,
    pub method: String,
    pub path: String,
    /// SHA-256 of the body.
    pub fingerprint: [u8; 32],
}

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    pub fingerprint: [u8; 32],
    pub status: i64,
    pub body: String,
}

const IDEMPOTENCY_FIND: Sql = Sql::both(
    "SELECT fingerprint, status, body FROM idempotency \
     WHERE workspace_id = $1 AND idempotency_key = $2 AND method = $3 AND path = $4 AND created_at_ms > $5",
);

// A replaced row is one that had outlived its time but was not swept yet.
static IDEMPOTENCY_INSERT: Sql = Sql::both(
    "INSERT INTO idempotency (workspace_id, idempotency_key, method, path, fingerprint, status, body, created_at_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT (workspace_id, idempotency_key, method, path) DO UPDATE SET fingerprint = excluded.fingerprint, \
     status = excluded.status, body = excluded.body, created_at_ms = excluded.created_at_ms",
);

const IDEMPOTENCY_PRUNE: Sql = Sql::both(
    "DELETE FROM idempotency WHERE (workspace_id, idempotency_key, method, path) IN \
     (SELECT workspace_id, idempotency_key, method, path FROM idempotency WHERE created_at_ms <= $1 LIMIT $2)",
);

/// The answer kept under this key, unless its time is over.
pub fn idempotency_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    key: &IdempotencyKey,
    now: Time,
) -> Result<Option<KeptAnswer>, Error> {
    let oldest = now - IDEMPOTENCY_KEPT;
    tx.query_row(&IDEMPOTENCY_FIND, &params![workspace, key.key, key.method, key.path, oldest], |row| {
        Ok(KeptAnswer { fingerprint: row.get(0)?, status: row.get(1)?, body: row.get(2)? })
    })
}

/// Keeps an answer.
pub fn idempotency_insert(
    write: &mut Write<'_, '_>,
    key: &IdempotencyKey,
    status: u16,
    body: &str,
) -> Result<(), crate::error::Error> {
    let IdempotencyKey { key, method, path, fingerprint } = key;
    let status = i64::from(status);
    let values = params![write.workspace.id, key, method, path, fingerprint, status, body, write.now];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&IDEMPOTENCY_INSERT, values)
}

/// Forgets answers whose time is over, in all workspaces, at most `rows_max`; returns how many.
pub fn idempotency_prune(tx: &mut Tx<'_>, now: Time, rows_max: i64) -> Result<u64, Error> {
    tx.execute(&IDEMPOTENCY_PRUNE, &params![now - IDEMPOTENCY_KEPT, rows_max])
}

super::statements! {
    IDEMPOTENCY_FIND, IDEMPOTENCY_INSERT, IDEMPOTENCY_PRUNE,
}
