//! The public API, one file per group of operations: request, answer, OpenAPI words and refusals stand together.

pub mod accounts;
pub mod chat_messages;
pub mod chat_query;
pub mod chat_view;
pub mod chats;
pub mod file_fetch;
pub mod file_messages;
pub mod files;
pub mod invitations;
pub mod labels;
pub mod messages;
pub mod notes;
pub mod pages;
pub mod reactions;
pub mod refusals;
pub mod sandbox;
pub mod sandbox_inbound;
pub mod sandbox_view;
pub mod send_body;
pub mod sending;
pub mod teammates;
pub mod templates;
pub mod templates_v2;
pub mod view;
pub mod webhooks;
pub mod workspace;
