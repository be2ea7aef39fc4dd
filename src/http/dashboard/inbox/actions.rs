//! What is set on the open chat. Each answer leads back to the chat.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::INBOX_PATH;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Sent;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed, is_place_of_ours};
use crate::id::{ChatId, TeammateId};
use crate::inbox::chats::{ChatChange, change_chat};
use crate::inbox::labels::{Labelling, change_labels, take_label_off};
use crate::inbox::values::LabelName;
use crate::store::Write;
use crate::store::teammates::teammate_find;
use crate::workspace::permissions::Right;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Given {
    back: String,
    label: String,
    responsible: i64,
    closed: bool,
    read: bool,
}

/// The page that a form stood on, or the chat's own.
pub fn back_to(back: &str, chat: ChatId) -> Response {
    let place = Some(back).filter(|place| place.starts_with(INBOX_PATH) && is_place_of_ours(place));
    let place = place.map_or_else(|| format!("{INBOX_PATH}/{chat}"), str::to_owned);
    Redirect::to(&place).into_response()
}

pub async fn assign(
    State(desk): State<Desk>,
    signed: Signed,
    Path(chat): Path<i64>,
    Sent(given): Sent<Given>,
) -> Shown {
    let teammate = TeammateId(given.responsible);
    change(&desk, &signed, move |write| {
        let responsible = match teammate {
            TeammateId::NOBODY => String::new(),
            teammate => {
                let found = teammate_find(write.tx, write.workspace.id, teammate)?;
                found.ok_or_else(|| Error::invalid("responsible", "Choose one of the teammates in the list"))?.email
            }
        };
        change_chat(write, ChatId(chat), &ChatChange { responsible: Some(responsible), ..ChatChange::default() })
    })
    .await?;
    Ok(back_to(&given.back, ChatId(chat)))
}

pub async fn close(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    let wanted = ChatChange { closed: Some(given.closed), ..ChatChange::default() };
    change(&desk, &signed, move |write| change_chat(write, ChatId(chat), &wanted)).await?;
    Ok(back_to(&given.back, ChatId(chat)))
}

pub async fn mark(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    let wanted = ChatChange { read: Some(given.read), ..ChatChange::default() };
    change(&desk, &signed, move |write| change_chat(write, ChatId(chat), &wanted)).await?;
    Ok(back_to(&given.back, ChatId(chat)))
}

pub async fn label(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    let named = BTreeSet::from([LabelName::parse("label", &given.label)?]);
    let add = move |write: &mut Write<'_, '_>| change_labels(write, ChatId(chat), &named, Labelling::Add).map(drop);
    change(&desk, &signed, add).await?;
    Ok(back_to(&given.back, ChatId(chat)))
}

pub async fn unlabel(
    State(desk): State<Desk>,
    signed: Signed,
    Path(chat): Path<i64>,
    Sent(given): Sent<Given>,
) -> Shown {
    let label = LabelName::parse("label", &given.label)?;
    change(&desk, &signed, move |write| take_label_off(write, ChatId(chat), &label)).await?;
    Ok(back_to(&given.back, ChatId(chat)))
}

async fn change<F>(desk: &Desk, signed: &Signed, work: F) -> Result<(), Error>
where
    F: Fn(&mut Write<'_, '_>) -> Result<(), Error> + Send + 'static,
{
    signed.ensure(Right::SendMessages)?;
    desk.act(&signed.who, work).await
}
