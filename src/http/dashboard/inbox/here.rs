//! A browser says that its chat is still looked at, or left, and whether somebody writes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Sent;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed};
use crate::id::ChatId;
use crate::workspace::permissions::Right;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Given {
    writing: bool,
    leaving: bool,
}

pub async fn tell(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let room = (signed.who.workspace.id, ChatId(chat));
    let me = &signed.who.teammate;
    match given.leaving {
        true => desk.presence.leave(room, me.id),
        false => desk.presence.sit(room, me.id, &me.display_name, given.writing, desk.app.clock.monotonic()),
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
