//! The log of events: a page of it, and the stream. Partyline's own.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Code, Error};
use crate::event_kind::Kind;
use crate::events::log::{Paged, Wanted, bounds, page};
use crate::events::shown::{Event, show};
use crate::http::call::{Call, PublicState};
use crate::http::event_stream::{Choice, respond};
use crate::http::fields::Fields;
use crate::http::public::refusals::{CursorRefusals, Refusals};
use crate::http::public::view::Ok as OkBody;
use crate::webhooks::EventType;
use crate::webhooks::bodies::Rendering;

/// Events of a page.
const PAGE_EVENTS: i64 = 100;
const PAGE_EVENTS_MAX: i64 = 500;
const LAST_EVENT_ID: &str = "last-event-id";

/// A page of the log.
#[derive(Serialize, ToSchema)]
pub struct EventPage {
    /// Oldest first.
    pub events: Vec<Event>,
    /// Give it as `after` for what comes next; also where this page is empty.
    pub next_after: i64,
    pub has_more_pages: bool,
    /// The `seq` of the first event that is still kept; one above `newest` where none is.
    pub oldest: i64,
    /// The `seq` of the last event there is; 0 before the first.
    pub newest: i64,
}

struct ListEvents {
    /// `None` for the first event that is kept.
    after: Option<i64>,
    wanted: Wanted,
    rows: usize,
}

/// List events
///
/// Partyline's own. Everything that happened in the workspace, in the order in which it was written: messages, statuses, chats, labels,
/// accounts, quotas, settings. Each event has the next `seq`, without gaps, and is kept for 30 days, or as long as the workspace's settings say. Keep `next_after` and
/// give it as `after`: nothing is missed, and nothing comes twice. A token that is limited to accounts sees what is of
/// them.
#[utoipa::path(
    get, path = "/events", tag = "Events", operation_id = "list_events",
    params(
        ("after" = Option<i64>, Query, description = "The `next_after` of the page before; left out, the log from its first event that is kept", minimum = 0),
        ("types" = Option<String>, Query, description = "Only these, with commas between, as `message:received:new,message:status`"),
        ("limit" = Option<i64>, Query, description = "Events of a page, 100 if left out", minimum = 1, maximum = 500),
    ),
    responses((status = 200, description = "A page of events", body = OkBody<EventPage>), Refusals, CursorRefusals),
)]
pub async fn list_events(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(read_list));
    let (now, public_url) = (call.app().clock.now(), call.app().settings.public_url.clone());
    call.read(request, move |tx, caller, ask| {
        let kept = bounds(tx, caller.workspace)?;
        let after = ask.after.unwrap_or(kept.oldest - 1);
        let found = match page(tx, caller.workspace, after, ask.rows, |row| ask.wanted.has(row.kind))? {
            Paged::Page(found) => found,
            Paged::Lost(_) if after > kept.newest => return Err(ahead(after, kept.newest)),
            Paged::Lost(_) => return Err(expired(after, kept.oldest)),
        };
        let rendering = Rendering { workspace: caller.workspace, public_url: &public_url, now };
        let heard = show(tx, &rendering, &found.events)?.into_iter();
        Ok(EventPage {
            events: heard.filter(|heard| heard.is_for(&caller.limits)).map(|heard| heard.event).collect(),
            next_after: found.seen,
            has_more_pages: found.more,
            oldest: kept.oldest,
            newest: kept.newest,
        })
    })
    .await
}

/// Stream events
///
/// Partyline's own. The same events as they happen, as server-sent events: `id` is the `seq`, `data` the event as `GET /events` shows it.
/// A client that comes back with `Last-Event-ID` (browsers do so by themselves) misses nothing. Where its place is older
/// than what is kept, an event `reset` comes first, whose data names the `oldest` one: fetch anew what you keep. A
/// comment every 15 seconds shows that the line is alive. Opening a stream is one call; what it tells isn't counted.
#[utoipa::path(
    get, path = "/events/stream", tag = "Events", operation_id = "stream_events",
    params(
        ("after" = Option<i64>, Query, description = "Begins behind this event; left out, with what happens from now on", minimum = 0),
        ("types" = Option<String>, Query, description = "Only these, with commas between"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last `id` that was heard; goes before `after`"),
    ),
    responses(
        (status = 200, description = "Events without end", content_type = "text/event-stream", body = String), Refusals,
    ),
)]
pub async fn stream_events(State(state): State<PublicState>, parts: Parts, mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(read_stream));
    let request = request.and_then(|(after, wanted)| Ok((last_event(&parts.headers)?.or(after), wanted)));
    let seat = match &request {
        Ok(_) => state.streams.sit(&state, &parts, call.caller()).map(Some),
        Err(_) => Ok(None),
    };
    call.stream(request, seat, |caller, (after, wanted), seat| async move {
        let listener = state.app.listen(caller.workspace, after).await?;
        let choice = Choice { wanted, limits: caller.limits.clone() };
        let seat = seat.ok_or_else(|| Error::internal("a stream without a place"))?;
        Ok(respond(listener, choice, seat))
    })
    .await
}

fn read_list(fields: &mut Fields) -> Option<ListEvents> {
    let (after, wanted) = read_stream(fields)?;
    let rows = fields.integer("limit").unwrap_or(PAGE_EVENTS);
    if !(1..=PAGE_EVENTS_MAX).contains(&rows) {
        fields.fault("limit", format!("limit is {rows}; a page has 1 to {PAGE_EVENTS_MAX} events"));
    }
    Some(ListEvents { after, wanted, rows: usize::try_from(rows).unwrap_or(1) })
}

fn read_stream(fields: &mut Fields) -> Option<(Option<i64>, Wanted)> {
    let after = fields.integer("after");
    if let Some(after) = after.filter(|after| *after < 0) {
        fields.fault("after", format!("after is {after}; it must be the seq of an event, or 0"));
    }
    let wanted = fields.parsed("types", parse_types).unwrap_or_default();
    Some((after, wanted))
}

fn parse_types(given: &str) -> Result<Wanted, Error> {
    let mut kinds = Vec::new();
    let mut names = given.split(',').map(str::trim).filter(|name| !name.is_empty()).peekable();
    if names.peek().is_none() {
        return Ok(Wanted::default());
    }
    for name in names {
        let Some(wanted) = EventType::parse(name) else {
            let shown: String = name.chars().take(64).collect();
            let rule =
                format!("types: there is no event \"{}\"; use names as GET /events shows them", shown.escape_debug());
            return Err(Error::invalid("types", rule));
        };
        kinds.extend(Kind::all().filter(|kind| EventType::of(*kind).contains(&wanted)));
    }
    Ok(Wanted::only(kinds))
}

fn last_event(headers: &HeaderMap) -> Result<Option<i64>, Error> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    // A client that has heard nothing yet sends an empty one.
    let text = value.to_str().unwrap_or("?").trim();
    if text.is_empty() {
        return Ok(None);
    }
    let seq = text.parse::<i64>().ok().filter(|seq| *seq >= 0);
    let rule = "Last-Event-ID must be the id of an event of this stream; leave it out to begin anew";
    seq.map(Some).ok_or_else(|| Error::invalid("Last-Event-ID", rule))
}

fn expired(after: i64, oldest: i64) -> Error {
    let rule = format!(
        "Events behind {after} are no longer kept; the oldest is {oldest}. Fetch anew what you keep, then go on with \
         after={}",
        oldest - 1
    );
    Error::new(Code::CursorExpired, rule)
}

fn ahead(after: i64, newest: i64) -> Error {
    Error::invalid("after", format!("after is {after}, but the newest event is {newest}; use a seq that was given"))
}
