//! What an open inbox hears: that something happened, and in which chat. The page asks for what it shows anew; so whatever
//! a role may not read is never in the stream.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::Response;
use futures_util::stream::unfold;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::app::App;
use crate::error::Error;
use crate::events::live::{Listener, Next};
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::fields::Fields;
use crate::store::sessions::SessionRow;
use crate::workspace::permissions::Right;
use crate::workspace::sessions::still_lives;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How often the session is looked at and the browser told that all is well.
const HEARTBEAT: Duration = Duration::from_secs(5);
const RETRY_MS: u32 = 1_000;

/// `?after=SEQ` begins behind that event; a browser that comes back says by itself what it heard last.
pub async fn listen(State(desk): State<Desk>, signed: Signed, uri: Uri, headers: HeaderMap) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let place = desk.streams.clone().try_acquire_owned();
    let place = place.map_err(|_| Error::busy("as many screens are open as this server takes"))?;
    let heard = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let shown = Fields::from_query(uri.query().unwrap_or_default()).ok().and_then(|mut fields| fields.integer("after"));
    let after = heard.or(shown);
    let listener = desk.app.listen(signed.who.workspace.id, after).await?;
    let mut beat = interval(HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let talk = Talk { app: desk.app, session: signed.who.session, listener, beat, is_new: true, _place: place };
    let mut response = Response::new(Body::from_stream(unfold(talk, Talk::go_on)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}

struct Talk {
    app: App,
    session: SessionRow,
    listener: Listener,
    beat: Interval,
    is_new: bool,
    _place: OwnedSemaphorePermit,
}

impl Talk {
    /// The next piece; nothing at the end, when the session is over or the log can't be read. The browser comes back.
    async fn go_on(mut self) -> Option<(Result<Bytes, Infallible>, Talk)> {
        let mut piece = String::new();
        if self.is_new {
            self.is_new = false;
            let _ = write!(piece, "retry: {RETRY_MS}\nid: {}\n\n", self.listener.at());
            // The first beat comes at once.
            self.beat.tick().await;
            return Some((Ok(piece.into()), self));
        }
        tokio::select! {
            next = self.listener.next() => match next.ok()? {
                Next::Event(heard) => {
                    let _ = write!(piece, "id: {}\ndata: {}\n\n", heard.seq, heard.event.chat_id.unwrap_or(0));
                }
                Next::Reset { .. } => {
                    let _ = write!(piece, "id: {}\ndata: 0\n\n", self.listener.at());
                }
            },
            _ = self.beat.tick() => {
                let (session, now) = (self.session.clone(), self.app.clock.now());
                let lives = self.app.read(move |tx| still_lives(tx, &session, now)).await.ok()?;
                if !lives {
                    return None;
                }
                piece.push_str(":\n\n");
            }
        }
        Some((Ok(piece.into()), self))
    }
}
