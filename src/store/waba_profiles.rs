//! Business accounts at Meta, which numbers of the Cloud API belong to, and when each is looked at next.

use database::{Error, Read, Row, Sql, params};

use crate::clock::Time;
use crate::id::WorkspaceId;
use crate::store::Write;

/// A business account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WabaProfile {
    pub workspace: WorkspaceId,
    /// Meta's id of it.
    pub business_id: String,
    /// As Meta knows it; empty until it was asked.
    pub name: String,
    /// When its templates were read last; never until they were.
    pub read_at: Time,
    /// When it is looked at next.
    pub due: Time,
    /// Looks that failed since one succeeded.
    pub attempts: i64,
    /// Why the last look failed; empty where it didn't.
    pub problem: String,
}

macro_rules! profiles_where {
    ($rest:literal) => {
        concat!(
            "SELECT workspace_id, business_id, name, read_at_ms, due_ms, attempts, problem FROM waba_profiles ",
            $rest
        )
    };
}

const WABA_PROFILE_WANT: Sql = Sql::both(
    "INSERT INTO waba_profiles (workspace_id, business_id, name, read_at_ms, due_ms, attempts, problem) \
     VALUES ($1, $2, '', 0, $3, 0, '') \
     ON CONFLICT (workspace_id, business_id) DO UPDATE SET due_ms = excluded.due_ms, attempts = 0",
);

const WABA_PROFILE_FIND: Sql = Sql::both(profiles_where!("WHERE workspace_id = $1 AND business_id = $2"));

const WABA_PROFILE_DUE: Sql =
    Sql::both(profiles_where!("WHERE due_ms <= $1 AND due_ms > 0 ORDER BY due_ms, workspace_id, business_id LIMIT $2"));

const WABA_PROFILE_CLAIM: Sql =
    Sql::both("UPDATE waba_profiles SET due_ms = $4 WHERE workspace_id = $1 AND business_id = $2 AND due_ms = $3");

const WABA_PROFILE_NOTE: Sql = Sql::both(
    "UPDATE waba_profiles SET name = $3, read_at_ms = $4, due_ms = $5, attempts = $6, problem = $7 \
     WHERE workspace_id = $1 AND business_id = $2",
);

/// Has a business account looked at now; knows it from then on.
pub fn waba_profile_want(write: &mut Write<'_, '_>, business_id: &str) -> Result<(), Error> {
    write.tx.execute(&WABA_PROFILE_WANT, &params![write.workspace.id, business_id, write.now]).map(drop)
}

pub fn waba_profile_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    business_id: &str,
) -> Result<Option<WabaProfile>, Error> {
    tx.query_row(&WABA_PROFILE_FIND, &params![workspace, business_id], decode)
}

/// Those of all workspaces that are due, for the clerk.
pub fn waba_profile_due(tx: &mut impl Read, now: Time, rows_max: i64) -> Result<Vec<WabaProfile>, Error> {
    tx.query(&WABA_PROFILE_DUE, &params![now, rows_max], decode)
}

/// Takes one up until `until`; `false` where somebody else has.
pub fn waba_profile_claim(write: &mut Write<'_, '_>, profile: &WabaProfile, until: Time) -> Result<bool, Error> {
    let values = params![write.workspace.id, profile.business_id, profile.due, until];
    Ok(write.tx.execute(&WABA_PROFILE_CLAIM, &values)? > 0)
}

/// Notes what came of a look.
pub fn waba_profile_note(write: &mut Write<'_, '_>, profile: &WabaProfile) -> Result<(), Error> {
    let WabaProfile { business_id, name, read_at, due, attempts, problem, .. } = profile;
    let values = params![write.workspace.id, business_id, name, read_at, due, attempts, problem];
    write.tx.execute(&WABA_PROFILE_NOTE, &values).map(drop)
}

fn decode(row: &Row<'_>) -> Result<WabaProfile, Error> {
    Ok(WabaProfile {
        workspace: row.get(0)?,
        business_id: row.get(1)?,
        name: row.get(2)?,
        read_at: row.get(3)?,
        due: row.get(4)?,
        attempts: row.get(5)?,
        problem: row.get(6)?,
    })
}

super::statements! {
    WABA_PROFILE_WANT, WABA_PROFILE_FIND, WABA_PROFILE_DUE, WABA_PROFILE_CLAIM, WABA_PROFILE_NOTE,
}
