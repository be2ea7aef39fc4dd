//! What happened in a chat, and who did it: read in the log of events when somebody asks, so that no page pays for it.

use std::collections::HashMap;

use axum::extract::State;
use database::{Read, Snapshot};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::INBOX_PATH;
use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::{Cause, Kind};
use crate::events::log::bounds;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::frame::{Here, Page, head};
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::time::{day_of, formatted};
use crate::id::{ChatId, TeammateId, TokenId, WorkspaceId};
use crate::inbox::chat::unknown_chat;
use crate::store::chats::chat_find;
use crate::store::events::{EventRow, event_after};
use crate::store::teammates::teammate_list;
use crate::store::tokens::token_list;
use crate::workspace::permissions::Right;
use crate::workspace::zone::{stored_zone, utc_time};

/// The newest events of the workspace that are looked through, and how many are read at once.
const LOOKED_AT_MAX: i64 = 20_000;
const PAGE_ROWS: i64 = 1_000;
/// What of it is shown, the newest.
const SHOWN_MAX: usize = 200;

/// Names of those who do things.
struct Names {
    teammates: HashMap<TeammateId, String>,
    tokens: HashMap<TokenId, String>,
}

pub async fn show(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let (workspace, chat) = (signed.who.workspace.id, ChatId(chat));
    let look = move |tx: &mut Snapshot<'_>| {
        let found = chat_find(tx, workspace, chat)?.ok_or_else(unknown_chat)?;
        let teammates = teammate_list(tx, workspace)?.into_iter().map(|row| (row.id, row.display_name)).collect();
        let tokens = token_list(tx, workspace)?.into_iter().map(|row| (row.id, row.name)).collect();
        Ok::<_, Error>((found, events_of(tx, workspace, chat)?, Names { teammates, tokens }))
    };
    let (found, events, names) = desk.app.read(look).await?;
    let (zone, now) = (stored_zone(&signed.who.workspace.zone), desk.app.clock.now());
    let back = html! { a.btn href={ (INBOX_PATH) "/" (chat) } { "Back to the chat" } };
    let content = html! {
        (head("What happened", &format!("In the chat with {}, the newest first, as far as the log of events reaches.", found.name), &back))
        section.card { div.card-body {
            @if events.is_empty() { p.meta { "The log holds nothing of this chat any more." } }
            ol.rail { @for event in &events { (line(event, &names, now, &zone)) } }
        } }
    };
    Ok(Page::new(Here::Inbox, "What happened").show(&signed, &content))
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

fn line(event: &EventRow, names: &Names, now: Time, zone: &TimeZone) -> Markup {
    let by = match event.cause {
        Cause::Teammate(id) => names.teammates.get(&id).cloned(),
        Cause::Token(id) => names.tokens.get(&id).map(|name| format!("Public API, {name}")),
        Cause::Operator => Some("the operator".to_owned()),
        Cause::Outside => None,
    };
    html! {
        li data-done data-tone="accent" {
            span { (what(event, names, zone)) }
            span.meta {
                time datetime=(utc_time(event.at)) { (day_of(event.at, now, zone)) ", " (formatted(event.at, zone, "%H:%M")) }
                @if let Some(by) = by { " by " bdi { (by) } }
            }
        }
    }
}

fn what(event: &EventRow, names: &Names, zone: &TimeZone) -> Markup {
    let detail = event.detail.as_str();
    let teammate = |number: &str| {
        let id = number.parse().ok().map(TeammateId);
        id.and_then(|id| names.teammates.get(&id)).map_or("somebody who has left", String::as_str).to_owned()
    };
    let moment = || detail.parse().map(|ms| formatted(Time::from_ms(ms), zone, "%-d %b, %H:%M")).unwrap_or_default();
    html! {
        @match event.kind {
            Kind::ChatAssigned => { "Assigned to " bdi { (teammate(detail.split(',').next().unwrap_or_default())) } },
            Kind::ChatUnassigned => { "Nobody answers for it any more; before, " bdi { (teammate(detail)) } },
            Kind::ChatLabelled => { "Label " strong { bdi { (detail) } } " added" },
            Kind::ChatUnlabelled => { "Label " strong { bdi { (detail) } } " taken off" },
            Kind::ChatRenamed => { "Named " strong { bdi { (detail) } } },
            Kind::ChatSnoozed => { "Snoozed until " (moment()) },
            Kind::MessageScheduled => { "A message scheduled for " (moment()) },
            kind => (plain(kind)),
        }
    }
}

fn plain(kind: Kind) -> &'static str {
    match kind {
        Kind::ChatOutgoing | Kind::ChatIncoming => "The chat began",
        Kind::ChatClosed => "Closed",
        Kind::ChatReopened => "Open again",
        Kind::ChatUnsnoozed => "Back from being snoozed",
        Kind::MessageReceived => "A message came in",
        Kind::MessageSent => "A message went out",
        Kind::MessageUnscheduled => "A scheduled message was cancelled",
        Kind::MessageHeld => "A message is held",
        Kind::MessageUncertain => "A message may have gone: its answer was lost",
        Kind::MessageEdited => "A message was corrected",
        Kind::MessageDeleted => "A message was taken back",
        Kind::MessageReaction => "A reaction",
        Kind::NoteAdded => "A note was left",
        Kind::NoteDeleted => "A note was deleted",
        other => other.name(),
    }
}
