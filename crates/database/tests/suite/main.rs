//! The suite: stories about what the database promises, told on both engines where both make the promise.
//!
//! The PostgreSQL half needs `PARTYLINE_TEST_POSTGRES`, the address of a server on which schemas may be made; each
//! test makes its own and drops it.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod batches;
mod damage;
mod durability;
mod full;
mod hints;
mod kill;
mod later;
mod lock;
mod migrations;
mod postgres_commit;
mod postgres_conflicts;
mod proxy;
mod queues;
mod reads;
mod stage;
mod typing;
