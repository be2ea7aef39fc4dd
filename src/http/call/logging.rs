//! What the log says of a call, and the answers of calls that wrote nothing.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderValue, Method, StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};

use super::Call;
use crate::app::App;
use crate::clock::{Clock, Time};
use crate::error::Error;
use crate::http::caller::Refused;
use crate::http::error::{json, status_of};
use crate::http::layers::RequestId;
use crate::id::MessageUid;
use crate::store::api_calls::ApiCallRow;
use crate::workspace::api_log::Outcome;
use crate::workspace::limits::Pass;
use crate::workspace::redaction::{loggable_body, without_secrets};
use crate::workspace::token_limits::Ended;
use crate::workspace::tokens::Caller;

const IGNORED: &str = "partyline-ignored";
/// A path is logged up to this length.
const PATH_CHARS_MAX: usize = 256;

/// What the log says of a request.
#[derive(Clone)]
pub(super) struct Facts {
    pub request: String,
    pub at: Time,
    pub started: Duration,
    pub method: Method,
    pub path: String,
    pub ignored: Vec<String>,
    /// The body, as far as it was read here.
    pub sent: Bytes,
}

/// How a request ended, for the log.
pub(super) struct Ending {
    pub status: StatusCode,
    pub outcome: Outcome,
    /// Empty when all went well.
    pub reason: String,
    pub message: Option<MessageUid>,
}

impl Ending {
    pub fn of(error: &Error) -> Ending {
        let (status, outcome) = (status_of(error), Outcome::of(error));
        Ending { status, outcome, reason: error.message.clone(), message: None }
    }

    pub fn success(message: Option<MessageUid>) -> Ending {
        Ending { status: StatusCode::OK, outcome: Outcome::Success, reason: String::new(), message }
    }
}

impl Facts {
    pub fn of(parts: &Parts, clock: &Clock) -> Facts {
        Facts {
            request: parts.extensions.get::<RequestId>().map(ToString::to_string).unwrap_or_default(),
            at: clock.now(),
            started: clock.monotonic(),
            method: parts.method.clone(),
            path: parts.uri.path().chars().take(PATH_CHARS_MAX).collect(),
            ignored: Vec::new(),
            sent: Bytes::new(),
        }
    }

    /// Logs a request with a token that opens nothing any more, where its workspace can see it.
    pub fn note_refused(&self, app: &App, refused: &Refused) {
        if let Some((caller, ended)) = &refused.ended {
            let reason = match ended {
                Ended::Revoked => "The token was revoked",
                Ended::Expired => "The token has expired",
                Ended::Elsewhere => "The token may not be used from this client's address",
            };
            let ending = Ending { reason: reason.to_owned(), ..Ending::of(&refused.error) };
            let took = app.clock.monotonic().saturating_sub(self.started);
            app.ledger.note_refusal(caller.workspace, self.row(caller, ending, took));
        }
    }

    pub fn row(&self, caller: &Caller, ending: Ending, took: Duration) -> ApiCallRow {
        ApiCallRow {
            seq: 0,
            at: self.at,
            request: self.request.clone(),
            token: caller.token,
            method: self.method.to_string(),
            path: self.path.clone(),
            status: i64::from(ending.status.as_u16()),
            outcome: ending.outcome as i64,
            reason: without_secrets(&ending.reason),
            ignored: self.ignored.join(","),
            duration_us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
            repeats: 1,
            message: ending.message,
            body: if ending.outcome.shows_body() { loggable_body(&self.sent) } else { String::new() },
        }
    }
}

impl Call {
    /// Counts and logs a call that wrote nothing, and answers it. A fault that stored nothing counts as well: the caller
    /// was served an answer.
    pub(super) fn count(self, pass: Pass, answer: Result<String, Error>) -> Response {
        self.note(pass, answer.as_ref().map_or_else(Ending::of, |_| Ending::success(None)));
        let response = match answer {
            Ok(body) => json(StatusCode::OK, body),
            Err(error) => error.into_response(),
        };
        self.tell_ignored(response)
    }

    /// Counts and logs the call.
    pub(super) fn note(&self, pass: Pass, ending: Ending) {
        let row = self.facts.row(&self.caller, ending, self.took());
        self.app.ledger.note(self.caller.workspace, row, pass.counted());
    }

    pub(super) fn refuse_uncounted(self, error: Error) -> Response {
        if error.is_refusal() {
            let row = self.facts.row(&self.caller, Ending::of(&error), self.took());
            self.app.ledger.note_refusal(self.caller.workspace, row);
        }
        error.into_response()
    }

    fn took(&self) -> Duration {
        self.app.clock.monotonic().saturating_sub(self.facts.started)
    }

    pub(super) fn tell_ignored(&self, mut response: Response) -> Response {
        if !self.facts.ignored.is_empty()
            && let Ok(value) = HeaderValue::from_str(&self.facts.ignored.join(", "))
        {
            response.headers_mut().insert(IGNORED, value);
        }
        response
    }
}
