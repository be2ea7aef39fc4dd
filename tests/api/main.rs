//! The public API, told as stories through HTTP in this process, on both engines.

#[path = "../kit/mod.rs"]
mod kit;

mod auth;
mod chat_changes;
mod chat_filters;
mod chat_messages;
mod chats;
mod duplicates;
mod errors;
mod event_stream;
mod events;
mod explain;
mod file_messages;
mod files;
mod groups;
mod idempotency;
mod kit_itself;
mod labels;
mod limits;
mod marks;
mod message_changes;
mod notes;
mod openapi;
mod people;
mod previews;
mod reactions;
mod refusals;
mod sandbox;
mod scheduled;
mod search;
mod sending;
mod sending_forms;
mod staff;
mod support;
mod templates;
mod tokens;
mod two_steps;
mod uncertain;
mod webhook_deliveries;
mod webhook_guide;
mod webhook_requests;
mod webhooks;
mod workspace;
