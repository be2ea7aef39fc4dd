//! Linked devices: WhatsApp through a phone's own number, by the protocol that its web client speaks.
//!
//! The adapter between the `transport` crate's trait and whatsapp-rust. Nothing of Partyline's database is known here:
//! session keys go to whoever implements the [`records`] they are kept in, bytes to whoever fetches them.

pub mod keys;
pub mod records;
