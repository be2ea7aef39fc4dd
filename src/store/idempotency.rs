//! Answers kept under their `Idempotency-Key`.

use std::time::Duration;

use database::{Error, Read, Sql, Tx, Value, params};

use crate::clock::Time;
use crate::id::{WorkspaceId, random_bytes};
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

/// A kept answer, or a claim in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    pub fingerprint: [u8; 32],
    /// The HTTP status; 0 of a claim.
    pub status: i64,
    pub body: String,
    pub at: Time,
}

impl KeptAnswer {
    /// Whose claim this is, if it is one.
    pub fn claim(&self) -> Option<&str> {
        (self.status == CLAIMED).then_some(self.body.as_str())
    }
}

/// Tells a claim from others on the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimId(String);

impl ClaimId {
    /// A new one from the operating system's randomness.
    pub fn generate() -> ClaimId {
        ClaimId(random_bytes::<8>().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How long a claim holds its key after it was made or renewed.
pub const CLAIM_LIVES: Duration = Duration::from_secs(120);
/// Stands for the status of an answer that is not there yet.
const CLAIMED: i64 = 0;

const IDEMPOTENCY_FIND: Sql = Sql::both(
    "SELECT fingerprint, status, body, created_at_ms FROM idempotency \
     WHERE workspace_id = $1 AND idempotency_key = $2 AND method = $3 AND path = $4 AND created_at_ms > $5",
);

// A replaced row is one that had outlived its time but was not swept yet.
static IDEMPOTENCY_INSERT: Sql = Sql::both(
    "INSERT INTO idempotency (workspace_id, idempotency_key, method, path, fingerprint, status, body, created_at_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT (workspace_id, idempotency_key, method, path) DO UPDATE SET fingerprint = excluded.fingerprint, \
     status = excluded.status, body = excluded.body, created_at_ms = excluded.created_at_ms",
);

const IDEMPOTENCY_CLAIM_RENEW: Sql = Sql::both(
    "UPDATE idempotency SET created_at_ms = $6 WHERE workspace_id = $1 AND idempotency_key = $2 AND method = $3 \
     AND path = $4 AND status = 0 AND body = $5",
);

const IDEMPOTENCY_CLAIM_RELEASE: Sql = Sql::both(
    "DELETE FROM idempotency WHERE workspace_id = $1 AND idempotency_key = $2 AND method = $3 AND path = $4 \
     AND status = 0 AND body = $5",
);

const IDEMPOTENCY_PRUNE: Sql = Sql::both(
    "DELETE FROM idempotency WHERE (workspace_id, idempotency_key, method, path) IN \
     (SELECT workspace_id, idempotency_key, method, path FROM idempotency WHERE created_at_ms <= $1 LIMIT $2)",
);

/// The answer or claim kept under this key, unless its time is over.
pub fn idempotency_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    key: &IdempotencyKey,
    now: Time,
) -> Result<Option<KeptAnswer>, Error> {
    let oldest = now - IDEMPOTENCY_KEPT;
    tx.query_row(&IDEMPOTENCY_FIND, &params![workspace, key.key, key.method, key.path, oldest], |row| {
        Ok(KeptAnswer { fingerprint: row.get(0)?, status: row.get(1)?, body: row.get(2)?, at: row.get(3)? })
    })
}

/// Keeps an answer.
pub fn idempotency_insert(
    write: &mut Write<'_, '_>,
    key: &IdempotencyKey,
    status: u16,
    body: &str,
) -> Result<(), crate::error::Error> {
    idempotency_insert_for(write, key, status, body, IDEMPOTENCY_KEPT)
}

/// Keeps an answer for a shorter time than others.
pub fn idempotency_insert_for(
    write: &mut Write<'_, '_>,
    key: &IdempotencyKey,
    status: u16,
    body: &str,
    lives: Duration,
) -> Result<(), crate::error::Error> {
    let IdempotencyKey { key, method, path, fingerprint } = key;
    // As old as an answer that has only so long left, so that finding and forgetting need to know one age only.
    let created_at = write.now + lives - IDEMPOTENCY_KEPT;
    let status = i64::from(status);
    let values = params![write.workspace.id, key, method, path, fingerprint, status, body, created_at];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&IDEMPOTENCY_INSERT, values)
}

/// Claims the key for a request that has no answer yet.
pub fn idempotency_claim(
    write: &mut Write<'_, '_>,
    key: &IdempotencyKey,
    claim: &ClaimId,
) -> Result<(), crate::error::Error> {
    let IdempotencyKey { key, method, path, fingerprint } = key;
    let values = params![write.workspace.id, key, method, path, fingerprint, CLAIMED, claim.0, write.now];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&IDEMPOTENCY_INSERT, values)
}

/// Lets a claim live on from now, unless another has taken its place.
pub fn idempotency_claim_renew(write: &mut Write<'_, '_>, key: &IdempotencyKey, claim: &ClaimId) -> Result<(), Error> {
    let IdempotencyKey { key, method, path, .. } = key;
    let values = params![write.workspace.id, key, method, path, claim.0, write.now];
    write.tx.execute(&IDEMPOTENCY_CLAIM_RENEW, &values).map(drop)
}

/// Ends a claim, unless another or an answer has taken its place.
pub fn idempotency_claim_release(
    write: &mut Write<'_, '_>,
    key: &IdempotencyKey,
    claim: &ClaimId,
) -> Result<(), Error> {
    let IdempotencyKey { key, method, path, .. } = key;
    let values = params![write.workspace.id, key, method, path, claim.0];
    write.tx.execute(&IDEMPOTENCY_CLAIM_RELEASE, &values).map(drop)
}

/// Forgets answers whose time is over, in all workspaces, at most `rows_max`; returns how many.
pub fn idempotency_prune(tx: &mut Tx<'_>, now: Time, rows_max: i64) -> Result<u64, Error> {
    tx.execute(&IDEMPOTENCY_PRUNE, &params![now - IDEMPOTENCY_KEPT, rows_max])
}

super::statements! {
    IDEMPOTENCY_FIND, IDEMPOTENCY_INSERT, IDEMPOTENCY_CLAIM_RENEW, IDEMPOTENCY_CLAIM_RELEASE, IDEMPOTENCY_PRUNE,
}
