//! The first steps: a message to a sandbox contact and the reply to it, a token, a phone.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use database::Read;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::doors::Desk;
use super::form::{Faults, Line, Sent};
use super::frame::{ACCOUNTS_PATH, Done, FIRST_STEPS_PATH, Here, PUBLIC_API_PATH, Page, WORKSPACE_PATH, head};
use super::page::icon;
use super::session::{Shown, Signed};
use super::time::formatted;
use super::words::FIRST_STEPS;
use super::words::welcome as w;
use crate::error::Error;
use crate::id::{MessageUid, WorkspaceId};
use crate::inbox::content::{Content, Recipient};
use crate::inbox::send::{SendMessage, queue_message};
use crate::inbox::values::{MessageText, Phone};
use crate::message::Origin;
use crate::store::Write;
use crate::store::messages::{HistoryRow, MessageFilter, MessageView, history_list, message_find, message_list};
use crate::workspace::permissions::Right;
use crate::workspace::zone::stored_zone;

/// The sandbox contact who answers everything.
const ECHO: &str = "+1 202 555 0100";
const HELLO: &str = w::HELLO_FROM_PARTYLINE;
/// Messages behind the first that are shown.
const REPLIES_MAX: i64 = 5;
/// Without script the page asks again after so many seconds until the reply is there.
const LOOK_EVERY_S: u32 = 2;
/// And no longer than this after it was sent.
const LOOK_FOR_S: u64 = 60;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Which {
    message: String,
}

/// A first message with its way, and what was said behind it.
struct Sample {
    view: MessageView,
    history: Vec<HistoryRow>,
    replies: Vec<MessageView>,
}

pub async fn show(State(desk): State<Desk>, signed: Signed, done: Done, Query(which): Query<Which>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let (workspace, uid) = (signed.who.workspace.id, Uuid::try_parse(&which.message).ok().map(MessageUid));
    let sample = match uid {
        Some(uid) => desk.app.read(move |tx| sample_of(tx, workspace, uid)).await?,
        None => None,
    };
    Ok(shown(&desk, &signed, Page::new(Here::FirstSteps, FIRST_STEPS).with(&done), sample.as_ref(), HELLO, None))
}

fn sample_of(tx: &mut impl Read, workspace: WorkspaceId, uid: MessageUid) -> Result<Option<Sample>, Error> {
    let Some(view) = message_find(tx, workspace, uid)? else { return Ok(None) };
    let history = history_list(tx, workspace, uid)?;
    let behind = MessageFilter { from_me: Some(false), after_message: Some(uid), ..MessageFilter::default() };
    let replies = message_list(tx, workspace, view.message.chat, &behind, REPLIES_MAX, 0)?;
    Ok(Some(Sample { view, history, replies }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Given {
    text: String,
}

pub async fn send(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    match queue(&desk, &signed, &given.text).await {
        Ok(uid) => Ok(Redirect::to(&format!("{FIRST_STEPS_PATH}?message={uid}")).into_response()),
        Err(error) if error.is_refusal() => {
            let page = Page::new(Here::FirstSteps, FIRST_STEPS);
            Ok(shown(&desk, &signed, page, None, &given.text, Some(&error)))
        }
        Err(error) => Err(error.into()),
    }
}

async fn queue(desk: &Desk, signed: &Signed, text: &str) -> Result<MessageUid, Error> {
    let app = &desk.app;
    let message = SendMessage {
        uid: app.ids.message_uid(app.clock.now()),
        wamid: app.ids.wamid(),
        to: Recipient::phone(&Phone::parse("phone", ECHO)?),
        account: None,
        content: Content::new(Some(MessageText::parse("text", text)?), None)?,
        reply_to: None,
        label: None,
        chat_name: None,
        origin: Origin::SharedInbox,
        send_at: None,
    };
    let caller = signed.who.caller();
    let queue = move |write: &mut Write<'_, '_>| queue_message(write, &caller, &message);
    desk.act(&signed.who, queue).await
}

fn shown(
    desk: &Desk,
    signed: &Signed,
    page: Page<'_>,
    sample: Option<&Sample>,
    text: &str,
    refused: Option<&Error>,
) -> Response {
    let is_waiting = sample.is_some_and(|sample| {
        let age = desk.app.clock.now().since(sample.view.message.at);
        sample.replies.is_empty() && age.as_secs() < LOOK_FOR_S
    });
    let has_reply = sample.is_some_and(|sample| !sample.replies.is_empty());
    let content = html! {
        (head(FIRST_STEPS, w::FROM_HERE_TO_A, &html! {}))
        ol.rail.steps {
            li data-done data-tone="accent" {
                h2 { (w::YOUR_WORKSPACE) }
                p.small {
                    bdi { (signed.who.workspace.name) } ", " (signed.who.workspace.zone) ". "
                    @if signed.may(Right::ManageWorkspace) { a href=(WORKSPACE_PATH) { (w::CHANGE_IT) } }
                }
            }
            li #message data-tone="accent" data-done[has_reply] aria-current=[(!has_reply).then_some("step")] {
                h2 { (w::A_MESSAGE_AND_ITS) }
                (message_step(signed, sample, is_waiting, text, refused))
            }
            li aria-current=[has_reply.then_some("step")] data-tone=[has_reply.then_some("accent")] {
                h2 { (w::A_TOKEN_FOR_YOUR) }
                p.small { (w::WITH_IT_A_CRM) }
                @if signed.may(Right::ManageTokens) {
                    div.line-up {
                        a.btn data-kind=[has_reply.then_some("primary")] href={ (PUBLIC_API_PATH) "?new=1" } { (icon("plus")) (w::GENERATE_NEW_TOKEN) }
                    }
                }
            }
            li {
                h2 { (w::A_PHONE) }
                p.small { (w::NOW_OR_LATER_WHAT) }
                @if signed.may(Right::ManageAccounts) {
                    div.line-up { a.btn href={ (ACCOUNTS_PATH) "#add" } { (icon("phone")) (w::LINK_A_PHONE) } }
                }
            }
        }
    };
    Page { refresh_s: is_waiting.then_some(LOOK_EVERY_S), ..page }.show(signed, &content)
}

fn message_step(
    signed: &Signed,
    sample: Option<&Sample>,
    is_waiting: bool,
    text: &str,
    refused: Option<&Error>,
) -> Markup {
    let line = Line {
        name: "text",
        label: w::MESSAGE,
        kind: "text",
        value: text,
        autocomplete: "off",
        purpose: w::TO_ECHO_A_CONTACT,
        is_focused: refused.is_some(),
    };
    html! {
        @if let Some(sample) = sample { (exchange(signed, sample, is_waiting)) }
        form.stack.tight method="post" action="/welcome/send" {
            (line.show(Faults(refused.map_or(&[], |error| error.faults.as_slice()))))
            @if let Some(error) = refused.filter(|error| error.faults.is_empty()) {
                p.banner data-tone="danger" role="alert" { (icon("alert")) span { (error.message) } }
            }
            div.line-up {
                button.btn data-kind=[sample.is_none().then_some("primary")] { @if sample.is_some() { (w::SEND_ANOTHER) } @else { (w::SEND_IT) } }
            }
        }
    }
}

fn exchange(signed: &Signed, sample: &Sample, is_waiting: bool) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    let message = &sample.view.message;
    html! {
        div.exchange role="log" aria-label=(w::THE_MESSAGE_AND_ITS) {
            div.said data-from="us" {
                p.bubble dir="auto" { (message.text) }
                p.meta {
                    @for (at, step) in sample.history.iter().enumerate() {
                        @if at > 0 { " · " }
                        (step.status.as_str()) " " (formatted(step.at, &zone, "%H:%M:%S"))
                    }
                }
            }
            @for reply in &sample.replies {
                div.said data-from="them" {
                    p.bubble dir="auto" { (reply.message.text) }
                    p.meta { bdi { (reply.chat_name) } " " (formatted(reply.message.at, &zone, "%H:%M:%S")) }
                }
            }
            @if is_waiting { p.meta role="status" { (w::ECHO_WILL_ANSWER_IN) } }
        }
    }
}
