//! The screens: pages made here and sent whole, which work without script. They translate as the public API does; what
//! they decide stands in the rules.

mod assets;
mod home;
mod origin;
mod page;
mod setup;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use crate::app::App;

pub use assets::cached;
pub use page::{code, document_of, icon};

/// Longest form that is read: some short fields.
const FORM_BYTES_MAX: usize = 16 * 1024;

pub fn routes(app: App) -> Router {
    Router::new()
        .route("/", get(home::show))
        .route("/setup/done", get(setup::show_done))
        .route("/setup/{secret}", get(setup::show).post(setup::finish))
        .route("/assets/{name}", get(assets::serve))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(app)
}
