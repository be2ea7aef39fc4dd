//! One SQL text on two engines: open, write, read, migrate.
//!
//! SQLite (bundled, WAL, every commit synced) for one machine, PostgreSQL for many. A caller hands a closure to
//! [`Database::write`] and hears back after the commit; what the closure wrote is there as a whole or not at all.
//! Closures are synchronous, may be run more than once, and touch nothing but their [`Tx`].
//!
//! ```no_run
//! use database::{Config, Database, Error, Location, Priority, Read, Sql, params};
//!
//! const TOTAL_ADD: Sql = Sql::both("UPDATE totals SET n = n + $2 WHERE id = $1 RETURNING n");
//!
//! # async fn example() -> Result<(), Error> {
//! let db = Database::open(Config::new(Location::File("things.db".into())))?;
//! let total: Option<i64> = db
//!     .write(1, Priority::Foreground, |tx| tx.query_row(&TOTAL_ADD, params![1, 5], |row| row.get(0)))
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! This crate knows nothing of the application above it: no table names, no clock, no random numbers that matter.
//! It must not print, must not touch the network beside PostgreSQL's, and must never create or drop a PostgreSQL
//! client on an asynchronous thread.

mod config;
mod database;
mod error;
mod folder_lock;
mod job;
mod migrate;
mod postgres;
mod queue;
mod row;
mod sql;
mod sqlite;
mod statistics;
mod tx;
mod value;

pub use config::{Config, Location};
pub use database::{Database, Priority};
pub use error::Error;
pub use folder_lock::FolderLock;
pub use migrate::{Migrated, Migration};
pub use row::Row;
pub use sql::{Engine, Sql};
pub use statistics::Statistics;
pub use tx::{Read, Snapshot, Tx};
pub use value::{FromValue, ToValue, Value};
