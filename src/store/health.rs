//! What the database says of itself, for `partyline doctor`.

use database::{Error, Read, Sql, params};

use crate::clock::Time;

const SCHEMA_VERSION: Sql = Sql::both("SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM schema_migrations");

// A pair, because PostgreSQL checks its pages itself, and each engine has its own word for its clock.
const INTEGRITY: Sql = Sql::pair("SELECT quick_check FROM pragma_quick_check", "SELECT 'ok'");

const NOW: Sql = Sql::pair(
    "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
);

// A pair, because each engine counts its own pages: SQLite by reading all of them.
const TABLE_SIZES: Sql = Sql::pair(
    "SELECT COALESCE(m.tbl_name, s.name), CAST(SUM(s.pgsize) AS INTEGER) FROM dbstat s \
     LEFT JOIN sqlite_schema m ON m.name = s.name WHERE s.aggregate = TRUE \
     GROUP BY COALESCE(m.tbl_name, s.name) ORDER BY 2 DESC, 1 LIMIT $1",
    "SELECT CAST(c.relname AS TEXT), CAST(pg_total_relation_size(c.oid) AS BIGINT) FROM pg_class c \
     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = current_schema() \
     ORDER BY 2 DESC, 1 LIMIT $1",
);

/// A table with what it takes on disk, its indices included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    pub name: String,
    pub bytes: i64,
}

/// The largest tables, at most `rows_max`. Reads all of a SQLite file.
pub fn table_sizes(tx: &mut impl Read, rows_max: i64) -> Result<Vec<TableSize>, Error> {
    tx.query(&TABLE_SIZES, &params![rows_max], |row| Ok(TableSize { name: row.get(0)?, bytes: row.get(1)? }))
}

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
    SCHEMA_VERSION, INTEGRITY, NOW, TABLE_SIZES,
}
