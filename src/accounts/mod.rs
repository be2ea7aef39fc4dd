//! The WhatsApp accounts of a workspace: linking them, and the workers that carry their outboxes to WhatsApp.
//! Rules only; how WhatsApp is reached is the transports' matter, and SQL stands in the store.

pub mod choice;
mod claim;
mod ear;
pub mod health;
mod link;
mod outcome;
pub mod pacing;
mod supervisor;
mod worker;

pub use ear::AccountEar;
pub use link::link_sandbox;
pub use supervisor::Supervisor;
pub use worker::{IN_FLIGHT_MAX, Turn, Worker};
