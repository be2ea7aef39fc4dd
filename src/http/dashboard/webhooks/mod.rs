//! Integrations, Webhooks: the addresses that hear of events, and a page for each with what was delivered to it.

mod act;
mod add;
mod delivery;
mod list;
mod one;
mod seen;

use axum::Router;
use axum::routing::{get, post};

use super::doors::Desk;

pub use delivery::badge;

pub fn routes() -> Router<Desk> {
    Router::new()
        .route("/integrations/webhooks", get(list::show).post(add::add))
        .route("/integrations/webhooks/{id}", get(one::show))
        .route("/integrations/webhooks/{id}/test", post(act::test))
        .route("/integrations/webhooks/{id}/pause", post(act::pause))
        .route("/integrations/webhooks/{id}/resume", post(act::resume))
        .route("/integrations/webhooks/{id}/rotate", post(act::rotate))
        .route("/integrations/webhooks/{id}/delete", post(act::delete))
        .route("/integrations/webhooks/{id}/resend", post(act::resend_one))
        .route("/integrations/webhooks/{id}/replay", post(act::replay_range))
}

/// The address of the list; a webhook's number follows it.
const PATH: &str = super::frame::WEBHOOKS_PATH;
