//! What is done to the open chat: said in it, set on it. Each answer leads back to the chat.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use database::Priority;
use serde::Deserialize;

use super::view::Wish;
use super::{INBOX_PATH, Refused, shown};
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Sent;
use crate::http::dashboard::frame::{Here, Page};
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed, is_place_of_ours};
use crate::http::dashboard::words::INBOX;
use crate::id::{ChatId, TeammateId};
use crate::inbox::chats::{ChatChange, change_chat};
use crate::inbox::content::{Content, Recipient};
use crate::inbox::labels::{Labelling, change_labels, take_label_off};
use crate::inbox::notes::{NewNote, add_note};
use crate::inbox::send::{SendMessage, queue_message};
use crate::inbox::values::{LabelName, MessageText, NoteText};
use crate::message::Origin;
use crate::store::Write;
use crate::store::teammates::teammate_find;
use crate::workspace::permissions::Right;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Given {
    back: String,
    text: String,
    mode: String,
    label: String,
    responsible: i64,
    closed: bool,
    read: bool,
}

impl Given {
    /// The page that the form stood on.
    fn back(&self, chat: i64) -> Response {
        let place = Some(self.back.as_str()).filter(|place| place.starts_with(INBOX_PATH) && is_place_of_ours(place));
        let place = place.map_or_else(|| format!("{INBOX_PATH}/{chat}"), str::to_owned);
        Redirect::to(&place).into_response()
    }
}

pub async fn send(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let is_note = given.mode == "note";
    match say(&desk, &signed, ChatId(chat), &given.text, is_note).await {
        Ok(()) => Ok(given.back(chat)),
        Err(error) if error.is_refusal() => {
            let wish = given.back.parse().map(|place| Wish::read(&place)).unwrap_or_default();
            let refused = Refused { text: &given.text, is_note, why: &error.message };
            let page = Page::new(Here::Inbox, INBOX);
            shown(&desk, &signed, page, &wish, Some(ChatId(chat)), Some(&refused)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn say(desk: &Desk, signed: &Signed, chat: ChatId, text: &str, is_note: bool) -> Result<(), Error> {
    let (app, caller) = (&desk.app, signed.who.caller());
    // Browsers send line ends as CRLF; a message has plain ones.
    let text = text.replace("\r\n", "\n");
    let uid = app.ids.message_uid(app.clock.now());
    let workspace = signed.who.workspace.id;
    if is_note {
        let note = NewNote { uid, chat, text: NoteText::parse("text", &text)?, is_private: true };
        let add = move |write: &mut Write<'_, '_>| add_note(write, &caller, &note);
        return app.write(workspace, Priority::Foreground, add).await.map(drop);
    }
    let message = SendMessage {
        uid,
        wamid: app.ids.wamid(),
        to: Recipient::Chat(chat),
        account: None,
        content: Content::new(Some(MessageText::parse("text", &text)?), None)?,
        reply_to: None,
        label: None,
        chat_name: None,
        origin: Origin::SharedInbox,
        send_at: None,
    };
    let queue = move |write: &mut Write<'_, '_>| queue_message(write, &caller, &message);
    app.write(workspace, Priority::Foreground, queue).await.map(drop)
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
    Ok(given.back(chat))
}

pub async fn close(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    let wanted = ChatChange { closed: Some(given.closed), ..ChatChange::default() };
    change(&desk, &signed, move |write| change_chat(write, ChatId(chat), &wanted)).await?;
    Ok(given.back(chat))
}

pub async fn mark(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    let wanted = ChatChange { read: Some(given.read), ..ChatChange::default() };
    change(&desk, &signed, move |write| change_chat(write, ChatId(chat), &wanted)).await?;
    Ok(given.back(chat))
}

pub async fn label(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    let named = BTreeSet::from([LabelName::parse("label", &given.label)?]);
    let add = move |write: &mut Write<'_, '_>| change_labels(write, ChatId(chat), &named, Labelling::Add).map(drop);
    change(&desk, &signed, add).await?;
    Ok(given.back(chat))
}

pub async fn unlabel(
    State(desk): State<Desk>,
    signed: Signed,
    Path(chat): Path<i64>,
    Sent(given): Sent<Given>,
) -> Shown {
    let label = LabelName::parse("label", &given.label)?;
    change(&desk, &signed, move |write| take_label_off(write, ChatId(chat), &label)).await?;
    Ok(given.back(chat))
}

async fn change<F>(desk: &Desk, signed: &Signed, work: F) -> Result<(), Error>
where
    F: Fn(&mut Write<'_, '_>) -> Result<(), Error> + Send + 'static,
{
    signed.ensure(Right::SendMessages)?;
    desk.app.write(signed.who.workspace.id, Priority::Foreground, work).await
}
