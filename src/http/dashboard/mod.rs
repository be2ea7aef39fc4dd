//! The screens: pages made here and sent whole, which work without script. They translate as the public API does; what
//! they decide stands in the rules.

mod account;
mod accounts;
mod assets;
mod audit;
mod contacts;
mod cookies;
mod doors;
mod form;
mod frame;
mod home;
mod inbox;
mod instance;
mod links;
mod live;
mod login;
mod once;
mod origin;
mod page;
mod path;
mod public_api;
mod secret;
mod session;
mod settings;
mod setup;
#[cfg(debug_assertions)]
mod styleguide;
mod team;
mod templates;
mod time;
mod webhooks;
mod welcome;
pub(super) mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::app::App;
use doors::{Desk, Doors, LIVE_SCREENS_MAX};
use tokio::sync::Semaphore;

pub use assets::{address, cached};
pub use page::{code, document_of, icon};

/// Longest form that is read: some short fields.
const FORM_BYTES_MAX: usize = 16 * 1024;

pub fn routes(app: App) -> Router {
    let streams = Arc::new(Semaphore::new(LIVE_SCREENS_MAX));
    let desk = Desk { app, doors: Arc::new(Doors::default()), streams };
    let router = Router::new();
    #[cfg(debug_assertions)]
    let router = router.route("/styleguide", get(styleguide::show));
    router
        .route("/", get(home::show))
        .route("/setup/{secret}", get(setup::show).post(setup::finish))
        .route("/login", get(login::show).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/invitation/{secret}", get(links::show_invitation).post(links::accept))
        .route("/reset/{secret}", get(links::show_reset).post(links::reset))
        .route("/welcome", get(welcome::show))
        .route("/welcome/send", post(welcome::send))
        .route("/account", get(account::show))
        .route("/account/password", post(account::change_password))
        .route("/account/sessions/end", post(account::end_sessions))
        .route("/account/theme", post(account::choose_theme))
        .route("/team", get(team::show))
        .route("/team/invite", post(team::invite))
        .route("/team/{id}/link", post(team::make_link))
        .route("/team/{id}/role", post(team::set_role))
        .route("/team/{id}/team", post(team::set_team))
        .route("/team/{id}/remove", post(team::remove))
        .route("/team/{id}/withdraw", post(team::withdraw))
        .route("/workspace", get(settings::show).post(settings::save))
        .merge(accounts::routes())
        .merge(templates::routes())
        .route("/contacts", get(contacts::show))
        .route("/contacts/contacts.csv", get(contacts::export))
        .route("/contacts/import", post(contacts::import))
        .route("/contacts/merge", post(contacts::merge_two))
        .route("/contacts/{contact}/opt", post(contacts::opt))
        .merge(inbox::routes())
        .merge(public_api::routes())
        .merge(webhooks::routes())
        .route(live::LIVE_PATH, get(live::listen))
        .route("/audit-log", get(audit::show))
        .merge(instance::routes())
        .route("/assets/{name}", get(assets::serve))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(desk)
}
