//! Partyline: a self-hosted API and team inbox for WhatsApp.
//!
//! Data moves one way: a request or a transport event becomes one write (the fact, its consequences, its event and its
//! api call), the answer leaves after the commit, and workers look at committed rows. `ARCHITECTURE.md` walks through it.

pub mod accounts;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod courier;
pub mod data_folder;
pub mod error;
pub mod event_kind;
pub mod events;
pub mod failure;
pub mod files;
pub mod http;
pub mod id;
pub mod inbox;
pub mod indexer;
pub mod key_marks;
pub mod message;
pub mod outbound;
pub mod sealing;
pub mod serve;
pub mod store;
pub mod sweeper;
pub mod telemetry;
pub mod transports;
pub mod webhooks;
pub mod workspace;
