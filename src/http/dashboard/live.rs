//! The one stream of the screens: that something happened, and in which chat, or that what the page watches has changed. The
//! page asks for what it shows anew; so whatever a role may not read is never in the stream. Beside that, who else looks at
//! the open chat.

pub mod watch;

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::Response;
use database::Snapshot;
use futures_util::stream::unfold;
use tokio::sync::{OwnedSemaphorePermit, broadcast};
use tokio::time::{Interval, MissedTickBehavior, interval};

use uuid::Uuid;

use self::watch::Watched;
use crate::accounts::presence::{elsewhere, others};
use crate::app::App;
use crate::error::Error;
use crate::events::live::{Listener, Next};
use crate::events::shown::Heard;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::fields::Fields;
use crate::id::{ChatId, MessageUid, TeammateId};
use crate::inbox::habits::{habits_of, news_for};
use crate::inbox::presence::{Other, Room};
use crate::store::chat_presence::PresenceRow;
use crate::store::sessions::SessionRow;
use crate::store::teammates::TeammateRow;
use crate::workspace::permissions::Right;
use crate::workspace::sessions::still_lives;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How often the session is looked at and the browser told that all is well.
const HEARTBEAT: Duration = Duration::from_secs(5);
const RETRY_MS: u32 = 1_000;
/// How often what is watched is looked at; nothing rings when it changes.
const LOOK_EVERY: Duration = Duration::from_millis(500);
pub const LIVE_PATH: &str = "/live";

/// `?after=SEQ` begins behind that event; a browser that comes back says by itself what it heard last. `?watch=WHAT&mark=MARK`
/// tells instead when that has another mark.
pub async fn listen(State(desk): State<Desk>, signed: Signed, uri: Uri, headers: HeaderMap) -> Shown {
    let mut asked = Fields::from_query(uri.query().unwrap_or_default()).unwrap_or_default();
    let watched = asked.text("watch").and_then(|word| Watched::parse(&word));
    signed.ensure(watched.map_or(Right::ReadChats, Watched::right))?;
    let place = desk.streams.clone().try_acquire_owned();
    let place = place.map_err(|_| Error::busy("as many screens are open as this server takes"))?;
    let heard = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let after = heard.or(asked.integer("after"));
    let listener = match watched {
        Some(_) => None,
        None => Some(desk.app.listen(signed.who.workspace.id, after).await?),
    };
    let watch = watched.map(|what| (what, asked.text("mark").unwrap_or_default()));
    let room = asked.integer("chat").map(|chat| (signed.who.workspace.id, ChatId(chat)));
    let news = desk.app.rooms.listen();
    let seat = Seat { room, me: signed.who.teammate.id, elsewhere: Vec::new(), shown: Vec::new(), news };
    let mut beat = interval(HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (workspace, me) = (signed.who.workspace.id, signed.who.teammate.id);
    let wants_news = watched.is_none() && desk.app.read(move |tx| habits_of(tx, workspace, me)).await?.notices;
    let me = wants_news.then_some(signed.who.teammate);
    let (app, session) = (desk.app, signed.who.session);
    let talk = Talk { app, session, listener, watch, look, beat, seat, me, is_new: true, _place: place };
    let mut response = Response::new(Body::from_stream(unfold(talk, Talk::go_on)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}

/// The chat that this screen shows, and whom it last told to be there.
struct Seat {
    room: Option<Room>,
    me: TeammateId,
    /// Who is there on other nodes, as of the last beat.
    elsewhere: Vec<PresenceRow>,
    shown: Vec<Other>,
    news: broadcast::Receiver<Room>,
}

impl Seat {
    /// Waits until somebody comes to this chat, goes, or writes. One news too many may be missed; the next beat looks by itself.
    async fn changed(&mut self) {
        loop {
            match self.news.recv().await {
                Ok(room) if Some(room) == self.room => return,
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }

    /// Who else is there, if that differs from what was told last.
    fn tell(&mut self, app: &App) -> Option<String> {
        let others = others(app, self.room?, self.me, &self.elsewhere);
        if others == self.shown {
            return None;
        }
        let json = serde_json::to_string(&others).ok()?;
        self.shown = others;
        Some(format!("event: here\ndata: {json}\n\n"))
    }
}

struct Talk {
    app: App,
    session: SessionRow,
    /// What it hears of events, or else what it watches, under the mark that was told last.
    listener: Option<Listener>,
    watch: Option<(Watched, String)>,
    look: Interval,
    beat: Interval,
    seat: Seat,
    /// Who is told of news, if they want to be.
    me: Option<TeammateRow>,
    is_new: bool,
    _place: OwnedSemaphorePermit,
}

impl Talk {
    /// The next piece; nothing at the end, when the session is over or the log can't be read. The browser comes back.
    async fn go_on(mut self) -> Option<(Result<Bytes, Infallible>, Talk)> {
        let mut piece = String::new();
        if self.is_new {
            self.is_new = false;
            let _ = writeln!(piece, "retry: {RETRY_MS}");
            if let Some(listener) = &self.listener {
                let _ = writeln!(piece, "id: {}", listener.at());
            }
            piece.push('\n');
            piece.extend(self.look_around().await?);
            // The first beat comes at once.
            self.beat.tick().await;
            return Some((Ok(piece.into()), self));
        }
        tokio::select! {
            next = next_of(self.listener.as_mut()) => match next.ok()? {
                Next::Event(heard) => {
                    let _ = write!(piece, "id: {}\ndata: {}\n\n", heard.seq, heard.event.chat_id.unwrap_or(0));
                    piece.extend(self.news(&heard).await);
                }
                Next::Reset { .. } => {
                    let at = self.listener.as_ref().map_or(0, Listener::at);
                    let _ = write!(piece, "id: {at}\ndata: 0\n\n");
                }
            },
            _ = self.beat.tick() => {
                let (session, now) = (self.session.clone(), self.app.clock.now());
                let lives = self.app.read(move |tx| still_lives(tx, &session, now)).await.ok()?;
                if !lives {
                    return None;
                }
                piece.push_str(":\n\n");
                piece.extend(self.look_around().await?);
            }
            _ = self.look.tick(), if self.watch.is_some() => piece.push_str(self.watched().await?),
            () = self.seat.changed() => piece.push_str(&self.seat.tell(&self.app).unwrap_or_default()),
        }
        Some((Ok(piece.into()), self))
    }

    /// What is told of what is watched: nothing while it has the mark that was told last. `None` where it can't be read.
    async fn watched(&mut self) -> Option<&'static str> {
        let (what, known) = self.watch.as_mut()?;
        let (what, workspace) = (*what, self.session.workspace);
        let mark = self.app.read(move |tx| what.mark(tx, workspace)).await.ok()?;
        if mark == *known {
            return Some("");
        }
        *known = mark;
        Some("data: 0\n\n")
    }

    /// Who is in the chat, on whichever node, if that differs from what was told last; `None` ends the stream.
    async fn look_around(&mut self) -> Option<Option<String>> {
        if let Some(room) = self.seat.room {
            self.seat.elsewhere = elsewhere(&self.app, room).await.ok()?;
        }
        Some(self.seat.tell(&self.app))
    }

    /// What this screen's owner is told of an event, if it is for them. A notice that can't be made is none.
    async fn news(&self, heard: &Heard) -> Option<String> {
        let me = self.me.clone()?;
        let (workspace, kind) = (self.session.workspace, heard.kind);
        let chat = ChatId(heard.event.chat_id?);
        let message = heard.event.message_uid.as_deref().and_then(|uid| Uuid::try_parse(uid).ok()).map(MessageUid);
        let look = move |tx: &mut Snapshot<'_>| news_for(tx, workspace, &me, kind, chat, message);
        let news = self.app.read(look).await.ok()??;
        let told = serde_json::json!({"chat": news.chat, "name": news.name, "is_mention": news.is_mention, "is_mine": news.is_mine, "seq": heard.seq});
        Some(format!("event: news\ndata: {told}\n\n"))
    }
}

/// What a listener hears next; for ever nothing without one.
async fn next_of(listener: Option<&mut Listener>) -> Result<Next, Error> {
    match listener {
        Some(listener) => listener.next().await,
        None => std::future::pending().await,
    }
}
