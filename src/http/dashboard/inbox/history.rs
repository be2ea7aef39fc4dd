//! What happened in a chat, and who did it: read in the log of events when somebody asks, so that no page pays for it.

use axum::extract::State;
use database::{Read, Snapshot};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::INBOX_PATH;
use super::telling::{Names, lines, what};
use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::events::log::bounds;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::frame::{Here, Page, head};
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::time::{day_of, formatted};
use crate::http::dashboard::words::chat as w;
use crate::id::{ChatId, WorkspaceId};
use crate::inbox::chat::unknown_chat;
use crate::store::chats::chat_find;
use crate::store::events::{EventRow, event_after};
use crate::store::teammates::teammate_list;
use crate::workspace::permissions::Right;
use crate::workspace::zone::{stored_zone, utc_time};

/// The newest events of the workspace that are looked through, and how many are read at once.
const LOOKED_AT_MAX: i64 = 20_000;
const PAGE_ROWS: i64 = 1_000;
/// What of it is shown, the newest.
const SHOWN_MAX: usize = 200;

pub async fn show(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let (workspace, chat) = (signed.who.workspace.id, ChatId(chat));
    let look = move |tx: &mut Snapshot<'_>| {
        let found = chat_find(tx, workspace, chat)?.ok_or_else(unknown_chat)?;
        let teammates = teammate_list(tx, workspace)?.into_iter().map(|row| (row.id, row.display_name)).collect();
        let events = events_of(tx, workspace, chat)?;
        let names = Names::read(tx, workspace, teammates, &events)?;
        Ok::<_, Error>((found, events, names))
    };
    let (found, events, names) = desk.app.read(look).await?;
    let (zone, now) = (stored_zone(&signed.who.workspace.zone), desk.app.clock.now());
    let back = html! { a.btn href={ (INBOX_PATH) "/" (chat) } { (w::BACK_TO_THE_CHAT) } };
    let content = html! {
        (head(w::WHAT_HAPPENED, &w::in_the_chat_with(&found.name), &back))
        section.card { div.card-body {
            @if events.is_empty() { p.meta { (w::THE_LOG_HOLDS_NOTHING_OF) } }
            ol.rail { @for (event, is_made) in lines(&events) { (line(event, is_made, &names, now, &zone)) } }
        } }
    };
    Ok(Page::new(Here::Inbox, w::WHAT_HAPPENED).show(&signed, &content))
}

/// Of a chat, what somebody would want to hear of it; the newest first.
fn events_of(tx: &mut impl Read, workspace: WorkspaceId, chat: ChatId) -> Result<Vec<EventRow>, Error> {
    let log = bounds(tx, workspace)?;
    let mut after = (log.newest - LOOKED_AT_MAX).max(log.oldest - 1).max(0);
    let mut found = Vec::new();
    while after < log.newest {
        let rows = event_after(tx, workspace, after, PAGE_ROWS)?;
        let Some(last) = rows.last().map(|row| row.seq) else { break };
        found.extend(rows.into_iter().filter(|row| row.chat == chat && !is_small(row.kind)));
        after = last;
    }
    found.reverse();
    found.truncate(SHOWN_MAX);
    Ok(found)
}

/// What would drown the rest.
fn is_small(kind: Kind) -> bool {
    matches!(kind, Kind::MessageStatus | Kind::ChatRead | Kind::ChatUnread | Kind::AttachmentReady)
}

fn line(event: &EventRow, is_made: bool, names: &Names, now: Time, zone: &TimeZone) -> Markup {
    html! {
        li data-done data-tone="accent" {
            span { (what(event, is_made, names, zone)) }
            span.meta {
                time datetime=(utc_time(event.at)) { (day_of(event.at, now, zone)) ", " (formatted(event.at, zone, "%H:%M")) }
                @if let Some(by) = names.by(event) { (w::by(&html! { bdi { (by) } })) }
            }
        }
    }
}
