//! The only home of SQL: one file per group of tables, each constant beside its function.
//!
//! Every function takes the workspace, or a [`Write`] that is bound to one; an unscoped query does not exist, but for
//! the few that find the workspace itself (a token's, the list of all).

pub mod accounts;
pub mod api_calls;
pub mod chats;
pub mod counters;
pub mod events;
pub mod health;
pub mod idempotency;
pub mod messages;
pub mod outbox;
pub mod rate_slots;
pub mod sandbox;
pub mod setup_links;
pub mod tokens;
pub mod workspaces;
mod write;

use database::Migration;

pub use write::Write;

/// The schema, oldest first. A migration that was released is never edited.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "frame",
        sqlite: include_str!("../../migrations/sqlite/0001_frame.sql"),
        postgres: include_str!("../../migrations/postgres/0001_frame.sql"),
    },
    Migration {
        version: 2,
        name: "sandbox",
        sqlite: include_str!("../../migrations/sqlite/0002_sandbox.sql"),
        postgres: include_str!("../../migrations/postgres/0002_sandbox.sql"),
    },
];
