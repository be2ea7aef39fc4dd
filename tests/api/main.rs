//! The public API, told as stories through HTTP in this process, on both engines.

#[path = "../kit/mod.rs"]
mod kit;

mod auth;
mod chats;
mod errors;
mod files;
mod idempotency;
mod kit_itself;
mod limits;
mod openapi;
mod refusals;
mod sending;
mod two_steps;
