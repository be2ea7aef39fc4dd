//! Migrations of a SQLite file, each behind a backup once there is something to lose.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::backup::{beside, copy};
use super::{fault, open};
use crate::migrate::{check_known, failed};
use crate::{Config, Error, Migrated, Migration};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at_ms BIGINT NOT NULL)";
const RECORD: &str = "INSERT INTO schema_migrations (version, name, applied_at_ms)
    VALUES (?1, ?2, CAST(unixepoch('subsec') * 1000 AS INTEGER))";

pub(crate) fn run(path: &Path, config: &Config, migrations: &[Migration]) -> Result<Migrated, Error> {
    let conn = open(path, config, config.reader_cache_kib)?;
    let from = version(&conn)?;
    check_known(from, migrations)?;
    let mut migrated = Migrated { from, to: from, applied: 0 };
    let had_data = from > 0;
    for migration in migrations.iter().filter(|migration| migration.version > from) {
        if had_data {
            copy(&conn, &beside(path, &format!(".before-{:04}.backup", migration.version)), true, &[])?;
        }
        migrated.applied += usize::from(apply(&conn, migration).map_err(|error| failed(migration, error))?);
        migrated.to = migration.version;
    }
    Ok(migrated)
}

fn version(conn: &Connection) -> Result<i64, Error> {
    let read = || -> rusqlite::Result<i64> {
        let exists = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'";
        if conn.query_row(exists, [], |_| Ok(())).optional()?.is_none() {
            return Ok(0);
        }
        conn.query_row("SELECT COALESCE(MAX(version), 0) FROM schema_migrations", [], |row| row.get(0))
    };
    read().map_err(|error| fault(&error, "schema_migrations"))
}

/// `false` when somebody else was faster.
fn apply(conn: &Connection, migration: &Migration) -> Result<bool, Error> {
    let run = |text: &str| conn.execute_batch(text).map_err(|error| fault(&error, text));
    run("BEGIN IMMEDIATE")?;
    let step = || {
        if version(conn)? >= migration.version {
            return Ok(false);
        }
        run(TABLE)?;
        run(migration.sqlite)?;
        conn.execute(RECORD, (migration.version, migration.name)).map_err(|error| fault(&error, RECORD))?;
        Ok(true)
    };
    let applied = step().and_then(|applied| run("COMMIT").map(|()| applied));
    if applied.is_err() && !conn.is_autocommit() {
        let _ = run("ROLLBACK");
    }
    applied
}
