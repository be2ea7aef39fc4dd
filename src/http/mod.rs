//! HTTP: translates requests into calls of the domain and its answers back; nothing else. Imported by nobody.

pub mod bad_tokens;
pub mod call;
pub mod caller;
pub mod client_address;
pub mod dashboard;
pub mod docs;
pub mod downloads;
pub mod error;
pub mod event_stream;
pub mod fields;
pub mod graph;
pub mod health;
pub mod layers;
mod multipart;
pub mod openapi;
mod path_names;
pub mod provider;
pub mod public;
pub mod router;
pub mod sandbox_call;
pub mod server;
pub mod streams;
pub mod swagger;
