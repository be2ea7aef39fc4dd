//! Choosing a template for a chat, each with its places filled in as the chat has it.

use axum::extract::State;
use axum::http::Uri;
use database::{Read, Snapshot};
use maud::{Markup, html};

use super::view::{Prefill, Wish};
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::frame::{Here, Page, head};
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::composer as w;
use crate::id::{ChatId, WorkspaceId};
use crate::inbox::chat::unknown_chat;
use crate::inbox::placeholders::{Filling, NAMES};
use crate::inbox::templates::{SeenTemplate, seen_template, templates_of};
use crate::store::chats::{ChatRow, chat_find};
use crate::store::messages::message_find;
use crate::workspace::permissions::Right;

/// So much of a template is shown in the list.
const SHOWN_CHARS_MAX: usize = 140;

pub async fn show(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, uri: Uri) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let (workspace, caller, chat) = (signed.who.workspace.id, signed.who.caller(), ChatId(chat));
    let look = move |tx: &mut Snapshot<'_>| {
        let chat = chat_find(tx, workspace, chat)?.ok_or_else(unknown_chat)?;
        Ok::<_, Error>((chat, templates_of(tx, &caller)?))
    };
    let (chat, templates) = desk.app.read(look).await?;
    let wish = Wish::read(&uri);
    let content = html! {
        (head(w::TEMPLATES, w::CHOOSE_WHAT_TO_WRITE_YOU, &html! { a.btn href=(wish.address(Some(chat.id))) { (w::BACK_TO_THE_CHAT) } }))
        section.card { div.card-body.stack {
            @if templates.is_empty() { p { (w::THERE_ARE_NO_TEMPLATES_YET) } }
            ul.stack data-templates { @for seen in &templates { li { (line(&signed, &wish, &chat, seen)) } } }
            p.meta { (w::filled_in(&html! { @for (name, what) in NAMES { code { "{{" (name) "}}" } " " (what) "; " } })) }
        } }
    };
    Ok(Page::new(Here::Inbox, w::TEMPLATES).show(&signed, &content))
}

fn line(signed: &Signed, wish: &Wish, chat: &ChatRow, seen: &SeenTemplate) -> Markup {
    let template = &seen.view.template;
    let text = filling(signed, chat).fill(&template.text);
    let short: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    let place = Wish { prefill: Some(Prefill::Template(template.id)), ..wish.clone() }.address(Some(chat.id));
    html! {
        a.suggestion href=(place) data-template=(template.id) data-text=(text) {
            strong { bdi { (template.name) } }
            span.meta dir="auto" { (short) @if let Some((name, _)) = &seen.view.attachment { (w::with_file(&name)) } }
        }
    }
}

fn filling<'f>(signed: &'f Signed, chat: &'f ChatRow) -> Filling<'f> {
    Filling { chat_name: &chat.name, phone: &chat.phone, my_name: &signed.who.teammate.display_name }
}

/// What the composer begins with where an address says so: a template, or a message that is to be written again.
pub fn prefilled(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    signed: &(crate::workspace::tokens::Caller, String),
    chat: &ChatRow,
    wish: &Wish,
) -> Result<String, Error> {
    let (caller, my_name) = signed;
    match wish.prefill {
        Some(Prefill::Template(id)) => {
            let text = seen_template(tx, caller, id).map(|seen| seen.view.template.text).unwrap_or_default();
            Ok(Filling { chat_name: &chat.name, phone: &chat.phone, my_name }.fill(&text))
        }
        Some(Prefill::Again(uid)) => {
            let found = message_find(tx, workspace, uid)?.filter(|view| view.message.chat == chat.id);
            Ok(found.filter(|view| view.message.from_me).map(|view| view.message.text).unwrap_or_default())
        }
        None => Ok(String::new()),
    }
}
