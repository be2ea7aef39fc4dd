//! The screens without a browser: what is sent, what it changes, and what it must not tell.

#[path = "../kit/mod.rs"]
mod kit;

mod assets;
mod playground;
mod setup;
mod setup_attacked;

use partyline::store::setup_links::setup_link_insert;
use partyline::workspace::setup::{SETUP_LINK_LIVES, SetupSecret};

use kit::TestApp;

/// A new setup link for the first workspace; the path as the kit's actors take it.
async fn setup_link(app: &TestApp) -> String {
    let secret = SetupSecret::generate();
    let hash = secret.hash();
    let insert = move |write: &mut partyline::store::Write<'_, '_>| {
        let (workspace, expires_at) = (write.workspace_id(), write.now + SETUP_LINK_LIVES);
        Ok(setup_link_insert(write.tx, hash, workspace, expires_at)?)
    };
    app.write(app.workspace, insert).await;
    format!("//setup/{}", secret.reveal())
}
