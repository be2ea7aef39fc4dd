//! The WhatsApp accounts of a workspace: linking them, and the workers that carry their outboxes to WhatsApp.
//! Rules only; how WhatsApp is reached is the transports' matter, and SQL stands in the store.

pub mod health;
mod link;

pub use link::link_sandbox;
