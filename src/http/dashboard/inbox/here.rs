//! A browser says that its chat is still looked at, or left, and whether somebody writes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::accounts::presence::{leave, sit};
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
        true => leave(&desk.app, room, me.id).await,
        false => sit(&desk.app, room, me.id, &me.display_name, given.writing).await,
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
