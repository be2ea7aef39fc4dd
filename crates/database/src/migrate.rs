//! Moving a schema forward, one transaction per migration. There is no way back but the backup.

use crate::{Config, Error, Location};

/// One step of the schema. Each engine has its own text; several statements are fine.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Ascending, greater than 0, never reused.
    pub version: i64,
    /// What it does, in a few words.
    pub name: &'static str,
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}

/// What [`crate::Database::migrate`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The version before, 0 when there was none.
    pub from: i64,
    /// The version now.
    pub to: i64,
    /// How many migrations this call applied; another node may have applied some.
    pub applied: usize,
}

pub(crate) fn run(config: &Config, migrations: &[Migration]) -> Result<Migrated, Error> {
    let ascending = migrations.windows(2).all(|pair| pair[0].version < pair[1].version);
    if !ascending || migrations.first().is_some_and(|first| first.version < 1) {
        return Err(Error::Misuse("migrations must have ascending versions from 1 on".to_owned()));
    }
    let migrate = || match &config.location {
        Location::File(path) => crate::sqlite::migrate::run(path, config, migrations),
        Location::Postgres(_) => crate::postgres::migrate::run(config, migrations),
    };
    // A PostgreSQL client must neither be made nor dropped on an asynchronous thread, and we may be on one.
    std::thread::scope(|scope| scope.spawn(migrate).join())
        .unwrap_or_else(|panic| Err(Error::Panicked(crate::error::panic_text(&*panic))))
}

/// Fails when the database is ahead of this program.
pub(crate) fn check_known(found: i64, migrations: &[Migration]) -> Result<(), Error> {
    let known = migrations.last().map_or(0, |last| last.version);
    if found > known { Err(Error::NewerSchema { found, known }) } else { Ok(()) }
}

/// Says which migration failed.
pub(crate) fn failed(migration: &Migration, error: Error) -> Error {
    let why = format!("migration {} ({}): {error}", migration.version, migration.name);
    match error {
        Error::Full(_) => Error::Full(why),
        Error::Unavailable(_) => Error::Unavailable(why),
        _ => Error::Other(why),
    }
}
