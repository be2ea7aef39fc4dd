//! The only home of SQL: one file per group of tables, each constant beside its function.
//!
//! Every function takes the workspace, or a [`Write`] that is bound to one; an unscoped query does not exist, but for
//! the few that find the workspace itself (a token's, the list of all).

/// Lists a file's statements, for the test that runs every one of them on both engines.
macro_rules! statements {
    ($($name:ident),+ $(,)?) => {
        pub(super) static STATEMENTS: &[(&str, &database::Sql)] = &[$((stringify!($name), &$name)),+];
    };
}
use statements;

pub mod account_cares;
pub mod account_linkings;
pub mod accounts;
pub mod api_calls;
pub mod audit;
mod chat_candidates;
pub mod chat_lines;
pub mod chat_lists;
pub mod chat_presence;
mod chat_walks;
pub mod chat_words;
pub mod chats;
pub mod cloud_accounts;
pub mod contact_book;
pub mod contacts;
pub mod counters;
pub mod entry_links;
pub mod event_cursors;
pub mod events;
pub mod explanations;
pub mod files;
pub mod group_members;
pub mod health;
pub mod idempotency;
pub mod inbox_desk;
pub mod labels;
pub mod limit_requests;
pub mod marks;
pub mod message_changes;
pub mod message_details;
pub mod message_files;
pub mod message_lists;
pub mod message_pages;
pub mod message_prices;
pub mod message_receipts;
mod message_times;
pub mod messages;
pub mod notes;
pub mod numbers;
pub mod outbox;
pub mod outbox_moves;
mod page_ids;
pub mod passwords;
pub mod rate_slots;
pub mod reactions;
pub mod routes;
pub mod sandbox;
pub mod sandbox_contacts;
pub mod sandbox_graphs;
pub mod scheduled;
pub mod search;
pub mod send_steps;
pub mod sessions;
pub mod setup_links;
pub mod teammates;
pub mod template_sends;
pub mod templates;
pub mod tokens;
pub mod usage;
pub mod waba_analyses;
pub mod waba_profiles;
pub mod waba_templates;
pub mod waiting;
pub mod web_records;
pub mod webhook_attempts;
pub mod webhook_deliveries;
pub mod webhooks;
pub mod workspaces;
mod write;

use database::{Migration, Sql};

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
    Migration {
        version: 3,
        name: "statistics",
        sqlite: include_str!("../../migrations/sqlite/0003_statistics.sql"),
        postgres: include_str!("../../migrations/postgres/0003_statistics.sql"),
    },
    Migration {
        version: 4,
        name: "files",
        sqlite: include_str!("../../migrations/sqlite/0004_files.sql"),
        postgres: include_str!("../../migrations/postgres/0004_files.sql"),
    },
    Migration {
        version: 5,
        name: "messages",
        sqlite: include_str!("../../migrations/sqlite/0005_messages.sql"),
        postgres: include_str!("../../migrations/postgres/0005_messages.sql"),
    },
    Migration {
        version: 6,
        name: "chats",
        sqlite: include_str!("../../migrations/sqlite/0006_chats.sql"),
        postgres: include_str!("../../migrations/postgres/0006_chats.sql"),
    },
    Migration {
        version: 7,
        name: "people",
        sqlite: include_str!("../../migrations/sqlite/0007_people.sql"),
        postgres: include_str!("../../migrations/postgres/0007_people.sql"),
    },
    Migration {
        version: 8,
        name: "calls",
        sqlite: include_str!("../../migrations/sqlite/0008_calls.sql"),
        postgres: include_str!("../../migrations/postgres/0008_calls.sql"),
    },
    Migration {
        version: 9,
        name: "sandbox whole",
        sqlite: include_str!("../../migrations/sqlite/0009_sandbox.sql"),
        postgres: include_str!("../../migrations/postgres/0009_sandbox.sql"),
    },
    Migration {
        version: 11,
        name: "webhooks",
        sqlite: include_str!("../../migrations/sqlite/0011_webhooks.sql"),
        postgres: include_str!("../../migrations/postgres/0011_webhooks.sql"),
    },
    Migration {
        version: 12,
        name: "events",
        sqlite: include_str!("../../migrations/sqlite/0012_events.sql"),
        postgres: include_str!("../../migrations/postgres/0012_events.sql"),
    },
    Migration {
        version: 13,
        name: "sends",
        sqlite: include_str!("../../migrations/sqlite/0013_sends.sql"),
        postgres: include_str!("../../migrations/postgres/0013_sends.sql"),
    },
    Migration {
        version: 14,
        name: "coming in",
        sqlite: include_str!("../../migrations/sqlite/0014_coming_in.sql"),
        postgres: include_str!("../../migrations/postgres/0014_coming_in.sql"),
    },
    Migration {
        version: 15,
        name: "sandbox blobs",
        sqlite: include_str!("../../migrations/sqlite/0015_sandbox_blobs.sql"),
        postgres: include_str!("../../migrations/postgres/0015_sandbox_blobs.sql"),
    },
    Migration {
        version: 16,
        name: "places",
        sqlite: include_str!("../../migrations/sqlite/0016_places.sql"),
        postgres: include_str!("../../migrations/postgres/0016_places.sql"),
    },
    Migration {
        version: 17,
        name: "care",
        sqlite: include_str!("../../migrations/sqlite/0017_care.sql"),
        postgres: include_str!("../../migrations/postgres/0017_care.sql"),
    },
    Migration {
        version: 18,
        name: "inbox",
        sqlite: include_str!("../../migrations/sqlite/0018_inbox.sql"),
        postgres: include_str!("../../migrations/postgres/0018_inbox.sql"),
    },
    Migration {
        version: 19,
        name: "cloud",
        sqlite: include_str!("../../migrations/sqlite/0019_cloud.sql"),
        postgres: include_str!("../../migrations/postgres/0019_cloud.sql"),
    },
    Migration {
        version: 20,
        name: "account care",
        sqlite: include_str!("../../migrations/sqlite/0020_account_care.sql"),
        postgres: include_str!("../../migrations/postgres/0020_account_care.sql"),
    },
    Migration {
        version: 21,
        name: "group receipts",
        sqlite: include_str!("../../migrations/sqlite/0021_group_receipts.sql"),
        postgres: include_str!("../../migrations/postgres/0021_group_receipts.sql"),
    },
    Migration {
        version: 22,
        name: "lists",
        sqlite: include_str!("../../migrations/sqlite/0022_lists.sql"),
        postgres: include_str!("../../migrations/postgres/0022_lists.sql"),
    },
    Migration {
        version: 23,
        name: "settings",
        sqlite: include_str!("../../migrations/sqlite/0023_settings.sql"),
        postgres: include_str!("../../migrations/postgres/0023_settings.sql"),
    },
    Migration {
        version: 24,
        name: "chat lines",
        sqlite: include_str!("../../migrations/sqlite/0024_chat_lines.sql"),
        postgres: include_str!("../../migrations/postgres/0024_chat_lines.sql"),
    },
    Migration {
        version: 25,
        name: "waba",
        sqlite: include_str!("../../migrations/sqlite/0025_waba.sql"),
        postgres: include_str!("../../migrations/postgres/0025_waba.sql"),
    },
    Migration {
        version: 27,
        name: "search pages",
        sqlite: include_str!("../../migrations/sqlite/0027_search_pages.sql"),
        postgres: include_str!("../../migrations/postgres/0027_search_pages.sql"),
    },
    Migration {
        version: 28,
        name: "message_times",
        sqlite: include_str!("../../migrations/sqlite/0028_message_times.sql"),
        postgres: include_str!("../../migrations/postgres/0028_message_times.sql"),
    },
    Migration {
        version: 30,
        name: "allowed",
        sqlite: include_str!("../../migrations/sqlite/0030_allowed.sql"),
        postgres: include_str!("../../migrations/postgres/0030_allowed.sql"),
    },
    Migration {
        version: 31,
        name: "web records",
        sqlite: include_str!("../../migrations/sqlite/0031_web_records.sql"),
        postgres: include_str!("../../migrations/postgres/0031_web_records.sql"),
    },
];

type Named = (&'static str, &'static Sql);

/// The files of this module, each with its statements.
const FILES: [(&str, &[Named]); 67] = [
    ("account_cares", account_cares::STATEMENTS),
    ("account_linkings", account_linkings::STATEMENTS),
    ("accounts", accounts::STATEMENTS),
    ("api_calls", api_calls::STATEMENTS),
    ("audit", audit::STATEMENTS),
    ("chat_candidates", chat_candidates::STATEMENTS),
    ("chat_lists", chat_lists::STATEMENTS),
    ("chat_walks", chat_walks::STATEMENTS),
    ("chat_words", chat_words::STATEMENTS),
    ("chat_lines", chat_lines::STATEMENTS),
    ("chat_presence", chat_presence::STATEMENTS),
    ("chats", chats::STATEMENTS),
    ("contact_book", contact_book::STATEMENTS),
    ("contacts", contacts::STATEMENTS),
    ("cloud_accounts", cloud_accounts::STATEMENTS),
    ("counters", counters::STATEMENTS),
    ("entry_links", entry_links::STATEMENTS),
    ("event_cursors", event_cursors::STATEMENTS),
    ("events", events::STATEMENTS),
    ("explanations", explanations::STATEMENTS),
    ("files", files::STATEMENTS),
    ("group_members", group_members::STATEMENTS),
    ("health", health::STATEMENTS),
    ("idempotency", idempotency::STATEMENTS),
    ("inbox_desk", inbox_desk::STATEMENTS),
    ("labels", labels::STATEMENTS),
    ("limit_requests", limit_requests::STATEMENTS),
    ("marks", marks::STATEMENTS),
    ("message_changes", message_changes::STATEMENTS),
    ("message_details", message_details::STATEMENTS),
    ("message_files", message_files::STATEMENTS),
    ("message_pages", message_pages::STATEMENTS),
    ("message_receipts", message_receipts::STATEMENTS),
    ("message_prices", message_prices::STATEMENTS),
    ("message_lists", message_lists::STATEMENTS),
    ("message_times", message_times::STATEMENTS),
    ("messages", messages::STATEMENTS),
    ("notes", notes::STATEMENTS),
    ("numbers", numbers::STATEMENTS),
    ("outbox", outbox::STATEMENTS),
    ("outbox_moves", outbox_moves::STATEMENTS),
    ("passwords", passwords::STATEMENTS),
    ("rate_slots", rate_slots::STATEMENTS),
    ("reactions", reactions::STATEMENTS),
    ("routes", routes::STATEMENTS),
    ("sandbox", sandbox::STATEMENTS),
    ("sandbox_contacts", sandbox_contacts::STATEMENTS),
    ("sandbox_graphs", sandbox_graphs::STATEMENTS),
    ("scheduled", scheduled::STATEMENTS),
    ("search", search::STATEMENTS),
    ("sessions", sessions::STATEMENTS),
    ("send_steps", send_steps::STATEMENTS),
    ("setup_links", setup_links::STATEMENTS),
    ("teammates", teammates::STATEMENTS),
    ("template_sends", template_sends::STATEMENTS),
    ("templates", templates::STATEMENTS),
    ("tokens", tokens::STATEMENTS),
    ("usage", usage::STATEMENTS),
    ("waba_analyses", waba_analyses::STATEMENTS),
    ("waba_profiles", waba_profiles::STATEMENTS),
    ("waba_templates", waba_templates::STATEMENTS),
    ("waiting", waiting::STATEMENTS),
    ("web_records", web_records::STATEMENTS),
    ("webhook_attempts", webhook_attempts::STATEMENTS),
    ("webhook_deliveries", webhook_deliveries::STATEMENTS),
    ("webhooks", webhooks::STATEMENTS),
    ("workspaces", workspaces::STATEMENTS),
];

/// Every statement with its file and its name, for the test that runs all of them.
pub fn every_statement() -> Vec<(&'static str, &'static str, &'static Sql)> {
    let each = FILES.into_iter().flat_map(|(file, list)| list.iter().map(move |(name, sql)| (file, *name, *sql)));
    each.collect()
}
