//! The public API, one file per group of operations: request, answer, OpenAPI words and refusals stand together.

pub mod accounts;
pub mod chats;
pub mod messages;
pub mod refusals;
pub mod view;
pub mod workspace;
