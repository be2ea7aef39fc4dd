//! The screens without a browser: what is sent, what it changes, and what it must not tell.

#[path = "../kit/mod.rs"]
mod kit;

mod account;
mod accounts;
mod assets;
mod attachments;
mod audit;
mod cloud;
mod coming_in;
mod composer;
mod contacts;
mod deeds;
mod first_view;
mod inbox;
mod increase;
mod links;
mod phone;
mod playground;
mod public_api;
mod roles;
mod settings;
mod setup;
mod setup_attacked;
mod templates;
mod thread;
mod webhooks;
mod welcome;

use partyline::store::setup_links::setup_link_insert;
use partyline::workspace::setup::{SETUP_LINK_LIVES, SetupSecret};

use axum::http::StatusCode;
use kit::{Actor, Answer, TestApp};

/// The setup form of somebody who fills it in as asked.
const SET_UP: &str = "name=Ana+Martins&email=ana%40northpier.example&password=salt+wind+over+the+pier\
                      &workspace=North+Pier+Books&zone=America%2FNew_York";
const PASSWORD: &str = "salt+wind+over+the+pier";
const OTHER_PASSWORD: &str = "green+tandems+at+noon";

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

/// The Owner of the first workspace, who has set it up and is logged in.
async fn owner(app: &TestApp) -> Actor {
    let link = setup_link(app).await;
    came_in(&app.stranger(), &app.stranger().post_form(&link, SET_UP).await)
}

/// The actor with the cookie that this answer gave.
fn came_in(actor: &Actor, answer: &Answer) -> Actor {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie");
    assert!(cookie.starts_with("__Host-partyline="), "{cookie}");
    actor.with_header("cookie", cookie)
}

/// Somebody who logs in with email and password.
async fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.stranger().post_form("//login", &format!("email={email}&password={password}")).await
}

/// The link that a page shows once; the path as the kit's actors take it.
fn shown_link(page: &Answer, purpose: &str) -> String {
    let text = page.text();
    let start = format!("https://line.example/{purpose}/");
    let at = text.find(&start).unwrap_or_else(|| panic!("no link: {text}")) + start.len();
    format!("//{purpose}/{}", &text[at..at + 48])
}

/// A teammate of this role, invited by the owner and logged in.
async fn teammate(app: &TestApp, owner: &Actor, email: &str, role: &str) -> Actor {
    let made = owner.post_form("//team/invite", &format!("email={email}&role={role}&team=")).await;
    let link = shown_link(&made, "invitation");
    let joined = app.stranger().post_form(&link, &format!("name=Joe+Reyes&password={OTHER_PASSWORD}")).await;
    came_in(&app.stranger(), &joined)
}
