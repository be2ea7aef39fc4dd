//! Migrations on PostgreSQL.

use crate::{Config, Error, Migrated, Migration};

pub(crate) fn run(_config: &Config, _migrations: &[Migration]) -> Result<Migrated, Error> {
    Err(Error::Misuse("PostgreSQL isn't built yet".to_owned()))
}
