//! What the database says of itself, for `partyline doctor`.

use database::{Error, Read, Sql};

use crate::clock::Time;

const SCHEMA_VERSION: Sql = Sql::both("SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM schema_migrations");

// A pair, because PostgreSQL checks its pages itself, and each engine has its own word for its clock.
const INTEGRITY: Sql = Sql::pair("SELECT quick_check FROM pragma_quick_check", "SELECT 'ok'");

const NOW: Sql = Sql::pair(
    "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
);

/// The newest migration that was applied; 0 if none was.
pub fn schema_version(tx: &mut impl Read) -> Result<i64, Error> {
    Ok(tx.query_row(&SCHEMA_VERSION, &[], |row| row.get(0))?.unwrap_or(0))
}

/// `ok`, or the first damage. Reads all of a SQLite file.
pub fn integrity(tx: &mut impl Read) -> Result<String, Error> {
    Ok(tx.query_row(&INTEGRITY, &[], |row| row.get(0))?.unwrap_or_default())
}

/// The database's own clock.
pub fn database_now(tx: &mut impl Read) -> Result<Time, Error> {
    Ok(tx.query_row(&NOW, &[], |row| row.get(0))?.unwrap_or(Time::NEVER))
}

super::statements! {
    SCHEMA_VERSION, INTEGRITY, NOW,
}
