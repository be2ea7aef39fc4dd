//! Migrations on PostgreSQL. Nodes that start together meet at a lock on the table of migrations, which also holds
//! through poolers and failovers, where advisory locks don't.

use postgres::Client;
use postgres::error::SqlState;

use super::{Server, fault};
use crate::migrate::{check_known, failed};
use crate::{Config, Error, Location, Migrated, Migration};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at_ms BIGINT NOT NULL)";
const LOCK: &str = "BEGIN; LOCK TABLE schema_migrations IN SHARE ROW EXCLUSIVE MODE";
const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations";
const RECORD: &str = "INSERT INTO schema_migrations (version, name, applied_at_ms)
    VALUES ($1, $2, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT))";

/// Tries at making the table: `IF NOT EXISTS` fails all the same when two sessions make it at once.
const TABLE_ATTEMPTS_MAX: u32 = 10;

pub(crate) fn run(config: &Config, migrations: &[Migration]) -> Result<Migrated, Error> {
    let Location::Postgres(address) = &config.location else {
        return Err(Error::Misuse("no PostgreSQL address".to_owned()));
    };
    let mut client = Server::parse(address)?.connect()?;
    make_table(&mut client)?;
    let from = version(&mut client)?;
    check_known(from, migrations)?;
    let mut migrated = Migrated { from, to: from, applied: 0 };
    for migration in migrations.iter().filter(|migration| migration.version > from) {
        migrated.applied += usize::from(apply(&mut client, migration, migrations)?);
        migrated.to = migration.version;
    }
    Ok(migrated)
}

fn make_table(client: &mut Client) -> Result<(), Error> {
    for _ in 0..TABLE_ATTEMPTS_MAX {
        match client.batch_execute(TABLE) {
            Ok(()) => return Ok(()),
            Err(error) if error.code().is_some_and(is_made_at_once) => {}
            Err(error) => return Err(fault(&error, TABLE)),
        }
    }
    Err(Error::Conflict("making the table of migrations".to_owned()))
}

/// What the slower of two sessions that make one table hears, by how far it had come.
fn is_made_at_once(code: &SqlState) -> bool {
    [SqlState::UNIQUE_VIOLATION, SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT].contains(code)
}

fn version(client: &mut Client) -> Result<i64, Error> {
    let row = client.query_one(VERSION, &[]).map_err(|error| fault(&error, VERSION))?;
    row.try_get(0).map_err(|error| Error::Decode(error.to_string()))
}

/// `false` when another node was faster.
fn apply(client: &mut Client, migration: &Migration, migrations: &[Migration]) -> Result<bool, Error> {
    let run = |client: &mut Client, text: &str| client.batch_execute(text).map_err(|error| fault(&error, text));
    run(client, LOCK)?;
    let mut step = || {
        let found = version(client)?;
        check_known(found, migrations)?;
        if found >= migration.version {
            return Ok(false);
        }
        let named = |error| failed(migration, error);
        run(client, migration.postgres).map_err(named)?;
        let recorded = client.execute(RECORD, &[&migration.version, &migration.name]);
        recorded.map_err(|error| named(fault(&error, RECORD)))?;
        Ok(true)
    };
    let applied = step();
    match applied {
        Ok(applied) => run(client, "COMMIT").map(|()| applied).map_err(|error| failed(migration, error)),
        Err(error) => {
            let _ = run(client, "ROLLBACK");
            Err(error)
        }
    }
}
