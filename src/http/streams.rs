//! Answers that go on for as long as somebody listens: how many there may be, and when they end.
//!
//! One watcher looks after all streams of a token, so that revoking it ends a thousand of them at the cost of one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::request::Parts;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::error::{Code, Error};
use crate::http::call::PublicState;
use crate::http::caller::is_ended;
use crate::id::{TokenId, WorkspaceId};
use crate::workspace::tokens::Caller;

/// Streams that one token holds open; a program needs one.
pub const STREAMS_OF_TOKEN_MAX: usize = 250;
pub const STREAMS_OF_WORKSPACE_MAX: usize = 1_000;
/// Of this node: half of the connections that it takes.
pub const STREAMS_MAX: usize = 2_000;
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// How often a token that holds streams is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(500);

/// The open streams of this node. Cheap to clone.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    all: usize,
    workspaces: HashMap<WorkspaceId, usize>,
    tokens: HashMap<Holder, OfToken>,
}

type Holder = (WorkspaceId, TokenId);

struct OfToken {
    count: usize,
    ended: CancellationToken,
}

/// A stream's place; it is free again when this is dropped.
pub struct Seat {
    streams: Streams,
    holder: Holder,
    /// Cancelled when the token opens nothing any more.
    pub ended: CancellationToken,
}

impl Streams {
    /// Takes a place for the caller whose request this is.
    ///
    /// # Errors
    /// `rate_limit_exceeded` where the token or the workspace has all of its own; busy where this node has.
    pub fn sit(&self, state: &PublicState, parts: &Parts, caller: &Caller) -> Result<Seat, Error> {
        let holder = (caller.workspace, caller.token);
        let (ended, is_first) = self.take(holder)?;
        if is_first {
            tokio::spawn(watch(self.clone(), state.clone(), parts.clone(), holder, ended.clone()));
        }
        Ok(Seat { streams: self.clone(), holder, ended })
    }

    fn take(&self, holder: Holder) -> Result<(CancellationToken, bool), Error> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_token = open.tokens.get(&holder).map_or(0, |streams| streams.count);
        let of_workspace = open.workspaces.get(&holder.0).copied().unwrap_or(0);
        for (count, most, whose) in
            [(of_token, STREAMS_OF_TOKEN_MAX, "This token"), (of_workspace, STREAMS_OF_WORKSPACE_MAX, "This workspace")]
        {
            if count >= most {
                let rule = format!("{whose} has {count} streams open, which is all it may have; use one of them");
                return Err(Error::new(Code::RateLimitExceeded, rule).retry_after(RETRY_AFTER));
            }
        }
        if open.all >= STREAMS_MAX {
            return Err(Error::busy(format!("{STREAMS_MAX} streams are open")).retry_after(RETRY_AFTER));
        }
        open.all += 1;
        *open.workspaces.entry(holder.0).or_default() += 1;
        let fresh = || OfToken { count: 0, ended: CancellationToken::new() };
        let of_token = open.tokens.entry(holder).or_insert_with(fresh);
        of_token.count += 1;
        metrics::gauge!("partyline_event_streams").increment(1.0);
        Ok((of_token.ended.clone(), of_token.count == 1))
    }

    fn give_back(&self, holder: Holder) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        if let Some(count) = open.workspaces.get_mut(&holder.0) {
            *count -= 1;
            if *count == 0 {
                open.workspaces.remove(&holder.0);
            }
        }
        if let Some(of_token) = open.tokens.get_mut(&holder) {
            of_token.count -= 1;
            if of_token.count == 0 {
                // Its watcher, if it still looks, has nothing to look after.
                of_token.ended.cancel();
                open.tokens.remove(&holder);
            }
        }
        metrics::gauge!("partyline_event_streams").decrement(1.0);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.streams.give_back(self.holder);
    }
}

/// Ends the streams of a token once it opens nothing any more; itself with the last of them.
async fn watch(streams: Streams, state: PublicState, parts: Parts, holder: Holder, ended: CancellationToken) {
    while ended.run_until_cancelled(sleep(WATCH_EVERY)).await.is_some() {
        if is_ended(&state.app, &state.known, &parts).await {
            let mut open = streams.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever comes with it from now on is refused; what is open goes.
            if let Some(of_token) = open.tokens.get_mut(&holder) {
                of_token.ended.cancel();
            }
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_once_it_is_given_back() {
        let streams = Streams::default();
        let holder = (WorkspaceId(1), TokenId(1));
        let seats: Vec<Seat> = (0..STREAMS_OF_TOKEN_MAX)
            .map(|_| Seat { streams: streams.clone(), holder, ended: streams.take(holder).expect("a place").0 })
            .collect();
        let refused = streams.take(holder).expect_err("no place is left");
        assert_eq!(refused.code, Code::RateLimitExceeded);
        assert!(streams.take((WorkspaceId(1), TokenId(2))).is_ok());
        drop(seats);
        assert!(streams.take(holder).is_ok());
    }

    #[test]
    fn a_workspace_has_its_own_limit() {
        let streams = Streams::default();
        for number in 0..STREAMS_OF_WORKSPACE_MAX {
            let token = TokenId(i64::try_from(number / STREAMS_OF_TOKEN_MAX).expect("few"));
            streams.take((WorkspaceId(1), token)).expect("a place");
        }
        assert!(streams.take((WorkspaceId(1), TokenId(99))).is_err());
        assert!(streams.take((WorkspaceId(2), TokenId(99))).is_ok());
    }
}
