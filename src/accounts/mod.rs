//! The WhatsApp accounts of a workspace: linking them, and the workers that carry their outboxes to WhatsApp.
//! Rules only; how WhatsApp is reached is the transports' matter, and SQL stands in the store.

pub mod adding;
pub mod allowed;
mod business;
pub mod choice;
mod claim;
pub mod clerk;
pub mod cloud;
pub mod cold;
mod ear;
mod fetch;
mod files;
pub mod graph;
pub mod health;
mod link;
mod linker;
pub mod linking;
pub mod manage;
mod marks;
mod outcome;
mod outgoing;
pub mod pacing;
pub mod passkey;
pub mod presence;
pub mod preview;
pub mod rehearse;
pub mod sandbox;
pub mod scheduled;
mod supervisor;
pub mod trigger;
pub mod words;
mod worker;

pub use ear::AccountEar;
pub use fetch::Fetcher;
pub use link::link_sandbox;
pub use linker::{Linker, Linkers};
pub use marks::Marker;
pub use supervisor::Supervisor;
pub use worker::{IN_FLIGHT_MAX, Turn, Worker};

use std::sync::Arc;

use crate::app::App;
use crate::transports::net::Net;
use crate::transports::sandbox::World;

/// What this server's sandboxes are built on.
pub fn world(app: &App) -> World {
    World {
        database: app.database.clone(),
        clock: app.clock.clone(),
        speed: app.settings.sandbox_speed,
        files: Arc::new(files::OwnFiles(app.blobs.clone())),
        bells: Arc::clone(&app.sandbox_bells),
        ids: Arc::clone(&app.sandbox_ids),
        net: Net {
            outbound: app.outbound.clone(),
            sealing: app.sealing_key().ok().cloned(),
            graph: app.graph().clone(),
            key_marks: app.key_marks.clone(),
            own: Arc::clone(&app.own_address),
            public_url: app.settings.public_url.clone(),
        },
    }
}
