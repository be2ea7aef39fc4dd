//! What is set on the open chat. What can be undone goes the way of deeds.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::INBOX_PATH;
use super::when::until_of;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Sent;
use crate::http::dashboard::frame::PHONE_PATH;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed, is_place_of_ours};
use crate::id::{ChatId, TeammateId};
use crate::inbox::chats::{ChatChange, change_chat};
use crate::inbox::deeds::{Deed, do_deed};
use crate::inbox::labels::take_label_off;
use crate::inbox::values::LabelName;
use crate::store::Write;
use crate::workspace::permissions::Right;
use crate::workspace::zone::stored_zone;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Given {
    back: String,
    label: String,
    responsible: i64,
    closed: bool,
    read: bool,
    /// A word for when, or nothing and `at`.
    until: String,
    at: String,
}

/// The page that a form stood on; else the chat's own, or the inbox.
pub fn back_to(back: &str, chat: Option<ChatId>) -> Response {
    Redirect::to(&place_of(back, chat)).into_response()
}

/// The same, with the way back from what was just done.
pub fn after_deed(back: &str, chat: Option<ChatId>, undo: i64) -> Response {
    let place = place_of(back, chat);
    let joint = if place.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{place}{joint}undo={undo}")).into_response()
}

fn place_of(back: &str, chat: Option<ChatId>) -> String {
    let is_ours =
        |place: &&str| [INBOX_PATH, PHONE_PATH].iter().any(|path| place.starts_with(path)) && is_place_of_ours(place);
    let own = || chat.map_or_else(|| INBOX_PATH.to_owned(), |chat| format!("{INBOX_PATH}/{chat}"));
    Some(back).filter(is_ours).map_or_else(own, str::to_owned)
}

pub async fn assign(
    State(desk): State<Desk>,
    signed: Signed,
    Path(chat): Path<i64>,
    Sent(given): Sent<Given>,
) -> Shown {
    deed(&desk, &signed, chat, &given.back, Deed::Assign(TeammateId(given.responsible))).await
}

pub async fn close(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    deed(&desk, &signed, chat, &given.back, if given.closed { Deed::Close } else { Deed::Reopen }).await
}

pub async fn snooze(
    State(desk): State<Desk>,
    signed: Signed,
    Path(chat): Path<i64>,
    Sent(given): Sent<Given>,
) -> Shown {
    let zone = stored_zone(&signed.who.workspace.zone);
    let until = until_of(&given.until, &given.at, desk.app.clock.now(), &zone)?;
    deed(&desk, &signed, chat, &given.back, Deed::Snooze(until)).await
}

pub async fn label(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let label = LabelName::parse("label", &given.label)?;
    deed(&desk, &signed, chat, &given.back, Deed::Label(label)).await
}

async fn deed(desk: &Desk, signed: &Signed, chat: i64, back: &str, deed: Deed) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let (me, chat) = (signed.who.teammate.id, ChatId(chat));
    let chats = BTreeSet::from([chat]);
    let id = desk.act(&signed.who, move |write| do_deed(write, me, &chats, &deed)).await?;
    Ok(after_deed(back, Some(chat), id))
}

pub async fn mark(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    let wanted = ChatChange { read: Some(given.read), ..ChatChange::default() };
    change(&desk, &signed, move |write| change_chat(write, ChatId(chat), &wanted)).await?;
    Ok(back_to(&given.back, Some(ChatId(chat))))
}

pub async fn unlabel(
    State(desk): State<Desk>,
    signed: Signed,
    Path(chat): Path<i64>,
    Sent(given): Sent<Given>,
) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let label = LabelName::parse("label", &given.label)?;
    change(&desk, &signed, move |write| take_label_off(write, ChatId(chat), &label)).await?;
    Ok(back_to(&given.back, Some(ChatId(chat))))
}

async fn change<F>(desk: &Desk, signed: &Signed, work: F) -> Result<(), Error>
where
    F: Fn(&mut Write<'_, '_>) -> Result<(), Error> + Send + 'static,
{
    signed.ensure(Right::SendMessages)?;
    desk.act(&signed.who, work).await
}
