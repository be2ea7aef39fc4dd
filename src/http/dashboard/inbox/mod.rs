//! The inbox: the team's chats, the open one's thread, and what is known of its contact, side by side.

mod actions;
mod attachment;
mod bubble;
mod bulk;
mod chat;
mod composer;
mod here;
mod history;
mod lead;
mod linking;
mod list;
mod narrow;
mod notices;
mod phone;
mod phone_acts;
mod pick;
mod saying;
mod scene;
mod search;
mod side;
mod telling;
mod view;
mod when;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use maud::{Markup, html};

use super::doors::Desk;
use super::frame::{Done, Here, Page};
use super::page::icon;
use super::session::{Shown, Signed};
use super::words::INBOX;
use crate::files::sniff::DOCUMENT_BYTES_MAX;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::words::inbox as w;
use crate::http::layers::AllowBody;
use crate::id::ChatId;
use crate::workspace::permissions::Right;
use crate::workspace::zone::stored_zone;
use scene::{OpenChat, read_list, read_open};
use view::Wish;

pub const INBOX_PATH: &str = "/inbox";

/// A form with a note, whose every letter may take twelve bytes on its way.
const WORDS_BYTES_MAX: usize = 160 * 1024;
/// A file of the largest kind and what its form adds, as slow as a bad line.
const UPLOAD: AllowBody =
    AllowBody { bytes_max: DOCUMENT_BYTES_MAX + 1024 * 1024, timeout: Duration::from_secs(1_800) };

pub fn routes() -> Router<Desk> {
    Router::new()
        .route("/inbox", get(show))
        .route("/inbox/bulk", post(bulk::bulk))
        .route("/inbox/undo", post(bulk::take_back))
        .route("/inbox/views", post(bulk::save_view))
        .route("/inbox/views/{view}/delete", post(bulk::forget_view))
        .route("/search", get(search::show))
        .route("/answering", get(lead::show))
        .route("/notices", get(notices::show).post(notices::save))
        .route("/inbox/{chat}/uncertain", post(saying::resolve))
        .route("/inbox/{chat}/attachment", post(attachment::fetch))
        .route("/inbox/{chat}", get(show_chat))
        .route("/inbox/{chat}/history", get(history::show))
        .route("/inbox/{chat}/here", post(here::tell))
        .route("/inbox/{chat}/snooze", post(actions::snooze))
        .route("/inbox/{chat}/send", post(saying::send).layer(DefaultBodyLimit::max(WORDS_BYTES_MAX)))
        .route("/inbox/{chat}/file", post(saying::send_file).layer(UPLOAD))
        .route("/inbox/{chat}/files/{message}", get(saying::file))
        .route("/inbox/{chat}/templates", get(pick::show))
        .route("/inbox/{chat}/unschedule", post(saying::unschedule))
        .route("/phone", get(phone::choose))
        .route("/phone/{who}", get(phone::show))
        .route("/phone/{who}/do", post(phone_acts::act))
        .route("/phone/{who}/file", post(phone_acts::send_file).layer(UPLOAD))
        .route("/inbox/{chat}/assign", post(actions::assign))
        .route("/inbox/{chat}/label", post(actions::label))
        .route("/inbox/{chat}/unlabel", post(actions::unlabel))
        .route("/inbox/{chat}/close", post(actions::close))
        .route("/inbox/{chat}/read", post(actions::mark))
}

pub async fn show(State(desk): State<Desk>, signed: Signed, done: Done, uri: Uri) -> Shown {
    let page = Page::new(Here::Inbox, INBOX).with(&done);
    shown(&desk, &signed, page, &Wish::read(&uri), None, None).await
}

pub async fn show_chat(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, uri: Uri) -> Shown {
    let page = Page::new(Here::Inbox, INBOX);
    shown(&desk, &signed, page, &Wish::read(&uri), Some(ChatId(chat)), None).await
}

/// What a refused message said, so that nobody types it again, and why it was refused.
struct Refused<'r> {
    text: &'r str,
    is_note: bool,
    why: &'r str,
    /// It may go all the same, once its writer says so.
    may_insist: bool,
    template: Option<i64>,
}

async fn shown(
    desk: &Desk,
    signed: &Signed,
    page: Page<'_>,
    wish: &Wish,
    chat: Option<ChatId>,
    refused: Option<&Refused<'_>>,
) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let (app, workspace, me) = (desk.app.clone(), signed.who.workspace.id, signed.who.teammate.id);
    let (now, zone) = (app.clock.now(), stored_zone(&signed.who.workspace.zone));
    let asked = wish.clone();
    let who = (signed.who.caller(), signed.who.teammate.display_name.clone());
    let look = move |tx: &mut database::Snapshot<'_>| {
        let open = chat.map(|chat| read_open(tx, workspace, chat, &asked, &who)).transpose()?;
        Ok::<_, crate::error::Error>((read_list(tx, workspace, me, &asked, (now, &zone))?, open))
    };
    let (list, open) = app.read(look).await?;
    let content = html! {
        (list::pane(signed, wish, &list, chat, (page.notice, now)))
        @match &open {
            Some(open) => { (chat::pane(signed, wish, open, refused, now)) (side::pane(signed, wish, open, &list)) },
            None => (nothing_open(list.chats.is_empty() && wish.is_plain())),
        }
        @if let Some(undoable) = &list.undo { (bulk::toast(wish, chat, undoable)) }
    };
    let title = open.as_ref().map_or(INBOX, |open: &OpenChat| open.chat.name.as_str());
    let status = if refused.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let panes = Some(if open.is_some() { "chat" } else { "empty" });
    let page = Page { status, panes, title, ..page };
    Ok(page.show(signed, &content))
}

fn nothing_open(has_no_chats: bool) -> Markup {
    html! {
        section.pane #thread aria-label=(w::THE_TALK) {
            div.empty.pane-body {
                (icon("inbox"))
                @if has_no_chats {
                    strong { (w::NO_CHATS_YET) }
                    p { (w::A_CHAT_BEGINS_WITH_THE) }
                    a.btn data-kind="primary" href=(super::frame::FIRST_STEPS_PATH) { (w::SEND_THE_FIRST_MESSAGE) }
                } @else {
                    strong { (w::CHOOSE_A_CHAT) }
                    p { (w::through_the_list()) }
                }
            }
        }
    }
}
