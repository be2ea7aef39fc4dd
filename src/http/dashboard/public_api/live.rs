//! What an open log hears: that there are new rows, and nothing of them. The page asks for what it shows anew, so filters and
//! rights are the page's.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use futures_util::stream::unfold;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::app::App;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::fields::Fields;
use crate::store::counters::counters_find;
use crate::store::sessions::SessionRow;
use crate::workspace::permissions::Right;
use crate::workspace::sessions::still_lives;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Reads are logged without a bell, so the log is looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many looks are between two at the session; the browser is told then that all is well.
const LOOKS_A_BEAT: u32 = 5;
const RETRY_MS: u32 = 1_000;

/// `?after=SEQ` begins behind that row; a browser that comes back says by itself what it heard last.
pub async fn listen(State(desk): State<Desk>, signed: Signed, RawQuery(query): RawQuery, headers: HeaderMap) -> Shown {
    signed.ensure(Right::ReadApiLog)?;
    let place = desk.streams.clone().try_acquire_owned();
    let place = place.map_err(|_| Error::busy("as many screens are open as this server takes"))?;
    let heard = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let shown = Fields::from_query(&query.unwrap_or_default()).ok().and_then(|mut fields| fields.integer("after"));
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let bell = desk.app.wakes.of(signed.who.workspace.id);
    let seen = heard.or(shown).unwrap_or(0);
    let talk =
        Talk { app: desk.app, session: signed.who.session, bell, tick, looks: 0, seen, is_new: true, _place: place };
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
    bell: Arc<Notify>,
    tick: Interval,
    looks: u32,
    /// The newest row that the browser knows of.
    seen: i64,
    is_new: bool,
    _place: OwnedSemaphorePermit,
}

impl Talk {
    /// The next piece; nothing at the end, when the session is over or the log can't be read. The browser comes back.
    async fn go_on(mut self) -> Option<(Result<Bytes, Infallible>, Talk)> {
        if self.is_new {
            self.is_new = false;
            return Some((Ok(format!("retry: {RETRY_MS}\n\n").into()), self));
        }
        loop {
            let rang = self.bell.clone();
            tokio::select! {
                () = rang.notified() => {}
                _ = self.tick.tick() => self.looks += 1,
            }
            let newest = self.newest().await?;
            if newest > self.seen {
                self.seen = newest;
                return Some((Ok(format!("id: {newest}\ndata: {newest}\n\n").into()), self));
            }
            if self.looks >= LOOKS_A_BEAT {
                self.looks = 0;
                let (session, now) = (self.session.clone(), self.app.clock.now());
                let lives = self.app.read(move |tx| still_lives(tx, &session, now)).await.ok()?;
                return lives.then(|| (Ok(Bytes::from_static(b":\n\n")), self));
            }
        }
    }

    /// The number of the log's newest row.
    async fn newest(&self) -> Option<i64> {
        let workspace = self.session.workspace;
        let found = self.app.read(move |tx| Ok::<_, Error>(counters_find(tx, workspace)?)).await.ok()?;
        found.map(|(_, counters)| counters.call_last)
    }
}
