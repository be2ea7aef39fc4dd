//! Looking through everything that was said, and for chats by their names. What is found leads into its thread.

use axum::extract::State;
use axum::http::Uri;
use database::{Read, Snapshot};
use jiff::tz::TimeZone;
use maud::{Markup, PreEscaped, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::INBOX_PATH;
use super::list::avatar;
use crate::clock::Time;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::frame::{Here, Page, SEARCH_PATH, head};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::time::short_moment;
use crate::http::dashboard::words::inbox::whose;
use crate::http::dashboard::words::search as w;
use crate::http::fields::Fields;
use crate::id::{MessageUid, WorkspaceId};
use crate::inbox::search::{Search, search};
use crate::inbox::search_words::Query;
use crate::message::MessageKind;
use crate::store::chat_lists::{ChatFilter, From, chat_list, chat_rows};
use crate::store::chats::{ChatRow, fold};
use crate::store::message_pages::message_views;
use crate::store::messages::MessageView;
use crate::workspace::permissions::Right;
use crate::workspace::zone::{stored_zone, utc_time};

const QUERY_CHARS_MAX: usize = 256;
const MESSAGES_SHOWN: usize = 25;
const CHATS_SHOWN: i64 = 8;

/// What somebody looks for.
#[derive(Clone)]
struct Wanted {
    words: String,
    before: Option<i64>,
}

/// What was found.
struct Found {
    chats: Vec<ChatRow>,
    messages: Vec<MessageView>,
    next: Option<i64>,
    is_complete: bool,
}

pub async fn show(State(desk): State<Desk>, signed: Signed, uri: Uri) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let mut fields = Fields::from_query(uri.query().unwrap_or_default()).unwrap_or_default();
    let words: String = fields.text("q").unwrap_or_default().chars().take(QUERY_CHARS_MAX).collect();
    let wanted = Wanted { words: words.replace('\0', ""), before: fields.integer("before").filter(|place| *place > 0) };
    let (workspace, asked) = (signed.who.workspace.id, wanted.clone());
    let found = match wanted.words.trim().is_empty() {
        true => None,
        false => Some(desk.app.read(move |tx: &mut Snapshot<'_>| look(tx, workspace, &asked)).await?),
    };
    let zone = stored_zone(&signed.who.workspace.zone);
    let content = html! {
        (head(w::SEARCH, w::THROUGH_EVERY_MESSAGE_NOTE_AND, &html! {}))
        form.line-up role="search" method="get" action=(SEARCH_PATH) {
            input.who type="search" name="q" value=(wanted.words) dir="auto" maxlength=(QUERY_CHARS_MAX) aria-label=(w::SEARCH) placeholder=(w::WORDS_THAT_WERE_SAID) autofocus[found.is_none()] data-key="/";
            button.btn data-kind="primary" { (icon("search")) (w::SEARCH) }
        }
        @if let Some(found) = &found { (results(&wanted, found, desk.app.clock.now(), &zone)) }
    };
    Ok(Page::new(Here::Search, w::SEARCH).show(&signed, &content))
}

fn look(tx: &mut impl Read, workspace: WorkspaceId, wanted: &Wanted) -> Result<Found, Error> {
    let asked = Search {
        query: Query::parse(&wanted.words),
        before: wanted.before,
        rows_max: MESSAGES_SHOWN,
        ..Search::default()
    };
    let said = match asked.query.is_empty() {
        true => None,
        false => Some(search(tx, workspace, &asked)?),
    };
    let named = ChatFilter { name_part: Some(fold(wanted.words.trim())), ..ChatFilter::default() };
    let keys = match wanted.before {
        Some(_) => Vec::new(),
        None => chat_list(tx, workspace, &named, &From::Row(0), CHATS_SHOWN)?,
    };
    let chats: Vec<_> = keys.iter().map(|key| key.chat).collect();
    let uids = said.as_ref().map(|said| said.uids.clone()).unwrap_or_default();
    Ok(Found {
        chats: chat_rows(tx, workspace, &chats)?,
        messages: message_views(tx, workspace, &uids)?,
        next: said.as_ref().and_then(|said| said.next),
        is_complete: said.is_none_or(|said| said.is_complete),
    })
}

fn results(wanted: &Wanted, found: &Found, now: Time, zone: &TimeZone) -> Markup {
    let query = Query::parse(&wanted.words);
    let nothing = found.chats.is_empty() && found.messages.is_empty();
    html! {
        @if nothing && found.next.is_none() {
            section.card { div.empty { strong { (w::NOTHING_FOUND) } p { (w::ALL_WORDS_MUST_STAND_IN) } } }
        }
        @if !found.chats.is_empty() {
            section.card aria-labelledby="found-chats" {
                header { h2 #found-chats { (w::CHATS) } }
                ul { @for chat in &found.chats { li {
                    a.chat data-found=(w::CHAT) href={ (INBOX_PATH) "/" (chat.id) } {
                        (avatar(&chat.name, chat.id)) span.chat-name.clip { bdi { (chat.name) } }
                        time.meta { (short_moment(chat.last_message_at, now, zone)) }
                        span.chat-said.clip { (chat.phone) @if chat.closed { (w::CLOSED_TOO) } }
                    }
                } } }
            }
        }
        @if !found.messages.is_empty() || found.next.is_some() {
            section.card aria-labelledby="found-messages" {
                header { h2 #found-messages { (w::MESSAGES) } }
                @if !found.is_complete { p.meta.card-body { (w::OLDER_MESSAGES_ARE_STILL_BEING) } }
                ul { @for view in &found.messages { li { (line(view, &query, now, zone)) } } }
                @if let Some(next) = found.next {
                    footer { a.btn.btn-small href={ (SEARCH_PATH) "?q=" (utf8_percent_encode(&wanted.words, NON_ALPHANUMERIC)) "&before=" (next) } { (w::OLDER_ONES) } }
                }
            }
        }
    }
}

fn line(view: &MessageView, query: &Query, now: Time, zone: &TimeZone) -> Markup {
    let message = &view.message;
    let file = view.attachment.as_ref().map(|attachment| attachment.filename.as_str()).unwrap_or_default();
    html! {
        a.chat data-found=(w::MESSAGE) href=(place_of(view)) {
            (avatar(&view.chat_name, message.chat))
            span.chat-name.clip { bdi { (view.chat_name) } }
            time.meta datetime=(utc_time(message.at)) { (short_moment(message.at, now, zone)) }
            span.chat-said.found-words dir="auto" {
                @if message.kind == MessageKind::Note || message.from_me { (whose(message.kind == MessageKind::Note)) }
                // It is escaped, but for the marks around what was found.
                @if !message.text.is_empty() { (PreEscaped(query.snippet(&message.text))) }
                @if !file.is_empty() { " " (icon("file")) " " (PreEscaped(query.snippet(file))) }
            }
        }
    }
}

/// Where a message stands in its thread: on the page that ends with it.
fn place_of(view: &MessageView) -> String {
    let uid = view.message.uid;
    let behind = MessageUid(Uuid::from_u128(uid.0.as_u128().saturating_add(1)));
    format!("{INBOX_PATH}/{}?before={behind}#m-{uid}", view.message.chat)
}
