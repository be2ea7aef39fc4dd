//! Events as a stream of server-sent events (`text/event-stream`), which browsers and most languages read by themselves.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use futures_util::stream::unfold;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::events::live::{Listener, Next};
use crate::events::log::Wanted;
use crate::events::shown::Heard;
use crate::http::streams::Seat;
use crate::workspace::token_limits::TokenLimits;

/// Something is said this often, so that nobody on the way takes the line for dead.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a client waits before it comes back.
const RETRY_MS: u64 = 1_000;
/// What goes out in one piece.
const PIECE_BYTES_MAX: usize = 32 * 1024;
/// Tells nginx not to hold it back.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What a listener is told.
pub struct Choice {
    pub wanted: Wanted,
    pub limits: TokenLimits,
}

/// An answer that tells events until the client leaves, the token ends or the server stops.
pub fn respond(listener: Listener, choice: Choice, seat: Seat) -> Response {
    let mut beat = interval(HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let told = listener.at();
    let talk = Talk { listener, choice, seat, beat, told, is_new: true };
    let mut response = Response::new(Body::from_stream(unfold(talk, Talk::go_on)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    response
}

struct Talk {
    listener: Listener,
    choice: Choice,
    seat: Seat,
    beat: Interval,
    /// The client knows that it has everything up to here.
    told: i64,
    is_new: bool,
}

impl Talk {
    /// The next piece; nothing at the end.
    async fn go_on(mut self) -> Option<(Result<Bytes, Infallible>, Talk)> {
        let mut piece = String::new();
        if self.is_new {
            self.is_new = false;
            // The place as well, so that a client which comes back before the first event has missed nothing.
            let _ = write!(piece, "retry: {RETRY_MS}\nid: {}\n\n", self.told);
            // The first beat comes at once.
            self.beat.tick().await;
            return Some((Ok(piece.into()), self));
        }
        while piece.is_empty() {
            tokio::select! {
                biased;
                () = self.seat.ended.cancelled() => return None,
                next = self.listener.next() => match next {
                    Ok(Next::Event(heard)) => self.tell(&mut piece, &heard),
                    Ok(Next::Reset { oldest }) => self.reset(&mut piece, oldest),
                    Err(error) => {
                        tracing::warn!(%error, "a stream of events ended; its client comes back");
                        return None;
                    }
                },
                _ = self.beat.tick() => self.beat(&mut piece),
            }
        }
        while piece.len() < PIECE_BYTES_MAX
            && let Some(heard) = self.listener.ready()
        {
            self.tell(&mut piece, &heard);
        }
        self.beat.reset();
        Some((Ok(piece.into()), self))
    }

    fn tell(&mut self, piece: &mut String, heard: &Heard) {
        if self.choice.wanted.has(heard.kind) && heard.is_for(&self.choice.limits) {
            self.told = heard.seq;
            let _ = write!(piece, "id: {}\ndata: {}\n\n", heard.seq, heard.json);
        }
    }

    fn reset(&mut self, piece: &mut String, oldest: i64) {
        self.told = self.listener.at();
        let _ = write!(piece, "event: reset\nid: {}\ndata: {{\"oldest\":{oldest}}}\n\n", self.told);
    }

    /// Says that all is well, and how far it is where what came was nothing for this client.
    fn beat(&mut self, piece: &mut String) {
        piece.push_str(":\n");
        if self.listener.at() > self.told {
            self.told = self.listener.at();
            let _ = writeln!(piece, "id: {}", self.told);
        }
        piece.push('\n');
    }
}
