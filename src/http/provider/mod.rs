//! What WhatsApp's own servers tell us.

mod cloud;

use axum::Router;

use crate::app::App;

/// The routes of all of them.
pub fn routes(app: App) -> Router {
    cloud::routes(app)
}
